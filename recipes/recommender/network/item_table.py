"""The vectors of items: an embedding of the id plus, for each field of features, the mean embedding of its values.

Each field has a mean of its own, so that the many words of a title do not drown the one brand. An item that training
never saw has the id embedding of the unknown item, so its features alone tell it apart. That embedding is taught by
item dropout: each training step treats a few items as if they were unknown.
"""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from heedful.layers.tensor import Shape, Tensor
from heedful.recipes.recommender.network.item_fields import ItemFields
from heedful.recipes.recommender.reading.item_catalogue import FIRST, PAD, UNKNOWN, Catalogue
from heedful.recipes.shared.network.configured import Configured, settings

PACKAGE = "heedful.recommender"


@keras.saving.register_keras_serializable(PACKAGE)
class ItemTable(Configured):
    """Vectors of items, float32 `(..., width)` for rows int32 `(...)`.

    Args:
        rows: rows of the table, padding and unknown item included.
        width: of a vector.
        features: how many values there are, of all fields.
        most_features: how many of them one item can have in each field; a number alone is that of a single field.
        dropout: share of items that a training step treats as unknown.
        seed: of the item dropout.
    """

    def __init__(
        self, rows: int, width: int, features: int = 0, most_features: int | Sequence[int] = 0,
        dropout: float = 0.0, seed: int | None = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(**{"dtype": "float32", **kwargs})
        most_features = [most_features] if isinstance(most_features, int) else list(most_features)
        self.settings = settings(locals())
        self.rows, self.width, self.features, self.columns = rows, width, features, most_features
        self.dropout, self.seed = dropout, seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def build(self, rows_shape: Shape) -> None:
        normal = keras.initializers.RandomNormal(stddev=0.02, seed=self.seed)
        self.embeddings = self.add_weight(shape=(self.rows, self.width), initializer=normal, name="embeddings")
        self.known = self.add_weight(shape=(self.rows, 1), initializer="ones", trainable=False, name="known")
        if self.features:
            shape = (self.rows, sum(self.columns))
            self.feature_rows = self.add_weight(
                shape=shape, initializer="zeros", dtype="int32", trainable=False, name="feature_rows"
            )
            # One embedding more than values: number 0 is none.
            normal = keras.initializers.RandomNormal(stddev=0.02, seed=self.seed)
            self.feature_embeddings = self.add_weight(
                shape=(self.features + 1, self.width), initializer=normal, name="feature_embeddings"
            )
            self.owners = self.numbers = np.zeros(0, np.int32)  # none until `describe`
            self.shares = np.zeros((0, 1), np.float32)

    def describe(self, catalogue: Catalogue, fields: ItemFields) -> None:
        """Takes over which items are known (have interactions) and which values they have in each field."""
        known = np.ones((self.rows, 1), np.float32)
        known[FIRST:, 0] = catalogue.counts > 0
        known[PAD] = known[UNKNOWN] = 1
        self.known.assign(known)
        if self.features:
            self.feature_rows.assign(fields.rows)
            self._index()

    def load_own_variables(self, store: Any) -> None:
        super().load_own_variables(store)
        if self.features:
            self._index()

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
        # Of the values that there are alone: with all columns of all items it would take three times as long.
        values = ops.take(self.feature_embeddings, self.numbers, axis=0) * ops.convert_to_tensor(self.shares)
        return vectors + ops.segment_sum(values, self.owners, num_segments=self.rows)

    def _index(self) -> None:
        """Works out of `feature_rows` each value that an item has: the row of the item, the number of the value, and
        what it counts, together 1 in every field.
        """
        rows = np.array(ops.convert_to_numpy(self.feature_rows))
        fields = np.split((rows != 0).astype(np.float32), np.cumsum(self.columns)[:-1], axis=1)
        shares = np.concatenate([field / np.maximum(field.sum(1, keepdims=True), 1) for field in fields], axis=1)
        owners, places = np.nonzero(rows)
        self.owners, self.numbers = owners.astype(np.int32), rows[owners, places]
        self.shares = shares[owners, places, None]

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
