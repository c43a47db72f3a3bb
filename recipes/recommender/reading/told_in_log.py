"""Titles and features of items that stand in the log itself, beside the actions."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as arrow

from heedful.recipes.recommender.reading import columns as known
from heedful.recipes.recommender.reading.codes import Codes
from heedful.recipes.recommender.reading.items_file import Described, split_features
from heedful.recipes.recommender.reading.times import MISSING

CONTRADICTED = 0.3  # of the titles that come up again: above it they are not those of the items


class Told:
    """Collects what a log tells of its items, chunk by chunk."""

    def __init__(self) -> None:
        self._told: dict[int, tuple[str, tuple[str, ...]]] = {}
        self._again, self._other = [0, 0], [0, 0]  # titles and features that came up again, and that were others

    def add(self, items: np.ndarray, columns: Mapping[str, Any], keep: np.ndarray) -> None:
        """Titles and features of items as the log has them, the first of each."""
        empty = arrow.nulls(len(items), arrow.string()).fill_null("")
        title, features = (columns.get(column.name, empty) for column in (known.TITLE, known.FEATURES))
        pairs = arrow.table({"item": items[keep], "title": title.filter(keep), "features": features.filter(keep)})
        for row in pairs.group_by(["item", "title", "features"], use_threads=False).aggregate([]).to_pylist():
            title = row["title"].strip()
            told = ("" if title in MISSING else title, split_features(row["features"]))
            before = self._told.setdefault(row["item"], told)
            if before is not told:
                for part in range(2):
                    self._again[part] += bool(told[part])
                    self._other[part] += bool(told[part] and before[part] and before[part] != told[part])
                self._told[row["item"]] = (before[0] or told[0], before[1] or told[1])

    def described(self, items: Codes) -> Described:
        """By id what is told of items, where each has its own."""
        ids = list(items)
        own = [self._other[part] <= CONTRADICTED * self._again[part] for part in range(2)]
        return {
            ids[code]: (title if own[0] else "", features if own[1] else ())
            for code, (title, features) in self._told.items()
            if (own[0] and title) or (own[1] and features)
        }
