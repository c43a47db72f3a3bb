"""One row of the test split."""

from heedful.recipes.least.config import BASE
from heedful.recipes.least.data import load


def inputs() -> tuple[list[str], str]:
    data = load("sample", BASE)
    rows = data.split("test")
    return [" ".join(f"{number:.2f}" for number in rows.numbers[0])], data.labels[rows.targets[0]]
