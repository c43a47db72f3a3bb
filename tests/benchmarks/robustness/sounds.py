"""What happens to a recording before anything of ours hears it: noise, rooms, levels, codecs.

Each corruption takes a waveform float32 (samples,) in -1..1, where it is heard, and a random generator; it gives as
many samples in -1..1. Ratios are of the mean power of the whole recording, pauses included.
"""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import soundfile
import soxr
from scipy.signal import fftconvolve

DELAY = 576 + 529  # samples that LAME and an MPEG decoder add in front; too short a frame has no place to say so
MP3 = {"format": "MP3", "bitrate_mode": "CONSTANT"}


@dataclass(frozen=True, eq=False)
class Place:
    """Where a recording is made."""

    rate: int  # samples per second
    noise: Sequence[np.ndarray]  # float32 (length,) recordings of background noise, each as long as a clip or longer


Corruption = Callable[[np.ndarray, Place, np.random.Generator], np.ndarray]


def mixed(waveform: np.ndarray, noise: np.ndarray, ratio: float) -> np.ndarray:
    """The waveform and `noise` (samples,), `ratio` decibels of mean power below it; what is beyond full scale is turned
    down as a whole, so that the ratio holds. Digital silence stays silent.
    """
    power, added = (np.mean(np.square(part, dtype=np.float64)) for part in (waveform, noise))
    mixture = waveform + np.sqrt(power / max(added, 1e-20) * 10 ** (-ratio / 10)) * noise
    return (mixture / max(1.0, np.abs(mixture).max())).astype(np.float32)


def recorded_noise(waveform: np.ndarray, place: Place, generator: np.random.Generator, ratio: float) -> np.ndarray:
    recording = place.noise[int(generator.integers(len(place.noise)))]
    start = generator.integers(len(recording) - len(waveform) + 1)
    return mixed(waveform, recording[start : start + len(waveform)], ratio)


def white_noise(waveform: np.ndarray, place: Place, generator: np.random.Generator, ratio: float) -> np.ndarray:
    return mixed(waveform, generator.standard_normal(len(waveform)), ratio)


def response(rate: int, seconds: float, generator: np.random.Generator) -> np.ndarray:
    """The impulse response of a room whose sound falls by 60 dB in `seconds` (Polack 1988): the direct sound, and noise
    of the same energy that decays exponentially.
    """
    time = np.arange(int(seconds * rate)) / rate
    tail = generator.standard_normal(len(time)) * 10.0 ** (-3.0 * time / seconds)
    tail[0] = 0.0
    tail /= np.sqrt(np.sum(np.square(tail)))
    tail[0] = 1.0
    return tail


def reverberated(waveform: np.ndarray, place: Place, generator: np.random.Generator, seconds: float) -> np.ndarray:
    """The waveform in a room, as loud as before where full scale allows."""
    heard = fftconvolve(waveform, response(place.rate, seconds, generator))[: len(waveform)]
    power, now = np.mean(np.square(waveform)), np.mean(np.square(heard))
    heard *= np.sqrt(power / max(now, 1e-12))
    return (heard / max(1.0, np.abs(heard).max())).astype(np.float32)


def amplified(waveform: np.ndarray, place: Place, generator: np.random.Generator, decibels: float) -> np.ndarray:
    """The waveform at another level, cut off at full scale."""
    return np.clip(waveform * np.float32(10 ** (decibels / 20)), -1, 1)


def coded(waveform: np.ndarray, place: Place, generator: np.random.Generator, how: Mapping[str, Any]) -> np.ndarray:
    """The waveform out of a file that `soundfile` wrote as `how` says, without the delay of the codec."""
    file = io.BytesIO()
    soundfile.write(file, waveform, place.rate, **how)
    file.seek(0)
    heard, _ = soundfile.read(file, dtype="float32")
    heard = heard[DELAY:] if len(heard) >= len(waveform) + DELAY else heard
    return np.clip(np.pad(heard, (0, max(0, len(waveform) - len(heard))))[: len(waveform)], -1, 1)


def resampled(waveform: np.ndarray, place: Place, generator: np.random.Generator, rate: int) -> np.ndarray:
    """The waveform as it is left by `rate` samples per second."""
    heard = soxr.resample(soxr.resample(waveform, place.rate, rate), rate, place.rate)
    return np.clip(np.pad(heard, (0, max(0, len(waveform) - len(heard))))[: len(waveform)], -1, 1)


CORRUPTIONS: dict[str, Corruption] = {
    **{f"recorded noise {ratio} dB": partial(recorded_noise, ratio=ratio) for ratio in (20, 10, 0)},
    **{f"white noise {ratio} dB": partial(white_noise, ratio=ratio) for ratio in (20, 10, 0)},
    **{f"reverberation {seconds} s": partial(reverberated, seconds=seconds) for seconds in (0.3, 0.8)},
    **{f"gain {decibels:+} dB": partial(amplified, decibels=decibels) for decibels in (-20, 20)},
    "MP3 16 kbit/s": partial(coded, how={**MP3, "compression_level": 0.95}),
    "MP3 8 kbit/s": partial(coded, how={**MP3, "compression_level": 0.99}),
    "Ogg Vorbis, lowest quality": partial(coded, how={"format": "OGG", "subtype": "VORBIS", "compression_level": 0.99}),
    "mu-law": partial(coded, how={"format": "WAV", "subtype": "ULAW"}),
    "8 kHz": partial(resampled, rate=8000),
}
