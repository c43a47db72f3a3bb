"""How far a score can be trusted: a percentile bootstrap over what was measured (images, users, texts, speakers).

A score need not be a mean, but it follows from sums; so a resample needs those sums and no counting again (CIDEr-D
keeps the document frequencies of all images, of which it would otherwise have fewer in every resample). Several columns
come from the same resamples: differences are paired, so what makes a user hard for two models cancels.
"""

from collections.abc import Callable, Sequence

import numpy as np

LEVEL = 0.95
RESAMPLES = 1000
AT_ONCE = 50  # resamples in memory: 20 MB for 50,000 users


def bootstrap(
    counts: np.ndarray, score: Callable[[np.ndarray], np.ndarray], seed: int, resamples: int = RESAMPLES,
    stream: int = 1,
) -> np.ndarray:  # fmt: skip
    """Low and high end of `score`, float (2, ...), which turns sums (n, columns) of `counts` (units, columns) into
    (n, ...). `stream` tells apart what is drawn with one seed.
    """
    units = len(counts)
    generator = np.random.default_rng([seed, stream])
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


def bootstrap_units(values: np.ndarray, units: np.ndarray, seed: int) -> np.ndarray:
    """Interval float (2,) of the mean of `values` (examples,), of which whole `units` int (examples,) are resampled.

    Examples of a unit stand or fall together; as if they were independent, the interval of few speakers is much too
    narrow. The mean of a resample is a ratio of sums, so a unit weighs as much as it has examples (Davison and Hinkley,
    Bootstrap Methods and their Application, 1997, section 2.4). A single unit, or no error at all, shows no spread.
    """
    counts = np.stack([np.bincount(units, weights=values), np.bincount(units)], axis=1)
    return bootstrap(counts, lambda sums: sums[:, 0] / sums[:, 1], seed, stream=0)


def resampling_units(groups: Sequence[str]) -> tuple[np.ndarray, int]:
    """The unit of each example, int (examples,), and how many `groups` these are (0: every example is a unit).

    An example of no group, "", is a unit of its own; so is every one where there are fewer than two groups.
    """
    count = len(set(groups) - {""})
    if count < 2:
        return np.arange(len(groups)), 0
    names = [group or f"\0{index}" for index, group in enumerate(groups)]
    return np.unique(names, return_inverse=True)[1], count
