"""From queries and keys to scores, weights and what they read of the values: an `Attention` between its projections."""

from typing import Any

from keras import ops

from heedful.layers import grouped_query, parts, steps
from heedful.layers.tensor import Tensor


def read(
    layer: Any,
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
    mask: Tensor | None,
    attention_bias: Tensor | None,
    offset: int | Tensor,
    training: bool | None,
    state: Any,
) -> tuple[Tensor, Tensor, Any]:
    """What each head reads, `(batch, num_heads, T, value_dim)`, with which weights, and the state after."""
    scored = scores(layer, queries, keys, attention_bias, offset, state)
    weights, of_normalizer = steps.weigh(layer, scored, mask, training, state)
    kept = weights if layer.compute_dtype == layer.score.compute_dtype else ops.cast(weights, values.dtype)
    if layer.dropout > 0:
        kept = layer.dropout_layer(kept, training=training)
    heads = ops.matmul(grouped_query.fold(kept, layer.num_key_value_heads), values)
    state = steps.next_state(layer, state, weights, of_normalizer)
    return grouped_query.unfold(heads, layer.num_heads), weights, state


def scores(
    layer: Any, queries: Tensor, keys: Tensor, attention_bias: Tensor | None, offset: int | Tensor, state: Any
) -> Tensor:
    """`(batch, num_heads, T, S)` of queries `(batch, num_heads, T, width)` and the keys of a memory."""
    folded = grouped_query.fold(queries, layer.num_key_value_heads)
    scored = grouped_query.unfold(layer.score(folded, keys, state=steps.of_score(layer, state)), layer.num_heads)
    if getattr(layer.position_bias, "finite", False):
        size = ops.shape(scored)
        scored = scored + _of_positions(layer, size[-2], size[-1], offset)
    return scored if attention_bias is None else scored + ops.cast(attention_bias, scored.dtype)


def with_position_bias(
    layer: Any, attention_bias: Tensor | None, queries: Tensor, keys: Tensor, offset: int | Tensor
) -> Tensor | None:
    """An attention bias with the position bias in it, where that may hold -inf, which counts as masked.

    Queries and keys are `(..., length, width)`.
    """
    if layer.position_bias is None or getattr(layer.position_bias, "finite", False):
        return attention_bias
    added = _of_positions(layer, ops.shape(queries)[-2], ops.shape(keys)[-2], offset)
    added = ops.expand_dims(added, 0) if len(added.shape) == 3 else added
    return added if attention_bias is None else added + ops.cast(attention_bias, added.dtype)


def _of_positions(layer: Any, queries: int | Tensor, keys: int | Tensor, offset: int | Tensor) -> Tensor:
    added = parts.of_positions(layer.position_bias, layer.num_heads, queries, keys, offset)
    return ops.cast(added, layer.score.compute_dtype)
