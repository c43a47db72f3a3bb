"""Two modalities, or more, become one by a gate that says how much of which to keep.

It takes a list of inputs, as the merging layers of Keras do, so that the mask of each input goes on with what it
belongs to. What stands before and behind it, such as pooling or a classifier, is `AttentionPooling` and `keras.layers`.
"""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from heedful.layers import checks, masks, normalizers, parts
from heedful.layers.precision import at_least_float32
from heedful.layers.score import configuration_of_weights, options_of_weights
from heedful.layers.tensor import Masks, Shape, Tensor


@keras.saving.register_keras_serializable(package="heedful")
class GatedFusion(keras.layers.Layer):
    """A gate decides, unit by unit, how much of each input goes on: the gated multimodal unit of Arevalo et al. (2017).

    For two inputs `z = sigmoid(Wz [x1, x2])` and `h = z tanh(W1 x1) + (1 - z) tanh(W2 x2)` (arXiv:1702.01992). For
    more, the gate is the softmax of one logit per input, of which the last is 0; for two, that is the same sigmoid.
    (The paper gives each of more than two inputs a sigmoid of its own; here they still share one whole.)

    Args:
        units: width of the output.
        use_bias: whether the gate and the features have a bias vector; the formula of the paper has none.
        kernel_initializer, kernel_regularizer: of the gate and the features.

    An input that is masked, because it is missing or padding, counts as zeros in the gate, leaves its share to the
    others, and can hold anything, NaN too; where all are masked the gate and the output are zeros. The gate is float32
    in any lower precision. Raises ValueError for fewer than two inputs and for inputs that differ in more than their
    width.

    Example:

    >>> import numpy as np
    >>> from heedful.layers import GatedFusion
    >>> sound, picture = np.ones((2, 8)), np.ones((2, 5))  # the second example has no picture
    >>> fused, gate = GatedFusion(units=4)([sound, picture], mask=[None, np.array([True, False])], return_gate=True)
    >>> tuple(fused.shape), [round(float(share), 3) for share in gate[1, 0]]  # so the sound has the whole of each unit
    ((2, 4), [1.0, 0.0])
    """

    def __init__(
        self,
        units: int,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        kernel_regularizer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if units < 1:
            raise ValueError(f"units, the width of the output, must be at least 1, not {units}")
        self.supports_masking = True
        self.units = units
        self.use_bias = use_bias
        self.kernel_initializer, self.kernel_regularizer = parts.of_weights(kernel_initializer, kernel_regularizer)

    def build(self, inputs_shape: Sequence[Shape]) -> None:
        if len(inputs_shape) < 2 or not all(map(_is_shape, inputs_shape)):
            raise ValueError(f"GatedFusion fuses a list of two or more inputs, not an input of shape {inputs_shape}")
        if not _differ_in_width_only(inputs_shape):
            raise ValueError(f"the inputs of GatedFusion may differ in their last axis only, not as {inputs_shape} do")
        count, rest = len(inputs_shape), tuple(inputs_shape[0][:-1])
        options = {"use_bias": self.use_bias, "dtype": self.dtype_policy}
        self.features = []
        for index, shape in enumerate(inputs_shape):
            dense = keras.layers.Dense(
                self.units, "tanh", name=f"features_{index}", **options, **options_of_weights(self)
            )
            dense.build(shape)
            self.features.append(dense)
        precision = at_least_float32(self.compute_dtype)
        self.gate = keras.layers.Dense(
            (count - 1) * self.units, name="gate", **{**options, "dtype": precision}, **options_of_weights(self)
        )
        self.gate.build((*rest, sum(shape[-1] or 0 for shape in inputs_shape)))
        self.built = True

    def call(
        self, inputs: Sequence[Tensor], mask: Masks | None = None, return_gate: bool = False
    ) -> Tensor | tuple[Tensor, Tensor]:
        """Fuse two inputs or more.

        Args:
            inputs: n of `(batch, ..., any width)`, such as vectors or sequences of one length.
            mask: n of `(batch, ...)`, False where that input is missing; each may be None.
            return_gate: also return the gate; the output is the same either way.

        Returns:
            `(batch, ..., units)` and, if asked for, the gate `(batch, ..., units, n)`: the share of each input in each
            unit.
        """
        given = checks.masks_of_inputs(inputs, mask)
        inputs = [x if there is None else masks.zero_masked(x, there) for x, there in zip(inputs, given, strict=True)]
        logits = ops.split(self.gate(ops.concatenate(inputs, axis=-1)), len(inputs) - 1, axis=-1)
        logits = ops.stack([*logits, ops.zeros_like(logits[0])], axis=-1)
        gate = parts.weigh(normalizers.softmax, logits, _side_by_side(inputs, given))
        features = ops.stack([dense(x) for dense, x in zip(self.features, inputs, strict=True)], axis=-1)
        fused = ops.sum(ops.cast(gate, features.dtype) * features, axis=-1)
        return (fused, gate) if return_gate else fused

    def compute_output_spec(
        self, inputs: Sequence[Tensor], mask: Masks | None = None, return_gate: bool = False
    ) -> Any:
        checks.masks_of_inputs(inputs, mask)
        shape = (*inputs[0].shape[:-1], self.units)
        fused = keras.KerasTensor(shape, dtype=self.compute_dtype)
        if not return_gate:
            return fused
        return fused, keras.KerasTensor((*shape, len(inputs)), dtype=at_least_float32(self.compute_dtype))

    def compute_mask(self, inputs: Sequence[Tensor], previous_mask: Masks | None = None) -> Tensor | None:
        """True where any input is there; None where one of them has no mask, because that one always is."""
        if previous_mask is None or any(mask is None for mask in previous_mask):
            return None
        return ops.any(ops.stack([ops.cast(mask, "bool") for mask in previous_mask], axis=-1), axis=-1)

    def get_config(self) -> dict[str, Any]:
        own = {"units": self.units, "use_bias": self.use_bias, **configuration_of_weights(self)}
        return {**super().get_config(), **own}


def _is_shape(shape: Any) -> bool:
    return isinstance(shape, Sequence)


def _differ_in_width_only(shapes: Sequence[Shape]) -> bool:
    """One rank, and one size of each axis but the last as far as sizes are known."""
    if len({len(shape) for shape in shapes}) > 1:
        return False
    return all(len(set(sizes) - {None}) <= 1 for sizes in zip(*(shape[:-1] for shape in shapes), strict=True))


def _side_by_side(inputs: Sequence[Tensor], given: Masks) -> Tensor | None:
    """The masks of n inputs as one, `(batch, ..., 1, n)`; None if none has a mask."""
    if all(mask is None for mask in given):
        return None
    filled = [
        ops.ones_like(x[..., 0], dtype="bool") if mask is None else ops.cast(mask, "bool")
        for x, mask in zip(inputs, given, strict=True)
    ]
    return ops.expand_dims(ops.stack(filled, axis=-1), -2)
