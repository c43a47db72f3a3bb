"""Scores become weights: functions or small layers called as `normalizer(scores, mask=None, training=None)`.

`scores` is float32 or float64 `(..., T, S)`, `mask` is boolean and broadcasts to it (True = attend), and the weights,
with the shape and type of `scores`, are zero wherever the mask is False. So a query that may attend to nothing gets
zeros. All but `sigmoid` sum to 1 over the other rows.

A masked score is replaced by one that lies far enough below the lowest of its row. The usual fill of -1e9 would stretch
the int8 range of a quantized model until the real scores fell into one step.
"""

import math
from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from heedful.layers.tensor import Shape, Tensor

Normalizer = Callable[..., Tensor]

LEAK, LEAK_FLOAT64 = 1e-6, 1e-15  # of the weights of a row, at most, to all its masked keys before they get zero


@keras.saving.register_keras_serializable(package="heedful")
def softmax(scores: Tensor, mask: Tensor | None = None, training: bool | None = None) -> Tensor:
    """`exp(s) / sum exp(s)`: every allowed key gets some weight."""
    return _masked(_softmax, scores, mask)


@keras.saving.register_keras_serializable(package="heedful")
def sigmoid(scores: Tensor, mask: Tensor | None = None, training: bool | None = None) -> Tensor:
    """`1 / (1 + exp(-s))` of every key by itself: the weights of a row need not sum to 1."""
    weights = ops.sigmoid(scores)
    return weights if mask is None else ops.where(mask, weights, 0.0)


@keras.saving.register_keras_serializable(package="heedful")
def sparsemax(scores: Tensor, mask: Tensor | None = None, training: bool | None = None) -> Tensor:
    """Euclidean projection of the scores on the simplex, with exact zeros (Martins and Astudillo 2016)."""
    return _cut(_sparsemax, scores, mask, reach=1.25)  # at 1, what is cut would tie with the threshold


@keras.saving.register_keras_serializable(package="heedful")
def entmax15(scores: Tensor, mask: Tensor | None = None, training: bool | None = None) -> Tensor:
    """1.5-entmax, half-way between softmax and sparsemax (Peters, Niculae and Martins 2019)."""
    return _cut(_entmax15, scores, mask, reach=2.0)


class _NormalizerLayer(keras.layers.Layer):
    """Base of the normalizers that are layers: float32 unless told, as scores are, whatever the global precision."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("dtype", "float32")
        super().__init__(**kwargs)
        self.supports_masking = True

    def compute_mask(self, inputs: Tensor, previous_mask: Tensor | None = None) -> None:
        """None: the mask is used up here and must not travel on with the weights."""
        return None

    def compute_output_shape(self, scores_shape: Shape) -> Shape:
        return scores_shape


@keras.saving.register_keras_serializable(package="heedful")
class Hardmax(_NormalizerLayer):
    """All weight on the best key (the first of equals); in training the gradient is that of softmax.

    This is the straight-through estimator of Bengio, Léonard and Courville (2013). Without `training` no gradient
    reaches the scores.
    """

    def call(self, scores: Tensor, mask: Tensor | None = None, training: bool | None = None) -> Tensor:
        """Scores `(..., T, S)` -> one-hot weights `(..., T, S)`."""
        return _masked(_straight_through if training else one_hot_of_best, scores, mask)


@keras.saving.register_keras_serializable(package="heedful")
class GumbelSoftmax(_NormalizerLayer):
    """Softmax of `(scores + Gumbel noise) / temperature` in training, of `scores / temperature` otherwise.

    The lower the temperature, the closer to a sample of a single key (Jang, Gu and Poole 2017). With `hard`, the
    forward value is one-hot and the gradient that of the soft weights. Raises ValueError for a temperature that is not
    positive.
    """

    def __init__(self, temperature: float = 1.0, hard: bool = False, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if temperature <= 0:
            raise ValueError(f"the temperature of GumbelSoftmax must be positive, not {temperature}")
        self.temperature = temperature
        self.hard = hard
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, scores: Tensor, mask: Tensor | None = None, training: bool | None = None) -> Tensor:
        """Scores `(..., T, S)` -> weights `(..., T, S)`."""
        if training:
            # Away from 0 and 1, where one of the two logarithms is infinite.
            uniform = keras.random.uniform(
                ops.shape(scores), 1e-6, 1.0 - 1e-6, dtype=scores.dtype, seed=self.seed_generator
            )
            scores = scores - ops.log(-ops.log(uniform))
        scores = scores / self.temperature
        if not self.hard:
            return softmax(scores, mask)
        return _masked(_straight_through if training else one_hot_of_best, scores, mask)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "temperature": self.temperature, "hard": self.hard, "seed": self.seed}


FUNCTIONS: dict[str, Normalizer] = {
    "softmax": softmax,
    "sigmoid": sigmoid,
    "sparsemax": sparsemax,
    "entmax15": entmax15,
}
LAYERS: dict[str, Callable[..., Normalizer]] = {"hardmax": Hardmax, "gumbel_softmax": GumbelSoftmax}


def get(identifier: str | dict[str, Any] | Normalizer, dtype: str = "float32") -> Normalizer:
    """A normalizer from its name, its serialized form or itself; `dtype` is that of a layer made from its name.

    Raises ValueError for an unknown name.
    """
    if isinstance(identifier, dict):
        identifier = keras.saving.deserialize_keras_object(identifier)
    if isinstance(identifier, str):
        if identifier in LAYERS:
            return LAYERS[identifier](dtype=dtype)
        if identifier not in FUNCTIONS:
            raise ValueError(f"no normalizer is called {identifier!r}; there are {', '.join((*FUNCTIONS, *LAYERS))}")
        return FUNCTIONS[identifier]
    if not callable(identifier):
        raise ValueError(f"a normalizer is a name, a function or a layer, not {identifier!r}")
    return identifier


def _masked(normalize: Callable[[Tensor], Tensor], scores: Tensor, mask: Tensor | None) -> Tensor:
    """Apply `normalize` to each row, whose masked scores are filled, and then give zero to their weights."""
    if mask is None:
        return normalize(scores)
    double = keras.backend.standardize_dtype(scores.dtype) == "float64"
    keys = ops.cast(ops.shape(scores)[-1], scores.dtype)
    gap = ops.log(keys) - math.log(LEAK_FLOAT64 if double else LEAK)
    lowest = _lowest(scores)
    lower = lowest - gap - 1e-6 * ops.abs(lowest)  # beside large scores the gap alone would be rounded away
    return normalize(ops.where(mask, scores, lower)) * ops.cast(mask, scores.dtype)


def _cut(normalize: Callable[[Tensor], Tensor], scores: Tensor, mask: Tensor | None, reach: float) -> Tensor:
    """The same for a `normalize` that gives zero to whatever lies `reach` below the best score: each row is moved until
    its best allowed score is `reach`, and what then is negative or masked becomes 0.

    So the sums over a row stay small, and int8 does not waste its steps on their range.
    """
    allowed = scores if mask is None else ops.where(mask, scores, _lowest(scores))
    # Where a row is moved to changes no weight, so the move needs no gradient.
    moved = ops.relu(scores - ops.stop_gradient(ops.max(allowed, axis=-1, keepdims=True) - reach))
    if mask is None:
        return normalize(moved)
    return normalize(ops.where(mask, moved, 0.0)) * ops.cast(mask, scores.dtype)


def _lowest(scores: Tensor) -> Tensor:
    return ops.stop_gradient(ops.min(scores, axis=-1, keepdims=True))


def _softmax(scores: Tensor) -> Tensor:
    return ops.softmax(scores, axis=-1)


def _sparsemax(scores: Tensor) -> Tensor:
    """`max(s - t, 0)`; of the thresholds that let the k best scores sum to 1, the largest is the one for all."""
    descending = -ops.sort(-scores, axis=-1)
    thresholds = (ops.cumsum(descending, axis=-1) - 1.0) / _rank(scores)
    return ops.relu(scores - ops.max(thresholds, axis=-1, keepdims=True))


def _entmax15(scores: Tensor) -> Tensor:
    """`max(s / 2 - t, 0)^2`; of the thresholds for the k best scores, the largest that is not above the k-th counts."""
    scores = scores / 2.0
    # A step of Newton from 0, which the threshold cannot be below, ends below it as well, and what lies still lower
    # counts for nothing: without it the sums stay small, so that the steps of int8 are not wasted on their range.
    surplus = ops.sum(ops.square(scores), axis=-1, keepdims=True) - 1.0
    slope = ops.maximum(2.0 * ops.sum(scores, axis=-1, keepdims=True), 1.0)  # 0 where all is masked, else 2 or more
    scores = ops.relu(scores - ops.stop_gradient(surplus / slope))
    descending = -ops.sort(-scores, axis=-1)
    rank = _rank(scores)
    mean = ops.cumsum(descending, axis=-1) / rank
    radicand = (1.0 - ops.cumsum(ops.square(descending), axis=-1)) / rank + ops.square(mean)
    # The root of a negative radicand is never chosen, but its gradient would be NaN all the same.
    possible = radicand > 0.0
    thresholds = mean - ops.sqrt(ops.where(possible, radicand, 1.0))
    possible = ops.logical_and(possible, thresholds <= descending)
    threshold = ops.max(ops.where(possible, thresholds, -1.0), axis=-1, keepdims=True)
    return ops.square(ops.relu(scores - threshold))


def _rank(scores: Tensor) -> Tensor:
    """1, 2, ..., S along the last axis, for a length that may be known only when the model runs."""
    return ops.cumsum(ops.ones_like(scores), axis=-1)


def one_hot_of_best(scores: Tensor) -> Tensor:
    """1 at the first largest score of each row, 0 elsewhere.

    Not by argmax, which does not export to TFLite builtins for floats, nor by top_k: of equals PyTorch takes any.
    """
    best = ops.cast(ops.equal(scores, ops.max(scores, axis=-1, keepdims=True)), scores.dtype)
    return ops.where(ops.equal(ops.cumsum(best, axis=-1), 1.0), best, ops.zeros_like(best))


def _straight_through(scores: Tensor) -> Tensor:
    """The value of `one_hot_of_best` with the gradient of softmax."""
    soft = _softmax(scores)
    return one_hot_of_best(scores) + soft - ops.stop_gradient(soft)
