"""From what comes next, as a vector, to recommendations: the best items, and why.

Layers without weights, for their names: a quantized file leaves what happens in them in float. Eight bits hold neither
the order of thousands of scores nor the shares of an explanation.
"""

from typing import Any

import keras
from keras import layers, ops

from heedful.layers.tensor import Shape, Tensor
from heedful.recipes.recommender.network.diversity import POOL, diverse_places
from heedful.recipes.recommender.reading.item_catalogue import FIRST, PAD

LOWEST = -1e4  # score of an item that must not be recommended; further down it would overflow float16


class ScoreItems(layers.Layer):
    """The score of every item: the inner product of its vector with what comes next."""

    def call(self, newest: Tensor, table: Tensor) -> Tensor:
        """`(batch, width)`, `(rows, width)` -> `(batch, rows)`."""
        return ops.matmul(newest, ops.transpose(table))

    def compute_output_shape(self, newest_shape: Shape, table_shape: Shape) -> Shape:
        return (newest_shape[0], table_shape[0])


class Choose(layers.Layer):
    """The `top` best items, with their probabilities among all that may be recommended.

    Those of the history may not, unless there are `repeats`. With a `diversity` above 0 the best come in the order of
    maximal marginal relevance, see `diverse_places`.
    """

    def __init__(self, top: int, repeats: bool = False, diversity: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})
        self.top, self.repeats, self.diversity = top, repeats, diversity

    def call(self, scores: Tensor, history: Tensor, table: Tensor) -> tuple[Tensor, Tensor]:
        """`(batch, rows)`, int32 `(batch, length)`, vectors `(rows, width)` -> rows int32 and probabilities `(batch,
        top)`.
        """
        rows = scores.shape[-1]
        scores = scores + LOWEST * (no_items(rows) if self.repeats else no_items(rows) + taken(history, rows))
        if self.diversity:
            best, chosen = ops.top_k(scores, min(POOL * self.top, rows - FIRST))
            vectors = ops.take(table, chosen, axis=0)
            places = diverse_places(best, best > LOWEST / 2, vectors, self.top, self.diversity)
            best, chosen = (ops.take_along_axis(tensor, places, axis=1) for tensor in (best, chosen))
        else:
            best, chosen = ops.top_k(scores, self.top)
        return ops.cast(chosen, "int32"), ops.exp(best - ops.logsumexp(scores, axis=-1, keepdims=True))

    def compute_output_spec(self, scores: Tensor, history: Tensor, table: Tensor) -> Any:
        shape = (history.shape[0], self.top)
        return keras.KerasTensor(shape, "int32"), keras.KerasTensor(shape, "float32")


class Explain(layers.Layer):
    """What each past action said for each recommendation, in shares that add up to 1.

    Attention weight times value (Kobayashi et al. 2020, arXiv:2004.10102) of all blocks, projected onto the item's
    vector; what spoke against the item is left out.
    """

    def call(self, vectors: Tensor, parts: Tensor, history: Tensor) -> Tensor:
        """`(batch, top, width)`, `(batch, length, width)` of `Tower.last`, int32 `(batch, length)` -> `(batch, top,
        length)`.
        """
        spoken = ops.relu(ops.matmul(vectors, ops.swapaxes(parts, 1, 2)))
        # An item that nothing spoke for gets an even share of a vanishing sum instead of a division by zero.
        spoken = (spoken + 1e-6) * ops.expand_dims(ops.cast(ops.not_equal(history, PAD), spoken.dtype), 1)
        return spoken / ops.maximum(ops.sum(spoken, axis=-1, keepdims=True), 1e-7)  # which float16 still holds

    def compute_output_shape(self, vectors_shape: Shape, parts_shape: Shape, history_shape: Shape) -> Shape:
        return (*vectors_shape[:2], history_shape[1])


def taken(history: Tensor, rows: int) -> Tensor:
    """1 for the rows in a history int32 `(batch, length)`, else 0: float32 `(batch, rows)`."""
    batch = ops.shape(history)[0]
    numbers = ops.broadcast_to(ops.expand_dims(ops.arange(batch, dtype="int32"), 1), ops.shape(history))
    places = ops.reshape(ops.stack([numbers, history], axis=-1), (-1, 2))
    count = ops.scatter(places, ops.ones_like(places[:, 0], dtype="float32"), (batch, rows))
    return ops.minimum(count, 1.0)


def no_items(rows: int) -> Tensor:
    """2 for the rows that are no items, which so come last even where fewer items are left than asked for, else 0:
    float32 `(rows,)`.
    """
    return 2.0 * ops.cast(ops.arange(rows) < FIRST, "float32")
