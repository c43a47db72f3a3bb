"""Reads a table of interactions in chunks: two int32 codes and one int64 time for each row, whatever its size.

Ids are strings, always: `007` and `7` are two items. A dictionary gives each id its code in order of appearance, so the
result does not depend on the size of the chunks. (pandas' own `category` type would be shorter to write; some
versions turn categories of digits into integers, and leading zeros are gone.)
"""

import csv
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from heedful.apps.errors import InputError
from heedful.recipes.recommender.reading.checked_lines import Lines, line_of_record
from heedful.recipes.recommender.reading.columns import (
    ITEM,
    MOVIELENS,
    RATING,
    TIME,
    USER,
    find_columns,
    split_header,
)
from heedful.recipes.recommender.reading.times import Times

CHUNK = 500_000  # rows
MISSING = frozenset({"", "NaN", "nan", "NA", "N/A", "<NA>", "NULL", "null", "None"})
DAT_COLUMNS = [column.name for column in (USER, ITEM, RATING, TIME)]  # of MovieLens


class Codes(dict[str, int]):
    """Numbers ids in order of appearance."""

    def of(self, ids: list[str]) -> np.ndarray:
        """Codes int32 of the ids; -1 where an id says that it is missing."""
        codes = list(map(self.get, ids))  # most are known: at the speed of the dictionary
        for place, code in enumerate(codes):
            if code is None:
                text = ids[place].strip()
                codes[place] = -1 if text in MISSING else self.setdefault(text, len(self))
        return np.array(codes, np.int32)


@dataclass
class Interactions:
    """Rows of a table in the order of the file, as codes."""

    users: np.ndarray  # int32 (n,)
    items: np.ndarray  # int32 (n,)
    times: np.ndarray  # int64 (n,)
    user_codes: Codes
    item_codes: Codes  # begins with the items of a known catalogue
    rows: int  # in the file, before anything was dropped
    missing: int = 0  # rows dropped
    low_ratings: int = 0
    timed: bool = True  # False: the order of the file is the order
    time_unit: str = "seconds"
    files: list[dict[str, str]] = field(default_factory=list)


def read_interactions(path: Path, minimum_rating: float = 0, known: tuple[str, ...] = ()) -> Interactions:
    """The rows of a `.csv`, `.tsv` or MovieLens `.dat`. Raises `InputError` that names the file and the line."""
    with Lines(path) as lines:
        headed = MOVIELENS not in lines.first()
        if headed:
            separator, names = split_header(lines.first(), (USER, ITEM, TIME))
        else:
            separator, names = MOVIELENS, DAT_COLUMNS
        wanted = (USER, ITEM, TIME, *[RATING] * bool(minimum_rating))
        there = find_columns(path, names, wanted)
        user, item = names.index(there[USER.name]), names.index(there[ITEM.name])
        time, rating = (names.index(there[column.name]) if column.name in there else None for column in (TIME, RATING))
        lines.expect(separator, len(names), headed)
        found = _read(lines, separator, len(names), headed, (user, item, time, rating), minimum_rating, known)
        # A quote that opens a field and is closed rows later hides what is between.
        if lines.rows not in (None, found.rows):
            raise InputError(
                f"{path} has {lines.rows:,} lines that make {found.rows:,} rows: look for a quote that is not closed."
            )
    if not found.rows:
        raise InputError(f"{path} has a header and no rows: expected one interaction on each line.")
    found.files.append({"name": path.name, "holds": "interactions", "separator": separator})
    return found


def _read(
    lines: Lines, separator: str, fields: int, headed: bool, columns: tuple[int, int, int | None, int | None],
    minimum_rating: float, known: tuple[str, ...],
) -> Interactions:  # fmt: skip
    import pandas as pd

    step = len(separator)  # `::` is `:` with an empty column between: the fast parser knows one letter only
    user, item, time, rating = (None if column is None else step * column for column in columns)
    numbers = [column for column in (time, rating) if column is not None]
    users, items = Codes(), Codes((item, code) for code, item in enumerate(known))
    kept = [(np.zeros(0, np.int32), np.zeros(0, np.int32))]
    times = Times()
    rows = missing = low = 0

    def where(before: int, record: int) -> str:
        return f"{lines.path}: line {line_of_record(lines.path, before + record, separator, headed)}"

    for chunk in _chunks(lines, separator, step * (fields - 1) + 1, [user, item, *numbers], numbers):
        codes = [_codes(chunk[column], index, pd.factorize) for column, index in ((user, users), (item, items))]
        keep = (codes[0] >= 0) & (codes[1] >= 0)
        ratings = None if rating is None else pd.to_numeric(chunk[rating], errors="coerce").to_numpy(np.float64)
        if ratings is not None:
            wrong = np.flatnonzero(np.isnan(ratings) & chunk[rating].notna().to_numpy())
            if len(wrong):
                value = chunk[rating].iloc[wrong[0]]
                raise InputError(f"{where(rows, wrong[0])} has the rating {value!r}: expected a number.")
            keep &= ~np.isnan(ratings)
        if time is not None:
            stamps = times.parse(chunk[time], partial(where, rows))
            keep &= ~np.isnan(stamps)
        else:
            stamps = np.arange(rows, rows + len(chunk))
        missing += len(chunk) - int(keep.sum())
        if ratings is not None:
            enough = ratings >= minimum_rating
            low += int((keep & ~enough).sum())
            keep &= enough
        kept.append((codes[0][keep], codes[1][keep]))
        times.keep(stamps[keep])
        rows += len(chunk)

    return Interactions(
        *map(np.concatenate, zip(*kept, strict=True)),
        times=times.joined(),
        user_codes=users,
        item_codes=items,
        rows=rows,
        missing=missing,
        low_ratings=low,
        timed=time is not None,
        time_unit=times.unit,
    )


def _chunks(lines: Lines, separator: str, width: int, columns: list[Any], numbers: list[int]) -> Any:
    """Chunks of a table as pandas frames whose columns are called by their number."""
    import pandas as pd

    texts = {column: str for column in columns if column not in numbers}
    try:
        with pd.read_csv(
            lines, sep=separator[0], header=None, names=list(range(width)), usecols=columns, index_col=False,
            dtype=texts, keep_default_na=False, na_values={column: sorted(MISSING) for column in numbers},
            skipinitialspace=True, quoting=csv.QUOTE_MINIMAL if len(separator) == 1 else csv.QUOTE_NONE,
            low_memory=False, chunksize=CHUNK, engine="c",  # not low_memory: one type for the whole chunk
        ) as reader:  # fmt: skip
            yield from reader
    except pd.errors.EmptyDataError:
        return
    except pd.errors.ParserError as error:
        reason = " ".join(str(error).split()).removeprefix("Error tokenizing data. C error: ")
        raise InputError(
            f"{lines.path} cannot be read as a table ({reason}): look for a quote that is not closed."
        ) from None


def _codes(column: Any, index: Codes, factorize: Callable[..., Any]) -> np.ndarray:
    """Codes int32 of a column of strings: each distinct string of the chunk is looked up once."""
    numbers, distinct = factorize(column)
    return index.of(distinct.tolist())[numbers]
