"""Heads that share keys and values: scored and read as one head with more queries, so that nothing is repeated.

Grouped-query attention (Ainslie et al. 2023, arXiv:2305.13245): head `h` of `num_heads` reads the keys and values of
head `h // group` of `num_key_value_heads`, where `group` is how many heads share them.
"""

from keras import ops

from heedful.layers.tensor import Tensor


def fold(per_head: Tensor, key_value_heads: int) -> Tensor:
    """`(batch, num_heads, T, ...)` -> `(batch, key_value_heads, group * T, ...)`."""
    if per_head.shape[1] == key_value_heads:
        return per_head
    batch, heads, length, width = ops.shape(per_head)
    known = isinstance(length, int)
    return ops.reshape(per_head, (batch, key_value_heads, heads // key_value_heads * length if known else -1, width))


def unfold(folded: Tensor, heads: int) -> Tensor:
    """`(batch, key_value_heads, group * T, ...)` -> `(batch, num_heads, T, ...)`."""
    if folded.shape[1] == heads:
        return folded
    batch, key_value_heads, rows, width = ops.shape(folded)
    known = isinstance(rows, int)
    return ops.reshape(folded, (batch, heads, rows * key_value_heads // heads if known else -1, width))


def repeated(shared: Tensor, heads: int) -> Tensor:
    """Keys or values `(batch, key_value_heads, S, width)` -> `(batch, num_heads, S, width)`."""
    return shared if shared.shape[1] == heads else ops.repeat(shared, heads // shared.shape[1], axis=1)
