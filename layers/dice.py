"""Dice, the activation of the Deep Interest Network: a PReLU whose bend follows the data."""

from typing import Any

import keras
from keras import ops

from heedful.layers.tensor import Shape, Tensor


@keras.saving.register_keras_serializable(package="heedful")
class Dice(keras.layers.Layer):
    """`p * s + (1 - p) * alpha * s` with `p = sigmoid((s - mean) / sqrt(variance + epsilon))` (Zhou et al. 2018).

    `alpha` is learned, one for each feature, and starts at 0. Mean and variance are those of the batch in training and
    their running averages otherwise, over all axes but the last.

    Args:
        momentum: of the running averages.
        epsilon: added to the variance.

    Example:

    >>> import numpy as np
    >>> from heedful.layers import Dice
    >>> [round(float(number), 3) for number in Dice()(np.array([[-2.0, 0.0, 2.0]]))[0]]
    [-0.238, 0.0, 1.762]
    """

    def __init__(self, momentum: float = 0.99, epsilon: float = 1e-8, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.momentum, self.epsilon = momentum, epsilon

    def build(self, input_shape: Shape) -> None:
        self.statistics = keras.layers.BatchNormalization(
            momentum=self.momentum, epsilon=self.epsilon, center=False, scale=False, dtype="float32", name="statistics"
        )
        self.statistics.build(input_shape)
        self.alpha = self.add_weight(shape=(input_shape[-1],), initializer="zeros", name="alpha")

    def call(self, inputs: Tensor, training: bool | None = None) -> Tensor:
        """`(..., features)` -> the same shape.

        Args:
            inputs: `(..., features)`.
            training: whether mean and variance are those of `inputs`, which the running averages then follow.

        Returns:
            `(..., features)`.
        """
        share = ops.cast(ops.sigmoid(self.statistics(inputs, training=training)), inputs.dtype)
        return inputs * (share + (1.0 - share) * ops.cast(self.alpha, inputs.dtype))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "momentum": self.momentum, "epsilon": self.epsilon}
