"""Clips in noise that training never heard: recorded noise kept apart for the split, and babble of other speakers.

The signal-to-noise ratio is that of the training augmentation: mean power over the whole clip, padding included. While
a word of half a second sounds in a clip of one second, its ratio is about 3 dB better than the number says.
"""

import numpy as np

from heedful.recipes.speech_commands.reading.background import crops
from heedful.recipes.speech_commands.reading.recordings import FULL_SCALE

RATIOS = (20, 10, 5, 0)  # decibels
TALKERS = 5  # clips in a babble


def mix(waveforms: np.ndarray, noise: np.ndarray, ratio: float) -> np.ndarray:
    """`waveforms` plus `noise`, both float32 (clips, samples), at `ratio` decibels of mean power.

    A mixture beyond full scale is turned down as a whole, which leaves the ratio alone; digital silence stays silent.
    """
    signal_power, noise_power = (np.mean(np.square(x, dtype=np.float64), axis=1) for x in (waveforms, noise))
    gain = np.sqrt(signal_power / np.maximum(noise_power, 1e-20) * 10 ** (-ratio / 10))
    mixture = waveforms + gain[:, None] * noise
    return (mixture / np.maximum(1.0, np.abs(mixture).max(axis=1, keepdims=True))).astype(np.float32)


def recorded(
    recordings: tuple[np.ndarray, ...], count: int, samples: int, generator: np.random.Generator
) -> np.ndarray:
    """Crops of noise recordings int16 (length,), as float32 (count, samples); a silent one becomes white noise."""
    noise = crops(recordings, count, samples, generator).astype(np.float32) / FULL_SCALE
    dead = ~noise.any(axis=1)
    noise[dead] = 0.1 * generator.standard_normal((int(dead.sum()), samples))
    return noise


def choose_talkers(units: np.ndarray, rows: np.ndarray, generator: np.random.Generator) -> np.ndarray | None:
    """For each of the clips, `TALKERS` of `rows` by other speakers, int (clips, TALKERS); None where somebody is alone.

    `units` (clips,) numbers the speakers of all clips, or the clips where speakers are not known; `rows` are
    the clips that may be heard in a babble.
    """
    chosen = np.zeros((len(units), TALKERS), int)
    for unit in np.unique(units):
        others = rows[units[rows] != unit]
        if not len(others):
            return None
        mine = np.flatnonzero(units == unit)
        chosen[mine] = generator.choice(others, (len(mine), TALKERS))
    return chosen


def babble(waveforms: np.ndarray, talkers: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Sums of clips, float32 (count, samples), of int16 `waveforms` (clips, samples) and `talkers` (count, TALKERS).

    Every talker is equally loud and is turned around in time by a random amount, so that voices fill the whole clip.
    """
    samples = waveforms.shape[1]
    out = np.zeros((len(talkers), samples), np.float32)
    places = np.arange(samples)
    for voices in talkers.T:
        start = generator.integers(0, samples, len(voices))
        voice = waveforms[voices[:, None], (places + start[:, None]) % samples].astype(np.float32) / FULL_SCALE
        power = np.sqrt(np.mean(np.square(voice), axis=1, keepdims=True))
        out += voice / np.maximum(power, 1e-9) * 0.05
    return out
