"""What every score is: a layer that turns `(..., T, query width)` and `(..., S, key width)` into `(..., T, S)`."""

from typing import Any

import keras
from keras import ops

from heedful.layers.tensor import Shape, Tensor


class Score(keras.layers.Layer):
    """Base of all scores. `build(query_shape, key_shape)` takes the shapes *before* projection.

    `Attention` builds its score; on its own, call `score.build(query.shape, key.shape)` first. A score of one's own
    overrides `call`, and `project` for what the keys alone decide.

    Args:
        dtype: a precision; float32 unless given, whatever the global one.

    Example:

    >>> import keras
    >>> from keras import ops
    >>> from heedful.layers import Attention, Score
    >>> @keras.saving.register_keras_serializable(package="mine")
    ... class MinusDistance(Score):
    ...     def call(self, query, projected_keys, state=None):
    ...         difference = ops.expand_dims(query, -2) - ops.expand_dims(projected_keys, -3)
    ...         return -ops.sum(ops.square(difference), axis=-1)
    >>> tuple(Attention(MinusDistance())(ops.ones((2, 3, 8)), ops.ones((2, 5, 8))).shape)
    (2, 3, 8)
    """

    recurrent = False
    """True when the scores of a step depend on the weights of the steps before it (`initial_state`, `next_state`)."""

    unroll = False
    """Whether the steps of a recurrent score are written out one by one instead of as a loop."""

    inner_product = False
    """Whether it is an inner product of query and projected key, or of their directions: such can be turned by a
    `RotaryEmbedding`."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("dtype", "float32")
        super().__init__(**kwargs)
        self.supports_masking = True

    def compute_mask(self, inputs: Tensor, previous_mask: Tensor | None = None) -> None:
        """None: masks are for the normalizer, and scores carry none."""
        return None

    def build(self, query_shape: Shape, key_shape: Shape) -> None:
        self.built = True

    def project(self, key: Tensor) -> Tensor:
        """The part of the score that depends on the keys alone, worked out once per source.

        Args:
            key: `(..., S, key width)`.

        Returns:
            `(..., S, any width)`.
        """
        return ops.cast(key, self.compute_dtype)

    def call(self, query: Tensor, projected_keys: Tensor, state: Tensor | None = None) -> Tensor:
        """The scores of all pairs.

        Args:
            query: `(..., T, query width)`.
            projected_keys: what `project` gave, `(..., S, any width)`.
            state: of a recurrent score, what the step before left.

        Returns:
            `(..., T, S)`.
        """
        raise NotImplementedError

    def initial_state(self, projected_keys: Tensor) -> Tensor | None:
        """The state before the first step; None where the score is not recurrent."""
        return None

    def next_state(self, state: Tensor | None, weights: Tensor) -> Tensor | None:
        """The state after a step that attended with `weights`, float32 `(..., 1, S)`."""
        return state


def known_width(shape: Shape) -> int:
    """The last axis of a shape, which must be known to create weights."""
    if shape[-1] is None:
        raise ValueError(f"the width of a score's input must be known, but its shape is {shape}")
    return shape[-1]


def same_width(score: Score, query_shape: Shape, key_shape: Shape) -> int:
    if query_shape[-1] != key_shape[-1]:
        raise ValueError(
            f"{type(score).__name__} compares vectors of one width, but queries have {query_shape[-1]} and keys "
            f"{key_shape[-1]}: give Attention a key_dim, or use GeneralScore or AdditiveScore"
        )
    return known_width(query_shape)


def fresh(part: Any) -> Any:
    """A copy of an initializer, because one gives the same numbers whenever it is asked; anything else as it is.

    Not through the configuration of a layer: what serializes it in Keras imports TensorFlow.
    """
    return part.clone() if isinstance(part, keras.initializers.Initializer) else part


def options_of_weights(layer: Any) -> dict[str, Any]:
    """What one kernel of a score starts from and is held by."""
    return {"kernel_initializer": fresh(layer.kernel_initializer), "kernel_regularizer": layer.kernel_regularizer}


def configuration_of_weights(layer: Any) -> dict[str, Any]:
    """What the kernels of a score start from and are held by, as in its configuration."""
    return {
        "kernel_initializer": keras.initializers.serialize(layer.kernel_initializer),
        "kernel_regularizer": keras.regularizers.serialize(layer.kernel_regularizer),
    }
