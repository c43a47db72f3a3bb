"""Scaled dot products through the kernel of PyTorch that never holds the weights, for when nobody asks for them.

There it takes half the time of the written-out form over long sequences (`python tests/benchmarks/layers.py`), and
memory that grows with T and S instead of their product, but for a mask of pairs. The other backends have such a kernel
for half precision at most, in which `Attention` keeps its scores and weights in float32.
"""

from typing import Any

import keras
from keras import ops

from heedful.layers import normalizers, scores
from heedful.layers.tensor import Tensor


def applies(
    layer: Any, query: Tensor, value: Tensor, training: bool | None, attention_bias: Tensor | None = None
) -> bool:
    """Whether the kernel works out what an `Attention` does: softmax of float32 dot products, nothing else."""
    drops = training and layer.dropout > 0
    plain = type(layer.score) is scores.DotProductScore and layer.normalizer is normalizers.softmax
    single = layer.compute_dtype == layer.score.compute_dtype == "float32"
    biased = layer.position_bias is not None or attention_bias is not None
    some = 0 not in (*query.shape, *value.shape)
    return plain and single and some and not biased and not drops and _has_kernel()


def attend(queries: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None, scale: float) -> Tensor:
    """`softmax(scale * queries . keys) . values` without the weights.

    `(batch, heads, T, width)`, `(batch, heads, S, width)`, `(batch, heads, S, value width)` and booleans that broadcast
    to `(batch, heads, T, S)` -> `(batch, heads, T, value width)`, zeros for a query that may attend to nothing.
    """
    sequences = [ops.swapaxes(sequence, 1, 2) for sequence in (queries, keys, values)]
    output = ops.swapaxes(ops.dot_product_attention(*sequences, mask=mask, scale=scale), 1, 2)
    if mask is None:
        return output
    read = ops.any(mask, axis=-1, keepdims=True)  # where it is False, the kernel gives the mean of the values
    return ops.where(read, output, ops.zeros_like(output))


def _has_kernel() -> bool:
    return keras.backend.backend() == "torch"
