"""Dates as people and programs write them, read by the column: `2024-05-31 15:12:21 UTC`, `31.05.2024 15:12`,
`5/31/2024 3:12:21 PM`, `03 Aug 2017`, `09 13, 2009`, `Tue Apr 03 18:00:09 +0000 2012`.
"""

import re
from typing import Any

import numpy as np
import pyarrow as arrow
import pyarrow.compute as compute

MICRO = 10**6
DAY = 86400 * MICRO
CLOCK = r"(?P<H>\d{1,2})[:.h](?P<M>\d{2})(?:[:.](?P<S>\d{2})(?:[.,](?P<f>\d{1,9}))?)?(?: ?(?P<p>[AaPp])\.?[Mm]\.?)?"
ZONE = r" *(?P<z>[Zz]|UTC|GMT|(?:UTC|GMT)?[+-]\d{2}:?\d{2}|[+-]\d{2})?(?: UTC)?"
AFTER = rf"(?:(?:[Tt]|,? +|,){CLOCK}{ZONE})?(?:,? *\pL+day)?$"
WEEKDAY = r"^(?:\pL+\.?,? +)?"
MONTH = r"(?P<n>\pL{3,})\.?"
YEAR_FIRST = rf"^(?P<y>\d{{4}})[-/.年](?P<m>\d{{1,2}})[-/.月](?P<d>\d{{1,2}})日?{AFTER}"
NAMED = (
    rf"{WEEKDAY}(?P<d>\d{{1,2}})(?:st|nd|rd|th|\.)?(?: de)?[ -]*{MONTH},?(?: de)?[ -]*(?P<y>\d{{4}}){AFTER}",
    rf"{WEEKDAY}{MONTH}[ -]+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,?[ -]+(?P<y>\d{{4}}){AFTER}",
    rf"^\pL+ {MONTH} +(?P<d>\d{{1,2}}) {CLOCK}{ZONE} +(?P<y>\d{{4}})$",
)
NUMBERED = rf"^(?P<a>\d{{1,2}})(?P<s>[-/.]| )(?P<b>\d{{1,2}})(?P<t>[-/.]|, ?)(?P<y>\d{{4}}|\d{{2}}){AFTER}"
MONTHS = {  # the beginnings of their names in languages of Europe
    1: "jan jän gen ene", 2: "feb fév fev", 3: "mar mär mrz maa", 4: "apr avr abr", 5: "may mai mag mei",
    6: "jun juin giu", 7: "jul juil lug",
    8: "aug aoû aou ago", 9: "sep set", 10: "oct okt ott out", 11: "nov", 12: "dec dez déc dic",
}  # fmt: skip
BEGINNINGS = {start: month for month, starts in MONTHS.items() for start in starts.split()}
LOOKS = re.sub(r"\?P<\w>", "?:", "|".join((YEAR_FIRST, *NAMED, NUMBERED)))  # names may not be there twice


def dates(texts: Any) -> tuple[np.ndarray, np.ndarray]:
    """Dates that say themselves which number is what, as microseconds since 1970, int64, and which are ones, bool."""
    if (quick := _quick(texts)) is not None:
        return quick, np.ones(len(quick), bool)
    values, sound = _exact(texts, YEAR_FIRST)
    for form in NAMED:
        if sound.all():
            break
        left = np.flatnonzero(~sound)
        values[left], sound[left] = _exact(texts.take(arrow.array(left)), form)
    return values, sound


def days_and_months(texts: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, bool, bool]:
    """Dates of which day and month may be either way: packed for `in_micro`, which are ones, the first and the second
    number, and whether dots or a comma, of which the order is usual, separate them.
    """
    parts, sound = _parts(texts, NUMBERED)
    first, second, year = (_whole(parts[key]) for key in "aby")
    year = np.where(year < 70, year + 2000, np.where(year < 100, year + 1900, year))
    sound &= (np.minimum(first, second) >= 1) & (np.minimum(first, second) <= 12) & (np.maximum(first, second) <= 31)
    clock, right = _clock(parts)
    packed = ((year * 100 + first) * 100 + second) * DAY + np.clip(clock, 0, DAY - 1)
    sound &= right
    dotted = bool(sound.any()) and _all(parts["s"], ".", sound)
    comma = bool(sound.any()) and _all(parts["s"], " ", sound)
    return np.where(sound, packed, 0), sound, first, second, dotted, comma


def in_micro(packed: np.ndarray, day_first: bool) -> np.ndarray:
    """What `days_and_months` packed, as microseconds since 1970."""
    numbers, clock = packed // DAY, packed % DAY
    first, second = numbers // 100 % 100, numbers % 100
    return _midnight(numbers // 10**4, second if day_first else first, first if day_first else second) + clock


def looks_like_date(texts: Any) -> np.ndarray:
    """Which of an array of texts are dates with a year, bool."""
    return compute.match_substring_regex(texts, LOOKS).to_numpy(zero_copy_only=False)


def _quick(texts: Any) -> np.ndarray | None:
    """All of them as ISO dates without a zone, or with UTC; None where one is something else."""
    try:
        ends = compute.utf8_rtrim(texts, characters="UTCZ ")
        return compute.cast(ends, arrow.timestamp("us")).cast(arrow.int64()).to_numpy(zero_copy_only=False)
    except arrow.ArrowInvalid:
        return None


def _exact(texts: Any, form: str) -> tuple[np.ndarray, np.ndarray]:
    parts, sound = _parts(texts, form)
    month = _whole(parts["m"]) if "m" in parts else _months(parts["n"])
    year, day = _whole(parts["y"]), _whole(parts["d"])
    clock, right = _clock(parts)
    sound &= right & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
    return np.where(sound, _midnight(year, np.clip(month, 1, 12), day) + clock, 0), sound


def _parts(texts: Any, form: str) -> tuple[dict[str, Any], np.ndarray]:
    """The named groups of a form, "" where they are not there, and which texts are of it."""
    found = compute.extract_regex(texts, form)
    sound = found.is_valid().to_numpy(zero_copy_only=False)
    names = [field.name for field in found.type]
    return {name: compute.fill_null(compute.struct_field(found, name), "") for name in names}, sound.copy()


def _whole(texts: Any) -> np.ndarray:
    """Digits as int64, 0 where there are none."""
    filled = compute.if_else(compute.equal(texts, ""), "0", texts)
    return compute.cast(filled, arrow.int64()).to_numpy(zero_copy_only=False)


def _months(texts: Any) -> np.ndarray:
    """The months of names, 0 where it is none."""
    encoded = texts.dictionary_encode()
    numbers = [_month(name.casefold()) for name in encoded.dictionary.to_pylist()]
    return np.array(numbers or [0], np.int64)[encoded.indices.to_numpy(zero_copy_only=False)]


def _month(name: str) -> int:
    return BEGINNINGS.get(name[:4]) or BEGINNINGS.get(name[:3], 0)


def _clock(parts: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """The time of the day in microseconds, that of UTC where a zone is given, and whether it is one."""
    hour, minute, second = (_whole(parts[key]) for key in "HMS")
    fraction = _whole(compute.utf8_slice_codeunits(compute.utf8_rpad(parts["f"], 6, "0"), 0, 6))
    half = compute.utf8_lower(parts["p"])
    evening, morning = (_is(half, letter) for letter in "pa")
    sound = (hour < 24) & (minute < 60) & (second < 61) & ~((evening | morning) & ((hour > 12) | (hour < 1)))
    hour = np.where(evening & (hour < 12), hour + 12, np.where(morning & (hour == 12), 0, hour))
    return ((hour * 60 + minute) * 60 + second) * MICRO + fraction - _zone(parts["z"]), sound


def _zone(texts: Any) -> np.ndarray:
    """How far zones are east of UTC, in microseconds."""
    encoded = texts.dictionary_encode()

    def east(zone: str) -> int:
        digits = "".join(letter for letter in zone if letter.isdigit())
        minutes = int(digits[:2]) * 60 + int(digits[2:] or 0) if digits else 0
        return (-minutes if "-" in zone else minutes) * 60 * MICRO

    zones = [east(zone) for zone in encoded.dictionary.to_pylist()]
    return np.array(zones or [0], np.int64)[encoded.indices.to_numpy(zero_copy_only=False)]


def _midnight(year: np.ndarray, month: np.ndarray, day: np.ndarray) -> np.ndarray:
    months = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    return (months.astype("datetime64[D]").astype(np.int64) + day - 1) * DAY


def _is(texts: Any, value: str) -> np.ndarray:
    return compute.equal(texts, value).to_numpy(zero_copy_only=False)


def _all(texts: Any, value: str, where: np.ndarray) -> bool:
    return bool(_is(texts, value)[where].all())
