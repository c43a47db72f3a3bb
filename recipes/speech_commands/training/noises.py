"""Noises that cost nothing: recordings made by formulas, of many kinds, for training beside the recorded ones.

A handful of noise recordings teaches a model those recordings. Real noise is hum and wind, knocks and clicks, music,
machines, sirens and other people; each function here draws one recording of such a kind, so that no two are alike.
"""

from collections.abc import Callable, Sequence

import numpy as np

SECONDS = 12
LEVEL = 0.1  # root mean square, full scale 1
TAKES = 4  # recordings of each kind
FEWEST_TALKERS, MOST_TALKERS = 3, 9

Noise = Callable[[int, int, np.random.Generator], np.ndarray]  # (samples, rate, generator) to float (samples,)


def made_noises(rate: int, clips: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """int16 recordings `(samples,)` of `SECONDS` seconds, `TAKES` of every kind, among them babble of the voices in
    `clips`, int16 `(clips, samples)`.
    """
    samples = SECONDS * rate
    made = [kind(samples, rate, rng) for kind in KINDS for _ in range(TAKES)]
    made += [babble(clips, samples, rng) for _ in range(TAKES * bool(len(clips)))]
    return tuple(_int16(noise) for noise in made)


def coloured(samples: int, rate: int, rng: np.random.Generator) -> np.ndarray:
    """Noise whose amplitude falls as `1 / frequency ** slope`: from white to brown and darker."""
    frequency = np.fft.rfftfreq(samples, 1 / rate)
    return _shaped(np.maximum(frequency, 20.0) ** -rng.uniform(0.0, 1.4), samples, rng)


def resonant(samples: int, rate: int, rng: np.random.Generator) -> np.ndarray:
    """Noise through a few broad resonances: water, air, traffic; its loudness comes and goes."""
    frequency = np.fft.rfftfreq(samples, 1 / rate)
    spectrum = np.full(len(frequency), 0.01)
    for _ in range(rng.integers(1, 5)):
        centre, width = _between(rng, 80.0, 0.45 * rate), rng.uniform(0.05, 0.6)
        spectrum += rng.uniform(0.2, 1.0) / (1.0 + np.square((frequency - centre) / (width * centre)))
    return _shaped(spectrum, samples, rng) * _swelling(samples, rate, _between(rng, 0.2, 12.0), rng)


def wind(samples: int, rate: int, rng: np.random.Generator) -> np.ndarray:
    """Gusts of low noise."""
    frequency = np.fft.rfftfreq(samples, 1 / rate)
    low = 1.0 / (1.0 + (frequency / _between(rng, 100.0, 900.0)) ** 2)
    return _shaped(low, samples, rng) * _swelling(samples, rate, 1.0, rng) ** 2


def hum(samples: int, rate: int, rng: np.random.Generator) -> np.ndarray:
    """Mains and machines: many partials of a fundamental that hardly moves, over faint noise."""
    time = np.arange(samples) / rate
    fundamental = _between(rng, 40.0, min(400.0, rate / 8))
    partials = np.arange(1, max(2, min(25, int(0.45 * rate / fundamental))))
    drift = 0.01 * _swelling(samples, rate, 0.5, rng)
    phase = 2 * np.pi * fundamental * (time + np.cumsum(drift) / rate)
    weights = rng.uniform(0.1, 1.0, len(partials)) / partials ** rng.uniform(0.3, 1.5)
    wave = sum(w * np.sin(p * phase + rng.uniform(0, 6.3)) for w, p in zip(weights, partials, strict=True))
    return wave / np.std(wave) + rng.uniform(0.02, 0.4) * rng.standard_normal(samples)


def knocks(samples: int, rate: int, rng: np.random.Generator) -> np.ndarray:
    """Clicks, knocks, dishes, keys: resonances that are struck now and then, over faint noise."""
    wave = np.zeros(samples)
    for _ in range(max(1, rng.poisson(_between(rng, 0.7, 12.0) * samples / rate))):
        length = min(samples, max(8, int(_between(rng, 0.004, 0.25) * rate)))
        time = np.arange(length) / rate
        ring = sum(
            rng.uniform(0.2, 1.0) * np.sin(2 * np.pi * _between(rng, 150.0, 0.45 * rate) * time + rng.uniform(0, 6.3))
            for _ in range(rng.integers(1, 6))
        )
        struck = (ring + rng.uniform(0, 1) * rng.standard_normal(length)) * np.exp(-7 * time * rate / length)
        start = rng.integers(0, samples - length + 1)
        wave[start : start + length] += _between(rng, 0.1, 1.0) * struck
    return wave + 0.02 * np.std(wave) * rng.standard_normal(samples)


def music(samples: int, rate: int, rng: np.random.Generator) -> np.ndarray:
    """Notes of a scale with overtones and envelopes, one or several at once, and at times a beat."""
    wave = np.zeros(samples)
    root, beat = _between(rng, 55.0, 220.0), _between(rng, 0.12, 0.6)
    scale = np.array([0, 2, 4, 5, 7, 9, 11]) if rng.random() < 0.5 else np.array([0, 3, 5, 7, 10])
    decay, brightness, voices = rng.uniform(1.0, 6.0), rng.uniform(0.5, 2.0), rng.integers(1, 5)
    for start in np.arange(0, samples, int(beat * rate)):
        for _ in range(voices):
            length = int(beat * rate * rng.integers(1, 5))
            time = np.arange(min(length, samples - start)) / rate
            pitch = root * 2 ** ((rng.choice(scale) + 12 * rng.integers(0, 4)) / 12)
            vibrato = 1 + 0.01 * rng.uniform(0, 1) * np.sin(2 * np.pi * rng.uniform(4, 7) * time)
            partials = np.arange(1, max(2, min(12, int(0.45 * rate / pitch))))
            note = sum(np.sin(2 * np.pi * pitch * p * time * vibrato) / p**brightness for p in partials)
            attack = np.minimum(1.0, time / rng.uniform(0.002, 0.06))
            wave[start : start + len(time)] += rng.uniform(0.2, 1.0) * note * attack * np.exp(-decay * time)
        if rng.random() < 0.4:
            length = min(int(0.1 * rate), samples - start)
            wave[start : start + length] += rng.standard_normal(length) * np.exp(-np.arange(length) / (0.02 * rate))
    return wave


def sirens(samples: int, rate: int, rng: np.random.Generator) -> np.ndarray:
    """Tones that beep, slide and warble: alarms, whistles, birds, telephones."""
    wave, start = np.zeros(samples), 0
    while start < samples:
        length = min(samples - start, int(_between(rng, 0.05, 1.5) * rate))
        time = np.arange(length) / rate
        first, last = (_between(rng, 200.0, 0.4 * rate) for _ in range(2))
        pitch = np.linspace(first, last if rng.random() < 0.6 else first, length)
        pitch = pitch * (1 + rng.uniform(0, 0.2) * np.sin(2 * np.pi * rng.uniform(2, 20) * time))
        tone = np.sin(2 * np.pi * np.cumsum(pitch) / rate)
        wave[start : start + length] = _between(rng, 0.1, 1.0) * tone * np.sin(np.pi * (time * rate + 1) / (length + 1))
        start += length + int(rng.exponential(0.3) * rate)
    return wave + rng.uniform(0.01, 0.1) * rng.standard_normal(samples)


def murmur(samples: int, rate: int, rng: np.random.Generator) -> np.ndarray:
    """Syllables without a language: pulses or breath through moving resonances, some four in a second."""
    wave, start = np.zeros(samples), 0
    while start < samples:
        length = min(samples - start, int(_between(rng, 0.06, 0.4) * rate))
        time = np.arange(length) / rate
        pitch = _between(rng, 80.0, 350.0) * (1 + rng.uniform(-0.3, 0.3) * time * rate / max(length, 1))
        pulses = np.diff(np.floor(np.cumsum(pitch) / rate), prepend=0.0)
        source = pulses if rng.random() < 0.7 else 0.2 * rng.standard_normal(length)
        frequency = np.fft.rfftfreq(length, 1 / rate)
        spectrum = np.full(len(frequency), 0.02)
        for _ in range(3):
            centre = _between(rng, 250.0, 0.4 * rate)
            spectrum += rng.uniform(0.2, 1.0) / (1.0 + np.square((frequency - centre) / rng.uniform(60, 250)))
        sound = np.fft.irfft(np.fft.rfft(source) * spectrum, length)
        sound *= np.sin(np.pi * (np.arange(length) + 1) / (length + 1)) / max(np.std(sound), 1e-9)
        wave[start : start + length] = _between(rng, 0.2, 1.0) * sound
        start += length + int(rng.exponential(0.08) * rate)
    return wave + 0.01 * rng.standard_normal(samples)


def babble(clips: np.ndarray, samples: int, rng: np.random.Generator) -> np.ndarray:
    """Several talkers at once, each of them clip after clip of int16 `clips` `(clips, samples)`, equally loud."""
    wave = np.zeros(samples)
    for _ in range(rng.integers(FEWEST_TALKERS, MOST_TALKERS + 1)):
        said = clips[rng.integers(0, len(clips), samples // clips.shape[1] + 2)].astype(np.float64)
        said /= np.maximum(said.std(axis=1, keepdims=True), 1.0)
        start = rng.integers(0, clips.shape[1])
        wave += said.reshape(-1)[start : start + samples]
    return wave


KINDS: Sequence[Noise] = (coloured, resonant, wind, hum, knocks, music, sirens, murmur)


def _shaped(spectrum: np.ndarray, samples: int, rng: np.random.Generator) -> np.ndarray:
    """White noise through an amplitude spectrum, of standard deviation 1."""
    wave = np.fft.irfft(np.fft.rfft(rng.standard_normal(samples)) * spectrum, samples)
    return wave / np.std(wave)


def _swelling(samples: int, rate: int, speed: float, rng: np.random.Generator) -> np.ndarray:
    """A loudness between 0 and 1 that changes about `speed` times a second."""
    knots = rng.random(max(2, int(speed * samples / rate) + 2))
    return np.interp(np.linspace(0, len(knots) - 1, samples), np.arange(len(knots)), knots)


def _between(rng: np.random.Generator, low: float, high: float) -> float:
    """Between two numbers, every ratio as likely."""
    return float(np.exp(rng.uniform(np.log(low), np.log(max(low, high)))))


def _int16(wave: np.ndarray) -> np.ndarray:
    scaled = wave * (LEVEL / max(float(np.std(wave)), 1e-9))
    return np.rint(np.clip(scaled, -1.0, 1.0) * 32767).astype(np.int16)
