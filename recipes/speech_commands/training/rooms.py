"""Rooms: a voice heard through walls, by convolution with made impulse responses."""

import numpy as np
from scipy.signal import fftconvolve

SHORTEST, LONGEST = 0.1, 0.9  # seconds until the sound of a room has fallen by 60 dB
DRIEST, WETTEST = 15.0, -3.0  # decibels of the direct sound above the reverberation


def reverberated(waveform: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
    """The waveform float32 `(samples,)` in a room drawn at random, as loud as before and cut to the same length.

    The response is the direct sound, and behind it noise that decays exponentially (Polack 1988).
    """
    decay = rng.uniform(SHORTEST, LONGEST)
    time = np.arange(max(2, int(decay * rate))) / rate
    tail = rng.standard_normal(len(time)) * 10.0 ** (-3.0 * time / decay)
    tail[: max(1, int(rng.uniform(0.001, 0.01) * rate))] = 0.0  # until the first reflection
    tail *= 10 ** (-rng.uniform(WETTEST, DRIEST) / 20) / max(np.sqrt(np.sum(np.square(tail))), 1e-9)
    tail[0] = 1.0
    heard = fftconvolve(waveform, tail.astype(np.float32))[: len(waveform)]
    power, now = np.mean(np.square(waveform)), np.mean(np.square(heard))
    return (heard * np.sqrt(power / max(now, 1e-12))).astype(np.float32)
