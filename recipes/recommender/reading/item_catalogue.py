"""The items that a model knows, in the order of its embedding table.

An item is an int32 row everywhere inside: 0 pads a history, 1 stands for an item that the model does not know, and the
item at position `i` of the catalogue is row `FIRST + i`. Rows are never renumbered: a model that learns on keeps the
row of every item it has, and new items follow. `items.json` lies beside the model and rides inside every `.tflite`,
so it is written by columns: 55,000 items without titles or features are little more than their ids.
"""

import json
from dataclasses import dataclass, field

import numpy as np

PAD, UNKNOWN, FIRST = 0, 1, 2
FILE = "items.json"


@dataclass(frozen=True, eq=False)
class Catalogue:
    """Items by position; position `i` is row `FIRST + i`."""

    ids: tuple[str, ...]
    titles: tuple[str, ...] = ()  # the id where there is no title
    features: tuple[tuple[str, ...], ...] = ()  # names of genres or categories, () where there are none
    counts: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))  # training interactions, int64 (len,)

    def __post_init__(self) -> None:
        size = len(self.ids)
        for name, empty in (("titles", self.ids), ("features", ((),) * size), ("counts", np.zeros(size, np.int64))):
            value = getattr(self, name)
            if not len(value):
                object.__setattr__(self, name, empty)
            elif len(value) != size:
                raise ValueError(f"a catalogue of {size} ids got {len(value)} {name}")

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def rows(self) -> int:
        """Rows of the item table: the items, the padding and the unknown one."""
        return FIRST + len(self.ids)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Every feature that an item has, in alphabetical order."""
        return tuple(sorted({name for names in self.features for name in names}))

    def row_of(self) -> dict[str, int]:
        """The row of each id."""
        return {item: FIRST + position for position, item in enumerate(self.ids)}

    def to_json(self) -> bytes:
        """The content of `items.json`; `titles` and `features` are null where they would say nothing."""
        names = self.feature_names
        index = {name: number for number, name in enumerate(names)}
        columns = {
            "ids": self.ids,
            "titles": None if self.titles == self.ids else self.titles,
            "features": [[index[name] for name in item] for item in self.features] if names else None,
            "feature_names": names,
            "counts": self.counts.tolist(),
        }
        return json.dumps(columns, ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def from_json(cls, content: bytes) -> "Catalogue":
        """The catalogue that `to_json` wrote."""
        columns = json.loads(content)
        ids = tuple(columns["ids"])
        names = columns["feature_names"]
        return cls(
            ids=ids,
            titles=tuple(columns["titles"] or ids),
            features=tuple(tuple(names[number] for number in item) for item in columns["features"] or [()] * len(ids)),
            counts=np.array(columns["counts"], np.int64),
        )
