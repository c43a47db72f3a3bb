"""Pictures with captions by split: what every source of the recipe gives, and all that the rest of it asks for.

Pictures are decoded one at a time when they are asked for, so a data set need not fit into memory.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Thing:
    """Something in a picture whose place is known."""

    colour: str
    shape: str
    size: str
    box: tuple[float, float, float, float]  # left, top, right, bottom as shares 0..1 of the picture


@dataclass(frozen=True, eq=False)
class Split:
    """Pictures of one split in a fixed order."""

    names: tuple[str, ...]
    captions: tuple[tuple[str, ...], ...]  # as they were written, at least one of each picture
    read: Callable[[int], np.ndarray]  # picture number -> uint8 (size, size, 3), RGB
    things: tuple[tuple[Thing, ...], ...] = ()  # of each picture, where the source knows
    sizes: tuple[tuple[int, int], ...] = ()  # width and height of each picture as it is stored, where that is known

    def __post_init__(self) -> None:
        for name in ("captions", "things"):
            value = getattr(self, name)
            if len(value) != len(self.names) and (value or name == "captions"):
                raise ValueError(f"a split of {len(self.names)} pictures got {name} of {len(value)}")

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True, eq=False)
class Listing:
    """What a source holds, before any picture is kept."""

    source: str
    splits: Mapping[str, Split]  # every one of `SPLITS`; some may be empty
    split_rule: str
    fingerprint: str  # changes with the names and the contents of the pictures: the key of what is computed from them
    skipped: Mapping[str, list[str]] = field(default_factory=dict)  # reason -> what was left out, with file and line
    licence: str = ""
    read: tuple[str, ...] = ()  # how the source was understood, a line each
    notes: tuple[str, ...] = ()  # what the user may not expect
    warnings: tuple[str, ...] = ()  # what looks wrong
