"""Where queries look that read a source in order: functions of alignments, rows `(..., S)` of weights of keys."""

from keras import ops

from heedful.layers.tensor import Tensor

MOST_DOUBLINGS = 16  # of a scan along keys whose number is known only at run time: enough for 65,536


def first_key(scores: Tensor) -> Tensor:
    """All weight on the first key, in the shape of `scores (..., S)`."""
    return ops.zeros_like(scores) + ops.cast(ops.equal(ops.arange(ops.shape(scores)[-1]), 0), scores.dtype)


def kept_where_nothing_was_read(state: Tensor, weights: Tensor) -> Tensor:
    """The weights of a query, or the state of before where they are all zero."""
    return weights + (1.0 - ops.sign(ops.sum(weights, axis=-1, keepdims=True))) * state


def not_before(state: Tensor) -> Tensor:
    """1 from the first key on that has weight, 0 before.

    Where none has, the alignment has left a sliding cache, and all that is in it comes later.
    """
    return ops.sign(ops.cumsum(state, axis=-1)) + 1.0 - ops.sign(ops.sum(state, axis=-1, keepdims=True))


def first_of(row: Tensor) -> Tensor:
    """1 at the first of the ones among zeros, 0 elsewhere."""
    return row * ops.relu(1.0 - (ops.cumsum(row, axis=-1) - row))


def linear_scan(factors: Tensor, inputs: Tensor) -> Tensor:
    """`q[j] = factors[j] * q[j - 1] + inputs[j]` along the last axis.

    In as many steps as the length has bits (Hillis and Steele 1986), by products and sums alone: the form with a
    running product, which is divided by, loses all digits where the product vanishes.

    Args:
        factors, inputs: `(..., S)`.

    Returns:
        `(..., S)`.
    """
    length = factors.shape[-1]
    doublings = (length - 1).bit_length() if isinstance(length, int) else MOST_DOUBLINGS
    for doubling in range(doublings):
        places = 2**doubling
        inputs = inputs + factors * later(inputs, places)
        factors = factors * later(factors, places)
    return inputs


def later(row: Tensor, places: int) -> Tensor:
    """`row (..., S)` moved to later places, or with a negative number to earlier ones, beside zeros."""
    if places == 0:
        return row
    length = row.shape[-1]
    if isinstance(length, int):
        kept, zeros = max(length - abs(places), 0), ops.zeros_like(row[..., : abs(places)])
        parts = [zeros, row[..., :kept]] if places > 0 else [row[..., length - kept :], zeros]
        return ops.concatenate(parts, axis=-1)
    # By index, as a slice may be longer than a length that is known only at run time.
    length = ops.shape(row)[-1]
    source = ops.arange(length, dtype="int32") - places
    inside = ops.logical_and(source >= 0, source < length)
    return ops.take(row, ops.clip(source, 0, length - 1), axis=-1) * ops.cast(inside, row.dtype)
