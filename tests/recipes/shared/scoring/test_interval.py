"""Intervals against what they promise, and against those of the normal distribution."""

import numpy as np
import pytest
from scipy import stats

from heedful.recipes.shared.scoring.interval import bootstrap, bootstrap_means, bootstrap_units, resampling_units


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


def test_of_single_examples_is_the_binomial_one():
    for count, right in ((311, 280), (97, 71)):
        low, high = bootstrap_units(np.arange(count) < right, np.arange(count), seed=5)
        expected = stats.binom.ppf([0.025, 0.975], count, right / count) / count
        np.testing.assert_allclose([low, high], expected, atol=1.5 / count)


def test_of_units_that_fail_as_one_is_wider_by_the_root_of_their_examples():
    units, each = 101, 13
    correct = np.repeat(np.arange(units) >= 23, each)
    clustered = np.ptp(bootstrap_units(correct, np.repeat(np.arange(units), each), 0))
    naive = np.ptp(bootstrap_units(correct, np.arange(len(correct)), 0))
    assert clustered / naive == pytest.approx(np.sqrt(each), rel=0.12)


def test_of_units_of_every_size_is_that_of_scipy():
    rng = np.random.default_rng(3)
    units = np.repeat(np.arange(41), rng.integers(1, 17, 41))
    correct = rng.random(len(units)) < 0.4 + 0.5 * (units % 3 == 0)
    sums = np.bincount(units, weights=correct), np.bincount(units).astype(float)
    wanted = stats.bootstrap(
        sums, lambda right, total, axis: right.sum(axis) / total.sum(axis), paired=True, method="percentile",
        n_resamples=1000, batch=100, rng=np.random.default_rng(7),
    ).confidence_interval  # fmt: skip
    np.testing.assert_allclose(bootstrap_units(correct, units, 7), wanted, rtol=1e-12)  # the very same resamples


def test_weighs_units_by_their_examples():
    units = np.array([0] * 50 + [1] * 2 + [2] * 3)
    assert bootstrap_units(units == 0, units, 0).tolist() == [0, 1]  # one unit of three is drawn by all, or by none
    assert bootstrap_units(np.ones(55), units, 0).tolist() == [1, 1]
    assert bootstrap_units(np.array([1, 0, 1, 1]), np.zeros(4, int), 0).tolist() == [0.75, 0.75]  # one has no spread


def test_resampling_units():
    units, groups = resampling_units(["b", "a", "", "b", ""])
    assert groups == 2 and len(set(units)) == 4 and units[0] == units[3]
    for names in (["", "", ""], ["a", "a", ""]):
        units, groups = resampling_units(names)
        assert groups == 0 and len(set(units)) == 3
