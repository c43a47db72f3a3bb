"""How well a query fits a key: layers that turn `(..., T, query width)` and `(..., S, key width)` into `(..., T, S)`.

A score works in two steps. `project(key)` does once per source what depends on the keys alone; calling the score with a
query and those projected keys does the rest, once per step. Any leading axes will do: `Attention` puts batch and heads
there, so no score knows about heads.

Scores are float32 layers unless told, whatever the global precision: a dot product of float16 vectors overflows at
65504.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
from keras import ops

from heedful.layers import checks
from heedful.layers.cosine import CosineScore
from heedful.layers.local_activation import LocalActivationScore
from heedful.layers.score import Score, configuration_of_weights, fresh, known_width, options_of_weights, same_width
from heedful.layers.tensor import Shape, Tensor


@keras.saving.register_keras_serializable(package="heedful")
class DotProductScore(Score):
    """`scale * q . k`; the scale is 1 / sqrt(width) unless given (Luong et al. 2015, Vaswani et al. 2017).

    Args:
        scale: of the products; None: 1 / sqrt(width).

    Raises ValueError when queries and keys differ in width.

    Example:

    >>> from keras import ops
    >>> from heedful.layers import DotProductScore
    >>> score = DotProductScore(scale=0.5)
    >>> score.build((1, 1, 2), (1, 3, 2))
    >>> query, keys = ops.array([[[1.0, 2.0]]]), ops.array([[[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]])
    >>> ops.convert_to_numpy(score(query, score.project(keys))).tolist()
    [[[0.5, 1.0, 1.5]]]
    """

    inner_product = True

    def __init__(self, scale: float | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scale = scale

    def build(self, query_shape: Shape, key_shape: Shape) -> None:
        same_width(self, query_shape, key_shape)

    def call(self, query: Tensor, projected_keys: Tensor, state: Tensor | None = None) -> Tensor:
        return ops.matmul(query * self.scale_for(query.shape[-1]), _transpose(projected_keys))

    def scale_for(self, width: int) -> float:
        """What the products of vectors of `width` are multiplied by."""
        return width**-0.5 if self.scale is None else self.scale

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "scale": self.scale}


@keras.saving.register_keras_serializable(package="heedful")
class GeneralScore(Score):
    """`q . W k`, the bilinear score of Luong et al. (2015); the widths may differ.

    `W` starts 1 / sqrt(query width) times as large as that of a `Dense`: it holds the scale of a scaled dot product.
    Otherwise the scores of a wide layer start so far apart that one key has all the weight, and no other a gradient.

    Args:
        kernel_initializer: of `W`; None: the one above.
        kernel_regularizer: of `W`.

    Example:

    >>> import numpy as np
    >>> from heedful.layers import Attention, GeneralScore
    >>> query, value = np.ones((2, 3, 6)), np.ones((2, 5, 8))  # of two widths
    >>> tuple(Attention(GeneralScore())(query, value).shape)
    (2, 3, 8)
    """

    inner_product = True

    def __init__(self, kernel_initializer: Any = None, kernel_regularizer: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)

    def build(self, query_shape: Shape, key_shape: Shape) -> None:
        width = known_width(query_shape)
        start = keras.initializers.VarianceScaling(1 / width, mode="fan_avg", distribution="uniform")
        self.key_dense = keras.layers.Dense(
            width,
            use_bias=False,
            kernel_initializer=self.kernel_initializer or start,
            kernel_regularizer=self.kernel_regularizer,
            dtype=self.dtype_policy,
            name="w",
        )
        self.key_dense.build(key_shape)

    def project(self, key: Tensor) -> Tensor:
        return self.key_dense(key)

    def call(self, query: Tensor, projected_keys: Tensor, state: Tensor | None = None) -> Tensor:
        return ops.matmul(query, _transpose(projected_keys))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **configuration_of_weights(self)}


@keras.saving.register_keras_serializable(package="heedful")
class AdditiveScore(Score):
    """`v . tanh(Wq q + Wk k + b)` of Bahdanau, Cho and Bengio (2015), with `units` hidden units (key width if None).

    With `normalize`, `v` becomes `g v / |v|` with a learned gain `g` that starts at sqrt(1 / units), as Raffel et al.
    (2017) propose for scores that feed a sigmoid.

    Args:
        units: hidden units; None: the width of the keys.
        normalize: whether `v` has a length of its own.
        kernel_initializer, kernel_regularizer: of `Wq`, `Wk` and `v`.

    Example:

    >>> import numpy as np
    >>> from heedful.layers import AdditiveScore, Attention
    >>> output, weights = Attention(AdditiveScore(units=16))(
    ...     np.ones((2, 3, 6)), np.ones((2, 5, 8)), return_attention_scores=True
    ... )
    >>> tuple(output.shape), tuple(weights.shape)
    ((2, 3, 8), (2, 1, 3, 5))
    """

    def __init__(
        self,
        units: int | None = None,
        normalize: bool = False,
        kernel_initializer: Any = "glorot_uniform",
        kernel_regularizer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        checks.sizes(self, units=units)
        self.units = units
        self.normalize = normalize

    def build(self, query_shape: Shape, key_shape: Shape) -> None:
        units = self.units or known_width(key_shape)
        own = {"dtype": self.dtype_policy}
        self.query_dense = keras.layers.Dense(units, use_bias=False, name="w_q", **own, **options_of_weights(self))
        self.query_dense.build(query_shape)
        self.key_dense = keras.layers.Dense(units, name="w_k", **own, **options_of_weights(self))
        self.key_dense.build(key_shape)
        start = fresh(self.kernel_initializer)
        self.vector = self.add_weight((units, 1), start, regularizer=self.kernel_regularizer, name="vector")
        if self.normalize:
            gain = keras.initializers.Constant(units**-0.5)
            self.gain = self.add_weight(shape=(), initializer=gain, name="gain")

    def project(self, key: Tensor) -> Tensor:
        return self.key_dense(key)

    def call(
        self, query: Tensor, projected_keys: Tensor, state: Tensor | None = None, training: bool | None = None
    ) -> Tensor:
        hidden = ops.expand_dims(self.query_dense(query), -2) + ops.expand_dims(projected_keys, -3)
        return self._read_out(hidden, training)

    def _read_out(self, hidden: Tensor, training: bool | None) -> Tensor:
        """`(..., T, S, units)` -> `(..., T, S)`."""
        vector = ops.convert_to_tensor(self.vector)
        if self.normalize:
            vector = vector * (self.gain / ops.sqrt(ops.maximum(ops.sum(ops.square(vector)), 1e-12)))
        if keras.backend.backend() == "jax" and not training:
            # XLA works out a sum as it goes, and holds all of `hidden` for a product, whose gradient is faster.
            return ops.sum(ops.tanh(hidden) * vector[:, 0], axis=-1)
        return ops.squeeze(ops.matmul(ops.tanh(hidden), vector), -1)

    def get_config(self) -> dict[str, Any]:
        own = {"units": self.units, "normalize": self.normalize, **configuration_of_weights(self)}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable(package="heedful")
class LocationScore(AdditiveScore):
    """`v . tanh(Wq q + Wk k + U f + b)`, where `f` is a convolution over the weights of the previous step.

    The hybrid, location-aware score of Chorowski et al. (2015), which learns to move on along its source. The first
    step sees weights of zero. With `cumulative`, `f` is taken over the sum of all previous weights instead, as in
    Tacotron 2 (Shen et al. 2018). Each step needs the one before it, so a call with T queries runs T steps, in a loop
    unless they are to be unrolled: that takes T times the space in a graph or a file, but a file with a loop cannot be
    quantized to int8 throughout.

    Args:
        units, normalize, kernel_initializer, kernel_regularizer: as in `AdditiveScore`.
        filters: of the convolution.
        kernel_size: places that the convolution looks at around each key, odd.
        cumulative: whether it looks at the sum of all weights so far, or at those of the step before.
        unroll: whether a call writes its steps out one by one.

    Raises ValueError for an even `kernel_size`, of which no place is the middle, and for counts below 1.

    Example:

    >>> from keras import ops
    >>> from heedful.layers import Attention, LocationScore
    >>> attention = Attention(LocationScore(units=16, filters=4, kernel_size=3))
    >>> query, value = ops.ones((2, 3, 8)), ops.ones((2, 5, 8))
    >>> attention.build(query.shape, value.shape)
    >>> memory, state = attention.memory(value), None
    >>> for t in range(3):
    ...     output, weights, state = attention.attend(query[:, t : t + 1], memory, state=state)
    >>> tuple(state.shape)  # the weights that the next step looks at
    (2, 1, 1, 5)
    """

    recurrent = True

    def __init__(
        self,
        units: int | None = None,
        filters: int = 10,
        kernel_size: int = 31,
        cumulative: bool = False,
        normalize: bool = False,
        unroll: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(units=units, normalize=normalize, **kwargs)
        if filters < 1 or kernel_size < 1 or kernel_size % 2 == 0:
            raise ValueError(
                f"LocationScore needs at least 1 filter and an odd kernel_size, not {filters} and {kernel_size}"
            )
        self.unroll = unroll
        self.filters = filters
        self.kernel_size = kernel_size
        self.cumulative = cumulative

    def build(self, query_shape: Shape, key_shape: Shape) -> None:
        super().build(query_shape, key_shape)
        self.convolution = keras.layers.Conv1D(
            self.filters, self.kernel_size, padding="same", use_bias=False, dtype=self.dtype_policy, name="convolution"
        )
        self.convolution.build((None, key_shape[-2], 1))
        self.location_dense = keras.layers.Dense(
            self.vector.shape[0], use_bias=False, dtype=self.dtype_policy, name="location"
        )
        self.location_dense.build((None, key_shape[-2], self.filters))

    def call(
        self, query: Tensor, projected_keys: Tensor, state: Tensor | None = None, training: bool | None = None
    ) -> Tensor:
        """The scores of one step.

        Args:
            query: `(..., 1, query width)`.
            projected_keys: what `project` gave, `(..., S, units)`.
            state: float32 `(..., 1, S)`, the weights to look at; None counts as zeros.

        Returns:
            `(..., 1, S)`.
        """
        state = self.initial_state(projected_keys) if state is None else state
        hidden = ops.expand_dims(self.query_dense(query), -2) + ops.expand_dims(projected_keys, -3)
        rows = ops.reshape(state, (-1, *ops.shape(state)[-1:], 1))
        seen = self.location_dense(self.convolution(rows))
        return self._read_out(hidden + ops.reshape(seen, (*ops.shape(state), seen.shape[-1])), training)

    def initial_state(self, projected_keys: Tensor) -> Tensor:
        return ops.zeros_like(ops.expand_dims(projected_keys[..., 0], -2))

    def next_state(self, state: Tensor | None, weights: Tensor) -> Tensor:
        return weights if state is None or not self.cumulative else state + weights

    def get_config(self) -> dict[str, Any]:
        names = ("filters", "kernel_size", "cumulative", "unroll")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


NAMES: dict[str, Callable[..., Score]] = {
    "dot": partial(DotProductScore, scale=1.0),
    "scaled_dot": DotProductScore,
    "general": GeneralScore,
    "additive": AdditiveScore,
    "cosine": CosineScore,
    "location": LocationScore,
    "local_activation": LocalActivationScore,
}


def get(identifier: str | dict[str, Any] | Score, dtype: str = "float32") -> Score:
    """A score from its name, with that `dtype`, from its serialized form or itself. Raises ValueError for anything
    else.
    """
    if isinstance(identifier, dict):
        identifier = keras.saving.deserialize_keras_object(identifier)
    if isinstance(identifier, str):
        if identifier not in NAMES:
            raise ValueError(f"no score is called {identifier!r}; there are {', '.join(NAMES)}")
        identifier = NAMES[identifier](dtype=dtype)
    if not isinstance(identifier, Score):
        raise ValueError(f"a score is a name or a heedful.layers.Score, not {identifier!r}")
    return identifier


def _transpose(projected_keys: Tensor) -> Tensor:
    return ops.swapaxes(projected_keys, -1, -2)
