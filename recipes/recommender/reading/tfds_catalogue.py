"""MovieLens from the TensorFlow Datasets catalogue: `tfds:movielens/1m-ratings[:VERSION]` and its sister sizes.

Titles and genres ride in every rating, so no items file is needed. The catalogue shuffles the ratings when it prepares
them: actions of one second, of which MovieLens has many, stand in another order than in `ratings.dat`.
"""

import numpy as np

from heedful.apps.errors import InputError
from heedful.recipes.recommender.reading.codes import Codes
from heedful.recipes.recommender.reading.interactions import Interactions
from heedful.recipes.recommender.reading.item_catalogue import Catalogue
from heedful.recipes.recommender.reading.items_file import NO_FEATURE, Described, Items
from heedful.recipes.recommender.reading.strengths import Strengths
from heedful.recipes.recommender.reading.table import Table, assemble
from heedful.recipes.recommender.reading.weighing import ALIKE, Weighing
from heedful.recipes.shared.reading.tfds_builder import PREFIX, columns, prepared, split_source

NAME = "movielens"
SIZES = ("100k", "1m", "20m", "25m", "latest-small")
KEYS = ("user_id", "movie_id", "timestamp", "user_rating", "movie_title", "movie_genres")
BATCH = 8192


def read_catalogue_data(
    source: str, data_dir: str | None = None, download: bool = False, known: Catalogue | None = None,
    grow: bool = True, core: int = 0, minimum_rating: float = 0, features: str = "",
    weighing: Weighing = ALIKE,
) -> Table:  # fmt: skip
    """The ratings of a catalogue name as a log; options as in `table.read`. InputError when it is not prepared."""
    builder = prepared(_checked(source), data_dir, download)
    users, items = Codes(), Codes((item, code) for code, item in enumerate(known.ids if known else ()))
    genres = builder.info.features["movie_genres"].feature.names
    described: Described = {}
    kept: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    strengths = Strengths(weighing)
    rows = low = 0
    for batch in columns(builder, "train", KEYS, BATCH):
        keep = np.asarray(batch["user_rating"]) >= minimum_rating
        strengths.keep(None, np.asarray(batch["user_rating"]), keep)
        rows, low = rows + len(keep), low + int((~keep).sum())
        movies, first, places = np.unique(batch["movie_id"], return_index=True, return_inverse=True)
        ids = [movie.decode() for movie in movies.tolist()]
        for movie, place in zip(ids, first, strict=True):
            if movie not in described:
                names = (genres[number] for number in batch["movie_genres"][place])
                title = bytes(batch["movie_title"][place]).decode()
                described[movie] = (title, tuple(name for name in names if name not in NO_FEATURE))
        people, whose = np.unique(batch["user_id"], return_inverse=True)
        user_codes = users.of([user.decode() for user in people.tolist()])[whose]
        item_codes = items.of(ids)[places]
        kept.append((user_codes[keep], item_codes[keep], np.asarray(batch["timestamp"])[keep]))
    found = Interactions(
        *map(np.concatenate, zip(*kept, strict=True)),
        user_codes=users,
        item_codes=items,
        rows=rows,
        low_ratings=low,
        files=[{"name": source, "holds": "interactions", "form": "records", "columns": ""}],
        weights=strengths.joined(source),
        weighed=strengths.report,
    )
    return assemble(
        found, Items(described), source, core=core, minimum_rating=minimum_rating, known=known, grow=grow,
        features=features,
    )  # fmt: skip


def _checked(source: str) -> str:
    """The source, if it is one of MovieLens. Raises `InputError`."""
    names = [f"{NAME}/{size}-ratings" for size in SIZES]
    if split_source(source)[0] not in names:
        listed = ", ".join(PREFIX + known for known in names)
        raise InputError(f"{source} is not a catalogue of interactions known here: use one of {listed}.")
    return source
