"""The user's own rows, out of a table of any form.

    found = read_rows(Path("letters.csv"), (Column("document", ("text", "body")), Column("summary"), SPLIT))
    found.rows[0].values["document"]

A row that cannot be used is left out and named with its line, because one bad row in thousands must not stop a
training; a file of which most rows are bad is refused.
"""

import json
import math
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from heedful.apps.errors import InputError
from heedful.recipes.shared.reading.columns import ByContent, Column, Samples, Understood, plain_name, understand
from heedful.recipes.shared.reading.table import TABLE, Table, open_table
from heedful.recipes.shared.reading.tables.literals import literal
from heedful.recipes.shared.reading.tables.record import Record
from heedful.recipes.shared.reading.tables.turns import written
from heedful.recipes.shared.reading.text_file import Expected, long_fields, shown

NOTHING = {"\\N", "NULL", "NaN", "#N/A", "<NA>"}  # what databases, pandas and Excel write of an empty cell
NO_TEXT = "nan"  # what pandas makes of it as text; among labels it may be a word
WITHOUT_COMMA = re.compile(r"""(?<=[^\\,\[\s])(["'])\s+(["'])(?=[^,\]\s])""")


class Row(NamedTuple):
    """One row that can be used."""

    values: dict[str, str]  # by the names of the columns that were wanted and are there, without space around
    where: str  # file and line


@dataclass(eq=False)
class Rows:
    """All that a file gives."""

    rows: list[Row] = field(default_factory=list)
    skipped: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))  # reason -> names
    notes: list[str] = field(default_factory=list)  # what was understood that the user may not expect
    read: str = ""  # what was understood, in a line
    samples: Samples = field(default_factory=dict)  # the first cells of each column
    columns: Mapping[str, Sequence[str]] = field(default_factory=dict)  # their names in the file

    def skip(self, reason: str, name: str) -> None:
        self.skipped[reason].append(name)


def add_skipped(skipped: defaultdict[str, list[str]], more: Mapping[str, Sequence[str]]) -> None:
    """What another file left out, after what was left out before."""
    for reason, names in more.items():
        skipped[reason] += names


def read_rows(
    path: Path, columns: Sequence[Column], expected: Expected = TABLE, *, chosen: Mapping[str, str] | None = None,
    by_content: ByContent | None = None, before: Mapping[str, Sequence[str]] | None = None,
    most_lines: float = math.inf,
) -> Rows:  # fmt: skip
    """Every usable row of a file: those with text in all obligatory columns.

    `chosen` names columns as the user wants them, `before` as another part of the data has them, and `by_content` finds
    those that no name tells. A row of a table has at
    most `most_lines` lines. Raises `InputError` that names the file where it is no table, or mostly broken.
    """
    chosen = chosen or {}
    found = Rows()
    with long_fields():
        table = open_table(path, _wanted(columns, chosen), expected, most_lines=most_lines)
        if not table.head:
            held = "has a header and" if table.headed and table.names else "holds"
            raise InputError(f"{path} {held} no rows: expected {expected.form}.")
        if all(record.reason for record in table.head):
            understood = Understood({})
        else:
            understood = understand(path, table.names, columns, chosen, table.samples, by_content, before)
        places = {name: [table.names.index(taken) for taken in names] for name, names in understood.columns.items()}
        for record in table.rows():
            _add(found, columns, places, record, table)
    _say(found, table, understood)
    check_usable(found, path, expected)
    return found


def check_usable(found: Rows, path: Path, expected: Expected) -> None:
    """Raise `InputError` where a file gave no rows, or mostly such as cannot be used."""
    bad = sum(map(len, found.skipped.values()))
    if not found.rows and not bad:
        raise InputError(f"{path} is empty: expected {expected.form}.")
    if bad > len(found.rows):
        reason, names = next(iter(found.skipped.items()))
        raise InputError(
            f"{path}: {bad:,} of {bad + len(found.rows):,} rows cannot be used; "
            f"the first reason is {reason}: {names[0]}."
        )


def _wanted(columns: Sequence[Column], chosen: Mapping[str, str]) -> Callable[[str], bool]:
    """What says whether a cell is a name of a column that is asked for."""
    asked = {*chosen.values(), *(also for column in columns for also in column.maybe)}
    plain = set(filter(None, map(plain_name, asked)))
    return lambda name: plain_name(name) in plain or any(column.all([name]) for column in columns)


def _say(found: Rows, table: Table, understood: Understood) -> None:
    """What was understood, in words."""
    columns = "; ".join(f"{name} = {', '.join(map(shown, names))}" for name, names in understood.columns.items())
    found.read = f"{table.read}; {columns}" if columns else table.read
    found.samples, found.columns = table.samples, understood.columns
    found.notes += [*table.notes, *understood.notes]
    if table.stream and table.stream.note not in ("", "UTF-8"):
        found.notes.append(f"{table.path.name} is read as {table.stream.note}")


def _add(
    found: Rows, columns: Sequence[Column], places: Mapping[str, Sequence[int]], record: Record, table: Table
) -> None:
    """One record to `found`, as several rows where a column has several values, or its reason."""
    if record.reason:
        return found.skip(record.reason, f"{record.where} ({record.detail})" if record.detail else record.where)
    texts: dict[str, str] = {}
    several: tuple[str, list[str]] = ("", [])
    for column in columns:
        if column.name not in places:
            continue
        cells = [record.values[place] if place < len(record.values) else None for place in places[column.name]]
        parts = [part for cell in cells for part in (parsed_list(cell) if column.several else [cell])]
        usable = []
        for part in parts:
            text, reason = _text_of(part, column, table)
            if reason and len(parts) == 1:
                return found.skip(reason, f"{record.where} ({shown(json.dumps(part, default=str))})".replace(" ()", "")
                                  if "not text" in reason else record.where)  # fmt: skip
            if text or not column.obligatory:
                usable.append(text)
        if column.obligatory and not usable:
            return found.skip(f"empty {column.name}", record.where)
        if len(usable) > 1:
            several = (column.name, usable)
        texts[column.name] = usable[0] if usable else ""
    name, values = several
    for value in values or [""]:
        found.rows.append(Row(texts | ({name: value} if name else {}), record.where))
    return None


def _text_of(value: Any, column: Column, table: Table) -> tuple[str, str]:
    """The text of a cell without space around, and why it is none."""
    if isinstance(value, list | tuple):
        value = written(value) or _joined(value)
    if isinstance(value, bytes):
        value = value.decode(errors="surrogateescape")
    if isinstance(value, int | float) and not isinstance(value, bool) and column.numbers:
        value = str(value)
    if not isinstance(value, str):
        return "", f"{column.name} that is not text" if value is not None and column.obligatory else ""
    text = "" if value in NOTHING or (value == NO_TEXT and not column.numbers) else value.strip()
    if not text.isascii():
        if any("\udc80" <= character <= "\udcff" for character in text):  # bytes that the encoding does not have
            encoding = table.stream.note if table.stream and table.stream.note else "UTF-8"
            return "", f"row that is not {encoding}"
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # halves of a character
    if column.obligatory and not visible(text):
        return "", f"empty {column.name}"
    return text, ""


def _joined(parts: Sequence[Any]) -> Any:
    """Sentences or paragraphs as one text, also where each is a list of words, or of such lists; else what it was."""
    if parts and all(isinstance(part, list | tuple) for part in parts):
        words = all(isinstance(word, str) for part in parts for word in part)
        parts = [" ".join(part) if words else _joined(part) for part in parts]
    return "\n".join(parts) if all(isinstance(part, str) for part in parts) else parts


def parsed_list(cell: Any) -> list[Any]:
    """The values in a cell: a list, or a text that is one as JSON or Python writes it."""
    if isinstance(cell, str) and cell.lstrip()[:2] in ('["', "['") and cell.rstrip()[-2:] in ('"]', "']"):
        for parse in (json.loads, _of_python):
            try:
                cell = parse(cell)
                break
            except (ValueError, RecursionError):
                continue
    if isinstance(cell, list | tuple):
        return [part.get("raw", part) if isinstance(part, dict) else part for part in cell]
    return [cell]


def _of_python(text: str) -> Any:
    """What Python writes of a list, or NumPy, which leaves out the commas."""
    return literal(WITHOUT_COMMA.sub(r"\1, \2", text.strip()))


def visible(text: str) -> bool:
    """Whether there is anything in it to be seen."""
    return any(character.isprintable() and not character.isspace() for character in text)
