"""The projections of `Attention`: weights and configuration of `EinsumDense`, worked out as one product of matrices.

Under TensorFlow, Keras works out an einsum over sequences of known length example by example, and so the gradient of
the kernel as well. `python tests/benchmarks/layers.py` shows what the one product that all examples share saves.
"""

from typing import Any

import keras
from keras import ops

from heedful.layers.tensor import Shape, Tensor


class Projection(keras.layers.EinsumDense):
    """An `EinsumDense` of `(batch, length, ...)` whose kernel begins with all axes but batch and length: query, key and
    value to heads, and heads to the output.
    """

    def call(self, inputs: Tensor, training: bool | None = None) -> Tensor:
        projected = ops.tensordot(inputs, self.kernel, axes=len(inputs.shape) - 2)
        return projected if self.bias is None else projected + self.bias

    def head_by_head(self, heads: Tensor) -> Tensor:
        """What each head alone adds to the output of a projection that joins heads, without its bias: `(batch, heads,
        length, width)` -> `(batch, heads, length, output width)`.
        """
        if self.quantization_mode is None:
            return ops.einsum("bhsv,hvo->bhso", heads, ops.cast(self.kernel, heads.dtype))
        # A quantized kernel is known to this layer alone, which is therefore shown one head beside others of zero.
        _, count, length, width = heads.shape
        alone = ops.expand_dims(heads, 3) * ops.reshape(ops.eye(count, dtype=heads.dtype), (1, count, 1, count, 1))
        rows = self(ops.reshape(alone, (ops.shape(heads)[0], -1, count, width)))
        rows = rows if self.bias is None else rows - self.bias
        return ops.reshape(rows, (ops.shape(heads)[0], count, -1 if length is None else length, rows.shape[-1]))

    def quantize(self, mode: Any = None, type_check: bool = True, config: Any = None) -> None:
        """As `EinsumDense`, which would refuse a class derived from it."""
        super().quantize(mode, type_check=False, config=config)


def to_heads(
    name: str, shape: Shape, heads: int, width: int | None, use_bias: bool, **options: Any
) -> Projection | None:
    """A built projection `(batch, length, any width)` -> `(batch, length, heads, width)`; None for no width."""
    if width is None:
        return None
    bias = "hw" if use_bias else None
    dense = Projection("btd,dhw->bthw", output_shape=(None, heads, width), bias_axes=bias, name=name, **options)
    dense.supports_masking = True  # the mask is applied to the scores; here Keras would warn that it gets lost
    dense.build(shape)
    return dense


def from_heads(name: str, shape: Shape, width: int, use_bias: bool, **options: Any) -> Projection:
    """A built projection `(batch, length, heads, width of a head)` -> `(batch, length, width)`."""
    bias = "o" if use_bias else None
    dense = Projection("bthv,hvo->bto", output_shape=(None, width), bias_axes=bias, name=name, **options)
    dense.build(shape)
    return dense


def per_head(sequence: Tensor, projection: Projection | None, dtype: str) -> Tensor:
    """`(batch, length, width)` -> `(batch, heads, length, width of a head)`; one head of `dtype` without projection."""
    if projection is None:
        return ops.expand_dims(ops.cast(sequence, dtype), 1)
    return ops.swapaxes(projection(sequence), 1, 2)
