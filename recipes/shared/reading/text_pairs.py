"""Texts in pairs, each with what was written of it: the rows of the user's own files by split (`paired`)."""

from collections.abc import Sequence
from dataclasses import dataclass

from heedful.recipes.shared.reading.columns import Column
from heedful.recipes.shared.reading.split_rows import Found, Listing, divided

HELD_OUT = 0.05  # share of the texts for validation, and as many for test

Kind = tuple[Column, Column]  # which columns hold the texts and what was written of them


@dataclass(frozen=True, eq=False)
class TextPairs:
    """Pairs of one split in a fixed order, as they were written but for white space around them."""

    sources: Sequence[str]
    targets: Sequence[str]  # one of each source

    def __post_init__(self) -> None:
        if len(self.sources) != len(self.targets):
            raise ValueError(f"a split of {len(self.sources)} texts got {len(self.targets)} to write")

    def __len__(self) -> int:
        return len(self.sources)


def paired(source: str, found: Found, kind: Kind, training: bool) -> Listing[TextPairs]:
    """The pairs by split; see `divided`, which keeps a text with several things written of it."""
    rows = divided(source, found, kind[0].name, training, HELD_OUT)
    splits = {
        split: TextPairs(*(tuple(values[column.name] for values in part) for column in kind))
        for split, part in rows.splits.items()
    }
    return Listing(**{**vars(rows), "splits": splits})
