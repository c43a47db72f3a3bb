"""What the file takes and gives: `classify`, `ids` int32 `(1, length)` to `probabilities` and `attention`."""

from typing import Any

from heedful.recipes.contract import Arrays
from heedful.recipes.shared.reading.spread import spread

SIGNATURE = "classify"
QUANTIZATIONS = {"none": 0.0, "float16": 0.002, "dynamic": 0.005, "int8": 0.01}  # of validation accuracy
LABELS = {"probabilities": "labels.txt"}
EXAMPLES = 64  # texts that verify a file and calibrate int8


def inputs(data: Any) -> list[Arrays]:
    """Validation texts, spread evenly over the split."""
    split, rows = spread(data, EXAMPLES)
    return [{"ids": split.ids[row][None]} for row in rows]
