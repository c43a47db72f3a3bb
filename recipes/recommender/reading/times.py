"""Times of a table as int64, in whatever way they are written: `Times`.

Numbers stay as they are, and their size tells whether they are seconds, milliseconds, microseconds or nanoseconds since
1970. Dates (`date_forms.py`) become seconds, or microseconds where there are fractions. Whether the day or the month of
`03/04/2024` comes first is decided over the whole column: a number above 12 is a day.
"""

from typing import Any, NamedTuple

import numpy as np
import pyarrow as arrow
import pyarrow.compute as compute

from heedful.apps.errors import InputError
from heedful.recipes.recommender.reading.date_forms import MICRO, dates, days_and_months, in_micro
from heedful.recipes.shared.reading.text_file import shown

MISSING = frozenset({"", "NaN", "nan", "NA", "N/A", "<NA>", "NULL", "null", "None", "\\N", "NaT", "-"})
MISSING_VALUES = arrow.array(sorted(MISSING))
LARGEST = 2.0**63
DAY_FIRST, MONTH_FIRST = "day-first", "month-first"
EARLIEST, LATEST = 10**8, 5 * 10**9  # seconds of the years 1973 and 2128
UNITS = {"seconds": 1, "milliseconds": 10**3, "microseconds": MICRO, "nanoseconds": 10**9}
CONVERTED = 1 << 20  # at once
TRIED = 10_000  # times that tell of which kind a column is
GROUPED = r"^[+-]?\d{1,3}(?:,\d{3}){2,}(?:\.\d+)?$"
WRITTEN = (  # numbers as offices and Microsoft's JSON write them
    (r"^([+-]?\d+),(\d+)$", r"\1.\2"),
    (r"^\(([\d.]+)\)$", r"-\1"),
    (r"^([\d.]+)-$", r"-\1"),
    (r"^/Date\((-?\d+)(?:[+-]\d{4})?\)/$", r"\1"),
)


class Parsed(NamedTuple):
    """Times of a chunk, with what is wrong where."""

    values: np.ndarray  # int64, or float64 of numbers with fractions
    sound: np.ndarray  # bool
    missing: np.ndarray  # bool


class Times:
    """Collects the times of one file chunk by chunk, all of one kind."""

    def __init__(self, order: str = "") -> None:
        self.kind = ""  # "numbers", "dates", or "days and months" once one was seen
        self.unit = "seconds"
        self.note = ""  # what was understood, in words
        self._order = order
        self._parts: list[np.ndarray] = []
        self._fractions = False
        self._first, self._second = (0, ""), (0, "")  # the largest day or month in each place, and where it stands
        self._dotted = self._comma = False

    def parse(self, texts: Any) -> Parsed:
        """Times of a chunk, an array of texts."""
        nothing = np.zeros(len(texts), bool)
        if self.kind in ("", "numbers") and (whole := _whole(texts)) is not None:
            self.kind = self.kind or ("numbers" if len(whole) else "")
            return Parsed(whole, ~nothing, nothing)
        texts = compute.utf8_trim_whitespace(texts)
        missing = compute.is_in(texts, MISSING_VALUES).to_numpy(zero_copy_only=False)
        self.kind = self.kind or self._kind(texts[:TRIED], missing[:TRIED]) or self._kind(texts, missing)
        values, sound = self._read(self.kind or "numbers", texts, missing)
        return Parsed(values, sound & ~missing, missing)

    def _kind(self, texts: Any, missing: np.ndarray) -> str:
        """Of which kind most of the times are, "" where none is of any."""
        sound = {
            kind: int((self._read(kind, texts, missing)[1] & ~missing).sum())
            for kind in ("numbers", "dates", "days and months")
        }
        kind = max(sound, key=sound.__getitem__)
        return kind if sound[kind] else ""

    def keep(self, values: np.ndarray) -> None:
        """Add sound times."""
        if self.kind != "numbers":
            self._fractions |= bool((values % MICRO).any())
        elif values.dtype.kind == "f":
            if (values % 1 != 0).any():
                self._fractions = True
            else:
                values = values.astype(np.int64)
        self._parts.append(values)

    def joined(self, name: str) -> np.ndarray:
        """All kept times, int64; gives back the memory of the parts as it goes. `name` is that of the file.

        Raises `InputError` where nothing tells which number of its dates is the day.
        """
        turn = self._turned(name) if self.kind == "days and months" else None
        largest = max((float(np.abs(part).max()) for part in self._parts if len(part)), default=0.0)
        if self.kind == "numbers":
            scale = MICRO if self._fractions and largest < LARGEST / MICRO else 1
            self.unit = "microseconds" if scale > 1 else unit_of(largest)
        else:
            scale = 1
            self.unit = "microseconds" if self._fractions else "seconds"
        result = np.empty(sum(map(len, self._parts)), np.int64)
        at = 0
        self._parts.reverse()
        while self._parts:
            part = self._parts.pop()
            if turn is not None:
                part = turn(part)
            if self.kind != "numbers" and not self._fractions:
                part = part // MICRO
            elif scale > 1:
                part = part * scale if part.dtype.kind == "i" else np.round(part * scale)
            result[at : at + len(part)] = part
            at += len(part)
        if self.kind == "numbers" and self.unit not in ("seconds",) and scale == 1:
            self.note = f"{name}: the times are {self.unit} since 1970"
        return self._compact(result, name) if self.kind == "numbers" and scale == 1 else result

    def _read(self, kind: str, texts: Any, missing: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Values of one kind, and which are sound."""
        if kind == "numbers":
            return _numbers(texts, missing)
        if kind == "dates":
            return dates(texts)
        values, sound, first, second, dotted, comma = days_and_months(texts)
        if sound.any():
            self._first = max(self._first, _largest(first, sound, texts))
            self._second = max(self._second, _largest(second, sound, texts))
            self._dotted, self._comma = self._dotted or dotted, self._comma or comma
        return values, sound

    def _turned(self, name: str) -> Any:
        """What makes times of days and months, in the order that the whole column has."""
        (first, earlier), (second, later) = self._first, self._second
        order = self._order or (MONTH_FIRST if self._comma else "")
        if first > 12 and second > 12:
            raise InputError(
                f"{name} has dates with the day first ({shown(earlier)}) and with the month first ({shown(later)}): "
                "write all of them in one way."
            )
        if order and (second if order == DAY_FIRST else first) > 12:
            raise InputError(f"{name} has the date {shown(later if order == DAY_FIRST else earlier)}, not {order}.")
        why = earlier if first > 12 or not later else later
        if not order:
            order = DAY_FIRST if first > 12 or (self._dotted and second <= 12) else MONTH_FIRST if second > 12 else ""
        if not order:
            raise InputError(
                f"{name} has dates like {shown(earlier)}, of which either number may be the day: say which with "
                f"--columns timestamp=NAME:{DAY_FIRST} or timestamp=NAME:{MONTH_FIRST}."
            )
        self.note = f"{name}: the dates are read {order}, as in {shown(why)}"

        def turn(packed: np.ndarray) -> np.ndarray:
            for at in range(0, len(packed), CONVERTED):
                packed[at : at + CONVERTED] = in_micro(packed[at : at + CONVERTED], order == DAY_FIRST)
            return packed

        return turn

    def _compact(self, numbers: np.ndarray, name: str) -> np.ndarray:
        """Numbers that are dates without separators, 20240531 or 20240531151221, as seconds; others as they are."""
        for digits, form in ((8, "20240531"), (14, "20240531151221"), (12, "202405311512")):
            scale = 10 ** (digits - 8)
            if len(numbers) and 19000101 * scale <= numbers.min() and numbers.max() < 21010101 * scale:
                day, clock = numbers // scale, numbers % scale * 10 ** (14 - digits)
                month, hour, minute = day // 100 % 100, clock // 10**4, clock // 100 % 100
                sound = (month >= 1) & (month <= 12) & (day % 100 >= 1) & (day % 100 <= 31)
                if (sound & (hour < 24) & (minute < 60) & (clock % 100 < 60)).all():
                    packed = day * (86400 * MICRO) + (hour * 3600 + minute * 60 + clock % 100) * MICRO
                    self.unit, self.note = "seconds", f"{name}: the times are dates like {form}"
                    return in_micro(packed, day_first=False) // MICRO
        return numbers


def unit_of(largest: float) -> str:
    """What numbers of this size are, since 1970; seconds where they are no times of our days."""
    return next((unit for unit, scale in UNITS.items() if EARLIEST <= largest / scale < LATEST), "seconds")


def _whole(texts: Any) -> np.ndarray | None:
    """All of them as whole numbers; None where one is none."""
    try:
        return compute.cast(texts, arrow.int64()).to_numpy(zero_copy_only=False)
    except arrow.ArrowInvalid:
        return None


def numbers_of(texts: Any) -> np.ndarray:
    """Numbers, also with a decimal comma; NaN where it is none."""
    import pandas as pd

    texts = compute.utf8_trim_whitespace(texts)
    try:
        return compute.cast(texts, arrow.float64()).to_numpy(zero_copy_only=False)
    except arrow.ArrowInvalid:
        grouped = compute.match_substring_regex(texts, GROUPED)
        texts = compute.if_else(grouped, compute.replace_substring(texts, ",", ""), texts)
        for form, plain in WRITTEN:
            texts = compute.replace_substring_regex(texts, form, plain)
        return pd.to_numeric(texts.to_pandas().astype("object"), errors="coerce").to_numpy(np.float64)


def _numbers(texts: Any, missing: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    filled = compute.if_else(arrow.array(missing), "0", texts)
    whole = _whole(filled)
    if whole is not None:
        return whole, ~missing
    values = numbers_of(filled)
    sound = np.abs(values) < LARGEST  # NaN is not below either
    return np.where(sound, values, 0.0), sound & ~missing


def _largest(numbers: np.ndarray, sound: np.ndarray, texts: Any) -> tuple[int, str]:
    place = int(np.argmax(np.where(sound, numbers, 0)))
    return int(numbers[place]), texts[place].as_py()
