"""Attention one query at a time, where a step depends on the weights of the steps before it.

That is so for a recurrent score, such as `LocationScore`, and for a recurrent normalizer, such as `Monotonic`. What a
step leaves for the next one is the state of the one that is recurrent, or where both are, the two in a tuple.
"""

from typing import Any

from keras import ops

from heedful.layers import loop, parts
from heedful.layers.tensor import Tensor


def recurrent(layer: Any) -> bool:
    """Whether an `Attention` has to see one query after the other."""
    return layer.score.recurrent or _recurrent_normalizer(layer)


def initial_state(layer: Any, keys: Tensor) -> Any:
    """The state before the first step, for the keys of a memory; None where nothing is recurrent."""
    of_score = layer.score.initial_state(keys)
    if not _recurrent_normalizer(layer):
        return of_score
    size = (ops.shape(keys)[0], layer.num_heads, 1, ops.shape(keys)[2])
    of_normalizer = layer.normalizer.initial_state(ops.zeros(size, layer.score.compute_dtype))
    return (of_score, of_normalizer) if layer.score.recurrent else of_normalizer


def of_score(layer: Any, state: Any) -> Any:
    """The part of a state that is the score's."""
    return (state[0] if _recurrent_normalizer(layer) else state) if layer.score.recurrent else None


def weigh(layer: Any, scores: Tensor, mask: Tensor | None, training: bool | None, state: Any) -> tuple[Tensor, Any]:
    """The weights of scores by the normalizer of an `Attention`, and what it leaves for the next step."""
    if not _recurrent_normalizer(layer):
        return parts.weigh(layer.normalizer, scores, mask, training), None
    before = state[1] if layer.score.recurrent else state
    if 0 in scores.shape:
        return ops.zeros_like(scores), before
    return layer.normalizer.step(scores, before, mask, training)


def next_state(layer: Any, state: Any, weights: Tensor, of_normalizer: Any) -> Any:
    """The state after a step that gave `weights (batch, num_heads, 1, S)`, and what `weigh` left."""
    following = layer.score.next_state(of_score(layer, state), weights)
    if not _recurrent_normalizer(layer):
        return following
    return (following, of_normalizer) if layer.score.recurrent else of_normalizer


def attend(
    layer: Any,
    query: Tensor,
    memory: tuple[Tensor, Tensor],
    mask: Tensor | None,
    training: bool | None,
    attention_bias: Tensor | None,
) -> tuple[Tensor, Tensor]:
    """`layer.attend` once per query, each step with the state that the one before left: output and weights."""

    def row(pairs: Tensor | None, index: int | Tensor) -> Tensor | None:
        if pairs is None or pairs.shape[2] == 1:
            return pairs
        return ops.expand_dims(pairs[:, :, index], 2)

    def step(index: int | Tensor, state: Any) -> tuple[tuple[Tensor, Tensor], Any]:
        one = ops.expand_dims(query[:, index], 1)
        rows, added = row(mask, index), row(attention_bias, index)
        output, weights, state = layer.attend(one, memory, rows, state, index, training, added)
        return (output[:, 0], weights[..., 0, :]), state

    keys, values = memory
    batch, count, *_ = ops.shape(query)
    width = layer.compute_output_shape(query.shape, (None, None, values.shape[-1]))[-1]
    kinds = [
        ((batch, width), layer.compute_dtype),
        ((batch, layer.num_heads, ops.shape(keys)[2]), layer.score.compute_dtype),
    ]
    unroll = layer.score.unroll or getattr(layer.normalizer, "unroll", False)
    run = loop.unrolled if unroll else loop.stacked
    output, weights = run(step, initial_state(layer, keys), count, kinds, layer if training else None)
    return ops.moveaxis(output, 0, 1), ops.moveaxis(weights, 0, -2)


def _recurrent_normalizer(layer: Any) -> bool:
    return getattr(layer.normalizer, "recurrent", False)
