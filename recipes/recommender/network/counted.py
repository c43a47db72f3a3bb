"""What others did next, counted: tables that ride in the file, and the mixture of what they and the tower expect.

A table is sparse: the entries of a row stand one after the other, as two small numbers each (an item and one of 256
levels), so that it takes three bytes an entry for catalogues of up to 65,000 items.
"""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops
from scipy import sparse

from heedful.layers.tensor import Shape, Tensor
from heedful.recipes.recommender.network.choose_and_explain import LOWEST, no_items
from heedful.recipes.recommender.network.item_table import PACKAGE
from heedful.recipes.shared.network.configured import Configured, settings

LEVELS = 256
MIDDLE = 1 << 15  # taken off rows, so that 16 bits hold 65,536 of them
LEAST = 1e-7  # of a probability; float16 still holds it


@keras.saving.register_keras_serializable(PACKAGE)
class CountedNext(Configured):
    """Probabilities of the next item by the rows that the newest actions have in a table, the older the lighter.

    Args:
        rows: rows of the item table.
        entries: entries of the table.
        longest: entries of its longest row.
        window: how many of the newest actions count.
        decay: weight of an action beside that of the next newer one.
    """

    def __init__(self, rows: int, entries: int, longest: int, window: int, decay: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})
        self.settings = settings(locals())
        self.rows, self.entries, self.longest, self.window, self.decay = rows, entries, longest, window, decay

    def build(self, history_shape: Shape) -> None:
        fixed = {"initializer": "zeros", "trainable": False}
        kind = "int16" if self.rows <= 2 * MIDDLE else "int32"
        self.ends = self.add_weight(shape=(self.rows + 1,), dtype="int32", name="ends", **fixed)
        self.items = self.add_weight(shape=(self.entries,), dtype=kind, name="items", **fixed)
        self.codes = self.add_weight(shape=(self.entries,), dtype="uint8", name="codes", **fixed)
        self.levels = self.add_weight(shape=(LEVELS,), dtype="float32", name="levels", **fixed)

    def describe(self, table: sparse.csr_array) -> None:
        """Takes over a table of positive numbers."""
        levels, codes = in_levels(table.data)
        offset = MIDDLE if self.rows <= 2 * MIDDLE else 0
        self.ends.assign(table.indptr.astype(np.int32))
        self.items.assign((table.indices.astype(np.int32) - offset).astype(self.items.dtype))
        self.codes.assign(codes)
        self.levels.assign(levels)

    def call(self, history: Tensor) -> Tensor:
        """int32 `(batch, length)` -> `(batch, rows)`, which sum to 1, or are all 0 where the table knows nothing."""
        items, values = self.entries_of(history)
        batch = ops.shape(history)[0]
        numbers = ops.reshape(ops.arange(batch, dtype="int32"), (-1, 1, 1))
        places = ops.reshape(ops.stack([ops.broadcast_to(numbers, ops.shape(items)), items], axis=-1), (-1, 2))
        total = ops.reshape(ops.sum(values, axis=(1, 2)), (-1, 1))
        summed = ops.scatter(places, ops.reshape(values, (-1,)), (batch, self.rows))
        return summed / ops.maximum(total, LEAST)

    def said(self, history: Tensor, rows: Tensor) -> Tensor:
        """What each action said for each of the items `rows` int32 `(batch, n)`: shares `(batch, n, length)` that sum
        to 1, or all 0.
        """
        with keras.name_scope(self.name):
            return self._said(history, rows)

    def _said(self, history: Tensor, rows: Tensor) -> Tensor:
        items, values = self.entries_of(history)
        there = ops.equal(ops.reshape(rows, (-1, rows.shape[1], 1, 1)), ops.expand_dims(items, 1))
        each = ops.sum(ops.cast(there, "float32") * ops.expand_dims(values, 1), axis=-1)
        shares = each / ops.maximum(ops.sum(each, axis=-1, keepdims=True), LEAST)
        return ops.pad(shares, [[0, 0], [0, 0], [history.shape[1] - shares.shape[2], 0]])

    def entries_of(self, history: Tensor) -> tuple[Tensor, Tensor]:
        """The items int32 and values that the newest actions have in the table: `(batch, window, longest)` each."""
        newest = history[:, -self.window :]
        first, end = ops.take(self.ends, newest, axis=0), ops.take(self.ends, newest + 1, axis=0)
        places = ops.expand_dims(first, -1) + ops.arange(self.longest, dtype="int32")
        real = ops.cast(places < ops.expand_dims(end, -1), "float32")
        places = ops.minimum(places, self.entries - 1)
        items = ops.cast(ops.take(self.items, places, axis=0), "int32")
        values = ops.take(self.levels, ops.cast(ops.take(self.codes, places, axis=0), "int32"), axis=0)
        weights = self.decay ** np.arange(newest.shape[1])[::-1]
        offset = MIDDLE if self.rows <= 2 * MIDDLE else 0
        return items + offset, values * real * ops.reshape(ops.convert_to_tensor(weights, "float32"), (1, -1, 1))

    def compute_output_shape(self, history_shape: Shape) -> Shape:
        return (history_shape[0], self.rows)


@keras.saving.register_keras_serializable(PACKAGE)
class CountedAlways(Configured):
    """Probabilities of the next item that are the same after any history: popularity."""

    def __init__(self, rows: int, **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})
        self.settings = settings(locals())
        self.rows = rows

    def build(self, history_shape: Shape) -> None:
        self.shares = self.add_weight(shape=(self.rows,), initializer="zeros", trainable=False, name="shares")

    def describe(self, counts: np.ndarray) -> None:
        """Takes over counts `(rows,)`."""
        self.shares.assign(counts / max(counts.sum(), 1e-9))

    def call(self, history: Tensor) -> Tensor:
        return ops.broadcast_to(ops.expand_dims(self.shares, 0), (ops.shape(history)[0], self.rows))

    def said(self, history: Tensor, rows: Tensor) -> Tensor:
        """Nothing: no action is the cause."""
        return ops.zeros((ops.shape(history)[0], rows.shape[1], history.shape[1]))

    def compute_output_shape(self, history_shape: Shape) -> Shape:
        return (history_shape[0], self.rows)


@keras.saving.register_keras_serializable(PACKAGE)
class Mixture(Configured):
    """The mean of what several parts expect, each with its share: `log sum_k share_k p_k(item)`.

    A sum of probabilities, not of their logarithms: an item that one part is sure of stands high whatever the others
    say. Where nothing is known, a part gives no probability to anything, and so leaves the choice to the others. Items
    that nobody took yet cannot be counted: of them the tower's word is worth as much as all others together.

    Args:
        rows: rows of the item table.
        shares: of the parts, the tower first; they sum to 1.
    """

    def __init__(self, rows: int, shares: Sequence[float], **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})
        self.settings = settings(locals())
        self.rows, self.shares = rows, tuple(shares)

    def build(self, expected_shape: Any = None) -> None:
        share = keras.initializers.Constant(self.shares[0])
        self.own = self.add_weight(shape=(self.rows,), initializer=share, trainable=False, name="own")

    def describe(self, counts: np.ndarray) -> None:
        """Takes over which of the rows anybody took: counts `(rows,)`."""
        self.own.assign(np.where(counts > 0, self.shares[0], 1.0))

    def network(self, scores: Tensor) -> Tensor:
        """What the tower expects, `(batch, rows)`, by its scores: their softmax over items."""
        with keras.name_scope(self.name):
            return ops.softmax(scores + LOWEST * no_items(scores.shape[-1]), axis=-1)

    def call(self, expected: Sequence[Tensor]) -> Tensor:
        """Probabilities `(batch, rows)` of each part -> their mixture's logarithm, `(batch, rows)`."""
        mixed = self.own * expected[0]
        for share, part in zip(self.shares[1:], expected[1:], strict=True):
            mixed = mixed + share * part
        return ops.log(ops.maximum(mixed, LEAST))

    def parts(self, expected: Sequence[Tensor], rows: Tensor) -> Tensor:
        """Which part an item owes its place to: shares `(batch, n, parts)` for `rows` int32 `(batch, n)`."""
        with keras.name_scope(self.name):
            shares = [ops.take(self.own, rows, axis=0), *self.shares[1:]]
            weighed = zip(shares, expected, strict=True)
            own = [share * ops.take_along_axis(part, rows, axis=1) for share, part in weighed]
            stacked = ops.stack(own, axis=-1) + LEAST
            return stacked / ops.sum(stacked, axis=-1, keepdims=True)

    def attention(self, parts: Tensor, said: Sequence[Tensor]) -> Tensor:
        """What each action said for each item, `(batch, n, length)` that sum to 1, by the `parts` `(batch, n, parts)`
        that it owes its place to and what each action `said` in every part; what no action is the cause of is left out.
        """
        with keras.name_scope(self.name):
            total = sum(parts[..., place : place + 1] * each for place, each in enumerate(said))
            return total / ops.maximum(ops.sum(total, axis=-1, keepdims=True), LEAST)

    def compute_output_shape(self, expected_shapes: Sequence[Shape]) -> Shape:
        return expected_shapes[0]


def in_levels(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """256 levels float32 in even ratios from the least to the greatest of positive values, and each value's nearest,
    uint8.
    """
    logs = np.log(values.astype(np.float64))
    low, high = logs.min(), logs.max()
    levels = np.exp(np.linspace(low, high, LEVELS)).astype(np.float32)
    return levels, np.rint((logs - low) / max(high - low, 1e-12) * (LEVELS - 1)).astype(np.uint8)
