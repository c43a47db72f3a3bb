"""What a loss may add to keep attention in shape: functions of the weights, a number for each example, `(batch,)`.

The weights are those that `Attention` returns, `(batch, T, S)` or with heads `(batch, heads, T, S)`. A head is judged
by itself, and the penalty of an example is the mean over its heads. Steps that do not count, such as the padding of a
shorter target, are left out by `mask (batch, T)`, True = counts. Each raises ValueError for other shapes.
"""

from keras import ops

from heedful.layers.tensor import Tensor

TINY = 1e-12


def doubly_stochastic(weights: Tensor, mask: Tensor | None = None, value_mask: Tensor | None = None) -> Tensor:
    """`sum_s (1 - sum_t a_ts)^2`: every key is to be read about once in all (Xu et al. 2015, equation 14).

    Args:
        weights: `(batch, T, S)` or `(batch, heads, T, S)`.
        mask: `(batch, T)`, True for the steps that count; None: all.
        value_mask: `(batch, S)`, True for the keys that exist; None: all. Each key that does not would cost 1.

    Returns:
        `(batch,)`.

    Example:

    >>> import numpy as np
    >>> from heedful.layers import penalties
    >>> weights = np.array([[[0.5, 0.5, 0.0], [1.0, 0.0, 0.0]]])  # two steps over three keys
    >>> float(penalties.doubly_stochastic(weights)[0])  # 0.5^2 + 0.5^2 + 1^2
    1.5
    """
    weights = _counting(weights, mask)
    missing = ops.square(1.0 - ops.sum(weights, axis=2))
    if value_mask is not None:
        missing = missing * ops.expand_dims(_checked(value_mask, "value_mask", "(batch, S)", missing.dtype), 1)
    return ops.mean(ops.sum(missing, axis=-1), axis=1)


def coverage(weights: Tensor, mask: Tensor | None = None) -> Tensor:
    """`sum_t sum_s min(a_ts, c_ts)` with `c_t` the sum of the steps before: reading the same again costs (See, Liu and
    Manning 2017, equation 12).

    Args:
        weights: `(batch, T, S)` or `(batch, heads, T, S)`.
        mask: `(batch, T)`, True for the steps that count; None: all.

    Returns:
        `(batch,)`.

    Example:

    >>> import numpy as np
    >>> from heedful.layers import penalties
    >>> weights = np.array([[[0.5, 0.5, 0.0], [1.0, 0.0, 0.0]]])
    >>> float(penalties.coverage(weights)[0])  # the first key was read already, by a half
    0.5
    """
    weights = _counting(weights, mask)
    before = ops.cumsum(weights, axis=2) - weights
    return ops.mean(ops.sum(ops.minimum(weights, before), axis=(2, 3)), axis=1)


def entropy(weights: Tensor, mask: Tensor | None = None) -> Tensor:
    """Mean over the steps of `-sum_s a_ts log a_ts`, in nats: 0 for one key, `log S` for all alike.

    Args:
        weights: `(batch, T, S)` or `(batch, heads, T, S)`.
        mask: `(batch, T)`, True for the steps that count; None: all.

    Returns:
        `(batch,)`.

    Example:

    >>> import numpy as np
    >>> from heedful.layers import penalties
    >>> weights = np.array([[[0.5, 0.5, 0.0], [1.0, 0.0, 0.0]]])
    >>> round(float(penalties.entropy(weights)[0]), 3)  # (log 2 + 0) / 2
    0.347
    """
    weights = _by_head(weights)
    nats = -ops.sum(weights * ops.log(ops.maximum(weights, TINY)), axis=-1)
    if mask is None:
        return ops.mean(nats, axis=(1, 2))
    counts = ops.expand_dims(_checked(mask, "mask", "(batch, T)", nats.dtype), 1)
    return ops.mean(ops.sum(nats * counts, axis=2) / ops.maximum(ops.sum(counts, axis=2), 1.0), axis=1)


def _counting(weights: Tensor, mask: Tensor | None) -> Tensor:
    """`(batch, heads, T, S)`, with zeros in the steps that do not count."""
    weights = _by_head(weights)
    if mask is None:
        return weights
    return weights * ops.expand_dims(_checked(mask, "mask", "(batch, T)", weights.dtype), (1, 3))


def _by_head(weights: Tensor) -> Tensor:
    """`(batch, heads, T, S)`; one head where the weights have no axis of heads."""
    weights = ops.convert_to_tensor(weights)
    if len(weights.shape) not in (3, 4):
        raise ValueError(
            f"weights are (batch, T, S) or (batch, heads, T, S), not of shape {tuple(weights.shape)}: give all "
            "steps of all examples, as Attention returns them"
        )
    return ops.expand_dims(weights, 1) if len(weights.shape) == 3 else weights


def _checked(mask: Tensor, name: str, meant: str, dtype: str) -> Tensor:
    if len(mask.shape) != 2:
        raise ValueError(f"{name} is {meant}, not of shape {tuple(mask.shape)}")
    return ops.cast(mask, dtype)
