"""What the file takes: the inputs and outputs of the model as they are."""

from typing import Any

from heedful.recipes.contract import Arrays
from heedful.recipes.shared.reading.spread import spread


def inputs(data: Any) -> list[Arrays]:
    split, rows = spread(data, 64)
    return [{"numbers": split.numbers[row][None]} for row in rows]
