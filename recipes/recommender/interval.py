"""How far a mean over users can be trusted: a percentile bootstrap that resamples users.

A column for every number that is wanted, all from the same resamples: differences to a baseline are paired, so what
makes a user hard for both models cancels.
"""

import numpy as np

LEVEL = 0.95
RESAMPLES = 1000
AT_ONCE = 50  # resamples in memory: 20 MB for 50,000 users


def bootstrap(values: np.ndarray, seed: int, resamples: int = RESAMPLES) -> np.ndarray:
    """Intervals float (columns, 2), low and high, of the means of `values` float (users, columns)."""
    users = len(values)
    generator = np.random.default_rng([seed, 1])
    means = []
    for start in range(0, resamples, AT_ONCE):
        count = min(AT_ONCE, resamples - start)
        drawn = (np.bincount(generator.integers(users, size=users), minlength=users) for _ in range(count))
        means.append(np.stack(list(drawn)).astype(np.float64) @ values / users)
    tail = (1 - LEVEL) / 2
    return np.quantile(np.concatenate(means), [tail, 1 - tail], axis=0).T
