"""Dates as people and programs write them, read by the column: `2024-05-31 15:12:21 UTC`, `31.05.2024 15:12`,
`5/31/2024 3:12:21 PM`, `03 Aug 2017`, `09 13, 2009`, `Tue Apr 03 18:00:09 +0000 2012`, `31-MAY-24 03.12.21 PM`,
`31/May/2024:15:12:21 +0000`, `20240531T151221`, `2024年5月31日 15時12分`, `2024. 5. 31. 오후 3:12`.
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
AFTER = rf"(?:(?:[Tt]|,? +|,|:){CLOCK}{ZONE})?(?:,? *\pL+day)?$"
WEEKDAY = r"^(?:\pL+\.?,? +)?"
MONTH = r"(?P<n>\pL{3,})\.?"
YEAR_FIRST = rf"^(?P<y>\d{{4}})[-/.年](?P<m>\d{{1,2}})[-/.月](?P<d>\d{{1,2}})日?{AFTER}"
NAMED = (
    rf"{WEEKDAY}(?P<d>\d{{1,2}})(?:st|nd|rd|th|\.)?(?: de)?[ -]*{MONTH},?(?: de)?[ -]*(?P<y>\d{{4}}){AFTER}",
    rf"{WEEKDAY}{MONTH}[ -]+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,?[ -]+(?P<y>\d{{4}}){AFTER}",
    rf"^(?P<d>\d{{1,2}})[-/]{MONTH}[-/](?P<y>\d{{2}}|\d{{4}}){AFTER}",
    rf"^\pL+ {MONTH} +(?P<d>\d{{1,2}}) {CLOCK}{ZONE} +(?P<y>\d{{4}})$",
)
NUMBERED = rf"^(?P<a>\d{{1,2}})(?P<s>[-/.]| )(?P<b>\d{{1,2}})(?P<t>[-/.]|, ?)(?P<y>\d{{4}}|\d{{2}}){AFTER}"
MONTHS = {  # the beginnings of their names in languages of Europe
    1: "jan jän gen ene sty led янв січ oca tam ιαν", 2: "feb fév fev lut úno фев лют şub hel φεβ",
    3: "mar mär mrz maa bře мар бер már μαρ μάρ", 4: "apr avr abr kwi dub апр кві nis ápr huh απρ",
    5: "may mai mag mei maj kvě май мая тра máj tou μαϊ μάι μαΐ",
    6: "jun juin giu cze červ июн чер haz jún kes ιουν ιούν",
    7: "jul juil lug lip červene červenc июл лип tem júl hei ιουλ ιούλ",
    8: "aug aoû aou ago agu sie srp авг сер ağu elo αυγ αύγ",
    9: "sep set wrz září сен вер eyl sze syy σεπ",
    10: "oct okt ott out paź říj окт жов eki lok οκτ",
    11: "nov lis ноя kas marr νοε νοέ", 12: "dec dez déc dic des gru pro дек гру ara jou δεκ",
}  # fmt: skip
RESPELLED = (  # what stands for what, in this order
    (r"^(\d{4})(\d{2})(\d{2})[T _](\d{2}):?(\d{2}):?(\d{2})", r"\1-\2-\3T\4:\5:\6"),
    (r"^(\d{4})(\d{2})(\d{2})[T _](\d{2}):?(\d{2})$", r"\1-\2-\3T\4:\5"),
    (r"^([\d./-]{8,10}) (\d{2})(\d{2})(\d{2})$", r"\1 \2:\3:\4"),
    (r"^([\d./-]{8,10}) (\d{2})(\d{2})$", r"\1 \2:\3"),
    (r"^(\d{4})(?:年|년|\.) *(\d{1,2})(?:月|월|\.) *(\d{1,2})(?:日|일|\.)?", r"\1-\2-\3"),
    (r" *[(（]\pL{1,3}[)）] *", " "),  # the day of the week
    (r"[時时点點시] *(\d)(\D)", r":0\1\2"), (r"[時时点點시] *(\d{2})", r":\1"),
    (r"[分분] *(\d)(\D)", r":0\1\2"), (r"[分분] *(\d{2})", r":\1"), (r"[分분秒초] *$", ""),
    (r" *(?:上午|午前|오전|凌晨|早上) *([\d:.]+)", r" \1 AM"),
    (r" *(?:下午|午後|오후|晚上|中午) *([\d:.]+)", r" \1 PM"),
    (r",? (?:à|at|um|alle|alle ore|às|a las|klo|kl\.|г\.,?|г\. в|в|o) +(\d)", r" \1"), (r" г\.?$", ""),
)  # fmt: skip
TO_RESPELL = r"[^\x00-\x7F]|^\d{8}[T _]|^[\d./-]{8,10} \d{4,6}$| (?:at|um|alle|ore|las|klo|kl\.|o) "
BEGINNINGS = {start: month for month, starts in MONTHS.items() for start in starts.split()}
LOOKS = re.sub(r"\?P<\w>", "?:", "|".join((YEAR_FIRST, *NAMED, NUMBERED)))  # names may not be there twice


def dates(texts: Any) -> tuple[np.ndarray, np.ndarray]:
    """Dates that say themselves which number is what, as microseconds since 1970, int64, and which are ones, bool."""
    if (quick := _quick(texts)) is not None:
        return quick, np.ones(len(quick), bool)
    texts = _respelled(texts)
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
    parts, sound = _parts(_respelled(texts), NUMBERED)
    first, second, year = (_whole(parts[key]) for key in "aby")
    year = _of_century(year)
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
    return compute.match_substring_regex(_respelled(texts), LOOKS).to_numpy(zero_copy_only=False)


def _respelled(texts: Any) -> Any:
    """The same dates without the words and letters that stand between their numbers."""
    if not compute.any(compute.match_substring_regex(texts, TO_RESPELL)).as_py():
        return texts
    for form, spelling in RESPELLED:
        texts = compute.replace_substring_regex(texts, form, spelling)
    return texts


def _of_century(year: np.ndarray) -> np.ndarray:
    """Years, of which some may have two digits."""
    return np.where(year < 70, year + 2000, np.where(year < 100, year + 1900, year))


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
    year, day = _of_century(_whole(parts["y"])), _whole(parts["d"])
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
    return next((BEGINNINGS[name[:size]] for size in range(7, 2, -1) if name[:size] in BEGINNINGS), 0)


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
