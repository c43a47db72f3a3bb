"""Interactions in memory: one flat array of items, grouped by user, each user's in order of time.

20 million interactions take 240 MB, a user's history is a slice, and nothing is an object per row.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True, eq=False)
class Log:
    """Who did what when. User `u` has `items[starts[u]:starts[u + 1]]`, oldest first."""

    items: np.ndarray  # int32 (n,), rows of the item table
    times: np.ndarray  # int64 (n,), `unit`s since 1970 or any other number that orders them
    starts: np.ndarray  # int64 (users + 1,)
    users: Sequence[str]
    unit: str = "seconds"  # of the times, one of `times.UNITS`; "" where they are the order of a file
    weights: np.ndarray | None = None  # float32 (n,), what the actions weigh in training; None: all the same

    def __len__(self) -> int:
        return len(self.items)

    @property
    def lengths(self) -> np.ndarray:
        """How many actions each user has, int64 (users,)."""
        return np.diff(self.starts)

    def without_last(self, dropped: np.ndarray) -> "Log":
        """The log without the last `dropped[u]` actions of user `u`, int (users,)."""
        keep = np.arange(len(self.items)) < np.repeat(self.starts[1:] - dropped, self.lengths)
        starts = np.concatenate([[0], np.cumsum(self.lengths - dropped)])
        weights = None if self.weights is None else self.weights[keep]
        return replace(self, items=self.items[keep], times=self.times[keep], starts=starts, weights=weights)
