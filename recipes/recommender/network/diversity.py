"""Lists that are good as a whole: maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998).

Every step takes what is relevant and unlike everything taken so far. The steps are written out one after the other, so
that the file needs no loop: ten recommendations are ten times a few small operators.
"""

from keras import ops

from heedful.layers.tensor import Tensor

POOL = 4  # times as many of the best items as are asked for, from which a diverse list is chosen


def diverse_places(scores: Tensor, allowed: Tensor, vectors: Tensor, top: int, diversity: float) -> Tensor:
    """Which of a pool are taken, in that order: int32 `(batch, top)`.

    `scores` `(batch, pool)` are in falling order and `vectors` `(batch, pool, width)`. Each step takes the greatest
    `(1 - diversity) * relevance - diversity * (highest cosine with those taken)`, where relevance is the score from 0
    to 1 between the least and the best that are `allowed`, bool `(batch, pool)`; what is not comes last, as it stands.
    """
    best = scores[:, :1]
    least = ops.min(ops.where(allowed, scores, best), axis=1, keepdims=True)
    relevance = (1.0 - diversity) * (scores - least) / ops.maximum(best - least, 1e-6)
    last = -100.0 - 10.0 * ops.cast(ops.arange(scores.shape[1]), scores.dtype)  # no worth is as low
    worth = ops.where(allowed, relevance, last)
    unit = vectors * ops.rsqrt(ops.maximum(ops.sum(vectors * vectors, axis=-1, keepdims=True), 1e-12))
    across = ops.swapaxes(unit, 1, 2)
    places, nearest = [], ops.zeros_like(scores)
    for step in range(top):
        place = ops.top_k(worth - diversity * nearest, 1)[1]  # Keras writes argmax with more than LiteRT has
        places.append(ops.cast(place, "int32"))
        hit = ops.one_hot(place, scores.shape[1], dtype=scores.dtype)  # (batch, 1, pool)
        like = ops.squeeze(ops.matmul(ops.matmul(hit, unit), across), 1)
        nearest = ops.maximum(nearest, like) if step else like
        worth = worth - 1e6 * ops.squeeze(hit, 1)  # never again
    return ops.concatenate(places, axis=1)
