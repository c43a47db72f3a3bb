"""Whether the times of a log are those of a clock, and what the clock says in whole seconds."""

import numpy as np

from heedful.apps.recommender.moments import LIMITS, ORIGIN, UNKNOWN_TIME
from heedful.recipes.recommender.reading.log import Log
from heedful.recipes.recommender.reading.times import UNITS


def has_clock(log: Log) -> bool:
    """Whether times are more than the order of a file or the number of each user's action."""
    place = np.arange(len(log)) - np.repeat(log.starts[:-1], log.lengths)
    return bool(log.unit) and len(log) > 0 and bool(np.any(log.times - place != log.times[0]))


def clock_seconds(times: np.ndarray, unit: str) -> np.ndarray:
    """Times int64 of a `unit` of `UNITS` since 1970 as seconds since `ORIGIN`, int32; what 32 bits do not hold is
    unknown.
    """
    seconds = times // UNITS[unit] - ORIGIN
    return np.where((seconds >= LIMITS[0]) & (seconds <= LIMITS[1]), seconds, UNKNOWN_TIME).astype(np.int32)
