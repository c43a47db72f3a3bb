"""The rows of a table in pieces, each wanted column an array of texts: fast where lines are plain, and right elsewhere.

Arrow reads blocks of lines without broken rows, open quotes or invalid letters at the speed of the disk. A block with
any of them is cut line by line as any other table (`shared/reading/table.py`), so that what is wrong is named with its
line, and only the rows that are meant are left out.
"""

import csv
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

import numpy as np
import pyarrow as arrow
import pyarrow.csv as arrow_csv

from heedful.recipes.recommender.reading.cell_kinds import readable
from heedful.recipes.recommender.reading.parquet_columns import are_columns, batches_of_texts
from heedful.recipes.shared.reading.table import TABLE, Table, cell_text, checked
from heedful.recipes.shared.reading.tables.dialect import BLANK, Dialect, Row, cut
from heedful.recipes.shared.reading.tables.record import Record
from heedful.recipes.shared.reading.text_file import UNCLOSED, open_text, whole_lines

BLOCK = 32 << 20  # bytes
ROWS = 200_000  # of a chunk that is made row by row
TWO_LETTERS, ONE_LETTER = b"::", "\x1f"  # the fast reader knows separators of one letter
QUOTE, LINE_END = ord('"'), ord("\n")
Skip = Callable[[Record], None]  # what takes a row that cannot be used


@dataclass(frozen=True, eq=False)
class Chunk:
    """Some rows."""

    columns: list[Any]  # arrays of texts, in the order of the places that were asked for
    where: Callable[[int], str]  # file and line of a row

    def __len__(self) -> int:
        return len(self.columns[0])


def chunks(table: Table, places: Sequence[int], skip: Skip) -> Iterator[Chunk]:
    """The rows of an open table with the columns at these places; `skip` takes those that cannot be used."""
    if table.form == "parquet" and are_columns(table.path, places):
        yield from _of_columns(table, places)
    elif table.dialect is None:
        yield from _of_records(table.rows(), places, skip)
    else:
        yield from _of_lines(table, table.dialect, places, skip)


def _of_columns(table: Table, places: Sequence[int]) -> Iterator[Chunk]:
    before = 0
    for columns in batches_of_texts(table.path, places, ROWS):
        yield Chunk(columns, lambda row, before=before: f"{table.path.name}: row {before + row + 1}")
        before += len(columns[0])


def _of_records(
    records: Iterator[Record], places: Sequence[int], skip: Skip, encoding: str = "UTF-8"
) -> Iterator[Chunk]:
    while True:
        names: list[str] = []
        rows: list[list[str]] = []
        for record in islice(records, ROWS):
            if record.reason:
                skip(record)
                continue
            row = [cell_text(record.values[place]) if place < len(record.values) else "" for place in places]
            if not all(map(readable, row)):
                skip(Record(record.where, (), f"row that is not {encoding}"))
                continue
            names.append(record.where)
            rows.append(row)
        if not rows:
            if (more := next(records, None)) is None:
                return
            records = chain([more], records)
            continue
        columns = [arrow.array([row[column] for row in rows], arrow.string()) for column in range(len(places))]
        yield Chunk(columns, names.__getitem__)


def _of_lines(table: Table, dialect: Dialect, places: Sequence[int], skip: Skip) -> Iterator[Chunk]:
    """Blocks of lines, each the fast way if it can be read so."""
    width, number, begun = len(table.names), 1, False
    with open_text(table.path, TABLE) as stream:
        blocks = whole_lines(stream, table.path, TABLE, BLOCK)
        for block in blocks:
            if not begun:
                for _ in range(table.above):
                    block = block[block.find(b"\n") + 1 :]
                end = (block.find(b"\n") + 1 or len(block)) if dialect.headed else 0
                if block.count(b'"', 0, end) % 2:  # the names of columns go over several lines
                    yield from _of_records(table.rows(), places, skip)
                    return
                number += table.above + dialect.headed
                block, begun = block[end:], True
            unclosed = dialect.quoted and _unclosed(block)
            columns = None if unclosed else _fast(block, dialect, width, places)
            if columns is not None:
                if len(columns[0]):
                    yield Chunk(columns, _lines_of(block, number, table.path.name))
            else:
                lines = _texts(chain([block], blocks if unclosed else ()))
                plain = not dialect.quoted or not dialect.doubled
                rows = cut(lines, dialect, table.path, float("inf")) if plain else _quoted(lines, dialect, width)
                records = checked(rows, width, table.path.name, number - 1)
                yield from _of_records(records, places, skip, stream.note or "UTF-8")
            number += block.count(b"\n")


def _texts(blocks: Iterator[bytes]) -> Iterator[str]:
    for block in blocks:
        for line in block.removesuffix(b"\n").split(b"\n"):
            yield line.decode(errors="surrogateescape")


def _quoted(lines: Iterator[str], dialect: Dialect, width: int) -> Iterator[Row]:
    """Rows of which a field in quotes may go over several lines. Where a quote is never closed, only its line is
    broken: what follows is read as rows of its own.
    """
    again: deque[tuple[int, str]] = deque()
    numbered = enumerate(lines, 1)
    while (first := again.popleft() if again else next(numbered, None)) is not None:
        number, text = first
        more: list[tuple[int, str]] = []
        while _opens(text, dialect) and len(more) < UNCLOSED:
            if (following := again.popleft() if again else next(numbered, None)) is None:
                break
            more.append(following)
            text += "\n" + following[1].rstrip("\r")
        fields, problem = _fields(text, dialect)
        if more and (problem or len(fields) < width or any(field.strip() for field in fields[width:])):
            again.extendleft(reversed(more))
            fields, problem = [], "a quote that is not closed"
        if problem or any(field.strip() for field in fields):
            yield number, fields, problem


def _opens(text: str, dialect: Dialect) -> bool:
    """Whether the text ends within quotes."""
    quotes = text.count('"')
    return bool((quotes - text.count(f'{dialect.escape}"') if quotes and dialect.escape else quotes) % 2)


def _fields(text: str, dialect: Dialect) -> tuple[list[str], str]:
    """The fields of a row, and what is wrong with its quotes."""
    try:
        row = csv.reader(
            text.splitlines(keepends=True) if "\n" in text else [text], delimiter=dialect.separator,
            skipinitialspace=True, strict=True, escapechar=dialect.escape,
        )  # fmt: skip
        return next(row, []), ""
    except csv.Error as error:
        return [], str(error)


def _unclosed(block: bytes) -> bool:
    """Whether any line ends within quotes."""
    if b'"' not in block:
        return False
    letters = np.frombuffer(block, np.uint8)
    ends = np.flatnonzero(letters == LINE_END)
    before = np.searchsorted(np.flatnonzero(letters == QUOTE), np.append(ends, len(block)))
    return bool((before & 1).any())


def _fast(block: bytes, dialect: Dialect, width: int, places: Sequence[int]) -> list[Any] | None:
    """The columns of a block of plain lines; None where they are not."""
    if dialect.tight or dialect.starts:
        return None
    separator = dialect.separator.encode()
    if separator == TWO_LETTERS:
        separator = ONE_LETTER.encode()
        if separator in block:
            return None
        block = block.replace(TWO_LETTERS, separator)
    quotes = b'"' in block
    if quotes and (not dialect.quoted or dialect.escape or not dialect.doubled or separator + b' "' in block):
        return None
    if dialect.separator == BLANK and (b"  " in block or b"\t" in block):
        return None
    if not block.strip():
        return [arrow.array([], arrow.string()) for _ in places]
    names = [str(place) for place in range(width)]
    wanted = list(dict.fromkeys(str(place) for place in places))
    try:
        table = arrow_csv.read_csv(
            arrow.BufferReader(block),
            read_options=arrow_csv.ReadOptions(column_names=names, block_size=len(block) + 1, use_threads=False),
            parse_options=arrow_csv.ParseOptions(delimiter=separator.decode(), quote_char='"' if quotes else False),
            convert_options=arrow_csv.ConvertOptions(
                include_columns=wanted, column_types=dict.fromkeys(wanted, arrow.string()), strings_can_be_null=False
            ),
        )
    except arrow.ArrowInvalid:  # a broken row, or bytes that are no letters
        return None
    return [table.column(str(place)).combine_chunks() for place in places]


def _lines_of(block: bytes, first: int, name: str) -> Callable[[int], str]:
    """What names the line of a row: as rows are asked for only where something is wrong, nothing is counted before."""

    def where(row: int) -> str:
        filled = (number for number, line in enumerate(block.split(b"\n"), first) if line.strip())
        return f"{name}:{next(islice(filled, row, None))}"

    return where
