"""The score of the Deep Interest Network: a small network judges each pair of a query and a key."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from heedful.layers import checks
from heedful.layers.score import Score, configuration_of_weights, options_of_weights, same_width
from heedful.layers.tensor import Shape, Tensor


@keras.saving.register_keras_serializable(package="heedful")
class LocalActivationScore(Score):
    """`MLP([q, k, q - k, q * k])`, the local activation unit of the Deep Interest Network (Zhou et al. 2018).

    The first layer is worked out part by part, so that nothing wider than its units is held for each pair: `(..., T, S,
    units)`, still meant for few queries, such as candidate items against a history. After `quantize` the kernel cannot
    be taken apart, and the four parts are laid side by side.

    Args:
        hidden_units: of the hidden layers.
        activation: of the hidden layers. One that is a layer, as `Dice`, is made anew for each of them.
        kernel_initializer, kernel_regularizer: of all layers.

    Raises ValueError when queries and keys differ in width.

    Example:

    >>> import numpy as np
    >>> from heedful.layers import Attention, LocalActivationScore
    >>> candidates, history = np.ones((2, 3, 8)), np.ones((2, 20, 8))
    >>> interest = Attention(LocalActivationScore((16, 8)), "sigmoid")(candidates, history)
    >>> tuple(interest.shape)
    (2, 3, 8)
    """

    def __init__(
        self,
        hidden_units: Sequence[int] = (80, 40),
        activation: Any = "sigmoid",
        kernel_initializer: Any = "glorot_uniform",
        kernel_regularizer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        self.hidden_units = tuple(hidden_units)
        for units in self.hidden_units:
            checks.sizes(self, hidden_units=units)
        self.activation = keras.activations.get(activation)

    def build(self, query_shape: Shape, key_shape: Shape) -> None:
        width = 4 * same_width(self, query_shape, key_shape)
        policy = self.dtype_policy
        self.hidden = []
        for index, units in enumerate(self.hidden_units):
            activation = self.activation
            if isinstance(activation, keras.layers.Layer):  # its weights are of one width, and Dense builds it too late
                activation = type(activation).from_config(activation.get_config())
                activation.build((*query_shape[:-1], key_shape[-2], units))
            dense = keras.layers.Dense(
                units, activation, name=f"hidden_{index}", dtype=policy, **options_of_weights(self)
            )
            dense.build((*query_shape[:-1], key_shape[-2], width))
            self.hidden.append(dense)
            width = units
        self.read_out = keras.layers.Dense(1, name="read_out", dtype=policy, **options_of_weights(self))
        self.read_out.build((*query_shape[:-1], key_shape[-2], width))

    def call(self, query: Tensor, projected_keys: Tensor, state: Tensor | None = None) -> Tensor:
        first, *others = [*self.hidden, self.read_out]
        pairs = (
            self._first_of_parts(first, query, projected_keys)
            if first.quantization_mode is None
            else first(_side_by_side(query, projected_keys))
        )
        for dense in others:
            pairs = dense(pairs)
        return ops.squeeze(pairs, -1)

    def _first_of_parts(self, first: keras.layers.Dense, query: Tensor, projected_keys: Tensor) -> Tensor:
        """The first layer of `[q, k, q - k, q * k]`, which are never laid side by side: `(..., T, S, units)`."""
        of_query, of_key, of_difference, of_product = ops.split(ops.convert_to_tensor(first.kernel), 4, axis=0)
        query_part = ops.expand_dims(ops.matmul(query, of_query + of_difference) + first.bias, -2)
        key_part = ops.expand_dims(ops.matmul(projected_keys, of_key - of_difference), -3)
        product = ops.expand_dims(query, -2) * ops.expand_dims(projected_keys, -3)
        return first.activation(query_part + key_part + ops.matmul(product, of_product))

    def get_config(self) -> dict[str, Any]:
        activation = keras.activations.serialize(self.activation)
        own = {"hidden_units": self.hidden_units, "activation": activation, **configuration_of_weights(self)}
        return {**super().get_config(), **own}


def _side_by_side(query: Tensor, projected_keys: Tensor) -> Tensor:
    """`[q, k, q - k, q * k]` of every pair: `(..., T, S, 4 * width)`."""
    query, projected_keys = ops.expand_dims(query, -2), ops.expand_dims(projected_keys, -3)
    product = query * projected_keys
    query, projected_keys = (
        ops.broadcast_to(query, ops.shape(product)),
        ops.broadcast_to(projected_keys, ops.shape(product)),
    )
    return ops.concatenate([query, projected_keys, query - projected_keys, product], axis=-1)
