"""MovieLens from the TensorFlow Datasets catalogue: `tfds:movielens/1m-ratings[:VERSION]` and its sister sizes.

Titles and genres ride in every rating, so no items file is needed. The catalogue shuffles the ratings when it prepares
them: actions of one second, of which MovieLens has many, stand in another order than in `ratings.dat`.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np

from heedful.apps.errors import InputError
from heedful.recipes.recommender.reading.interactions import Codes, Interactions
from heedful.recipes.recommender.reading.item_catalogue import Catalogue
from heedful.recipes.recommender.reading.items_file import NO_FEATURE, Described, Items
from heedful.recipes.recommender.reading.table import Table, assemble
from heedful.recipes.shared.reading.tfds_builder import PREFIX, prepared, split_source

NAME = "movielens"
SIZES = ("100k", "1m", "20m", "25m", "latest-small")
KEYS = ("user_id", "movie_id", "timestamp", "user_rating", "movie_title", "movie_genres")
BATCH = 8192
NO_GENRE = -1  # pads the genres of a batch: 0 is a genre


def read_catalogue_data(
    source: str,
    data_dir: str | None = None,
    download: bool = False,
    known: Catalogue | None = None,
    grow: bool = True,
    core: int = 0,
    minimum_rating: float = 0,
) -> Table:
    """The ratings of a catalogue name as a log; options as in `table.read`. InputError when it is not prepared."""
    builder = prepared(_checked(source), data_dir, download)
    users, items = Codes(), Codes((item, code) for code, item in enumerate(known.ids if known else ()))
    genres = builder.info.features["movie_genres"].feature.names
    described: Described = {}
    columns: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    rows = low = 0
    for batch in _batches(builder):
        keep = batch["user_rating"] >= minimum_rating
        rows, low = rows + len(keep), low + int((~keep).sum())
        movies, first, places = np.unique(batch["movie_id"], return_index=True, return_inverse=True)
        ids = [movie.decode() for movie in movies.tolist()]
        for movie, place in zip(ids, first, strict=True):
            if movie not in described:
                names = (genres[number] for number in batch["movie_genres"][place] if number != NO_GENRE)
                title = bytes(batch["movie_title"][place]).decode()
                described[movie] = (title, tuple(name for name in names if name not in NO_FEATURE))
        people, whose = np.unique(batch["user_id"], return_inverse=True)
        user_codes = users.of([user.decode() for user in people.tolist()])[whose]
        item_codes = items.of(ids)[places]
        columns.append((user_codes[keep], item_codes[keep], batch["timestamp"][keep]))
    found = Interactions(
        *(np.concatenate([part[column] for part in columns]) for column in range(3)),
        user_codes=users,
        item_codes=items,
        rows=rows,
        low_ratings=low,
        files=[{"name": source, "holds": "interactions", "separator": "records"}],
    )
    return assemble(
        found,
        Items(described, {}, {}),
        source,
        core=core,
        minimum_rating=minimum_rating,
        known=known,
        grow=grow,
    )


def _checked(source: str) -> str:
    """The source, if it is one of MovieLens. Raises `InputError`."""
    names = [f"{NAME}/{size}-ratings" for size in SIZES]
    if split_source(source)[0] not in names:
        listed = ", ".join(PREFIX + known for known in names)
        raise InputError(f"{source} is not a catalogue of interactions known here: use one of {listed}.")
    return source


def _batches(builder: Any) -> Iterable[dict[str, np.ndarray]]:
    """The ratings as columns of NumPy in a fixed order, `movie_genres` padded by `NO_GENRE`."""
    if str(builder.info.file_format.value) == "array_record":
        ratings = builder.as_data_source(split="train")
        for start in range(0, len(ratings), BATCH):
            part = [ratings[place] for place in range(start, min(start + BATCH, len(ratings)))]
            batch = {key: np.array([rating[key] for rating in part]) for key in KEYS[:4]}
            batch["movie_title"] = np.array([rating["movie_title"] for rating in part], object)
            batch["movie_genres"] = np.array([rating["movie_genres"] for rating in part] + [None], object)[:-1]
            yield batch
        return
    import tensorflow as tf
    import tensorflow_datasets as tfds

    ratings = builder.as_dataset(split="train", shuffle_files=False).map(
        lambda rating: {key: rating[key] for key in KEYS}
    )
    shapes = {key: [None] if key == "movie_genres" else [] for key in KEYS}
    padding = dict.fromkeys(KEYS) | {"movie_genres": tf.constant(NO_GENRE, tf.int64)}
    yield from tfds.as_numpy(ratings.padded_batch(BATCH, padded_shapes=shapes, padding_values=padding))
