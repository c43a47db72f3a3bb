"""A few examples that stand for all of a data set."""

from typing import Any

import numpy as np

from heedful.recipes.contract import Data


def spread(data: Data, most: int) -> tuple[Any, np.ndarray]:
    """The validation split (or all there is where that is empty), and at most `most` of its rows, evenly spread."""
    split = data.split("validation" if len(data.splits["validation"]) else "all")
    return split, np.linspace(0, len(split) - 1, min(most, len(split))).astype(int)
