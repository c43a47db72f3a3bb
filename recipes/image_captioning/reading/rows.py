"""What a file says of pictures before any of them is looked at: rows of captions, and what was left out and why."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple


class Row(NamedTuple):
    """One caption of one picture."""

    image: str  # path as it is written
    caption: str
    split: str | None  # as it is written; None where the file knows of no splits
    where: str  # file and line


@dataclass(frozen=True, eq=False)
class Rows:
    """All that a file gives."""

    rows: list[Row] = field(default_factory=list)
    skipped: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))  # reason -> names
