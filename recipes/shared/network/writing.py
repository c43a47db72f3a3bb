"""What a model that writes words in its graph may not write, in static shapes and builtin operators."""

from collections.abc import Sequence

import numpy as np
from keras import ops

from heedful.layers.tensor import Tensor

BARRED = -1e4  # the score of what may not be written; half precision holds it


def allowed(scores: Tensor, tokens: Tensor, index: Tensor, never: Sequence[int], no_repeated_ngram: int) -> Tensor:
    """Scores `(batch, vocabulary)` without the tokens that are `never` written, and those by which so many would follow
    each other twice; see `repeated`.
    """
    scores = scores + barred(never, scores.shape[-1])
    if no_repeated_ngram:
        scores = scores + BARRED * repeated(tokens, index, no_repeated_ngram, scores.shape[-1])
    return scores


def barred(tokens: Sequence[int], vocabulary: int) -> np.ndarray:
    """What is added to scores so that these tokens are not written: float32 `(vocabulary,)`."""
    added = np.zeros(vocabulary, np.float32)
    added[list(tokens)] = BARRED
    return added


def repeated(tokens: Tensor, index: Tensor, n: int, vocabulary: int) -> Tensor:
    """How often each word would complete, as word number `index` from 0, an n-gram that is there: float32 `(batch,
    vocabulary)`.

    Of what is written so far, `tokens` int32 `(batch, length)`, the first `index` are words; the others are not looked
    at. `n` is at least 2.
    """
    batch, length = ops.shape(tokens)[0], tokens.shape[1]
    starts = max(length - n + 1, 0)
    last = ops.maximum(index - n + 1, 0) + ops.arange(n - 1)  # places of the words that the new one would follow
    followed = ops.take(tokens, ops.minimum(last, length - 1), axis=1)
    complete = ops.cast(ops.arange(starts) + n <= index, "float32")
    matches = ops.broadcast_to(ops.expand_dims(complete, 0), (batch, starts))
    for place in range(n - 1):
        same = ops.equal(tokens[:, place : place + starts], followed[:, place : place + 1])
        matches = matches * ops.cast(same, "float32")
    words = tokens[:, n - 1 :] + vocabulary * ops.expand_dims(ops.arange(batch, dtype="int32"), 1)
    counts = ops.scatter(ops.reshape(words, (-1, 1)), ops.reshape(matches, (-1,)), (batch * vocabulary,))
    return ops.reshape(counts, (-1, vocabulary))
