"""Noises by formulas: of the right form, none like another, and each what its name says."""

from itertools import pairwise

import numpy as np
import pytest

from heedful.recipes.speech_commands.training import noises

RATE = 8000
SAMPLES = 5 * RATE


@pytest.mark.parametrize("kind", noises.KINDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("rate", [1000, RATE])
def test_every_kind_is_finite_and_sounds(kind, rate):
    for seed in range(5):
        wave = kind(5 * rate, rate, np.random.default_rng(seed))
        assert wave.shape == (5 * rate,) and np.isfinite(wave).all() and wave.std() > 0
        assert not np.allclose(wave, kind(5 * rate, rate, np.random.default_rng(seed + 100)))


def slope(wave: np.ndarray) -> float:
    """Of the logarithm of the amplitude over that of the frequency."""
    spectrum, frequency = np.abs(np.fft.rfft(wave)), np.fft.rfftfreq(len(wave), 1 / RATE)
    bands = np.geomspace(50, 3500, 12)
    means = [np.sqrt(np.mean(spectrum[(frequency >= a) & (frequency < b)] ** 2)) for a, b in pairwise(bands)]
    return float(np.polyfit(np.log(np.sqrt(bands[1:] * bands[:-1])), np.log(means), 1)[0])


def test_coloured_noise_falls_with_the_frequency_from_white_to_dark():
    slopes = [slope(noises.coloured(SAMPLES, RATE, np.random.default_rng(seed))) for seed in range(40)]
    assert min(slopes) < -1.1 and max(slopes) > -0.3 and min(slopes) > -1.5


def test_knocks_are_short_and_far_above_what_is_between_them():
    waves = [noises.knocks(SAMPLES, RATE, np.random.default_rng(seed)) for seed in range(20)]
    assert np.median([np.abs(wave).max() / wave.std() for wave in waves]) > 10


def test_wind_is_low():
    for seed in range(10):
        power = np.square(np.abs(np.fft.rfft(noises.wind(SAMPLES, RATE, np.random.default_rng(seed)))))
        frequency = np.fft.rfftfreq(SAMPLES, 1 / RATE)
        assert power[frequency < 1000].sum() > 0.8 * power.sum()


def test_babble_is_many_of_the_voices_at_once_and_equally_loud():
    # Each voice is a tone of its own, so the spectrum says who speaks and how loud.
    time = np.arange(RATE) / RATE
    tones = 200.0 * np.arange(1, 17)
    clips = np.array([(50 + 400 * n) * np.sin(2 * np.pi * tone * time) for n, tone in enumerate(tones)]).astype(
        np.int16
    )
    for seed in range(10):
        wave = noises.babble(clips, RATE, np.random.default_rng(seed))
        heard = np.abs(np.fft.rfft(wave))[(tones).astype(int)]
        assert np.sum(heard > 0.1 * heard.max()) >= 2
        assert wave.std() == pytest.approx(np.sqrt(6), rel=0.5)  # 3 to 9 talkers of deviation 1


def test_recordings_are_int16_of_one_loudness_and_the_same_for_the_same_generator():
    clips = np.random.default_rng(3).integers(-3000, 3000, (7, 1000)).astype(np.int16)
    made, again = (noises.made_noises(1000, clips, np.random.default_rng(1)) for _ in range(2))
    assert len(made) == noises.TAKES * (len(noises.KINDS) + 1)
    for one, other in zip(made, again, strict=True):
        assert one.dtype == np.int16 and one.shape == (noises.SECONDS * 1000,)
        np.testing.assert_array_equal(one, other)
        assert 0.02 < one.std() / 32768 <= 0.101  # peaks beyond full scale are cut
    assert len(noises.made_noises(1000, clips[:0], np.random.default_rng(1))) == noises.TAKES * len(noises.KINDS)
