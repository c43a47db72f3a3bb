"""The user's own pairs, row by row: an object on each line of a `.jsonl`, or a row of a `.csv` or `.tsv` with a header.

A row that cannot be used is left out and named with its line, because one bad row in thousands must not stop a
training; a file of which most rows are bad is refused. In a `.tsv` every line is a row, and a quote is a letter like
others unless a whole field is quoted; in a `.csv` quoted fields may have lines.
"""

import csv
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from heedful.apps.errors import InputError
from heedful.recipes.shared.reading.text_file import (
    Expected,
    check_start,
    long_fields,
    open_bytes,
    quoted_rows,
    shown,
    whole_lines,
)
from heedful.recipes.text_summarization.reading.columns import Columns, find_columns, wrong_columns

SUFFIXES = (".jsonl", ".csv", ".tsv")
SEPARATORS = (",", ";", "\t", "|")
PAIRS = Expected(
    "a text file", ".jsonl, .csv or .tsv text with one document and its summary in each row, packed by gzip or not"
)


class Row(NamedTuple):
    """One pair."""

    document: str
    summary: str
    split: str | None  # as it is written; None where the file knows of no splits
    where: str  # file and line


@dataclass(eq=False)
class Rows:
    """All that a file gives."""

    rows: list[Row] = field(default_factory=list)
    skipped: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))  # reason -> names
    note: str = ""

    def skip(self, reason: str, where: str) -> None:
        self.skipped[reason].append(where)


def form_of(path: Path) -> str | None:
    """The ending that tells how a file is written, without that of a gzip; None where it is another."""
    name = path.name.lower().removesuffix(".gz")
    return next((suffix for suffix in SUFFIXES if name.endswith(suffix)), None)


def read_rows(path: Path) -> Rows:
    """Every usable pair of a file. Raises `InputError` that names the file where it is none, or mostly broken."""
    found = Rows()
    with long_fields():
        (_read_objects if form_of(path) == ".jsonl" else _read_table)(path, found)
    bad = sum(map(len, found.skipped.values()))
    if not found.rows and not bad:
        raise InputError(f"{path} is empty: expected {PAIRS.form}.")
    if bad > len(found.rows):
        reason, names = next(iter(found.skipped.items()))
        raise InputError(
            f"{path}: {bad:,} of {bad + len(found.rows):,} rows cannot be used; "
            f"the first reason is {reason}: {names[0]}."
        )
    return found


def _read_objects(path: Path, found: Rows) -> None:
    columns: Columns | None = None
    for number, line in _lines(path):
        if not line.strip():
            continue
        where = f"{path.name}:{number}"
        try:
            row = json.loads(line.decode())
        except UnicodeDecodeError:
            found.skip("row that is not UTF-8", where)
            continue
        except (ValueError, RecursionError) as error:
            found.skip("row that is not JSON", f"{where} ({shown(str(error))})")
            continue
        if not isinstance(row, dict):
            found.skip("row that is not a JSON object", where)
            continue
        if columns is None:
            columns = find_columns(list(row))
            if columns is None:
                raise wrong_columns(path, list(row))
            found.note = columns.note
        values = [row.get(columns.document), row.get(columns.summary)]
        split = None if columns.split is None else row.get(columns.split, "")
        _add(found, values, split if split is None or isinstance(split, str) else "", where)


def _read_table(path: Path, found: Rows) -> None:
    records = _tabbed(path) if form_of(path) == ".tsv" else _quoted(path)
    _, header, problem = next(records, (0, [], ""))
    if not header:
        return
    columns = None if problem else find_columns(header)
    if columns is None:
        raise wrong_columns(path, header)
    found.note = columns.note
    places = [header.index(name) for name in (columns.document, columns.summary)]
    for number, fields, broken in records:
        where = f"{path.name}:{number}"
        if not broken and len(fields) != len(header):
            broken = f"{len(fields)} fields where {len(header)} are expected"
        if broken:
            found.skip("broken row", f"{where} ({broken})")
        else:
            split = None if columns.split is None else fields[header.index(columns.split)]
            _add(found, [fields[place] for place in places], split, where)
    if not found.rows and not found.skipped:
        raise InputError(f"{path} has a header and no rows: write a row for each document.")


def _add(found: Rows, values: Sequence[Any], split: str | None, where: str) -> None:
    """One row to `found`, or its reason."""
    texts = []
    for name, value in zip(("document", "summary"), values, strict=True):
        if value is not None and not isinstance(value, str):
            return found.skip(f"{name} that is not text", f"{where} ({shown(json.dumps(value))})")
        text = "" if value is None else value.strip()
        if not _visible(text):
            return found.skip(f"empty {name}", where)
        if _escaped(text):
            return found.skip("row that is not UTF-8", where)
        texts.append(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))  # halves of a character
    found.rows.append(Row(texts[0], texts[1], split, where))
    return None


def _visible(text: str) -> bool:
    """Whether there is anything in it to be seen."""
    return any(character.isprintable() and not character.isspace() for character in text)


def _escaped(text: str) -> bool:
    """Whether `_text` met bytes in it that were none."""
    return not text.isascii() and any("\udc80" <= character <= "\udcff" for character in text)


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Every line with its number. Raises `InputError` where the file begins like no text."""
    with open_bytes(path, PAIRS) as stream:
        number = 0
        for block in whole_lines(stream, path, PAIRS):
            for line in block.removesuffix(b"\n").split(b"\n"):
                number += 1
                if number == 1:
                    check_start(line, path, PAIRS)
                yield number, line


def _text(line: bytes) -> str:
    return line.decode(errors="surrogateescape")


def _tabbed(path: Path) -> Iterator[tuple[int, list[str], str]]:
    """The number and the fields of every line."""
    for number, line in _lines(path):
        if line.strip():
            yield number, [_unquoted(value) for value in _text(line).rstrip("\r").split("\t")], ""


def _unquoted(value: str) -> str:
    """A field that is quoted as a whole, without its quotes; any other as it is."""
    quoted = len(value) > 1 and value[0] == value[-1] == '"' and '"' not in value[1:-1].replace('""', "")
    return value[1:-1].replace('""', '"') if quoted else value


def _quoted(path: Path) -> Iterator[tuple[int, list[str], str]]:
    """The first line of every row that is not blank, its fields, and what is wrong with its quotes, if anything."""
    header = next((line for _, line in _lines(path) if line.strip()), b"")
    separator = next((mark for mark in SEPARATORS if find_columns(_header(header, mark))), ",")
    lines = (_text(line) + "\n" for _, line in _lines(path))
    return quoted_rows(lines, separator, path)


def _header(line: bytes, separator: str) -> list[str]:
    try:
        return next(csv.reader([_text(line)], delimiter=separator, skipinitialspace=True))
    except csv.Error:
        return []
