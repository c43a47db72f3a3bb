"""The user's own rows: a row of a `.csv` or `.tsv` with a header, or an object on each line of a `.jsonl`.

    found = read_rows(Path("letters.csv"), (Column("document", ("text", "body")), Column("summary"), SPLIT))
    found.rows[0].values["document"]

A row that cannot be used is left out and named with its line, because one bad row in thousands must not stop a
training; a file of which most rows are bad is refused. In a `.tsv` every line is a row, and a quote is a letter like
others unless a whole field is quoted; in a `.csv` quoted fields may have lines. Any may be packed by gzip.
"""

import json
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from heedful.apps.errors import InputError
from heedful.recipes.shared.reading.columns import SEPARATORS, Column, find_columns, guesses, split_header
from heedful.recipes.shared.reading.text_file import (
    Expected,
    check_start,
    long_fields,
    open_bytes,
    quoted_rows,
    shown,
    whole_lines,
)

SUFFIXES = (".jsonl", ".csv", ".tsv")
MOVIELENS = "::"
TABLE = Expected("a text file", ".jsonl, .csv or .tsv text, packed by gzip or not")


class Row(NamedTuple):
    """One row that can be used."""

    values: dict[str, str]  # by the names of the columns that were wanted and are there, without space around
    where: str  # file and line


@dataclass(eq=False)
class Rows:
    """All that a file gives."""

    rows: list[Row] = field(default_factory=list)
    skipped: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))  # reason -> names
    note: str = ""  # which column was taken for which, where that is a guess
    separator: str = ""  # of the fields of a table


def add_skipped(skipped: defaultdict[str, list[str]], more: Mapping[str, Sequence[str]]) -> None:
    """What another file left out, after what was left out before."""
    for reason, names in more.items():
        skipped[reason] += names


def form_of(path: Path) -> str | None:
    """The ending that tells how a file is written, without that of a gzip; None where it is another."""
    name = path.name.lower().removesuffix(".gz")
    return next((suffix for suffix in SUFFIXES if name.endswith(suffix)), None)


def read_rows(
    path: Path, columns: Sequence[Column], expected: Expected = TABLE, *, separators: Sequence[str] = SEPARATORS,
    most_lines: float = math.inf, movielens: bool = False,
) -> Rows:  # fmt: skip
    """Every usable row of a file: those with text in all obligatory columns.

    A row of a `.csv` has at most `most_lines` lines. With `movielens` the file may be one of MovieLens, where `::`
    separates the columns, all of them, in their order, in Latin-1 and without a header. Raises `InputError` that names
    the file where it is none of all this, or mostly broken.
    """
    found = Rows()
    with long_fields():
        if form_of(path) == ".jsonl":
            records = _objects(path, columns, expected, found)
        else:
            records = _table(path, columns, expected, found, separators, most_lines, movielens)
        for where, values in records:
            _add(found, columns, values, where)
    bad = sum(map(len, found.skipped.values()))
    if not found.rows and not bad:
        raise InputError(f"{path} is empty: expected {expected.form}.")
    if bad > len(found.rows):
        reason, names = next(iter(found.skipped.items()))
        raise InputError(
            f"{path}: {bad:,} of {bad + len(found.rows):,} rows cannot be used; "
            f"the first reason is {reason}: {names[0]}."
        )
    return found


def _objects(
    path: Path, columns: Sequence[Column], expected: Expected, found: Rows
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Place and values of every object; the first one tells the columns."""
    keys: dict[str, str] = {}
    for number, line in _lines(path, expected):
        if not line.strip():
            continue
        where = f"{path.name}:{number}"
        try:
            row = json.loads(line.decode())
        except UnicodeDecodeError:
            found.skipped["row that is not UTF-8"].append(where)
            continue
        except (ValueError, RecursionError) as error:
            found.skipped["row that is not JSON"].append(f"{where} ({shown(str(error))})")
            continue
        if not isinstance(row, dict):
            found.skipped["row that is not a JSON object"].append(where)
            continue
        if not keys:
            keys = find_columns(path, list(row), columns)
            found.note = guesses(keys)
        yield where, {column: row.get(key) for column, key in keys.items()}


def _table(
    path: Path, columns: Sequence[Column], expected: Expected, found: Rows, separators: Sequence[str],
    most_lines: float, movielens: bool,
) -> Iterator[tuple[str, dict[str, Any]]]:  # fmt: skip
    """Place and values of every row with as many fields as the header."""
    lines = _lines(path, expected)
    head = []
    for number, line in lines:
        head.append((number, line))
        if line.strip():
            break
    first, lines = _text(head[-1][1]) if head else "", chain(head, lines)
    if movielens and MOVIELENS in first:
        found.separator, header = MOVIELENS, [column.name for column in columns]
        records = ((number, line.decode("latin-1").split(MOVIELENS), "") for number, line in lines if line.strip())
    else:
        found.separator, _ = split_header(first, columns, separators)
        tabbed = form_of(path) == ".tsv" and found.separator == "\t"
        texts = (_text(line) + "\n" for _, line in lines)
        records = _tabbed(lines) if tabbed else quoted_rows(texts, found.separator, path, most_lines)
        _, header, problem = next(records, (0, [], ""))
        if problem:
            raise InputError(f"{path}: the names of the columns cannot be read ({problem}): correct the quotes.")
        if not header:
            return
    keys = find_columns(path, header, columns, separators)
    found.note = guesses(keys)
    places = {column: header.index(key) for column, key in keys.items()}
    where = ""
    for number, fields, broken in records:
        where = f"{path.name}:{number}"
        if not broken and len(fields) != len(header):
            broken = f"{len(fields)} fields where {len(header)} are expected"
        if broken:
            found.skipped["broken row"].append(f"{where} ({broken})")
        else:
            yield where, {column: fields[place] for column, place in places.items()}
    if not where:
        raise InputError(f"{path} has a header and no rows: expected {expected.form}.")


def _add(found: Rows, columns: Sequence[Column], values: Mapping[str, Any], where: str) -> None:
    """One row to `found`, or its reason."""
    texts = {}
    for column in columns:
        if column.name not in values:
            continue
        value = values[column.name]
        if not isinstance(value, str):
            if value is not None and column.obligatory:
                return found.skipped[f"{column.name} that is not text"].append(f"{where} ({shown(json.dumps(value))})")
            value = ""
        text = value.strip()
        if column.obligatory and not _visible(text):
            return found.skipped[f"empty {column.name}"].append(where)
        if not text.isascii():
            if any("\udc80" <= character <= "\udcff" for character in text):  # bytes that `_text` could not read
                return found.skipped["row that is not UTF-8"].append(where)
            text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # halves of a character
        texts[column.name] = text
    return found.rows.append(Row(texts, where))


def _visible(text: str) -> bool:
    """Whether there is anything in it to be seen."""
    return any(character.isprintable() and not character.isspace() for character in text)


def _lines(path: Path, expected: Expected) -> Iterator[tuple[int, bytes]]:
    """Every line with its number. Raises `InputError` where the file begins like no text."""
    with open_bytes(path, expected) as stream:
        number = 0
        for block in whole_lines(stream, path, expected):
            for line in block.removesuffix(b"\n").split(b"\n"):
                number += 1
                if number == 1:
                    check_start(line, path, expected)
                yield number, line


def _text(line: bytes) -> str:
    return line.decode(errors="surrogateescape")


def _tabbed(lines: Iterator[tuple[int, bytes]]) -> Iterator[tuple[int, list[str], str]]:
    """The number and the fields of every line."""
    for number, line in lines:
        if line.strip():
            yield number, [_unquoted(value) for value in _text(line).rstrip("\r").split("\t")], ""


def _unquoted(value: str) -> str:
    """A field that is quoted as a whole, without its quotes; any other as it is."""
    quoted = len(value) > 1 and value[0] == value[-1] == '"' and '"' not in value[1:-1].replace('""', "")
    return value[1:-1].replace('""', '"') if quoted else value
