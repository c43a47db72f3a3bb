"""Reverberation: what is heard before, with and after a click."""

import numpy as np
import pytest

from heedful.recipes.speech_commands.training.rooms import LONGEST, reverberated

RATE = 8000


def click() -> np.ndarray:
    wave = np.zeros(RATE, np.float32)
    wave[100] = 1.0
    return wave


def test_a_click_is_followed_by_its_echo_and_by_nothing_before():
    for seed in range(20):
        heard = reverberated(click(), RATE, np.random.default_rng(seed))
        assert not np.abs(heard[:99]).max() > 1e-6
        assert np.abs(heard).argmax() == 100 or np.abs(heard[101:]).max() > 0
        assert np.square(heard).mean() == pytest.approx(np.square(click()).mean(), rel=1e-4)


def test_the_echo_falls_by_60_decibels_within_the_longest_time():
    for seed in range(20):
        heard = reverberated(click(), RATE, np.random.default_rng(seed)).astype(np.float64)
        tail = heard[100 + int(0.02 * RATE) :]
        end = heard[100 + int(LONGEST * RATE) :]
        assert np.square(end).sum() <= 1e-4 * np.square(tail).sum() + 1e-12


def test_rooms_differ_and_the_same_generator_gives_the_same():
    first, same, other = (reverberated(click(), RATE, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, same)
    assert not np.allclose(first, other)


def test_digital_silence_stays_silent():
    assert not reverberated(np.zeros(RATE, np.float32), RATE, np.random.default_rng(0)).any()
