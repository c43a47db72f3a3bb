"""The columns of tables of shops, of MovieLens and of the Amazon reviews."""

import csv
from collections.abc import Sequence
from pathlib import Path

from heedful.recipes.shared.reading.columns import Column, understand

SEPARATED_BY = {",": "commas", "\t": "tabs", ";": "semicolons", "|": "bars", "::": "double colons"}
MOVIELENS = "::"

USER = Column("user", ("user_id", "uid", "reviewerID", "customer", "customer_id", "visitor_id", "session_id"))
ITEM = Column(
    "item", ("item_id", "movieId", "asin", "iid", "movie", "product", "product_id", "article", "article_id", "sku")
)
TIME = Column(
    "timestamp", ("time", "ts", "unixReviewTime", "datetime", "date", "unix_time", "reviewTime"), obligatory=False
)
RATING = Column("rating", ("overall", "score", "stars"))
TITLE = Column(
    "title", ("name", "item_name", "item_title", "movie_title", "product_name", "product_title"), obligatory=False
)
FEATURES = Column("genres", ("genre", "categories", "category"), obligatory=False)


def split_header(line: str, columns: Sequence[Column]) -> tuple[str, list[str]]:
    """The separator and the column names of a header: the separator that shows most of what is wanted."""
    splits = {}
    for separator in (",", "\t", ";", "|"):
        try:
            names = next(csv.reader([line], delimiter=separator, skipinitialspace=True), [])
        except csv.Error:
            names = []
        splits[separator] = [name.strip() for name in names]
    best = max(splits, key=lambda one: (sum(bool(column.find(splits[one])) for column in columns), len(splits[one])))
    return best, splits[best]


def find_columns(path: Path, names: Sequence[str], columns: Sequence[Column]) -> dict[str, str]:
    """The columns that are there, with their names in the file."""
    return {name: taken[0] for name, taken in understand(path, names, columns, {}, {}).columns.items()}
