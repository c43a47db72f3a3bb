"""Losses that several recipes train with; each is worked out word by word, or example by example."""

from keras import ops

from heedful.layers.tensor import Tensor


def weighted(weights: Tensor, losses: Tensor) -> Tensor:
    """The loss to compile a training model with whose output is its losses: the targets of the batch are their
    weights.
    """
    return weights * losses


def cross_entropy(scores: Tensor, targets: Tensor, smoothing: float) -> Tensor:
    """Of scores `(..., words)` for targets int `(...)`, with `smoothing` of the probability spread over all words
    (Szegedy et al. 2016): `(...)`.
    """
    words = scores.shape[-1]
    smoothed = ops.one_hot(targets, words, dtype=scores.dtype) * (1.0 - smoothing) + smoothing / words
    return ops.categorical_crossentropy(smoothed, scores, from_logits=True)


def mean_of_members(scores: Tensor, targets: Tensor, smoothing: float) -> Tensor:
    """`cross_entropy` of several members that are asked for the same: scores `(batch, members, words)`, targets
    `(batch,)`: the mean, `(batch,)`.
    """
    every = ops.repeat(ops.expand_dims(targets, 1), scores.shape[1], axis=1)
    return ops.mean(cross_entropy(scores, every, smoothing), axis=1)


def shared_by_words(penalty: Tensor, words: Tensor) -> Tensor:
    """A `penalty (batch,)` of each text in equal parts on its `words`, True in `(batch, T)`: `(batch, T)`."""
    count = ops.maximum(ops.sum(ops.cast(words, "float32"), axis=1), 1.0)
    return ops.where(words, ops.expand_dims(penalty / count, 1), 0.0)
