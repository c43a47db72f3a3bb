"""The vectors of items: an embedding of the id plus the mean embedding of the features.

An item that training never saw has the id embedding of the unknown item, so its features alone tell it apart. That
embedding is taught by item dropout: each training step treats a few items as if they were unknown.
"""

from typing import Any

import keras
import numpy as np
from keras import ops

from heedful.layers.tensor import Shape, Tensor
from heedful.recipes.recommender.reading.item_catalogue import FIRST, PAD, UNKNOWN, Catalogue
from heedful.recipes.shared.network.configured import Configured, settings

PACKAGE = "heedful.recommender"


@keras.saving.register_keras_serializable(PACKAGE)
class ItemTable(Configured):
    """Vectors of items, float32 `(..., width)` for rows int32 `(...)`.

    Args:
        rows: rows of the table, padding and unknown item included.
        width: of a vector.
        features: how many features there are.
        most_features: how many of them one item can have.
        dropout: share of items that a training step treats as unknown.
        seed: of the item dropout.
    """

    def __init__(
        self, rows: int, width: int, features: int = 0, most_features: int = 0, dropout: float = 0.0,
        seed: int | None = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(**{"dtype": "float32", **kwargs})
        self.settings = settings(locals())
        self.rows, self.width, self.features, self.most_features = rows, width, features, most_features
        self.dropout, self.seed = dropout, seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def build(self, rows_shape: Shape) -> None:
        normal = keras.initializers.RandomNormal(stddev=0.02, seed=self.seed)
        self.embeddings = self.add_weight(shape=(self.rows, self.width), initializer=normal, name="embeddings")
        self.known = self.add_weight(shape=(self.rows, 1), initializer="ones", trainable=False, name="known")
        if self.features:
            shape = (self.rows, self.most_features)
            self.feature_rows = self.add_weight(
                shape=shape, initializer="zeros", dtype="int32", trainable=False, name="feature_rows"
            )
            # One embedding more than features: number 0 is none.
            normal = keras.initializers.RandomNormal(stddev=0.02, seed=self.seed)
            self.feature_embeddings = self.add_weight(
                shape=(self.features + 1, self.width), initializer=normal, name="feature_embeddings"
            )

    def describe(self, catalogue: Catalogue) -> None:
        """Takes over which items are known (have interactions) and which features they have."""
        known = np.ones((self.rows, 1), np.float32)
        known[FIRST:, 0] = catalogue.counts > 0
        known[PAD] = known[UNKNOWN] = 1
        self.known.assign(known)
        if self.features:
            self.feature_rows.assign(feature_rows(catalogue))

    def call(self, rows: Tensor, training: bool | None = None) -> Tensor:
        return ops.take(self.table(training), rows, axis=0)

    def table(self, training: bool | None = None) -> Tensor:
        """The vectors of all rows, `(rows, width)`."""
        known = ops.convert_to_tensor(self.known)
        if training and self.dropout:
            uniform = keras.random.uniform((self.rows, 1), seed=self.seed_generator)
            known = known * ops.cast(uniform >= self.dropout, known.dtype)
        embeddings = ops.convert_to_tensor(self.embeddings)
        vectors = known * embeddings + (1.0 - known) * embeddings[UNKNOWN : UNKNOWN + 1]
        if not self.features:
            return vectors
        has = ops.cast(ops.not_equal(self.feature_rows, 0), vectors.dtype)
        gathered = ops.take(self.feature_embeddings, self.feature_rows, axis=0)
        total = ops.sum(gathered * ops.expand_dims(has, -1), axis=1)
        return vectors + total / ops.maximum(ops.sum(has, axis=1, keepdims=True), 1.0)

    def compute_output_shape(self, rows_shape: Shape) -> Shape:
        return (*rows_shape, self.width)


@keras.saving.register_keras_serializable(PACKAGE)
class FrozenItems(Configured):
    """The finished vectors of an `ItemTable`, as they ship: one table and nothing to compute."""

    def __init__(self, rows: int, width: int, **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})
        self.settings = settings(locals())
        self.rows, self.width = rows, width

    def build(self, rows_shape: Shape) -> None:
        self.vectors = self.add_weight(shape=(self.rows, self.width), initializer="zeros", name="vectors")

    def call(self, rows: Tensor, training: bool | None = None) -> Tensor:
        return ops.take(self.vectors, rows, axis=0)

    def table(self, training: bool | None = None) -> Tensor:
        return ops.convert_to_tensor(self.vectors)


def feature_rows(catalogue: Catalogue) -> np.ndarray:
    """Which features each row has, int32 `(rows, most features of one item)`: 1 is the first, 0 none."""
    number = {name: index for index, name in enumerate(catalogue.feature_names, 1)}
    rows = np.zeros((catalogue.rows, most_features(catalogue)), np.int32)
    for row, names in enumerate(catalogue.features, FIRST):
        rows[row, : len(names)] = [number[name] for name in names]
    return rows


def most_features(catalogue: Catalogue) -> int:
    """The largest number of features that one item has."""
    return max(map(len, catalogue.features), default=0)
