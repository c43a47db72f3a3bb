"""How far a score of captions can be trusted: a percentile bootstrap over images.

BLEU is no mean over images, but it follows from sums over images; so a resample needs those sums and no counting again.
CIDEr-D keeps the document frequencies of all images, of which it would otherwise have fewer in every resample.
"""

from collections.abc import Callable

import numpy as np

LEVEL = 0.95
RESAMPLES = 1000
AT_ONCE = 100  # resamples in memory: 4 MB for 5,000 images


def bootstrap(
    counts: np.ndarray, score: Callable[[np.ndarray], np.ndarray], seed: int, resamples: int = RESAMPLES
) -> tuple[float, float]:
    """Low and high end of `score`, which turns sums (..., columns) of `counts` (images, columns) into (...)."""
    images = len(counts)
    generator = np.random.default_rng([seed, 1])
    found = []
    for start in range(0, resamples, AT_ONCE):
        count = min(AT_ONCE, resamples - start)
        drawn = [np.bincount(generator.integers(images, size=images), minlength=images) for _ in range(count)]
        found.append(score(np.stack(drawn).astype(np.float64) @ counts))
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(np.concatenate(found), [tail, 1 - tail])
    return float(low), float(high)
