"""The items file: `item,title,genres`, or MovieLens `movies.csv` and `movies.dat`. It is small, so it is read whole."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from heedful.apps.errors import InputError
from heedful.recipes.recommender.reading.columns import FEATURES, ITEM, TITLE
from heedful.recipes.recommender.reading.interactions import MISSING
from heedful.recipes.shared.reading.rows import read_rows
from heedful.recipes.shared.reading.text_file import Expected, shown

FEATURE_SEPARATOR = "|"
NO_FEATURE = MISSING | {"(no genres listed)"}
ITEMS = Expected("a text table", "a table item,title,genres with one item on each line, packed by gzip or not")
Described = dict[str, tuple[str, tuple[str, ...]]]  # id -> title ("" where there is none), features


@dataclass(frozen=True)
class Items:
    """What is known about items, by id in the order of the file."""

    described: Described
    skipped: Mapping[str, list[str]]  # reason -> file and line
    file: dict[str, str]


def read_items(path: Path) -> Items:
    """Titles and features of items. Raises `InputError` that names the file and the line."""
    found = read_rows(path, (ITEM, TITLE, FEATURES), ITEMS)
    described: Described = {}
    for values, where in found.rows:
        item, title = values[ITEM.name], values.get(TITLE.name, "")
        if item in MISSING:
            found.skipped["item without an id"].append(where)
        elif item in described:
            found.skipped["item that is there before"].append(f"{where} {shown(item)}")
        else:
            features = split_features(values.get(FEATURES.name, ""))
            described[item] = ("" if title in MISSING else title, features)
    if not described:
        raise InputError(f"{path} describes no item: expected {ITEMS.form}.")
    return Items(described, found.skipped, {"name": path.name, "holds": "items", "separator": found.read})


def split_features(text: str) -> tuple[str, ...]:
    """`War|Comedy|War` -> `("War", "Comedy")`."""
    names = (name.strip() for name in text.split(FEATURE_SEPARATOR))
    return tuple(dict.fromkeys(name for name in names if name not in NO_FEATURE))
