"""The items that a model knows, in the order of its embedding table.

An item is an int32 row everywhere inside: 0 pads a history, 1 stands for an item that the model does not know, and the
item at position `i` of the catalogue is row `FIRST + i`. Rows are never renumbered: a model that learns on keeps the
row of every item it has, and new items follow. `items.json` lies beside the model and rides inside every `.tflite`,
so it is written by columns: 55,000 items without titles or features are little more than their ids.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import accumulate

import numpy as np

PAD, UNKNOWN, FIRST = 0, 1, 2
FILE = "items.json"
GENRES = "genres"  # the field of `Catalogue.features`

Values = tuple[tuple[str, ...], ...]  # of each item


@dataclass(frozen=True, eq=False)
class Catalogue:
    """Items by position; position `i` is row `FIRST + i`."""

    ids: tuple[str, ...]
    titles: tuple[str, ...] = ()  # the id where there is no title
    features: Values = ()  # names of genres or categories, () where there are none
    counts: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))  # training interactions, int64 (len,)
    more: Mapping[str, Values] = field(default_factory=dict)  # other fields by name: brand, price, colour

    def __post_init__(self) -> None:
        size = len(self.ids)
        for name, values in self.more.items():
            if len(values) != size:
                raise ValueError(f"a catalogue of {size} ids got {len(values)} values of {name}")
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
    def fields(self) -> dict[str, Values]:
        """The fields that say something of some item, by name, `GENRES` first."""
        return {name: values for name, values in {GENRES: self.features, **self.more}.items() if any(values)}

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Every value that an item has, in alphabetical order within its field; of a field other than `GENRES` with its
        name before it: `Comedy`, `brand Acme`, `price 10 to 20`.
        """
        return tuple(
            value if name == GENRES else f"{name} {value}"
            for name, values in self.fields.items()
            for value in distinct(values)
        )

    def row_of(self) -> dict[str, int]:
        """The row of each id."""
        return {item: FIRST + position for position, item in enumerate(self.ids)}

    def to_json(self) -> bytes:
        """The content of `items.json`; `titles` and `features` are null where they would say nothing, and `fields`, how
        many of the names are of which field, where they are all genres.
        """
        known = {name: distinct(values) for name, values in self.fields.items()}
        numbers = {pair: at for at, pair in enumerate((name, value) for name in known for value in known[name])}
        features = [
            [numbers[name, value] for name, values in self.fields.items() for value in values[place]]
            for place in range(len(self))
        ]
        columns = {
            "ids": self.ids,
            "titles": None if self.titles == self.ids else self.titles,
            "features": features if numbers else None,
            "feature_names": self.feature_names,
            "fields": {name: len(values) for name, values in known.items()} if known.keys() - {GENRES} else None,
            "counts": self.counts.tolist(),
        }
        return json.dumps(columns, ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def from_json(cls, content: bytes) -> "Catalogue":
        """The catalogue that `to_json` wrote, now or when there were no fields."""
        columns = json.loads(content)
        ids, names = tuple(columns["ids"]), columns["feature_names"]
        sizes = columns.get("fields") or {GENRES: len(names)}
        fields = {}
        for (field_name, size), end in zip(sizes.items(), accumulate(sizes.values()), strict=True):
            start = end - size
            before = 0 if field_name == GENRES else len(field_name) + 1
            values = [name[before:] for name in names[start:end]]
            fields[field_name] = tuple(
                tuple(values[number - start] for number in item if start <= number < end)
                for item in columns["features"] or [()] * len(ids)
            )
        return cls(
            ids=ids,
            titles=tuple(columns["titles"] or ids),
            features=fields.pop(GENRES, ()),
            counts=np.array(columns["counts"], np.int64),
            more=fields,
        )


def distinct(values: Values) -> list[str]:
    """Every value that an item has, once, in alphabetical order."""
    return sorted({value for item in values for value in item})
