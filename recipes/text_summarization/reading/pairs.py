"""Texts with their summaries by split: what every source of the recipe gives, and all that the rest of it asks for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, eq=False)
class Split:
    """Pairs of one split in a fixed order, as they were written but for white space around them."""

    documents: Sequence[str]
    summaries: Sequence[str]  # one of each document

    def __post_init__(self) -> None:
        if len(self.documents) != len(self.summaries):
            raise ValueError(f"a split of {len(self.documents)} documents got {len(self.summaries)} summaries")

    def __len__(self) -> int:
        return len(self.documents)


@dataclass(frozen=True, eq=False)
class Listing:
    """What a source holds."""

    source: str
    splits: Mapping[str, Split]  # by all names of SPLITS; each may be empty
    split_rule: str  # one line: where the splits come from
    skipped: Mapping[str, list[str]] = field(default_factory=dict)  # reason -> names of what was left out
    licence: str = ""
    notes: tuple[str, ...] = ()  # how the source was understood, where that is not what its format says
    warnings: tuple[str, ...] = ()  # what may not be what the user wants
    read: tuple[str, ...] = ()  # what was understood, a line a file
