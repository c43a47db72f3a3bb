"""Augmentation as Keras layers: it runs inside the training model, on the accelerator, under any backend.

Each layer draws from a `SeedGenerator` whose state is saved with the run, so a resumed run sees the very same noise.
Outside training every layer returns its input unchanged.
"""

import keras
from keras import ops

from heedful.recipes.speech_commands.config import Config


class Augmentation(keras.layers.Layer):
    """Base: draws random numbers and stands aside when not training."""

    def __init__(self, seed: int, **kwargs):
        super().__init__(dtype="float32", **kwargs)
        self.seeds = keras.random.SeedGenerator(seed)

    def call(self, x, training=False):
        return self.augment(x) if training else x

    def uniform(self, shape, low, high):
        return keras.random.uniform(shape, low, high, seed=self.seeds)

    def compute_output_shape(self, input_shape):
        return input_shape


class RandomShiftAndStretch(Augmentation):
    """Moves a waveform `(batch, samples)` by up to `shift` samples and plays it faster or slower by up to `stretch`.

    Both are one resampling by linear interpolation around the middle of the clip; what comes from outside is zero.
    """

    def __init__(self, shift: int, stretch: float, seed: int):
        super().__init__(seed)
        self.shift, self.stretch = shift, stretch

    def augment(self, waveform):
        batch, samples = ops.shape(waveform)[0], waveform.shape[1]
        rate = self.uniform((batch, 1), 1.0 - self.stretch, 1.0 + self.stretch)
        shift = self.uniform((batch, 1), -float(self.shift), float(self.shift))
        middle = (samples - 1) / 2
        position = (ops.arange(samples, dtype="float32") - middle) * rate + middle + shift
        # Zeros on either side of the clip: a clipped position then reads silence, not the first or last sample. Two
        # behind it, because a position on the last place reads the one after it, too.
        padded = ops.pad(waveform, [[0, 0], [1, 2]])
        position = ops.clip(position + 1.0, 0.0, samples + 1.0)
        left = ops.floor(position)
        index = ops.cast(left, "int32")
        before, after = ops.take_along_axis(padded, index, axis=1), ops.take_along_axis(padded, index + 1, axis=1)
        return before + (after - before) * (position - left)


class RandomNoise(Augmentation):
    """Adds `noise` to `waveform`, both `(batch, samples)`, at a signal-to-noise ratio drawn in decibels.

    A clip too quiet to have a ratio (digital silence) is left as it is.
    """

    def __init__(self, probability: float, snr_low: float, snr_high: float, seed: int):
        super().__init__(seed)
        self.probability, self.snr_low, self.snr_high = probability, snr_low, snr_high

    def augment(self, x):
        waveform, noise = x
        shape = (ops.shape(waveform)[0], 1)
        wanted = self.uniform(shape, self.snr_low, self.snr_high)
        apply = ops.cast(self.uniform(shape, 0.0, 1.0) < self.probability, "float32")
        signal_power = ops.mean(ops.square(waveform), axis=1, keepdims=True)
        noise_power = ops.mean(ops.square(noise), axis=1, keepdims=True)
        gain = ops.sqrt(signal_power / (noise_power + 1e-10) * ops.power(10.0, -wanted / 10.0))
        return ops.clip(waveform + apply * ops.minimum(gain, 100.0) * noise, -1.0, 1.0)

    def call(self, x, training=False):
        return self.augment(x) if training else x[0]

    def compute_output_shape(self, input_shape):
        return input_shape[0]


class SpecAugment(Augmentation):
    """Hides random bands of time and of frequency in features `(batch, frames, bands)` (Park et al. 2019).

    Hidden cells take the clip's mean, which is what "nothing to see" looks like before standardisation.
    """

    def __init__(self, time_masks: int, frames: int, frequency_masks: int, bands: int, seed: int):
        super().__init__(seed)
        self.time_masks, self.frames = time_masks, frames
        self.frequency_masks, self.bands = frequency_masks, bands

    def augment(self, features):
        batch, frames, bands = ops.shape(features)[0], features.shape[1], features.shape[2]
        keep = ops.ones((batch, frames, bands), "bool")
        for _ in range(self.time_masks):
            keep = ops.logical_and(keep, self.outside(batch, frames, self.frames)[:, :, None])
        for _ in range(self.frequency_masks):
            keep = ops.logical_and(keep, self.outside(batch, bands, self.bands)[:, None, :])
        return ops.where(keep, features, ops.mean(features, axis=(1, 2), keepdims=True))

    def outside(self, batch, length: int, longest: int):
        """True outside a random stretch of at most `longest` of `length` places: bool `(batch, length)`."""
        size = self.uniform((batch, 1), 0.0, float(longest))
        start = self.uniform((batch, 1), 0.0, 1.0) * (length - size)
        place = ops.arange(length, dtype="float32")
        return ops.logical_or(place < start, place >= start + size)


def augment_waveform(waveform, noise, config: Config, seed: int):
    """Shift, stretch and noise on waveforms `(batch, samples)`, as the configuration says."""
    shift = round(config.shift_ms * config.sample_rate / 1000)
    waveform = RandomShiftAndStretch(shift, config.stretch, seed)(waveform)
    return RandomNoise(config.noise_probability, config.snr_low, config.snr_high, seed + 1)([waveform, noise])


def augment_features(features, config: Config, seed: int):
    """SpecAugment on log-mel features `(batch, frames, bands)`, as the configuration says."""
    frames = round(config.time_mask_ms / config.hop_ms)
    return SpecAugment(config.time_masks, frames, config.frequency_masks, config.frequency_mask_bands, seed + 2)(
        features
    )
