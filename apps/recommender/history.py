"""Ids of items as people give them: separated by commas, or in a file."""

import csv
import io
import os
from collections.abc import Container, Iterable
from os import PathLike, fspath
from pathlib import Path

from heedful.apps.errors import InputError
from heedful.apps.text_file import read_text

ITEM, USER = "item", "user"  # columns of a .csv
SUFFIXES = (".txt", ".csv", ".tsv", ".gz", ".json")


def read_ids(given: str | PathLike[str], known: Container[str] = ()) -> list[str]:
    """The ids of `given`, in its order, without the spaces around them.

    `given` is the path of a file, if there is one of that name: a text file with one id per line, or a `.csv` or `.tsv`
    whose header has the column `item`. Anything else is ids separated by commas. `known` holds the ids that are never
    taken for the misspelt path of a file.
    Raises `InputError` when there is no id, or the file cannot be read or holds something else.
    """
    text = fspath(given)
    if os.path.isfile(text):
        ids = _read(Path(text))
        if not ids:
            raise InputError(f"{text} is an empty history: write one id per line.")
        return ids
    path_like = text.lower().endswith(SUFFIXES) or os.path.isdir(text)
    if not isinstance(given, str) or (path_like and "," not in text and text.strip() not in known):
        raise InputError(f"{text} is neither a file nor an item of the model: check the spelling of its path.")
    ids = _stripped(text.split(","))
    if not ids:
        raise InputError("a list of ids is empty: give ids like A,B,C or the path of a file.")
    return ids


def _read(path: Path) -> list[str]:
    text = read_text(path, "write one id per line").replace("\r\n", "\n").replace("\r", "\n")
    delimiter = {".csv": ",", ".tsv": "\t"}.get(path.suffix.lower())
    return _column(path, text, delimiter) if delimiter else _stripped(text.split("\n"))


def _column(path: Path, text: str, delimiter: str) -> list[str]:
    """The column `item` of a table, or its only column when it has no header."""
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)
    try:
        rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader if any(map(str.strip, row))]
    except csv.Error as error:
        raise InputError(f"{path} line {reader.line_num} is no CSV ({error}): write one id per line.") from None
    header = rows[0][1] if rows else []
    if ITEM not in header:
        if any(len(row) > 1 for _, row in rows):
            raise InputError(f"{path} has no column {ITEM!r} in its first line: name the column of the ids so.")
        return [row[0] for _, row in rows]
    place = header.index(ITEM)
    for line, row in rows[1:]:
        if len(row) != len(header) or not row[place]:
            raise InputError(f"{path} line {line} has no {ITEM} where the header says: correct or remove the line.")
    if USER in header and len(users := {row[header.index(USER)] for _, row in rows[1:]}) > 1:
        raise InputError(f"{path} holds the actions of {len(users):,} users: keep those of one.")
    return [row[place] for _, row in rows[1:]]


def _stripped(cells: Iterable[str]) -> list[str]:
    return [cell.strip() for cell in cells if cell.strip()]
