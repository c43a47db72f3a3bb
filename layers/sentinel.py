"""Attention that may look away: beside the keys it can choose what the decoder knows by itself, the sentinel."""

from typing import Any

import keras
from keras import ops

from heedful.layers import checks, masks, normalizers, parts
from heedful.layers.attention import Memory
from heedful.layers.precision import at_least_float32
from heedful.layers.scores import AdditiveScore
from heedful.layers.tensor import Shape, Tensor


@keras.saving.register_keras_serializable(package="heedful")
class SentinelAttention(keras.layers.Layer):
    """Additive attention over the values and a sentinel for each query (Lu et al. 2017, arXiv:1612.01887, section 2.4).

    With scores `z_s = v . tanh(Wv value_s + Wg query)` and `z' = v . tanh(Ws sentinel + Wg query)`, the weights are the
    softmax of `[z, z']`; the last of them, beta, is the share of the sentinel in the output `beta sentinel + sum_s a_s
    value_s`. In the paper the sentinel of a step is `sigmoid(gate) * tanh(cell state)` of its LSTM.

    Args:
        units: hidden units of the score. None: the width of the values.
        dropout: share of the weights dropped in training. The returned weights are those before dropout.
        seed: seed of the dropout.

    Weights are float32 in any lower precision. A query whose values are all masked reads its sentinel alone; a query
    that is masked itself gets weights and an output of zeros, and can hold anything, NaN too, as its sentinel can.
    Raises ValueError when sentinel and values differ in width.

    Example:

    >>> import numpy as np
    >>> from heedful.layers import SentinelAttention
    >>> query, value, sentinel = np.zeros((2, 3, 8)), np.ones((2, 5, 8)), np.ones((2, 3, 8))
    >>> output, weights = SentinelAttention(units=16)(query, value, sentinel, return_attention_scores=True)
    >>> tuple(output.shape), tuple(weights.shape)  # the last weight is that of the sentinel
    ((2, 3, 8), (2, 1, 3, 6))
    """

    def __init__(self, units: int | None = None, dropout: float = 0.0, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        checks.float_policy(self)
        self.supports_masking = True
        self.units = units
        self.dropout = dropout
        self.seed = seed
        self.dropout_layer = keras.layers.Dropout(dropout, seed=seed, dtype=self.dtype_policy)
        self.score = AdditiveScore(units, dtype=at_least_float32(self.compute_dtype))

    def build(self, query_shape: Shape, value_shape: Shape, sentinel_shape: Shape) -> None:
        checks.sequences(self, query=query_shape, value=value_shape, sentinel=sentinel_shape)
        if value_shape[-1] != sentinel_shape[-1]:
            raise ValueError(f"the sentinel is {sentinel_shape[-1]} wide, but the values are {value_shape[-1]}")
        self.score.build(query_shape, value_shape)
        units = self.units or value_shape[-1]
        self.sentinel_dense = keras.layers.Dense(units, dtype=self.score.dtype_policy, name="sentinel")
        self.sentinel_dense.build(sentinel_shape)
        self.built = True

    def call(
        self,
        query: Tensor,
        value: Tensor,
        sentinel: Tensor,
        value_mask: Tensor | None = None,
        query_mask: Tensor | None = None,
        return_attention_scores: bool = False,
        training: bool | None = None,
    ) -> Tensor | tuple[Tensor, Tensor]:
        """Attend with every query at once.

        Args:
            query: `(batch, T, query width)`.
            value: `(batch, S, width)`.
            sentinel: `(batch, T, width)`, one for each query.
            value_mask: `(batch, S)`, True = attend.
            query_mask: `(batch, T)`, False for queries that get zeros.
            return_attention_scores: also return the weights.

        Returns:
            The output `(batch, T, width)` and, if asked for, the weights `(batch, 1, T, S + 1)`.
        """
        self._check(query, value, sentinel, value_mask, query_mask)
        value = value if value_mask is None else masks.zero_masked(value, value_mask)
        if query_mask is not None:
            query, sentinel = masks.zero_masked(query, query_mask), masks.zero_masked(sentinel, query_mask)
        output, weights = self._read(query, self.memory(value), sentinel, value_mask, query_mask, training)
        return (output, weights) if return_attention_scores else output

    def memory(self, value: Tensor) -> Memory:
        """What depends on the values alone, computed once: keys `(batch, S, units)` and values."""
        checks.built(self, "query_shape, value_shape, sentinel_shape")
        return self.score.project(value), ops.cast(value, self.compute_dtype)

    def attend(
        self,
        query: Tensor,
        memory: Memory,
        sentinel: Tensor,
        mask: Tensor | None = None,
        training: bool | None = None,
    ) -> tuple[Tensor, Tensor]:
        """One step or several: output `(batch, T, width)`, weights `(batch, 1, T, S + 1)`; `mask` as in `all_of`."""
        checks.sequences(self, query=query.shape, sentinel=sentinel.shape)
        if mask is not None:
            checks.step_mask(mask, query.shape, 1, memory[0].shape[1])
        return self._read(query, memory, sentinel, mask, None, training)

    def _read(
        self,
        query: Tensor,
        memory: Memory,
        sentinel: Tensor,
        mask: Tensor | None,
        query_mask: Tensor | None,
        training: bool | None,
    ) -> tuple[Tensor, Tensor]:
        keys, values = memory
        sentinel = ops.cast(sentinel, values.dtype)
        # Each query has a sentinel of its own, so that is scored as the only key of a query by itself.
        own = self.score(ops.expand_dims(query, -2), ops.expand_dims(self.sentinel_dense(sentinel), -2))
        scored = ops.concatenate([self.score(query, keys), ops.squeeze(own, -1)], axis=-1)
        weights = parts.weigh(normalizers.softmax, scored, self._and_sentinel(mask, query_mask, scored))
        kept = ops.cast(weights, values.dtype)
        if self.dropout > 0:
            kept = self.dropout_layer(kept, training=training)
        return ops.matmul(kept[..., :-1], values) + kept[..., -1:] * sentinel, ops.expand_dims(weights, 1)

    def _and_sentinel(self, mask: Tensor | None, query_mask: Tensor | None, scored: Tensor) -> Tensor | None:
        """The mask of the values, with the sentinel of each query that asks allowed: `(batch, T, S + 1)`."""
        if mask is None and query_mask is None:
            return None
        rows = None if query_mask is None else ops.expand_dims(query_mask, -1)
        own = ops.ones_like(scored[..., -1:], dtype="bool")
        allowed = ops.logical_and(masks.all_of(mask, rows), ops.ones_like(scored[..., :-1], dtype="bool"))
        own = own if rows is None else ops.logical_and(masks.all_of(rows), own)
        return ops.concatenate([allowed, own], axis=-1)

    def _check(
        self, query: Tensor, value: Tensor, sentinel: Tensor, value_mask: Tensor | None, query_mask: Tensor | None
    ) -> None:
        checks.sequences(self, query=query.shape, value=value.shape, sentinel=sentinel.shape)
        checks.sequence_mask("value_mask", value_mask, value.shape)
        checks.sequence_mask("query_mask", query_mask, query.shape)
        if not checks.fit(sentinel.shape[1:2], query.shape[1:2]):
            raise ValueError(
                f"there is a sentinel for each query, but there are {sentinel.shape[1]} sentinels and "
                f"{query.shape[1]} queries"
            )

    def compute_output_spec(
        self,
        query: Tensor,
        value: Tensor,
        sentinel: Tensor,
        value_mask: Tensor | None = None,
        query_mask: Tensor | None = None,
        return_attention_scores: bool = False,
        training: bool | None = None,
    ) -> Any:
        self._check(query, value, sentinel, value_mask, query_mask)
        output = keras.KerasTensor((*query.shape[:-1], value.shape[-1]), dtype=self.compute_dtype)
        if not return_attention_scores:
            return output
        keys = None if value.shape[1] is None else value.shape[1] + 1
        shape = (query.shape[0], 1, query.shape[1], keys)
        return output, keras.KerasTensor(shape, dtype=self.score.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "units": self.units, "dropout": self.dropout, "seed": self.seed}


# Files of versions before 0.1 name it so.
keras.saving.get_custom_objects()["heedful>AdaptiveAttention"] = SentinelAttention
