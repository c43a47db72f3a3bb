"""Which column is which: by the names that people, shops and publishers use, in any order.

Names are compared without case, spaces and underscores: `user_id`, `userId` and `User ID` are one name. Where several
columns fit, the name that comes first in `Column` is taken: an item's own title before the name of its seller.
"""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from heedful.apps.errors import InputError
from heedful.recipes.shared.reading.text_file import shown

NAMES = {",": "commas", "\t": "tabs", ";": "semicolons", "|": "bars", "::": "double colons"}  # of what separates
SEPARATORS = (",", "\t", ";", "|")
TOLD = 3  # other names that a message repeats


class Column(NamedTuple):
    """A column that a reader wants."""

    name: str
    also: tuple[str, ...] = ()  # other names of it, the best first
    obligatory: bool = True

    def find(self, names: Sequence[str]) -> str | None:
        """The name of this column among those of a file, as it is written there; None where it is not there."""
        plain = [plain_name(name) for name in names]
        known = next((known for known in map(plain_name, (self.name, *self.also)) if known in plain), None)
        return None if known is None else names[plain.index(known)]


SPLIT = Column("split", obligatory=False)


def plain_name(name: str) -> str:
    """A name without case and without what is neither letter nor digit."""
    return "".join(letter for letter in name.lower() if letter.isalnum())


def split_header(line: str, columns: Sequence[Column], separators: Sequence[str] = SEPARATORS) -> tuple[str, list[str]]:
    """The separator and the column names of a header: the separator that shows most of what is wanted."""
    splits = {}
    for separator in separators:
        try:
            names = next(csv.reader([line], delimiter=separator, skipinitialspace=True), [])
        except csv.Error:
            names = []
        splits[separator] = [name.strip() for name in names]

    def merit(separator: str) -> tuple[int, int]:
        names = splits[separator]
        return sum(column.find(names) is not None for column in columns), len(names)

    best = max(separators, key=merit)
    return best, splits[best]


def find_columns(
    path: Path, names: Sequence[str], columns: Sequence[Column], separators: Sequence[str] = ()
) -> dict[str, str]:
    """The columns that are there, with their names in the file. `separators` are those that it might have.

    Raises `InputError` where one is twice there, or an obligatory one is missing.
    """
    found = {column.name: name for column in columns if (name := column.find(names)) is not None}
    missing = [column for column in columns if column.obligatory and column.name not in found]
    if missing:
        has = shown(", ".join(name if len(name) < 40 else f"{name[:37]}..." for name in names))
        needs = "; ".join(
            f"{column.name} (or {', '.join(column.also[:TOLD])})" if column.also else column.name for column in missing
        )
        *most, last = [NAMES[separator] for separator in separators] or [""]
        listed = f"{', '.join(most)} or {last}" if most else last
        mend = f"name them in its first line, separated by {listed}" if listed else "name them so"
        raise InputError(f"{path} has the columns {has} and needs {needs}: {mend}.")
    plain = [plain_name(name) for name in names]
    for name in found.values():
        if plain.count(plain_name(name)) > 1:
            raise InputError(f"{path} has the column {shown(name)} twice: keep one of them.")
    return found


def guesses(found: Mapping[str, str]) -> str:
    """What of `find_columns` was taken for what, where that is not what its name says."""
    return ", ".join(
        f"{shown(name)} is read as the {column}"
        for column, name in found.items()
        if plain_name(name) != plain_name(column)
    )
