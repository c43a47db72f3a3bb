"""Attention that may look away: beside the keys it can choose what the decoder knows by itself, the sentinel."""

from typing import Any

import keras
from keras import ops

from heedful.layers import checks, masks, normalizers
from heedful.layers.attention import Memory
from heedful.layers.scores import AdditiveScore
from heedful.layers.tensor import Shape, Tensor, at_least_float32


@keras.saving.register_keras_serializable(package="heedful")
class AdaptiveAttention(keras.layers.Layer):
    """Additive attention over the values and a sentinel for each query (Lu et al. 2017, arXiv:1612.01887, section 2.4).

    With scores `z_s = v . tanh(Wv value_s + Wg query)` and `z' = v . tanh(Ws sentinel + Wg query)`, the weights are the
    softmax of `[z, z']`; the last of them, beta, is the share of the sentinel in the output `beta sentinel + sum_s a_s
    value_s`. In the paper the sentinel of a step is `sigmoid(gate) * tanh(cell state)` of its LSTM.

    Args:
        units: hidden units of the score. None: the width of the values.

    Weights are float32 in any lower precision. A query whose values are all masked reads its sentinel alone.
    Raises ValueError when sentinel and values differ in width.
    """

    def __init__(self, units: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = units
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
        return_attention_scores: bool = False,
    ) -> Tensor | tuple[Tensor, Tensor]:
        """`query (batch, T, query width)`, `value (batch, S, width)`, `sentinel (batch, T, width)` and `value_mask
        (batch, S)`, True = attend -> output `(batch, T, width)` and, if asked for, weights `(batch, T, S + 1)`.
        """
        checks.sequences(self, query=query.shape, value=value.shape, sentinel=sentinel.shape)
        checks.sequence_mask("value_mask", value_mask, value.shape)
        value = value if value_mask is None else masks.keep(value, value_mask)
        output, weights = self.attend(query, self.memory(value), sentinel, value_mask)
        return (output, weights) if return_attention_scores else output

    def memory(self, value: Tensor) -> Memory:
        """What depends on the values alone, computed once: keys `(batch, S, units)` and values."""
        return self.score.project(value), ops.cast(value, self.compute_dtype)

    def attend(
        self, query: Tensor, memory: Memory, sentinel: Tensor, mask: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """One step or several: output `(batch, T, width)` and weights `(batch, T, S + 1)`; `mask` as in `all_of`."""
        keys, values = memory
        sentinel = ops.cast(sentinel, values.dtype)
        # Each query has a sentinel of its own, so that is scored as the only key of a query by itself.
        own = self.score(ops.expand_dims(query, -2), ops.expand_dims(self.sentinel_dense(sentinel), -2))
        scored = ops.concatenate([self.score(query, keys), ops.squeeze(own, -1)], axis=-1)
        weights = normalizers.softmax(scored, None if mask is None else self._and_sentinel(mask, scored))
        kept = ops.cast(weights, values.dtype)
        return ops.matmul(kept[..., :-1], values) + kept[..., -1:] * sentinel, weights

    def _and_sentinel(self, mask: Tensor, scored: Tensor) -> Tensor:
        """The mask of the values `(batch, T, S)`, broadcast, with the sentinel allowed: `(batch, T, S + 1)`."""
        allowed = masks.all_of(mask)
        allowed = ops.logical_and(allowed, ops.ones_like(scored[..., :-1], dtype="bool"))
        return ops.concatenate([allowed, ops.ones_like(scored[..., -1:], dtype="bool")], axis=-1)

    def compute_output_spec(
        self,
        query: Tensor,
        value: Tensor,
        sentinel: Tensor,
        value_mask: Tensor | None = None,
        return_attention_scores: bool = False,
    ) -> Any:
        output = keras.KerasTensor((*query.shape[:-1], value.shape[-1]), dtype=self.compute_dtype)
        if not return_attention_scores:
            return output
        keys = None if value.shape[1] is None else value.shape[1] + 1
        return output, keras.KerasTensor((*query.shape[:-1], keys), dtype=self.score.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "units": self.units}
