"""Splits by two moments that hold for everybody: what was before the first trains, what came after them is held out.

Leave-one-out lets a model learn from what other people did after the moment at which it is asked. Here it does not: the
first moment is that from which on the last fifth of all actions happened, the second that of the last tenth, as a
quantile of 0.9 is the usual test part (Gusak et al. 2025, arXiv:2507.16289). An example is a user's first action at or
after a moment, with the whole history before it: what a model that was made at that moment could know, one target for
each user, so that intervals over users hold.
"""

from dataclasses import dataclass

import numpy as np

from heedful.recipes.recommender.reading.log import Log

VALIDATION, TEST = 0.8, 0.9  # shares of all actions that lie before the two moments


@dataclass(frozen=True, eq=False)
class TimeSplit:
    """What of a log trains, and where its examples lie."""

    training: Log  # what was before the first moment
    moments: tuple[int, int]  # from which on actions are for validation, and for testing
    places: dict[str, tuple[np.ndarray, np.ndarray]]  # split to the first action of each history and its target
    without_history: dict[str, int]  # users of a split who did nothing before its moment, and so are in none


def time_split(log: Log) -> TimeSplit:
    """Of a log whose times are the same clock for all users. A part may be empty, where many share one time."""
    ordered = np.sort(log.times)
    moments = int(ordered[int(VALIDATION * len(log))]), int(ordered[int(TEST * len(log))])
    starts, ends = log.starts[:-1], log.starts[1:]
    validation, test = (first_at(log, moment) for moment in moments)
    targets = {"train": validation - 1, "validation": validation, "test": test}
    there = {"train": validation - 1 >= starts, "validation": validation < test, "test": test < ends}
    places, without_history = {}, {}
    for name, target in targets.items():
        new = there[name] & (target == starts)
        chosen = np.flatnonzero(there[name] & ~new)
        places[name] = starts[chosen], target[chosen]
        without_history[name] = int(new.sum())
    return TimeSplit(log.without_last(ends - validation), moments, places, without_history)


def first_at(log: Log, moment: int) -> np.ndarray:
    """The place of each user's first action at or after `moment`, that after its last where there is none: int64
    (users,).
    """
    earlier = np.concatenate([[0], np.cumsum(log.times < moment)])
    return log.starts[:-1] + earlier[log.starts[1:]] - earlier[log.starts[:-1]]
