"""What normalizers have in common: the base of those that are layers, and how masked scores are filled."""

import math
from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from heedful.layers.tensor import Shape, Tensor

# Of the weights of a row, at most, to all its masked keys before they get zero.
MASKED_SHARE, MASKED_SHARE_FLOAT64 = 1e-6, 1e-15


class NormalizerLayer(keras.layers.Layer):
    """Base of the normalizers that are layers, called as `normalizer(scores, mask=None, training=None)`.

    A recurrent one is called for one query at a time, `normalizer(scores, mask, training, state)`, and its weights
    depend on the state that the step before left.

    Args:
        dtype: a precision; float32 unless given, as scores are, whatever the global one.
    """

    recurrent = False
    """True when the weights of a step depend on the steps before it (`initial_state` and `step`)."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("dtype", "float32")
        super().__init__(**kwargs)
        self.supports_masking = True

    def compute_mask(self, inputs: Tensor, previous_mask: Tensor | None = None) -> None:
        """None: the mask is used up here and must not travel on with the weights."""
        return None

    def compute_output_shape(self, scores_shape: Shape) -> Shape:
        return scores_shape

    def initial_state(self, scores: Tensor) -> Any:
        """The state before the first step, for scores `(batch, heads, 1, S)`; None where there is none."""
        return None

    def next_state(self, state: Any, weights: Tensor) -> Any:
        """The state after a step that gave `weights (batch, heads, 1, S)`."""
        return state

    def step(
        self, scores: Tensor, state: Any = None, mask: Tensor | None = None, training: bool | None = None
    ) -> tuple[Tensor, Any]:
        """Weights of one query and the state for the next: of a recurrent one."""
        weights: Any = self(scores, mask=mask, training=training, state=state)
        return weights, self.next_state(state, weights)


def masked(normalize: Callable[[Tensor], Tensor], scores: Tensor, mask: Tensor | None) -> Tensor:
    """Apply `normalize` to each row, whose masked scores are filled, and then give zero to their weights."""
    if 0 in scores.shape:
        return scores
    if mask is None:
        return normalize(scores)
    double = keras.backend.standardize_dtype(scores.dtype) == "float64"
    keys = scores.shape[-1]
    known = isinstance(keys, int)  # elsewhere None, or a tensor in a graph of PyTorch
    gap = math.log(keys) if known else ops.log(ops.cast(ops.shape(scores)[-1], scores.dtype))
    gap = gap - math.log(MASKED_SHARE_FLOAT64 if double else MASKED_SHARE)
    least = lowest(scores)
    lower = least - gap - 1e-6 * ops.abs(least)  # beside large scores the gap alone would be rounded away
    return normalize(ops.where(mask, scores, lower)) * ops.cast(mask, scores.dtype)


def lowest(scores: Tensor) -> Tensor:
    return ops.stop_gradient(ops.min(scores, axis=-1, keepdims=True))
