"""Hard attention by sampling: look at one key, and learn from how well that went (Williams 1992; Xu et al. 2015).

    weights = ...                                     # (batch, T, S), from any attention
    looked = sample(weights, gumbel)                  # one-hot: what is read in the forward pass
    loss = loss + surrogate(weights, looked, reward)  # its gradient is that of minus the expected reward

Pure functions: the noise is an argument, so a step inside a loop draws nothing from a hidden generator. A baseline is
whatever the caller takes off the reward; any that does not depend on the sample leaves the gradient unbiased.
"""

from keras import ops

from heedful.layers.tensor import Tensor

TINY = 1e-12


def sample(weights: Tensor, noise: Tensor | None = None) -> Tensor:
    """One key for each query, one-hot `(..., T, S)`; no gradient.

    `noise` of the shape of `weights` is drawn from the standard Gumbel distribution, `-log(-log(uniform))`: then each
    key is chosen with the probability that is its weight. Without noise it is the best key, the first of equals.
    """
    logits = ops.log(ops.maximum(weights, TINY))
    best = ops.top_k(logits if noise is None else logits + noise, 1)[1]
    chosen = ops.equal(ops.arange(weights.shape[-1], dtype="int32"), ops.cast(best, "int32"))
    return ops.stop_gradient(ops.cast(chosen, weights.dtype))


def surrogate(weights: Tensor, chosen: Tensor, reward: Tensor) -> Tensor:
    """`-reward * log p(chosen)`, `(..., T)`; `reward (..., T)` is held fixed, and the gradient estimates that of minus
    the expected reward.
    """
    log_probability = ops.log(ops.maximum(ops.sum(weights * chosen, axis=-1), TINY))
    return -ops.stop_gradient(reward) * log_probability
