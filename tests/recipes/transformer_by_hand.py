"""The blocks of `recipes/transformer.py` written out in float64 NumPy, of one sequence `(T, width)`."""

from typing import Any

import numpy as np
from small_recommender import dense, float64, normed


def heads_of(x: np.ndarray, layer: Any) -> np.ndarray:
    """A projection to heads: `(heads, time, width of a head)`."""
    return np.einsum("td,dhw->htw", x, float64(layer.kernel)) + float64(layer.bias)[:, None]


def attended(
    queries: np.ndarray, keys: np.ndarray, values: np.ndarray, there: Any, output: Any
) -> tuple[np.ndarray, np.ndarray]:
    """What is read `(T, width)` and the weights `(heads, T, S)`."""
    scores = np.einsum("htw,hsw->hts", queries, keys) / np.sqrt(queries.shape[-1])
    scores = np.where(there, scores, -np.inf)
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    weights /= weights.sum(-1, keepdims=True)
    read = np.einsum("hts,hsw,hwo->to", weights, values, float64(output.kernel)) + float64(output.bias)
    return read, weights


def attention_by_hand(
    x: np.ndarray, source: np.ndarray, there: Any, layer: Any, read: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The steps `x` look at `source`, and get of it what `read` holds, `source` itself if it is None; as `attended`."""
    read = source if read is None else read
    asked, keys, values = (
        heads_of(of, part)
        for of, part in ((x, layer.query_dense), (source, layer.key_dense), (read, layer.value_dense))
    )
    return attended(asked, keys, values, there, layer.output_dense)


def fed(x: np.ndarray, feed: Any) -> np.ndarray:
    return dense(np.maximum(dense(x, feed.inner), 0), feed.outer)


def reading_by_hand(block: Any, x: np.ndarray) -> np.ndarray:
    """What is read sees itself, all of it."""
    y = normed(x, block.norms[0])
    x = x + attention_by_hand(y, y, True, block.attention)[0]
    return x + fed(normed(x, block.norms[1]), block.feed)


def writing_by_hand(block: Any, x: np.ndarray, source: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What is written sees itself up to each step, and `source (S, width)`; with the weights `(heads, T, S)`."""
    y = normed(x, block.norms[0])
    x = x + attention_by_hand(y, y, np.tril(np.ones((len(x), len(x)), bool)), block.itself)[0]
    seen, weights = attention_by_hand(normed(x, block.norms[1]), source, True, block.reading)
    x = x + seen
    return x + fed(normed(x, block.norms[2]), block.feed), weights
