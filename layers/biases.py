"""What is added to the scores for where query and key stand: layers for the `bias` of `Attention`.

A bias depends on the distance alone, so what is learnt at one place of a sequence holds at every other one.
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
    """

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
        """Bias float32 `(num_heads, queries, keys)`; the first query stands at position `offset` among the keys."""
        positions = ops.expand_dims(ops.arange(queries, dtype="int32") + offset, 1)
        distance = positions - ops.expand_dims(ops.arange(keys, dtype="int32"), 0)
        near = ops.take(ops.convert_to_tensor(self._buckets()), ops.clip(ops.abs(distance), 0, self.max_distance))
        if self.bidirectional:
            bucket = ops.where(ops.less(distance, 0), near + self.num_buckets // 2, near)
        else:
            bucket = ops.where(ops.less(distance, 0), 0, near)
        return ops.transpose(ops.take(self.table, bucket, axis=0), (2, 0, 1))

    def _buckets(self) -> np.ndarray:
        """The bucket of each distance 0 to `max_distance`, int32."""
        side = self.num_buckets // 2 if self.bidirectional else self.num_buckets
        exact = side // 2
        distance = np.arange(self.max_distance + 1)
        growth = np.log(np.maximum(distance, 1) / exact) / np.log(self.max_distance / exact)
        far = exact + (growth * (side - exact)).astype(int)
        return np.where(distance < exact, distance, np.minimum(far, side - 1)).astype(np.int32)

    def get_config(self) -> dict[str, Any]:
        names = ("num_heads", "num_buckets", "max_distance", "bidirectional")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
