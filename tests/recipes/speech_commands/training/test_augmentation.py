"""Augmentation against NumPy in float64, with the draws fixed or measured. Runs under any backend."""

import keras
import numpy as np
import pytest

from heedful.recipes.speech_commands.config import PRESETS
from heedful.recipes.speech_commands.training.augmentation import (
    Augmentation,
    RandomNoise,
    RandomShiftAndStretch,
    SpecAugment,
    augment_features,
    augment_waveform,
)

CLIPS, SAMPLES, FRAMES, BANDS = 5, 211, 37, 23
numpy = keras.ops.convert_to_numpy


def waveforms(seed: int = 1, level: float = 0.02) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, level, (CLIPS, SAMPLES)).astype("float32")


def features() -> np.ndarray:
    return np.random.default_rng(2).normal(-5, 2, (CLIPS, FRAMES, BANDS)).astype("float32")


def moved(clip: np.ndarray, rate: float, shift: float) -> np.ndarray:
    """`clip` read at `rate` around its middle, `shift` samples further on, between zeros: float64 `(samples,)`."""
    middle = (SAMPLES - 1) / 2
    position = (np.arange(SAMPLES) - middle) * rate + middle + shift
    return np.interp(position, np.arange(-1, SAMPLES + 1), np.pad(clip.astype(float), 1), left=0.0, right=0.0)


def drawing(layer: Augmentation, *values: float) -> Augmentation:
    """The layer with fixed numbers in place of its draws, in their order."""
    draws = iter(values)
    layer.uniform = lambda shape, low, high: keras.ops.full(shape, next(draws), dtype="float32")
    return layer


LAYERS = {
    "shift and stretch": (lambda seed: RandomShiftAndStretch(17, 0.2, seed), waveforms()),
    "noise": (lambda seed: RandomNoise(1.0, 0.0, 30.0, seed), [waveforms(), waveforms(3)]),
    "spec augment": (lambda seed: SpecAugment(2, 11, 2, 7, seed), features()),
}


@pytest.fixture(params=LAYERS.values(), ids=list(LAYERS))
def case(request):
    return request.param


def test_not_in_training_the_input_comes_back(case):
    make, inputs = case
    expected = inputs[0] if isinstance(inputs, list) else inputs
    np.testing.assert_array_equal(numpy(make(5)(inputs, training=False)), expected)
    np.testing.assert_array_equal(numpy(make(5)(inputs)), expected)


def test_draws_follow_from_the_seed_and_the_saved_state(case):
    make, inputs = case
    layer, twin, other = make(5), make(5), make(6)
    first, second = (numpy(layer(inputs, training=True)) for _ in range(2))
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(numpy(twin(inputs, training=True)), first)
    assert not np.array_equal(numpy(other(inputs, training=True)), first)

    state = [numpy(variable) for variable in layer.variables]  # what a resumed run gets back
    assert state
    third = numpy(layer(inputs, training=True))
    for variable, value in zip(other.variables, state, strict=True):
        variable.assign(value)
    np.testing.assert_array_equal(numpy(other(inputs, training=True)), third)


def test_every_clip_gets_a_draw_of_its_own(case):
    make, inputs = case
    same = [np.repeat(x[:1], CLIPS, axis=0) for x in (inputs if isinstance(inputs, list) else [inputs])]
    changed = numpy(make(5)(same if isinstance(inputs, list) else same[0], training=True))
    assert len({clip.tobytes() for clip in changed}) == CLIPS


@pytest.mark.parametrize(
    ("rate", "shift"), [(1.0, 0.0), (1.0, 13.0), (1.0, -7.25), (0.83, 0.0), (1.19, 5.5), (1.0, 3.0 * SAMPLES)]
)
def test_shift_and_stretch_is_linear_interpolation(rate, shift):
    clips = waveforms()
    found = numpy(drawing(RandomShiftAndStretch(1, 0.1, seed=0), rate, shift)(clips, training=True))
    np.testing.assert_allclose(found, [moved(clip, rate, shift) for clip in clips], atol=2e-6)


def test_without_range_nothing_moves():
    clips = waveforms()
    np.testing.assert_array_equal(numpy(RandomShiftAndStretch(0, 0.0, seed=3)(clips, training=True)), clips)


def test_silence_comes_from_outside():
    clips = np.ones((CLIPS, SAMPLES), "float32")
    later = numpy(drawing(RandomShiftAndStretch(1, 0.1, seed=0), 1.0, 19.0)(clips, training=True))
    np.testing.assert_array_equal(later[:, -19:], 0.0)
    np.testing.assert_array_equal(later[:, :-19], 1.0)
    slower = numpy(drawing(RandomShiftAndStretch(1, 0.1, seed=0), 1.5, 0.0)(clips, training=True))
    assert not slower[:, :30].any() and not slower[:, -30:].any() and slower[:, 60:-60].all()


def test_shift_stays_in_its_range():
    clicks = np.zeros((401, SAMPLES), "float32")
    clicks[:, SAMPLES // 2] = 1.0
    shifted = numpy(RandomShiftAndStretch(11, 0.0, seed=9)(clicks, training=True)).astype(float)
    shifts = SAMPLES // 2 - shifted @ np.arange(SAMPLES)
    assert np.abs(shifts).max() <= 11.0 + 1e-3
    assert shifts.min() < -10.0 and shifts.max() > 10.0


def snr(waveform: np.ndarray, noisy: np.ndarray) -> np.ndarray:
    """Signal-to-noise ratio in decibels `(clips,)`."""
    signal, added = waveform.astype(float), noisy.astype(float) - waveform
    return 10 * np.log10((signal**2).mean(axis=1) / (added**2).mean(axis=1))


def test_noise_comes_at_the_ratio_that_was_drawn():
    clips, noise = waveforms(), waveforms(3, level=0.004)
    for decibels in (-3.0, 0.0, 17.0):
        noisy = numpy(RandomNoise(1.0, decibels, decibels, seed=1)([clips, noise], training=True))
        np.testing.assert_allclose(snr(clips, noisy), decibels, atol=0.02)
    drawn = snr(clips, numpy(RandomNoise(1.0, 5.0, 25.0, seed=1)([clips, noise], training=True)))
    assert ((drawn > 4.98) & (drawn < 25.02)).all() and np.ptp(drawn) > 1.0


def test_noise_leaves_digital_silence_and_stays_in_range():
    noise = waveforms(3)
    silent = np.zeros_like(noise)
    np.testing.assert_array_equal(numpy(RandomNoise(1.0, 0.0, 0.0, seed=1)([silent, noise], training=True)), silent)
    clips = waveforms()
    np.testing.assert_array_equal(numpy(RandomNoise(1.0, 0.0, 0.0, seed=1)([clips, silent], training=True)), clips)
    loud = numpy(RandomNoise(1.0, 0.0, 0.0, seed=1)([waveforms(level=0.9), waveforms(3, level=0.9)], training=True))
    assert np.abs(loud).max() == 1.0


def test_noise_comes_as_often_as_said():
    clips, noise = (np.tile(waveforms(seed), (80, 1)) for seed in (1, 3))
    changed = (numpy(RandomNoise(0.3, 0.0, 10.0, seed=2)([clips, noise], training=True)) != clips).any(axis=1)
    assert 0.2 < changed.mean() < 0.4
    np.testing.assert_array_equal(numpy(RandomNoise(0.0, 0.0, 10.0, seed=2)([clips, noise], training=True)), clips)


@pytest.mark.parametrize(("masks", "frames", "bands"), [(1, 11, 7), (2, 11, 7), (0, 11, 7), (1, 0, 0)])
def test_spec_augment_hides_no_more_than_it_may(masks, frames, bands):
    many = np.tile(features(), (41, 1, 1))
    changed = numpy(SpecAugment(masks, frames, masks, bands, seed=4)(many, training=True))
    hidden = changed != many
    whole_frames, whole_bands = hidden.all(axis=2).sum(axis=1), hidden.all(axis=1).sum(axis=1)
    assert whole_frames.max() <= masks * frames and whole_bands.max() <= masks * bands
    assert whole_frames.max() >= masks * frames * 0.6 and whole_bands.max() >= masks * bands * 0.6
    # Nothing but whole frames and whole bands is hidden, and what is hidden shows the clip's mean.
    outside = hidden & ~hidden.all(axis=2, keepdims=True) & ~hidden.all(axis=1, keepdims=True)
    assert not outside.any()
    mean = np.broadcast_to(many.astype(float).mean(axis=(1, 2), keepdims=True), many.shape)
    np.testing.assert_allclose(changed[hidden], mean[hidden], rtol=1e-5)


def test_the_configuration_reaches_the_layers():
    config = PRESETS["tiny"]
    waveform, noise = (keras.Input((config.front_end.samples,)) for _ in range(2))
    heard = keras.Model([waveform, noise], augment_waveform(waveform, noise, config, seed=7))
    seen = keras.Input((config.front_end.frames, config.mel_bands))
    hidden = keras.Model(seen, augment_features(seen, config, seed=7))
    (move,) = [layer for layer in heard.layers if isinstance(layer, RandomShiftAndStretch)]
    (add,) = [layer for layer in heard.layers if isinstance(layer, RandomNoise)]
    (hide,) = [layer for layer in hidden.layers if isinstance(layer, SpecAugment)]
    assert (move.shift, move.stretch) == (1600, config.stretch)
    assert (add.probability, add.snr_low, add.snr_high) == (config.noise_probability, config.snr_low, config.snr_high)
    assert (hide.time_masks, hide.frames, hide.frequency_masks, hide.bands) == (2, 25, 2, 7)
