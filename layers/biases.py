"""What is added to the scores for where query and key stand: layers for the `position_bias` of `Attention`.

A bias depends on the distance alone, so what is learnt at one place of a sequence holds at every other one. It is told
where the first query stands, so a step that is decoded from a cache has the row of the whole.
"""

from typing import Any

import keras
import numpy as np
from keras import ops

from heedful.layers.tensor import Tensor


@keras.saving.register_keras_serializable(package="heedful")
class RelativePositionBias(keras.layers.Layer):
    """A learned number for each head and each distance between query and key, as in T5 (Raffel et al. 2020).

    Distances share buckets: the nearer half of the buckets holds one distance each, the others grow geometrically up to
    `max_distance`, and everything further away is in the last one.

    Args:
        num_heads: heads of the attention.
        num_buckets: buckets; with `bidirectional` half of them for keys after the query.
        max_distance: where the last bucket begins to hold all the rest.
        bidirectional: whether keys after the query have buckets of their own; otherwise they share that of distance 0.

    Raises ValueError for fewer than 2 buckets a side, or a `max_distance` that the nearer half covers already.

    Example:

    >>> import numpy as np
    >>> from heedful.layers import Attention, RelativePositionBias
    >>> attention = Attention(num_heads=2, key_dim=4, position_bias=RelativePositionBias(num_heads=2))
    >>> tuple(attention(np.ones((1, 5, 8)), np.ones((1, 5, 8))).shape)
    (1, 5, 8)
    """

    finite = True
    """No number of it is -inf, which would count as a mask."""

    def __init__(
        self, num_heads: int, num_buckets: int = 32, max_distance: int = 128, bidirectional: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})
        side = num_buckets // 2 if bidirectional else num_buckets
        if side < 2 or max_distance <= side // 2:
            raise ValueError(
                f"{num_buckets} buckets up to a distance of {max_distance} cannot be shared out: take at least 2 on "
                "each side, and a max_distance of more than half of them"
            )
        self.num_heads, self.num_buckets, self.max_distance = num_heads, num_buckets, max_distance
        self.bidirectional = bidirectional

    def build(self, input_shape: Any = None) -> None:
        self.table = self.add_weight(shape=(self.num_buckets, self.num_heads), initializer="zeros", name="table")

    def call(self, queries: int | Tensor, keys: int | Tensor, offset: int | Tensor = 0) -> Tensor:
        """What is added to the scores.

        Args:
            queries, keys: how many there are.
            offset: position of the first query among the keys, a number or `(batch,)` integers.

        Returns:
            float32 `(num_heads, queries, keys)`, or `(batch, num_heads, queries, keys)` for an offset of each example.
        """
        distance = _query_minus_key(queries, keys, offset)
        near = _rows(ops.convert_to_tensor(self._buckets()), ops.clip(ops.abs(distance), 0, self.max_distance))[..., 0]
        if self.bidirectional:
            bucket = ops.where(ops.less(distance, 0), near + self.num_buckets // 2, near)
        else:
            bucket = ops.where(ops.less(distance, 0), 0, near)
        rank = len(bucket.shape)
        return ops.moveaxis(_rows(self.table, bucket), rank, rank - 2)  # ONNX counts axes from the front

    def _buckets(self) -> np.ndarray:
        """The bucket of each distance 0 to `max_distance`, int32 `(max_distance + 1, 1)`."""
        side = self.num_buckets // 2 if self.bidirectional else self.num_buckets
        exact = side // 2
        distance = np.arange(self.max_distance + 1)
        growth = np.log(np.maximum(distance, 1) / exact) / np.log(self.max_distance / exact)
        far = exact + (growth * (side - exact)).astype(int)
        return np.where(distance < exact, distance, np.minimum(far, side - 1)).astype(np.int32)[:, None]

    def get_config(self) -> dict[str, Any]:
        names = ("num_heads", "num_buckets", "max_distance", "bidirectional")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


@keras.saving.register_keras_serializable(package="heedful")
class ALiBi(keras.layers.Layer):
    """`-slope * |distance|` between query and key, a slope for each head: attention with linear biases (Press, Smith
    and Lewis 2022, arXiv:2108.12409).

    For a power of two, `n` heads, the slopes are `2^(-8 i / n)`, i = 1 to n. Other numbers take those of the next lower
    power of two, then every second of the next higher one, from the first, as the authors do. Nothing is learnt, and so
    longer sequences than those of the training can be read. The paper's attention is causal, where the distance is
    never negative; without a causal mask later keys lose as much as earlier ones.

    Args:
        num_heads: heads of the attention.

    Raises ValueError for less than one head.

    Example:

    >>> from heedful.layers import ALiBi
    >>> bias = ALiBi(num_heads=2)(queries=1, keys=3, offset=2)  # the query stands at the last of three places
    >>> [[float(number) for number in head[0]] for head in bias]
    [[-0.125, -0.0625, -0.0], [-0.0078125, -0.00390625, -0.0]]
    """

    finite = True
    """No number of it is -inf, which would count as a mask."""

    def __init__(self, num_heads: int, **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})
        if num_heads < 1:
            raise ValueError(f"ALiBi has a slope for each head: num_heads must be at least 1, not {num_heads}")
        self.num_heads = num_heads

    def call(self, queries: int | Tensor, keys: int | Tensor, offset: int | Tensor = 0) -> Tensor:
        """What is added to the scores.

        Args:
            queries, keys: how many there are.
            offset: position of the first query among the keys, a number or `(batch,)` integers.

        Returns:
            `(num_heads, queries, keys)`, or `(batch, num_heads, queries, keys)` for an offset of each example.
        """
        distance = ops.cast(ops.abs(_query_minus_key(queries, keys, offset)), self.compute_dtype)
        slopes = ops.convert_to_tensor(self._slopes(), dtype=self.compute_dtype)
        return -ops.reshape(slopes, (-1, 1, 1)) * ops.expand_dims(distance, -3)

    def _slopes(self) -> np.ndarray:
        """The slope of each head, float64."""
        power = 2 ** (self.num_heads.bit_length() - 1)
        first = np.arange(1, power + 1) / power
        others = (np.arange(self.num_heads - power) + 0.5) / power
        return 2.0 ** (-8.0 * np.concatenate([first, others]))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "num_heads": self.num_heads}


def _rows(table: Tensor, indices: Tensor) -> Tensor:
    """The rows of `table (n, width)` at `indices` of any shape: `(..., width)`.

    A GPU does not take them by a matrix of indices, and ONNX not out of a table without a width.
    """
    rows = ops.take(table, ops.reshape(indices, (-1,)), axis=0)
    return ops.reshape(rows, (*ops.shape(indices), table.shape[1]))


def _query_minus_key(queries: int | Tensor, keys: int | Tensor, offset: int | Tensor) -> Tensor:
    """How many positions the query is later than the key: int32 `(queries, keys)`, or `(batch, queries, keys)`."""
    if len(getattr(offset, "shape", ())) == 1:
        offset = ops.expand_dims(ops.cast(offset, "int32"), -1)
    positions = ops.expand_dims(ops.arange(queries, dtype="int32") + offset, -1)
    return positions - ops.expand_dims(ops.arange(keys, dtype="int32"), 0)
