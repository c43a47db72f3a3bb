"""Which column is which: by the names that tables of shops, of MovieLens and of the Amazon reviews use.

Names are compared without case, spaces and underscores: `user_id`, `userId` and `User ID` are one name. Where several
columns fit, the name that comes first here is taken: an item's own title before the name of its seller.
"""

import csv
from collections.abc import Sequence
from pathlib import Path

from heedful.apps.errors import InputError
from heedful.recipes.recommender.reading.checked_lines import NAMES, SEPARATORS

USER, ITEM, TIME, RATING, TITLE, FEATURES = "user", "item", "timestamp", "rating", "title", "genres"

ALIASES = {
    USER: ("user", "userid", "uid", "reviewerid", "customer", "customerid", "visitorid", "sessionid"),
    ITEM: ("item", "itemid", "iid", "movie", "movieid", "asin", "product", "productid", "article", "articleid", "sku"),
    TIME: ("timestamp", "time", "ts", "unixreviewtime", "datetime", "date", "unixtime", "reviewtime"),
    RATING: ("rating", "overall", "score", "stars"),
    TITLE: ("title", "name", "itemname", "itemtitle", "movietitle", "productname", "producttitle"),
    FEATURES: ("genres", "genre", "categories", "category"),
}


def split_header(line: str, needed: Sequence[str]) -> tuple[str, list[str]]:
    """The separator and the column names of a header: the separator that shows most of what is needed."""
    splits = {separator: next(csv.reader([line], delimiter=separator), []) for separator in SEPARATORS}

    def merit(separator: str) -> tuple[int, int]:
        names = splits[separator]
        return sum(position(names, column) is not None for column in needed), len(names)

    best = max(SEPARATORS, key=merit)
    return best, [name.strip() for name in splits[best]]


def position(names: Sequence[str], column: str) -> int | None:
    """Where a column is, None where it is not."""
    plain = ["".join(letter for letter in name.lower() if letter.isalnum()) for name in names]
    return next((plain.index(alias) for alias in ALIASES[column] if alias in plain), None)


def required(path: Path, names: Sequence[str], separator: str, columns: Sequence[str]) -> list[int]:
    """Where the needed columns are. Raises `InputError` that says what the file has and what it needs."""
    found = {column: position(names, column) for column in columns}
    missing = [column for column, where in found.items() if where is None]
    if missing:
        has = ", ".join(name if len(name) < 40 else f"{name[:37]}..." for name in names[:12])
        also = {USER: "user_id, reviewerID", ITEM: "item_id, movieId, asin", RATING: "rating, overall, score"}
        known = "; ".join(f"{column} (or {also[column]})" for column in missing)
        raise InputError(
            f"{path} has the columns {has} (separated by {NAMES[separator]}) and needs {known}: "
            "name the columns in its first line."
        )
    return [where for where in found.values() if where is not None]
