"""Words of espeak-ng: none is a command, half differ from one in a sound, and the commands are said as well."""

import shutil

import numpy as np
import pytest

from heedful.apps.errors import InputError
from heedful.recipes.speech_commands.training import spoken as module
from heedful.recipes.speech_commands.training.spoken import made_up, spoken

needs_espeak = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
COMMANDS = (("V", "p"), ("r", "aI", "t"), ("l", "E", "f", "t"))


def distance(one, other) -> int:
    """Levenshtein's, by the recursion of the definition."""
    if not one or not other:
        return len(one) + len(other)
    same = distance(one[1:], other[1:]) + (one[0] != other[0])
    return min(same, distance(one[1:], other) + 1, distance(one, other[1:]) + 1)


def test_words_differ_and_none_is_a_command():
    words = made_up(COMMANDS, 400, np.random.default_rng(1))
    assert len(set(words)) == 400 and not set(words) & set(COMMANDS)
    assert all(any(sound in module.VOWELS.split() for sound in word) for word in words)
    assert words == made_up(COMMANDS, 400, np.random.default_rng(1))


def test_about_half_differ_from_a_command_in_one_sound():
    words = made_up(COMMANDS, 150, np.random.default_rng(2))
    near = [min(distance(word, command) for command in COMMANDS) == 1 for word in words if len(word) < 6]
    assert 0.35 < sum(near) / len(words) < 0.65


def test_without_commands_all_are_random():
    assert len(made_up((), 50, np.random.default_rng(3))) == 50


@needs_espeak
@pytest.mark.parametrize("language", ["en", "de"])
def test_commands_and_others_sound_in_the_middle_at_the_rate_of_the_data(language):
    made = spoken(("up", "go"), language, 7, 8000, 8000)
    voices = len(module.voices(language))
    assert made.commands.shape == (2 * voices * module.TAKES, 8000) and made.others.shape == (7, 8000)
    assert np.bincount(made.targets).tolist() == [voices * module.TAKES] * 2
    for clip in np.concatenate([made.commands[::17], made.others]).astype(float):
        energy = np.cumsum(np.square(clip))
        assert 0.2 < np.searchsorted(energy, energy[-1] / 2) / 8000 < 0.8
        assert np.abs(clip).max() > 32768 * 10 ** ((module.PEAKS[0] - 1) / 20)


@needs_espeak
def test_it_is_the_same_every_time():
    one, other = (spoken(("up",), "en", 3, 8000, 8000) for _ in range(2))
    np.testing.assert_array_equal(one.commands, other.commands)
    np.testing.assert_array_equal(one.others, other.others)


@needs_espeak
def test_an_unknown_language_is_one_sentence():
    with pytest.raises(InputError, match="does not say 'up' in --set language=nowhere"):
        spoken(("up",), "nowhere", 3, 8000, 8000)


def test_without_espeak_there_is_one_sentence(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(InputError, match="espeak-ng is not installed: install it, or train with --set language="):
        spoken(("up",), "en", 3, 8000, 8000)
