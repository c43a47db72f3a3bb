"""What a loss may add to keep attention in shape: functions of the weights `(batch, T, S)`, `(batch,)` each.

Steps that do not count, such as the padding of a shorter target, are left out by `mask (batch, T)`, True = counts.
"""

from keras import ops

from heedful.layers.tensor import Tensor

TINY = 1e-12


def doubly_stochastic(weights: Tensor, mask: Tensor | None = None) -> Tensor:
    """`sum_s (1 - sum_t a_ts)^2`: every key is to be read about once in all (Xu et al. 2015, equation 14)."""
    return ops.sum(ops.square(1.0 - ops.sum(_counting(weights, mask), axis=1)), axis=-1)


def coverage(weights: Tensor, mask: Tensor | None = None) -> Tensor:
    """`sum_t sum_s min(a_ts, c_ts)` with `c_t` the sum of the steps before: reading the same again costs (See, Liu and
    Manning 2017, equation 12).
    """
    weights = _counting(weights, mask)
    before = ops.cumsum(weights, axis=1) - weights
    return ops.sum(ops.minimum(weights, before), axis=(1, 2))


def entropy(weights: Tensor, mask: Tensor | None = None) -> Tensor:
    """Mean over the steps of `-sum_s a_ts log a_ts`, in nats: 0 for one key, `log S` for all alike."""
    weights = ops.convert_to_tensor(weights)
    nats = -ops.sum(weights * ops.log(ops.maximum(weights, TINY)), axis=-1)
    if mask is None:
        return ops.mean(nats, axis=1)
    counts = ops.cast(mask, nats.dtype)
    return ops.sum(nats * counts, axis=1) / ops.maximum(ops.sum(counts, axis=1), 1.0)


def _counting(weights: Tensor, mask: Tensor | None) -> Tensor:
    weights = ops.convert_to_tensor(weights)
    return weights if mask is None else weights * ops.expand_dims(ops.cast(mask, weights.dtype), -1)
