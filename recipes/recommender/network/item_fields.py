"""What a catalogue says of its items, as numbers for the item table."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from heedful.recipes.recommender.reading.item_catalogue import FIRST, Catalogue, Values, distinct
from heedful.recipes.recommender.reading.title_words import TITLE, title_words


@dataclass(frozen=True, eq=False)
class ItemFields:
    """The values of items in each field, where every value of every field has a number from 1 on."""

    names: tuple[tuple[str, str], ...]  # field and value; number 1 is the first
    columns: tuple[int, ...]  # of each field: as many as one item can have values
    rows: np.ndarray  # int32 (rows of the table, all columns): numbers of values, 0 is none


def fields_of(catalogue: Catalogue, titles: bool) -> Mapping[str, Values]:
    """The values of each item in the same fields, by name."""
    if not titles:
        return catalogue.fields
    own = [title if title != item else "" for title, item in zip(catalogue.titles, catalogue.ids, strict=True)]
    found = title_words(own)
    return {**catalogue.fields, TITLE: found} if any(found) else catalogue.fields


def item_fields(catalogue: Catalogue, titles: bool) -> ItemFields:
    """The fields of a catalogue, and with `titles` the words of the titles as one more."""
    fields = fields_of(catalogue, titles)
    names, columns, parts = [], [], [np.zeros((catalogue.rows, 0), np.int32)]
    for name, values in fields.items():
        known = distinct(values)
        number = {value: at for at, value in enumerate(known, 1 + len(names))}
        part = np.zeros((catalogue.rows, max(map(len, values), default=0)), np.int32)
        for row, item in enumerate(values, FIRST):
            part[row, : len(item)] = [number[value] for value in item]
        names += [(name, value) for value in known]
        columns.append(part.shape[1])
        parts.append(part)
    return ItemFields(tuple(names), tuple(columns), np.concatenate(parts, axis=1))
