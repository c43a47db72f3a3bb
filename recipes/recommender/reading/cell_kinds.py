"""What the cells of a column look like: times, ratings, measures, ids, words, or several ids in each."""

import json
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as arrow

from heedful.recipes.recommender.reading.date_forms import looks_like_date
from heedful.recipes.recommender.reading.times import MISSING, UNITS
from heedful.recipes.shared.reading.tables.literals import literal

NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?([eE][+-]?\d+)?")
RATING = re.compile(r"-?(\d|10)([.,][05]0*)?")
FRACTION = re.compile(r"[+-]?\d*[.,]\d*[1-9]\d*([eE][+-]?\d+)?|-\d+")
CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?( ?[AaPp][Mm])?")
EARLIEST, LATEST = 788_918_400, 2_051_222_400  # seconds of 1995 and 2035
LONGEST_ID = 80  # characters
MOST = 0.9
LIST = 3  # parts of a cell
BETWEEN = re.compile(r"[\s,;|]+")
TOKEN = re.compile(r"[^\s,;|\[\](){}]+")


def given(cells: Sequence[str]) -> list[str]:
    """Those that are not missing, and can be read."""
    return [cell for cell in cells if cell not in MISSING and readable(cell)]


def readable(cell: str) -> bool:
    """Whether it holds neither bytes that its encoding does not have, nor halves of a character."""
    return cell.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in cell)


def share(pattern: re.Pattern[str], cells: Sequence[str]) -> float:
    """How many of the cells are of a pattern."""
    return sum(pattern.fullmatch(cell) is not None for cell in cells) / len(cells) if cells else 0.0


def is_date(cells: Sequence[str]) -> bool:
    """Whether they are dates with a year."""
    return bool(cells) and looks_like_date(arrow.array(cells)).mean() >= MOST


def is_epoch(cells: Sequence[str]) -> bool:
    """Whether they are times since 1970 of our days, and nothing but times."""
    if not cells or not all(cell[:1].isdigit() and cell[0] != "0" and NUMBER.fullmatch(cell) for cell in cells):
        return False
    numbers = np.array([float(cell.replace(",", ".")) for cell in cells])
    return any(((numbers >= EARLIEST * scale) & (numbers < LATEST * scale)).all() for scale in UNITS.values())


def is_time(cells: Sequence[str]) -> bool:
    return is_epoch(cells) or is_date(cells)


def is_clock(cells: Sequence[str]) -> bool:
    """Whether they are times of a day without the day."""
    return share(CLOCK, cells) >= MOST


def is_rating(cells: Sequence[str]) -> bool:
    """Whether they are stars: small numbers, or halves, of which there are several."""
    return share(RATING, cells) == 1.0 and 1 < len(set(cells)) <= 21


def is_measure(cells: Sequence[str]) -> bool:
    """Whether they are places, prices or hours: numbers with fractions, or below zero."""
    return share(NUMBER, cells) >= MOST and share(FRACTION, cells) > 0.3


def is_id(cells: Sequence[str]) -> bool:
    """Whether each may be the id of something."""
    return bool(cells) and all(0 < len(cell) <= LONGEST_ID and not re.search(r"\s", cell) for cell in cells)


def is_text(cells: Sequence[str]) -> bool:
    """Whether most are of several words, and no addresses."""
    return sum(" " in cell and "://" not in cell for cell in cells) > len(cells) / 2


def is_flag(cells: Sequence[str]) -> bool:
    """Whether they say yes and no in numbers."""
    return bool(cells) and set(cells) <= {"0", "1"}


def holds_lists(values: Sequence[Any]) -> bool:
    """Whether cells hold several ids each, as lists or as texts that look like lists of ids."""
    filled = [value for value in values if value not in (None, "")]
    if any(isinstance(value, list) for value in filled):
        return True
    several = [parts for value in filled if isinstance(value, str) and len(parts := parts_of(value)) > 1]
    if len({len(parts) for parts in several}) < 2 and min(map(len, several), default=0) < LIST:
        return False  # two numbers with a blank between are one code
    return len(several) > len(filled) / 3 and all(
        sum(any(letter.isdigit() for letter in str(part)) for part in parts) > 0.8 * len(parts) for parts in several
    )


def separator_of(cells: Sequence[Any]) -> str | None:
    """What stands between the parts of cells, where it is more than a blank: then blanks are letters of theirs."""
    texts = [cell for cell in cells if isinstance(cell, str) and not cell.lstrip().startswith("[")]
    return next((one for one in (";", "|", ",") if any(one in text for text in texts)), None)


def parts_of(cell: Any, separator: str | None = None) -> list[Any]:
    """What is in a cell of several: a list, its text as JSON or Python writes it, or parts between separators."""
    if isinstance(cell, list | tuple):
        return list(cell)
    if not isinstance(cell, str):
        return [] if cell is None else [cell]
    text = cell.strip()
    if text[:1] == "[" and text[-1:] == "]":
        for parse in (json.loads, literal):
            try:
                return list(parse(text))
            except (ValueError, RecursionError):
                continue
        return [part.strip("'\"") for part in TOKEN.findall(text[1:-1])]
    parts = BETWEEN.split(text) if separator is None else map(str.strip, text.split(separator))
    return [part for part in parts if part]


def id_of(cell: str) -> str:
    """An id without space or quotes around it, and without what keeps Excel from taking it for a number: `="007"`."""
    text = cell.strip().removeprefix("=") if '"' in cell else cell.strip()
    return text[1:-1].strip() if len(text) > 2 and text[0] == text[-1] == '"' else cell.strip()
