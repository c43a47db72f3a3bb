"""When actions were, as people give it, in the whole seconds that a model takes."""

import os
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from os import PathLike, fspath
from pathlib import Path

from heedful.apps.errors import InputError
from heedful.apps.text_file import read_text

ORIGIN = 946_684_800  # 1 January 2000, UTC, in seconds since 1970: 32 bits of seconds reach from 1931 to 2068
UNKNOWN_TIME = 0
LIMITS = (-(2**31), 2**31 - 1)
NUMBER = re.compile(r"-?(?!\d{8}$)\d+(\.\d*)?")  # 20240531 is a date
WRITTEN = "write seconds since 1970 or times like 2024-05-31T12:00:00"

Moment = datetime | float | str | None
Moments = Sequence[Moment] | PathLike[str]  # a `str` is times between commas, or the path of a file of them


def moments_of(given: Moments | str) -> list[Moment]:
    """The times of a list, of a text with commas between them, or of a file with one on each line.

    Raises `InputError` where the file cannot be read.
    """
    if not isinstance(given, str | PathLike):
        return list(given)
    if not os.path.isfile(given):
        return [part.strip() for part in fspath(given).split(",")]
    return [line.strip() for line in read_text(Path(given), WRITTEN).strip().splitlines()]


def seconds_of(moment: Moment) -> int:
    """Seconds since `ORIGIN` of a `datetime` (without a zone it is UTC), of a number of seconds since 1970, or of a
    text with either; `UNKNOWN_TIME` for None and for an empty text.

    Raises `InputError` where it is no time, or one that 32 bits do not hold.
    """
    if moment is None or moment == "":
        return UNKNOWN_TIME
    seconds = _since_1970(moment)
    if seconds is None:
        raise InputError(f"{moment!r} is no time: {WRITTEN}.")
    if not LIMITS[0] <= seconds - ORIGIN <= LIMITS[1]:
        raise InputError(f"the time {moment!r} is not between 1931 and 2068: {WRITTEN}.")
    return int(seconds // 1) - ORIGIN


def _since_1970(moment: datetime | float | str) -> float | None:
    if isinstance(moment, str):
        try:
            moment = float(moment) if NUMBER.fullmatch(moment) else datetime.fromisoformat(moment)
        except ValueError:
            return None
    if isinstance(moment, datetime):
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    return float(moment)
