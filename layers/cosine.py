"""The score by the angle between query and key, with a temperature that is given or learned."""

import math
from typing import Any

import keras
from keras import ops

from heedful.layers.score import Score, same_width
from heedful.layers.tensor import Shape, Tensor


@keras.saving.register_keras_serializable(package="heedful")
class CosineScore(Score):
    """`cos(q, k) / temperature`: only directions count (Graves, Wayne and Danihelka 2014).

    A vector of zeros, or shorter than 1e-18, fits nothing: its score is 0. With a temperature that is learned it is the
    scaled cosine attention of Swin V2 (Liu et al. 2022), a normalization of queries and keys without a gain for each
    feature (QK norm, Henry et al. 2020).

    Args:
        temperature: what the cosines are divided by.
        learn_temperature: whether that is a weight for each head of keys, which starts there and stays positive, as
            its logarithm is what is learned.

    Raises ValueError when queries and keys differ in width, for a temperature that is not positive, and for a learned
    one that is shared by layers of different heads.

    Example:

    >>> import numpy as np
    >>> from heedful.layers import Attention, CosineScore
    >>> query, value = np.array([[[3.0, 0.0]]]), np.array([[[1.0, 0.0], [0.0, 9.0]]])
    >>> _, weights = Attention(CosineScore(temperature=1.0))(query, value, return_attention_scores=True)
    >>> [round(float(weight), 3) for weight in weights[0, 0, 0]]  # softmax of 1 and 0
    [0.731, 0.269]
    """

    inner_product = True

    def __init__(self, temperature: float = 0.1, learn_temperature: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if temperature <= 0:
            raise ValueError(f"the temperature of CosineScore must be positive, not {temperature}")
        self.temperature = temperature
        self.learn_temperature = learn_temperature

    def build(self, query_shape: Shape, key_shape: Shape) -> None:
        same_width(self, query_shape, key_shape)
        if self.learn_temperature:
            self.log_temperature = self.add_weight(
                shape=(*key_shape[-3:-2], 1, 1) if len(key_shape) > 3 else (1, 1),
                initializer=keras.initializers.Constant(math.log(self.temperature)),
                name="log_temperature",
            )

    def project(self, key: Tensor) -> Tensor:
        return self._direction(ops.cast(key, self.compute_dtype))

    def call(self, query: Tensor, projected_keys: Tensor, state: Tensor | None = None) -> Tensor:
        return ops.matmul(self._direction(query) / self._temperatures(query), ops.swapaxes(projected_keys, -1, -2))

    def _temperatures(self, query: Tensor) -> float | Tensor:
        """One for all, or `(heads, 1, 1)`."""
        if not self.learn_temperature:
            return self.temperature
        heads, asked = self.log_temperature.shape[:-2], tuple(query.shape[-3:-2])
        if heads and asked != heads:
            raise ValueError(
                f"CosineScore {self.name} has a temperature for each of {heads[0]} heads, not for queries of shape "
                f"{tuple(query.shape)}: layers of different heads cannot share it, so give each its own"
            )
        return ops.exp(self.log_temperature)

    def _direction(self, vectors: Tensor) -> Tensor:
        # The square of a long vector would be infinite; a constant factor changes neither direction nor gradient.
        largest = ops.stop_gradient(ops.max(ops.abs(vectors), axis=-1, keepdims=True))
        vectors = vectors / ops.maximum(largest, 1.0)
        squared = ops.sum(ops.square(vectors), axis=-1, keepdims=True)
        # By 1 where there is no direction: by a large number, the gradient of a vector of zeros would be as large.
        return vectors * ops.rsqrt(ops.where(squared > 1e-36, squared, 1.0))

    def get_config(self) -> dict[str, Any]:
        own = {"temperature": self.temperature, "learn_temperature": self.learn_temperature}
        return {**super().get_config(), **own}
