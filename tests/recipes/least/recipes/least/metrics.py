"""The share of rows whose label is found."""

from typing import Any

import numpy as np

from heedful.recipes.contract import Metric

METRIC = Metric("accuracy")


def score(predict: Any, data: Any, split: str) -> float:
    rows = data.split(split)
    found = predict({"numbers": rows.numbers})["probabilities"].argmax(axis=1)
    return float(np.mean(found == rows.targets))


def baseline(data: Any) -> float:
    """Always the commonest label."""
    targets = data.split("validation").targets
    return float(np.bincount(targets).max() / len(targets))
