"""The simplest own data: `captions.csv`, a row for each caption.

    image,caption,split
    images/1.jpg,"A dog, running.",train

Columns are found by name in any order, others are ignored, and `split` may be missing. A row that cannot be used is
left out and named with its line, because one bad row in thousands must not stop a training.
"""

import io
from collections.abc import Iterator
from pathlib import Path

from heedful.apps.errors import InputError
from heedful.recipes.image_captioning.reading.rows import Row, Rows
from heedful.recipes.shared.reading.text_file import Expected, quoted_rows, read_text, shown

FILE = "captions.csv"
SEPARATORS = (",", ";", "\t")
LONGEST = 1 << 20  # characters of a line
MOST_LINES = 50  # of a quoted caption
CAPTIONS = Expected("a text file", "captions as .csv or .json text")


def read_csv(path: Path) -> Rows:
    """Every caption of the table. Raises `InputError` where it is no such table, or the file is not text."""
    records = _records(path, read_text(path, CAPTIONS))
    _, header, _ = next(records, (0, [], ""))
    if not header:
        raise InputError(f"{path} is empty: expected the header image,caption and a row for each caption.")
    image, caption, split = _columns(path, header)
    found = Rows()
    seen: set[tuple[str, ...]] = set()
    for line, fields, problem in records:
        where = f"{path.name}:{line}"
        if not problem and len(fields) != len(header):
            problem = f"{len(fields)} fields where {len(header)} are expected"
        if problem:
            found.skipped["broken row"].append(f"{where} ({problem})")
        elif tuple(fields) in seen:
            found.skipped["repeated row"].append(f"{where} {shown(fields[image])}")
        else:
            seen.add(tuple(fields))
            found.rows.append(Row(fields[image], fields[caption], None if split is None else fields[split], where))
    if not found.rows and not found.skipped:
        raise InputError(f"{path} has a header and no rows: write a row for each caption.")
    return found


def _records(path: Path, text: str) -> Iterator[tuple[int, list[str], str]]:
    """The first line of every row that is not blank, its fields, and what is wrong with its quotes, if anything."""
    first = next((line for line in io.StringIO(text, newline="") if line.strip()), "")
    separator = next((mark for mark in SEPARATORS if mark in first), ",")
    return quoted_rows(_lines(path, text), separator, path, MOST_LINES)


def _lines(path: Path, text: str) -> Iterator[str]:
    for number, line in enumerate(io.StringIO(text, newline=""), 1):
        if len(line) > LONGEST:
            raise InputError(
                f"{path}: line {number} is longer than {LONGEST:,} characters: write a row for each caption."
            )
        yield line


def _columns(path: Path, header: list[str]) -> tuple[int, int, int | None]:
    """Where image, caption and split stand, the last None where there is none."""
    names = [name.strip().lower() for name in header]
    for name in ("image", "caption", "split"):
        if names.count(name) > 1 or (name not in names and name != "split"):
            raise InputError(
                f"{path} needs one column image and one column caption, and may have one column split, but its header "
                f"is {shown(','.join(header))}: name them in the first line."
            )
    return names.index("image"), names.index("caption"), names.index("split") if "split" in names else None
