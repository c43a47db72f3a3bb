"""Scores become weights: functions or small layers called as `normalizer(scores, mask=None, training=None)`.

`scores` is float32 or float64 `(..., T, S)`, `mask` is boolean and broadcasts to it (True = attend), and the weights,
with the shape and type of `scores`, are zero wherever the mask is False. So a query that may attend to nothing gets
zeros. All but `sigmoid` sum to 1 over the other rows.

A masked score is replaced by one that lies far enough below the lowest of its row. The usual fill of -1e9 would stretch
the int8 range of a quantized model until the real scores fell into one step.
"""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from heedful.layers.normalizer import NormalizerLayer, lowest, masked
from heedful.layers.tensor import Tensor

Normalizer = Callable[..., Tensor]

# Steps towards a threshold for rows of any length; a shorter one takes as many as its length has bits, which is more
# than was found to be needed of random, clustered and exponentially crowded scores.
MOST_STEPS = 16
HAIR, HAIR_FLOAT64 = 1e-6, 4e-15  # by which share a threshold is put lower before the last step


@keras.saving.register_keras_serializable(package="heedful")
def softmax(scores: Tensor, mask: Tensor | None = None, training: bool | None = None) -> Tensor:
    """`exp(s) / sum exp(s)`: every allowed key gets some weight.

    Args:
        scores: `(..., T, S)`.
        mask: booleans that broadcast to `scores`, True = attend.
        training: not used.

    Returns:
        Weights `(..., T, S)`.

    Example:

    >>> from keras import ops
    >>> from heedful.layers import softmax
    >>> [round(float(weight), 3) for weight in softmax(ops.array([2.0, 1.5, 0.1]))]
    [0.569, 0.345, 0.085]
    """
    return masked(_softmax, scores, mask)


@keras.saving.register_keras_serializable(package="heedful")
def sigmoid(scores: Tensor, mask: Tensor | None = None, training: bool | None = None) -> Tensor:
    """`1 / (1 + exp(-s))` of every key by itself: the weights of a row need not sum to 1.

    Args:
        scores: `(..., T, S)`.
        mask: booleans that broadcast to `scores`, True = attend.
        training: not used.

    Returns:
        Weights `(..., T, S)`.

    Example:

    >>> from keras import ops
    >>> from heedful.layers import sigmoid
    >>> [round(float(weight), 3) for weight in sigmoid(ops.array([2.0, 1.5, 0.1]))]
    [0.881, 0.818, 0.525]
    """
    weights = ops.sigmoid(scores)
    return weights if mask is None else ops.where(mask, weights, 0.0)


@keras.saving.register_keras_serializable(package="heedful")
def sparsemax(scores: Tensor, mask: Tensor | None = None, training: bool | None = None) -> Tensor:
    """Euclidean projection of the scores on the simplex, with exact zeros (Martins and Astudillo 2016).

    Args:
        scores: `(..., T, S)`.
        mask: booleans that broadcast to `scores`, True = attend.
        training: not used.

    Returns:
        Weights `(..., T, S)`.

    Example:

    >>> from keras import ops
    >>> from heedful.layers import sparsemax
    >>> [round(float(weight), 3) for weight in sparsemax(ops.array([2.0, 1.5, 0.1]))]
    [0.75, 0.25, 0.0]
    """
    return _sparse(scores, mask, _sparsemax_rise, _sparsemax_rise)


@keras.saving.register_keras_serializable(package="heedful")
def entmax15(scores: Tensor, mask: Tensor | None = None, training: bool | None = None) -> Tensor:
    """1.5-entmax, half-way between softmax and sparsemax (Peters, Niculae and Martins 2019).

    Args:
        scores: `(..., T, S)`.
        mask: booleans that broadcast to `scores`, True = attend.
        training: not used.

    Returns:
        Weights `(..., T, S)`.

    Example:

    >>> from keras import ops
    >>> from heedful.layers import entmax15
    >>> [round(float(weight), 3) for weight in entmax15(ops.array([2.0, 1.5, 0.1]))]
    [0.674, 0.326, 0.0]
    """
    return ops.square(_sparse(scores / 2.0, mask, _entmax15_rise, _entmax15_last_rise))


@keras.saving.register_keras_serializable(package="heedful")
class Hardmax(NormalizerLayer):
    """All weight on the best key (the first of equals); in training the gradient is that of softmax.

    This is the straight-through estimator of Bengio, Léonard and Courville (2013). Without `training` no gradient
    reaches the scores.

    Args:
        dtype: a precision; float32 unless given, whatever the global one.

    Example:

    >>> from keras import ops
    >>> from heedful.layers import Hardmax
    >>> ops.convert_to_numpy(Hardmax()(ops.array([[2.0, 1.5, 0.1]]))).tolist()
    [[1.0, 0.0, 0.0]]
    """

    def call(self, scores: Tensor, mask: Tensor | None = None, training: bool | None = None) -> Tensor:
        """Weights of scores.

        Args:
            scores: `(..., T, S)`.
            mask: booleans that broadcast to `scores`, True = attend.
            training: whether the gradient is that of softmax.

        Returns:
            One-hot weights `(..., T, S)`.
        """
        return masked(_straight_through if training else one_hot_of_best, scores, mask)


@keras.saving.register_keras_serializable(package="heedful")
class GumbelSoftmax(NormalizerLayer):
    """Softmax of `(scores + Gumbel noise) / temperature` in training, of `scores / temperature` otherwise.

    The lower the temperature, the closer to a sample of a single key (Jang, Gu and Poole 2017). With `hard`, the
    forward value is one-hot and the gradient that of the soft weights.

    Args:
        temperature: what the scores are divided by.
        hard: whether a single key gets all weight.
        seed: of the noise.

    Raises ValueError for a temperature that is not positive.

    Example:

    >>> from keras import ops
    >>> from heedful.layers import GumbelSoftmax
    >>> weights = GumbelSoftmax(temperature=0.5, hard=True, seed=0)(ops.zeros((1, 3, 5)), training=True)
    >>> ops.convert_to_numpy(ops.sum(weights, axis=-1)).round(3).tolist()
    [[1.0, 1.0, 1.0]]
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
        """Weights of scores.

        Args:
            scores: `(..., T, S)`.
            mask: booleans that broadcast to `scores`, True = attend.
            training: whether noise is added.

        Returns:
            Weights `(..., T, S)`.
        """
        if training:
            # Away from 0 and 1, where one of the two logarithms is infinite.
            uniform = keras.random.uniform(
                ops.shape(scores), 1e-6, 1.0 - 1e-6, dtype=scores.dtype, seed=self.seed_generator
            )
            scores = scores - ops.log(-ops.log(uniform))
        scores = scores / self.temperature
        if not self.hard:
            return softmax(scores, mask)
        return masked(_straight_through if training else one_hot_of_best, scores, mask)

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


def _sparse(
    scores: Tensor, mask: Tensor | None, rise: Callable[[Tensor], Tensor], last_rise: Callable[[Tensor], Tensor]
) -> Tensor:
    """`max(s - t, 0)` with the threshold `t` of each row at which the weights sum to 1.

    `rise` tells from `max(s - t, 0)` by how much a threshold that is too low should rise: a step of Newton's method on
    a convex function, which never ends above the solution. No scores are sorted and there is no running sum, whose
    rounding errors would grow with the length; only the scores and what is left of them are held. The last step alone
    is differentiated: `last_rise` is the exact solution for the scores that are left, so its derivatives are exact too.
    A rise is never a quotient of something small: in int8, TFLite divides that wrongly, 0.002 / 3 gives 0.17.
    """
    if 0 in scores.shape:
        return scores
    allowed = scores if mask is None else ops.where(mask, scores, lowest(scores))
    below = scores - ops.stop_gradient(ops.max(allowed, axis=-1, keepdims=True))
    below = below if mask is None else ops.where(mask, below, -2.0)  # the threshold lies between -1 and 0
    fixed = ops.stop_gradient(below)
    threshold = ops.max(fixed, axis=-1, keepdims=True) - 1.0  # -1, or -3 in a row whose keys are all masked
    length = scores.shape[-1]
    for _ in range(min(length.bit_length(), MOST_STEPS) if isinstance(length, int) else MOST_STEPS):
        threshold = threshold + rise(ops.relu(fixed - threshold))
    # Slightly lower, in case rounding has put it too high: the last step must not give weight to what has dropped out.
    double = keras.backend.standardize_dtype(scores.dtype) == "float64"
    left = ops.relu(below - threshold * (1.0 + (HAIR_FLOAT64 if double else HAIR)))
    left = ops.relu(left - last_rise(left))
    return left if mask is None else ops.where(mask, left, 0.0)


def _sparsemax_rise(left: Tensor) -> Tensor:
    """Until the sum is 1."""
    count, total = _count_and_sum(left)
    return (total - 1.0) * (1.0 / count)


def _entmax15_rise(left: Tensor) -> Tensor:
    """Until the sum of squares is 1. The step is that of its root, which is convex too and closer to a line."""
    length = ops.sqrt(ops.sum(ops.square(left), axis=-1, keepdims=True))
    return (length - 1.0) * (length / ops.sum(left, axis=-1, keepdims=True))


def _entmax15_last_rise(left: Tensor) -> Tensor:
    """The smaller solution `d` of `sum (left - d)^2 = 1`, in the form that subtracts no nearly equal numbers."""
    count, total = _count_and_sum(left)
    surplus = ops.sum(ops.square(left), axis=-1, keepdims=True) - 1.0
    return surplus * (1.0 / (total + ops.sqrt(ops.maximum(ops.square(total) - count * surplus, 0.25))))


def _count_and_sum(left: Tensor) -> tuple[Tensor, Tensor]:
    """How many scores of each row are left, and their sum."""
    # Not by `left > 0`: in int8 TFLite compares with a zero on a scale of its own, and finds other scores left.
    count = ops.sum(ops.sign(ops.stop_gradient(left)), axis=-1, keepdims=True)
    return count, ops.sum(left, axis=-1, keepdims=True)


def _softmax(scores: Tensor) -> Tensor:
    return ops.softmax(scores, axis=-1)


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
