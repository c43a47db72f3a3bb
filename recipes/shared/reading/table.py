"""One way to open a table, whatever its form: `open_table(path)`.

The form is told by the content and not by the suffix: lines cut by commas, semicolons, tabs, bars, `::` or blanks, with
or without a header; JSON in its usual ways; parquet, Arrow, and the sheets of an office. Text may be in any encoding,
and packed by gzip, bzip2, xz or zip. Rows come one after the other, so a large file needs no more memory than a small
one, but for a whole document of JSON.
"""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path

from heedful.apps.errors import InputError
from heedful.recipes.shared.reading.encoding import Utf8Stream
from heedful.recipes.shared.reading.tables import binary, json_records, not_tables
from heedful.recipes.shared.reading.tables.dialect import (
    Dialect,
    Row,
    above_header,
    cut,
    find_dialect,
    is_header,
    lines_above_header,
)
from heedful.recipes.shared.reading.tables.record import Record
from heedful.recipes.shared.reading.tables.turns import written
from heedful.recipes.shared.reading.text_file import (
    BLOCK,
    Expected,
    LineTooLong,
    lines_of,
    open_text,
    open_unpacked,
    read_bytes,
    read_text,
    shown,
)

HEAD = 200  # rows that are looked at before the others
HEAD_LINES, HEAD_BYTES = 2000, 1 << 20
SPREADSHEET = re.compile(rb'"?sep=.{1,2}"?\r?', re.IGNORECASE)  # a first line that tells it the separator
TABLE = Expected("a text table", "a table: .csv, .tsv, .jsonl, .json, .parquet or .xlsx")
EMPTY = b' ,;|\t"\r\n'  # all that a row without anything in it has


@dataclass(eq=False)
class Table:
    """An open table. Its rows can be gone through once."""

    path: Path
    form: str  # in words: "JSON lines"
    names: list[str]  # of the columns; "column 1" and so on where it has no header
    headed: bool
    head: list[Record]  # the first rows, which `rows` gives again
    rest: Iterator[Record]
    notes: list[str] = field(default_factory=list)
    stream: Utf8Stream | None = None
    dialect: Dialect | None = None  # of lines that are cut
    above: int = 0  # lines before the names of the columns

    def rows(self) -> Iterator[Record]:
        """Every row, the broken ones with their reason."""
        return chain(self.head, self.rest)

    @property
    def samples(self) -> dict[str, list[str]]:
        """The first cells of each column that hold text."""
        sound = [record.values for record in self.head if not record.reason]
        return {
            name: [text for row in sound if place < len(row) and (text := cell_text(row[place]).strip())]
            for place, name in enumerate(self.names)
        }

    @property
    def read(self) -> str:
        """What was understood, in a line. It may say less before the last row is read."""
        encoding = f", in {self.stream.note}" if self.stream and self.stream.note else ""
        return f"{self.path.name}: {self.form}{'' if self.headed else ' without a header'}{encoding}"


def open_table(
    path: Path, known: Callable[[str], bool] = lambda name: False, expected: Expected = TABLE, *,
    most_lines: float = math.inf,
) -> Table:  # fmt: skip
    """Opens a file; `known` are names of columns that somebody asks for, and a row has at most `most_lines` lines.

    Raises `InputError`, one sentence, where it is missing, empty, damaged or no table.
    """
    with open_unpacked(path, expected) as stream:
        start = read_bytes(stream, path, not_tables.LOOKED_AT)
    if foreign := not_tables.said_of(start):
        raise InputError(f"{path} {foreign}.")
    if form := binary.form_of(start, path):
        names, records, note = binary.read(form, path, known)
        return _table(path, form, names, records, known, [note] * bool(note))
    stream = open_text(path, expected)
    lines = lines_of(stream, path, expected)
    try:
        head = _head(lines)
    except LineTooLong:  # programs write a whole document on one line
        with open_text(path, expected) as again:
            if again.read(BLOCK).lstrip()[:1] not in (b"{", b"["):
                raise
        head = [(1, b"{")]
    if not any(line.strip(EMPTY) for _, line in head):
        stream.close()
        raise InputError(f"{path} is empty: expected {expected.form}.")
    first = head[0][1].lstrip()
    if first[:1] in (b"{", b"["):
        if json_records.is_lines([line for _, line in head if line.strip()]):
            names, records = json_records.records(json_records.lines(chain(head, lines), path.name))
            return _table(path, "JSON lines", names, records, known, [], stream)
        if first[:1] == b"{" or path.name.lower().split(".")[1:2] != ["csv"]:
            stream.close()
            names, records = json_records.records(json_records.document(read_text(path, expected), path))
            return _table(path, "JSON", names, records, known, [], stream)
    return _cut(path, head, lines, known, stream, most_lines)


def cell_text(value: object) -> str:
    """A cell as text; the parts of a list one after the other."""
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple):
        return written(value) or "\n".join(map(cell_text, value))
    if isinstance(value, dict):
        return ""  # what is in it has columns of its own
    if isinstance(value, bytes):  # texts of parquet that do not say that they are texts
        return value.decode(errors="replace")
    return "" if value is None else str(value)


def _head(lines: Iterator[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    """The first lines, from the first that is not blank on."""
    head, size = [], 0
    for number, line in lines:
        if head or line.strip():
            head.append((number, line))
            size += len(line)
        if len(head) >= HEAD_LINES or size > HEAD_BYTES:
            break
    return head


def _cut(
    path: Path, head: list[tuple[int, bytes]], lines: Iterator[tuple[int, bytes]], known: Callable[[str], bool],
    stream: Utf8Stream, most_lines: float,
) -> Table:  # fmt: skip
    """A table of lines."""
    if len(head) > 1 and SPREADSHEET.fullmatch(head[0][1]):
        head = head[1:]
    above = lines_above_header([_text(line) for _, line in head], known)
    notes = [_passed(path, _text(head[0][1]))] * bool(above)
    head = head[above:]
    before = head[0][0] - 1
    dialect = find_dialect([_text(line) for _, line in head], known, path)
    rows = cut((_text(line) for _, line in chain(head, lines)), dialect, path, most_lines)
    names: list[str] | None = None
    if dialect.headed:
        _, names, problem = next(rows, (0, [], ""))
        if problem:
            raise InputError(f"{path}: the names of the columns cannot be read ({problem}): correct the quotes.")
        names = [name.strip() for name in names]

    records = checked(rows, len(names or ()), path.name, before)
    table = _table(path, dialect.form, names, records, known, notes, stream, dialect)
    table.above = before
    return table


def checked(rows: Iterable[Row], width: int, name: str, before: int = 0) -> Iterator[Record]:
    """Rows of `dialect.cut` that have so many fields, 0: as many as the first; the others with what is wrong. `name` is
    that of the file, of which so many lines were before them.
    """
    for number, fields, problem in rows:
        width = width or len(fields)
        if not problem and len(fields) != width and not _only_empty(fields[width:]):
            problem = f"{len(fields)} fields where {width} are expected"
        where = f"{name}:{number + before}"
        if problem or len(fields) < width:
            yield Record(where, (), "broken row", problem or f"{len(fields)} fields where {width} are expected")
        else:
            yield Record(where, fields[:width])


def _passed(path: Path, first: str) -> str:
    return f"{path.name}: what stands above the names of the columns is not read: {shown(first)}"


def _unless_header(records: Iterator[Record], names: Sequence[str]) -> Iterator[Record]:
    """The same records, but those that name the columns once more, as in files that were joined."""
    for record in records:
        again = len(record.values) == len(names) > 1 and record.values[0] == names[0] and [*record.values] == [*names]
        yield Record(record.where, (), "header that is there again") if again else record


def _only_empty(fields: Sequence[str]) -> bool:
    """Whether there is something and all of it is empty: spreadsheets end rows with separators."""
    return bool(fields) and not any(field.strip() for field in fields)


def _table(
    path: Path, form: str, names: list[str] | None, records: Iterator[Record], known: Callable[[str], bool],
    notes: list[str], stream: Utf8Stream | None = None, dialect: Dialect | None = None,
) -> Table:  # fmt: skip
    """With its first rows looked at; where no names are given they may be the first of them."""
    head = list(islice(records, HEAD))
    headed = names is not None
    if names is None:
        sound = [record for record in head if not record.reason]
        rows = [(0, [cell_text(value) for value in record.values], "") for record in sound]
        above = above_header([row for _, row, _ in rows], known) if dialect is None else 0
        if above:
            notes = [*notes, _passed(path, " ".join(filter(None, rows[0][1])))]
            sound, rows = sound[above:], rows[above:]
            head = head[head.index(sound[0]) :]
        asked = form != "JSON" or (bool(rows) and sum(map(known, rows[0][1])) > 1)  # lists may begin with a row
        if headed := dialect is None and asked and is_header(rows, known) and bool(rows):
            names = [name.strip() or f"column {number}" for number, name in enumerate(rows[0][1], 1)]
            head.remove(sound[0])
        else:
            names = [f"column {number}" for number in range(1, 1 + max((len(row) for _, row, _ in rows), default=0))]
    if headed and form not in ("JSON lines", "parquet", "Arrow"):
        head, records = list(_unless_header(iter(head), names)), _unless_header(records, names)
    return Table(path, form, names, headed, head, records, notes, stream, dialect)


def _text(line: bytes) -> str:
    return line.decode(errors="surrogateescape")
