"""Words that nobody recorded."""

import shutil

import numpy as np
import pytest

from heedful.recipes.speech_commands.training.pseudo_words import pseudo_words, spoken


def test_they_differ_and_are_none_of_the_commands():
    words = pseudo_words(500, (), np.random.default_rng(1))
    assert len(set(words)) == 500 and all(word.isalpha() and word.islower() for word in words)
    others = pseudo_words(500, words[:9], np.random.default_rng(1))
    assert not set(words[:9]) & set(others)


def test_without_espeak_there_are_none(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert spoken(7, (), 16000, 16000).shape == (0, 16000)
    assert spoken(0, (), 16000, 16000).shape == (0, 16000)


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
@pytest.mark.parametrize("rate", [8000, 16000])
def test_they_sound_in_the_middle_at_the_rate_of_the_data(rate):
    made = spoken(5, ("up",), rate, rate)
    assert made.dtype == np.int16 and made.shape == (5, rate)
    for clip in made.astype(float):
        energy = np.cumsum(np.square(clip))
        middle = np.searchsorted(energy, energy[-1] / 2) / rate
        assert 0.2 < middle < 0.8 and np.abs(clip).max() > 32768 * 10 ** (-25 / 20)
    np.testing.assert_array_equal(made, spoken(5, ("up",), rate, rate))
