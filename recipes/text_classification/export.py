"""What the file takes and gives: `classify`, `ids` int32 `(1, length)` to `probabilities` and `attention`."""

from typing import Any

from heedful.recipes.contract import Arrays
from heedful.recipes.shared.reading.spread import spread

SIGNATURE = "classify"
QUANTIZATIONS = {"none": 0.0, "float16": 0.002, "dynamic": 0.005, "int8": 0.01}  # of validation accuracy
LABELS = {"probabilities": "labels.txt"}


def inputs(data: Any) -> list[Arrays]:
    """64 validation texts, which verify a file and calibrate int8."""
    split, rows = spread(data, 64)
    return [{"ids": split.ids[row][None]} for row in rows]
