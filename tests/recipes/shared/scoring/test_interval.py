"""Intervals against what they promise, and against those of the normal distribution."""

import numpy as np

from heedful.recipes.shared.scoring.interval import bootstrap, bootstrap_means


def test_the_interval_covers_what_it_should():
    """Of 300 samples of 41 numbers the interval of the mean holds the true one in about 95 %."""
    rng = np.random.default_rng(0)
    held = 0
    for seed in range(300):
        low, high = bootstrap(rng.normal(3, 2, (41, 1)), lambda sums: sums[..., 0] / 41, seed, resamples=300)
        held += low < 3 < high
    assert 0.9 < held / 300 < 0.98


def test_bootstrap_has_the_width_of_the_normal_interval():
    rng = np.random.default_rng(0)
    hits = (rng.random((4001, 1)) < 0.3).astype(float)
    worse = hits * (rng.random((4001, 1)) < 0.9)
    values = np.concatenate([hits, worse, hits - worse], axis=1)
    found = bootstrap_means(values, seed=0)
    error = values.std(axis=0) / np.sqrt(len(values))
    np.testing.assert_allclose(found[:, 0], values.mean(axis=0) - 1.96 * error, atol=0.25 * error.max())
    np.testing.assert_allclose(found[:, 1], values.mean(axis=0) + 1.96 * error, atol=0.25 * error.max())
    width = np.diff(found, axis=1).ravel()
    np.testing.assert_allclose(width, 2 * 1.96 * error, rtol=0.1)
    assert width[2] < width[0] / 2  # paired: what both have in common cancels
    assert np.array_equal(found, bootstrap_means(values, seed=0))
    assert not np.array_equal(found, bootstrap_means(values, seed=1))
