"""Whether the times of a log are those of a clock, and what the clock says in whole seconds."""

import numpy as np

from heedful.recipes.recommender.reading.log import Log
from heedful.recipes.recommender.reading.times import UNITS

ORIGIN = 946_684_800  # 1 January 2000, UTC, in seconds since 1970: 32 bits of seconds reach from 1931 to 2068
UNKNOWN_TIME = 0


def has_clock(log: Log) -> bool:
    """Whether times are more than the order of a file or the number of each user's action."""
    place = np.arange(len(log)) - np.repeat(log.starts[:-1], log.lengths)
    return bool(log.unit) and len(log) > 0 and bool(np.any(log.times - place != log.times[0]))


def clock_seconds(times: np.ndarray, unit: str) -> np.ndarray:
    """Times int64 of a `unit` of `UNITS` since 1970 as seconds since `ORIGIN`, int32; what 32 bits do not hold is
    unknown.
    """
    seconds = times // UNITS[unit] - ORIGIN
    limits = np.iinfo(np.int32)
    return np.where((seconds >= limits.min) & (seconds <= limits.max), seconds, UNKNOWN_TIME).astype(np.int32)
