"""One row of a table, in whatever form it was written."""

from collections.abc import Sequence
from typing import Any, NamedTuple


class Record(NamedTuple):
    """A row: its values in the order of the columns, or what is wrong with it."""

    where: str  # file and line
    values: Sequence[Any] = ()
    reason: str = ""  # why it cannot be used: "broken row"
    detail: str = ""  # more about it, for people
