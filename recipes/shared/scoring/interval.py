"""How far a score can be trusted: a percentile bootstrap over what was measured (images, users, texts).

A score need not be a mean, but it follows from sums; so a resample needs those sums and no counting again (CIDEr-D
keeps the document frequencies of all images, of which it would otherwise have fewer in every resample). Several columns
come from the same resamples: differences are paired, so what makes a user hard for two models cancels.
"""

from collections.abc import Callable

import numpy as np

LEVEL = 0.95
RESAMPLES = 1000
AT_ONCE = 50  # resamples in memory: 20 MB for 50,000 users


def bootstrap(
    counts: np.ndarray, score: Callable[[np.ndarray], np.ndarray], seed: int, resamples: int = RESAMPLES
) -> np.ndarray:
    """Low and high end of `score`, float (2, ...), which turns sums (n, columns) of `counts` (units, columns) into
    (n, ...).
    """
    units = len(counts)
    generator = np.random.default_rng([seed, 1])
    found = []
    for start in range(0, resamples, AT_ONCE):
        count = min(AT_ONCE, resamples - start)
        drawn = [np.bincount(generator.integers(units, size=units), minlength=units) for _ in range(count)]
        found.append(score(np.stack(drawn).astype(np.float64) @ counts))
    tail = (1 - LEVEL) / 2
    return np.quantile(np.concatenate(found), [tail, 1 - tail], axis=0)


def bootstrap_means(values: np.ndarray, seed: int, resamples: int = RESAMPLES) -> np.ndarray:
    """Intervals float (columns, 2), low and high, of the means of `values` float (units, columns)."""
    return bootstrap(values, lambda sums: sums / len(values), seed, resamples).T
