"""Scores that stay within bounds: what a long training drives up no longer ends in weights without a gradient."""

from typing import Any

import keras
from keras import ops

from heedful.layers import parts, scores
from heedful.layers.tensor import Shape, Tensor


@keras.saving.register_keras_serializable(package="heedful")
class SoftCap(scores.Score):
    """`cap * tanh(scores / cap)` of the scores of `score`, as in Gemma 2 (2024, arXiv:2408.00118).

    Small scores stay as they are, and none is larger than `cap`. What an `Attention` adds to the scores, position bias
    and attention bias, is added behind it and not capped.

    Args:
        score: a `Score` or its name.
        cap: the bound, a positive number; 50 in Gemma 2.

    Raises ValueError for a `cap` that is not positive.

    Example:

    >>> from keras import ops
    >>> from heedful.layers import SoftCap
    >>> score = SoftCap("dot", cap=2.0)
    >>> score.build((1, 1, 1), (1, 3, 1))
    >>> keys = ops.array([[[0.1], [1.0], [100.0]]])
    >>> [round(float(number), 3) for number in score(ops.ones((1, 1, 1)), score.project(keys))[0, 0]]
    [0.1, 0.924, 2.0]
    """

    def __init__(self, score: str | dict[str, Any] | scores.Score, cap: float = 50.0, **kwargs: Any) -> None:
        inner = parts.score(score, kwargs.get("dtype") or "float32")
        if cap <= 0:
            raise ValueError(f"the cap of SoftCap must be positive, not {cap}")
        kwargs.setdefault("dtype", inner.dtype_policy)
        super().__init__(**kwargs)
        self.score = inner
        self.cap = cap
        self.recurrent, self.unroll, self.inner_product = inner.recurrent, inner.unroll, inner.inner_product

    def build(self, query_shape: Shape, key_shape: Shape) -> None:
        # A score that is shared or comes out of a saved configuration is built already, and must not be built twice.
        if not self.score.built:
            self.score.build(query_shape, key_shape)
        parts.fits_shared_score(self.score, query_shape[-1], key_shape[-1])
        self.built = True

    def project(self, key: Tensor) -> Tensor:
        return self.score.project(key)

    def call(self, query: Tensor, projected_keys: Tensor, state: Any = None) -> Tensor:
        return self.cap * ops.tanh(self.score(query, projected_keys, state=state) / self.cap)

    def initial_state(self, projected_keys: Tensor) -> Any:
        return self.score.initial_state(projected_keys)

    def next_state(self, state: Any, weights: Tensor) -> Any:
        return self.score.next_state(state, weights)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "score": parts.serialized(self.score), "cap": self.cap}
