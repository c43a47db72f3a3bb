"""Hard attention by sampling: look at one key, and learn from how well that went (Williams 1992; Xu et al. 2015).

    _, weights = attention(query, value, value_mask=mask, return_attention_scores=True)
    looked = sample(weights, gumbel(ops.shape(weights), seed))           # one key for each query and head
    output = attention(query, value, attention_mask=looked > 0)          # reads that key alone
    ...                                                                  # a reward (batch, T) for how well it went
    loss = loss + surrogate(weights, looked, reward - batch_mean(reward))

The gradient of the last term is that of minus the expected reward. So any `Attention` can look hard, whatever its
score, heads and projections: what was drawn is a mask. With `attend` the memory is worked out once for both.

A baseline is what the reward is compared with, and makes the estimate steadier. Three are here: `batch_mean`, the mean
of the batch itself; `leave_one_out`, where several samples were drawn of each example; `MovingAverage`, the mean of the
batches before. The functions are pure, and noise is an argument: a step inside a loop draws nothing from a hidden
generator. A baseline that does not depend on the sample it is for leaves the gradient unbiased.
"""

from typing import Any

import keras
from keras import ops

from heedful.layers.normalizers import one_hot_of_best
from heedful.layers.tensor import Shape, Tensor

TINY = 1e-12


def gumbel(shape: Shape, seed: int | keras.random.SeedGenerator | None = None) -> Tensor:
    """Noise of the standard Gumbel distribution, `-log(-log(uniform))`.

    Args:
        shape: of the noise.
        seed: a number, which gives the same noise every time, or a `keras.random.SeedGenerator`, which goes on from
            call to call.

    Returns:
        float32 of `shape`.
    """
    # Away from 0 and 1, where one of the two logarithms is infinite.
    return -ops.log(-ops.log(keras.random.uniform(shape, 1e-6, 1.0 - 1e-6, dtype="float32", seed=seed)))


def sample(weights: Tensor, noise: Tensor | None = None) -> Tensor:
    """One key for each query: with noise, each with the probability that is its weight.

    Args:
        weights: `(..., T, S)`.
        noise: of the same shape, drawn by `gumbel`; None: the best key is taken, the first of equals.

    Returns:
        One-hot `(..., T, S)`, without a gradient; zeros for a query with weights of zero.

    Example:

    >>> from keras import ops
    >>> from heedful.layers import reinforce
    >>> weights = ops.array([[0.2, 0.8], [0.0, 0.0]])
    >>> ops.convert_to_numpy(reinforce.sample(weights)).tolist()
    [[0.0, 1.0], [0.0, 0.0]]
    """
    weights = ops.convert_to_tensor(weights)
    logits = ops.log(ops.maximum(weights, TINY))
    logits = logits if noise is None else ops.add(logits, noise)
    chosen = one_hot_of_best(logits)
    may_look = ops.greater(ops.max(weights, axis=-1, keepdims=True), 0.0)
    return ops.stop_gradient(ops.where(may_look, chosen, 0.0))


def surrogate(weights: Tensor, chosen: Tensor, reward: Tensor) -> Tensor:
    """`-reward * log p(chosen)`: its gradient estimates that of minus the expected reward, which is held fixed.

    Args:
        weights: `(..., T, S)`, as `(batch, T, S)` or `(batch, heads, T, S)` of `Attention`.
        chosen: one-hot, of the same shape, as `sample` draws it. A query that chose nothing counts 0.
        reward: `(..., T)`, how well each query did. With `(batch, T)` beside weights of heads, each head has its part
            in the reward of the example.

    Returns:
        `(..., T)`.

    Raises ValueError for shapes that do not fit each other: broadcast, a reward would go to the wrong example.
    """
    weights, chosen, reward = (ops.convert_to_tensor(x) for x in (weights, chosen, reward))
    if not _fits(chosen.shape, weights.shape):
        raise ValueError(
            f"chosen has the shape of the weights, {tuple(weights.shape)}, not {tuple(chosen.shape)}: take what "
            "`sample` drew from them"
        )
    if len(weights.shape) == 4 and len(reward.shape) == 2:
        reward = ops.expand_dims(reward, 1)
    if not _fits(reward.shape, weights.shape[:-1]):
        raise ValueError(
            f"the reward of weights of shape {tuple(weights.shape)} is a number for each query, "
            f"{tuple(weights.shape[:-1])}, not of shape {tuple(reward.shape)}"
        )
    log_probability = ops.sum(ops.cast(chosen, weights.dtype) * ops.log(ops.maximum(weights, TINY)), axis=-1)
    return -ops.stop_gradient(ops.cast(reward, weights.dtype)) * log_probability


def batch_mean(reward: Tensor, mask: Tensor | None = None) -> Tensor:
    """The mean of the rewards, or of those whose `mask`, of the same shape, is True: a scalar; 0 where there is none.

    Every reward is part of its own baseline, so the gradient over `n` independent rewards is `1 - 1 / n` times the
    exact one: the same direction, shorter.
    """
    if mask is None:
        return ops.mean(reward)
    total = ops.sum(ops.where(mask, reward, ops.zeros_like(reward)))
    return total / ops.maximum(ops.sum(ops.cast(mask, reward.dtype)), 1.0)


def leave_one_out(reward: Tensor) -> Tensor:
    """For each of several samples of an example, the mean reward of the others: `(batch, samples, ...)` -> the same.

    Unbiased, as no sample is part of its own baseline (Kool, van Hoof and Welling 2019, "Buy 4 REINFORCE Samples, Get a
    Baseline for Free!"). Raises ValueError for a single sample.
    """
    reward = ops.convert_to_tensor(reward)
    samples = reward.shape[1]
    if samples < 2:
        raise ValueError("leave_one_out compares a sample with the others of its example: draw at least 2, not 1")
    return (ops.sum(reward, axis=1, keepdims=True) - reward) / (samples - 1)


def _fits(shape: Shape, wanted: Shape) -> bool:
    """Whether a tensor of `shape` is or broadcasts to one of `wanted` without more axes, as far as sizes are known."""
    same = (None in (one, other) or one in (1, other) for one, other in zip(shape, wanted, strict=False))
    return len(shape) == len(wanted) and all(same)


@keras.saving.register_keras_serializable(package="heedful")
class MovingAverage(keras.layers.Layer):
    """The mean reward of the batches before, the older the less: `b = momentum * b + (1 - momentum) * mean reward`.

    The baseline of Xu et al. (2015, section 4.1), with 0.9 as there. A call with `training` gives the `b` before this
    batch, on which nothing that was drawn now depends, and then takes the batch in; other calls give it unchanged. It
    starts at 0.

    Args:
        momentum: share of the old average that a batch leaves, at least 0 and less than 1.

    Raises ValueError for another `momentum`.

    Example:

    >>> from keras import ops
    >>> from heedful.layers import MovingAverage
    >>> baseline = MovingAverage(momentum=0.9)
    >>> [round(float(baseline(ops.array([1.0, 3.0]), training=True)), 3) for _ in range(3)]
    [0.0, 0.2, 0.38]
    """

    def __init__(self, momentum: float = 0.9, **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})
        if not 0.0 <= momentum < 1.0:
            raise ValueError(f"the momentum of MovingAverage must be at least 0 and less than 1, not {momentum}")
        self.supports_masking = True
        self.momentum = momentum

    def build(self, reward_shape: Shape) -> None:
        self.average = self.add_weight(
            shape=(), initializer="zeros", trainable=False, aggregation="mean", name="average"
        )

    def call(self, reward: Tensor, mask: Tensor | None = None, training: bool | None = None) -> Tensor:
        """The average before this batch.

        Args:
            reward: numbers of any shape.
            mask: of the same shape, True for those that count; None: all.
            training: whether the average takes the batch in.

        Returns:
            A scalar, without a gradient.
        """
        before = ops.copy(self.average)  # what PyTorch would give instead is the place that is written to below
        if training:
            now = ops.stop_gradient(batch_mean(reward, mask))
            self.average.assign(self.momentum * before + (1.0 - self.momentum) * now)
        return before

    def compute_mask(self, inputs: Tensor, previous_mask: Tensor | None = None) -> None:
        """None: a single number has none."""
        return None

    def compute_output_shape(self, reward_shape: Shape) -> Shape:
        return ()

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "momentum": self.momentum}
