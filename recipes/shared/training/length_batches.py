"""Which texts make a batch: those of about one length, so that little of it is padding."""

import numpy as np


def rows_of_batch(lengths: np.ndarray, size: int, seed: int, step: int, about: int = 8) -> np.ndarray:
    """The rows of training batch number `step`, int `(size,)`, of texts with so many tokens, `(n,)`.

    An epoch is `max(1, n // size)` batches in random order, each of texts that differ by few more than `about` tokens.
    Its order starts at a random place, so that not always the longest are left over. The same `(seed, step)` gives the
    same rows.
    """
    epoch, place = divmod(step, steps := max(1, len(lengths) // size))
    random = np.random.default_rng([seed, epoch])
    order = random.permutation(len(lengths))
    order = order[np.argsort(lengths[order] // about, kind="stable")]
    start = random.integers(size) + size * random.permutation(steps)[place]
    return np.take(order, start + np.arange(size), mode="wrap")
