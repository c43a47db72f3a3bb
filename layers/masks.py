"""Who may attend to whom, as boolean tensors in which True means *attend*.

A mask of rank 2, `(batch, S)`, says which keys exist; rank 3, `(batch, T, S)`, which keys each query may see; rank 4,
`(batch, heads, T, S)`, which keys each head may see. Because the rank alone tells them apart, `all_of` can combine
any of them without being told what they are. Integers count as booleans; numbers that are not whole are refused, for
elsewhere such a mask is added to the scores, 0 keeps and -inf drops, which is the reverse.
"""

import math

import keras
from keras import ops

from heedful.layers import checks
from heedful.layers.tensor import Tensor


def padding_mask(lengths: Tensor, size: int | Tensor) -> Tensor:
    """True at the first `lengths[b]` of `size` positions.

    Args:
        lengths: `(batch,)` integers.
        size: of the longest sequence, or of all.

    Returns:
        Booleans `(batch, size)`.

    Example:

    >>> from keras import ops
    >>> from heedful.layers import padding_mask
    >>> ops.convert_to_numpy(padding_mask(ops.array([2, 1]), size=3)).astype(int).tolist()
    [[1, 1, 0], [1, 0, 0]]
    """
    positions = ops.expand_dims(ops.arange(size, dtype="int32"), 0)
    return ops.less(positions, ops.expand_dims(ops.cast(lengths, "int32"), -1))


def causal_mask(queries: int | Tensor, keys: int | Tensor, offset: int | Tensor = 0) -> Tensor:
    """True where the key is not later than the query.

    Args:
        queries, keys: how many there are.
        offset: the position of the first query among the keys: 0 for self-attention over a whole sequence, the number
            of steps already cached when decoding goes on from a cache.

    Returns:
        Booleans `(1, queries, keys)`.

    Example:

    >>> from keras import ops
    >>> from heedful.layers import causal_mask
    >>> ops.convert_to_numpy(causal_mask(queries=2, keys=3, offset=1)).astype(int).tolist()
    [[[1, 1, 0], [1, 1, 1]]]
    """
    return ops.less_equal(_key_minus_query(queries, keys, offset), 0)


def window_mask(
    queries: int | Tensor,
    keys: int | Tensor,
    left: int | None,
    right: int = 0,
    offset: int | Tensor = 0,
    sinks: int = 0,
) -> Tensor:
    """True for the keys from `left` before to `right` after the query, and for the first `sinks` keys.

    The query's own position is always inside, so `left=0, right=0` is the diagonal. Sinks keep a window from losing the
    keys on which softmax puts the weight that no other key wants (StreamingLLM, Xiao et al. 2023, arXiv:2309.17453).

    Args:
        queries, keys: how many there are.
        left, right: keys that are seen before and after the query; `left=None`: all before it.
        offset: as in `causal_mask`.
        sinks: how many of the first keys are seen however far before the query they are, but not further after it than
            `right`.

    Returns:
        Booleans `(1, queries, keys)`. Raises ValueError when `left`, `right` or `sinks` is negative.

    Example:

    >>> from keras import ops
    >>> from heedful.layers import window_mask
    >>> ops.convert_to_numpy(window_mask(queries=3, keys=3, left=1)).astype(int).tolist()
    [[[1, 0, 0], [1, 1, 0], [0, 1, 1]]]
    >>> ops.convert_to_numpy(window_mask(queries=4, keys=4, left=0, sinks=1)).astype(int).tolist()
    [[[1, 0, 0, 0], [1, 1, 0, 0], [1, 0, 1, 0], [1, 0, 0, 1]]]
    """
    if min(left or 0, right, sinks) < 0:
        raise ValueError(f"window_mask counts positions: left={left}, right={right}, sinks={sinks} must be >= 0")
    distance = _key_minus_query(queries, keys, offset)
    near = ops.less_equal(distance, right)
    if left is None:
        return near
    inside = ops.greater_equal(distance, -left)
    if sinks:
        inside = ops.logical_or(inside, ops.less(ops.arange(keys, dtype="int32"), sinks))
    return ops.logical_and(inside, near)


def all_of(*masks: Tensor | None) -> Tensor | None:
    """True where every mask is.

    Args:
        masks: `(batch, S)`, `(batch, T, S)` or `(batch, heads, T, S)`, where axes of size 1 broadcast; None restricts
            nothing.

    Returns:
        Booleans `(batch, T, S)`, or `(batch, heads, T, S)` if one of them is per head; None if all are None. Raises
        ValueError for a mask of another rank.

    Example:

    >>> from keras import ops
    >>> from heedful.layers import all_of, causal_mask, padding_mask
    >>> mask = all_of(padding_mask(ops.array([2]), size=3), causal_mask(queries=3, keys=3))
    >>> ops.convert_to_numpy(mask).astype(int).tolist()
    [[[1, 0, 0], [1, 1, 0], [1, 1, 0]]]
    """
    given = [mask for mask in masks if mask is not None]
    rank = max([3, *(len(mask.shape) for mask in given)])
    combined = None
    for mask in given:
        mask = _to_rank(mask, rank)
        combined = mask if combined is None else ops.logical_and(combined, mask)
    return combined


def per_head(mask: Tensor) -> Tensor:
    """A mask of any of the three ranks as `(batch, heads, T, S)`, with axes of size 1 for those it does not know."""
    return _to_rank(mask, 4)


def of_call(
    query: Tensor,
    value: Tensor,
    query_mask: Tensor | None,
    value_mask: Tensor | None,
    key_mask: Tensor | None,
    attention_mask: Tensor | None,
    use_causal_mask: bool,
) -> Tensor | None:
    """The mask arguments of `Attention.call` as one, `(batch, T, S)` or `(batch, heads, T, S)`; None for no mask."""
    causal = causal_mask(ops.shape(query)[1], ops.shape(value)[1]) if use_causal_mask else None
    rows = None if query_mask is None else ops.expand_dims(query_mask, -1)
    if attention_mask is not None and len(attention_mask.shape) == 2:  # (T, S), for all examples
        attention_mask = ops.expand_dims(attention_mask, 0)
    return all_of(value_mask, key_mask, attention_mask, causal, rows)


def queries_that_read(mask: Tensor) -> Tensor:
    """Which queries may read any key, `(batch, T or 1)` booleans, by a mask `(batch, heads, T, S)`."""
    return _any(mask, (1, 3))


def keys_that_are_read(mask: Tensor) -> Tensor:
    """Which keys any query may read, `(batch, S or 1)` booleans, by a mask `(batch, heads, T, S)`."""
    return _any(mask, (1, 2))


def without_infinities(mask: Tensor | None, attention_bias: Tensor | None) -> tuple[Tensor | None, Tensor | None]:
    """A mask of any rank and a bias `(batch, heads, T, S)`, whose -inf becomes False in the mask and 0 in the bias."""
    if attention_bias is None:
        return mask, None
    finite = ops.greater(attention_bias, -math.inf)
    return all_of(mask, finite), ops.where(finite, attention_bias, ops.zeros_like(attention_bias))


def zero_masked(sequence: Tensor, mask: Tensor) -> Tensor:
    """A sequence with zeros where its mask is False, whatever stood there.

    A weight or a gradient of zero does not do that: its product with NaN or infinity is NaN.

    Args:
        sequence: `(batch, length, width)`.
        mask: `(batch, length)`, True = kept.

    Returns:
        `(batch, length, width)`. Raises ValueError for a mask of floating-point numbers.

    Example:

    >>> from keras import ops
    >>> from heedful.layers import zero_masked
    >>> sequence, mask = ops.array([[[1.0], [float("nan")]]]), ops.array([[True, False]])
    >>> ops.convert_to_numpy(zero_masked(sequence, mask)).tolist()
    [[[1.0], [0.0]]]
    """
    checks.boolean(mask)
    return ops.where(ops.expand_dims(_booleans(mask), -1), sequence, 0.0)


def _any(mask: Tensor, axes: tuple[int, int]) -> Tensor:
    """`ops.any` over two of four axes, without it where there is nothing to look through."""
    # A size that PyTorch traces for a file is a tensor, 1 in the example and anything in the file.
    single = all(isinstance(mask.shape[axis], int) and mask.shape[axis] == 1 for axis in axes)
    return ops.squeeze(mask, axes) if single else ops.any(mask, axis=axes)


def _booleans(mask: Tensor) -> Tensor:
    return mask if keras.backend.standardize_dtype(mask.dtype) == "bool" else ops.cast(mask, "bool")


def _to_rank(mask: Tensor, rank: int) -> Tensor:
    """A mask of rank 2, 3 or 4 as booleans with the missing query and head axes, of size 1."""
    if not 2 <= len(mask.shape) <= 4:
        raise ValueError(f"a mask is (batch, S), (batch, T, S) or (batch, heads, T, S), not of shape {mask.shape}")
    checks.boolean(mask)
    mask = _booleans(mask)
    while len(mask.shape) < rank:
        mask = ops.expand_dims(mask, 1)
    return mask


def _key_minus_query(queries: int | Tensor, keys: int | Tensor, offset: int | Tensor) -> Tensor:
    """How many positions the key is later than the query: int32 `(1, queries, keys)`."""
    query_positions = ops.expand_dims(ops.arange(queries, dtype="int32") + offset, (0, 2))
    return ops.expand_dims(ops.arange(keys, dtype="int32"), (0, 1)) - query_positions
