"""Speech data of tones, and a model that listens to them, for the tests of streams."""

from types import SimpleNamespace
from typing import Any

import numpy as np

from heedful.apps.errors import InputError
from heedful.recipes.speech_commands.config import BASE
from heedful.recipes.speech_commands.data import Clips

RATE, SAMPLES = 2000, 2000
LABELS = ("up", "go", "_unknown_", "_silence_")
TONES = {"up": 200, "go": 330, "cat": 500, "dog": 620}  # Hz
BEGINS = 0.5  # seconds into its clip at which a word begins, and how long it lasts
LASTS = 0.3


def clip(word, begins=BEGINS, level=0.5):
    """int16 `(SAMPLES,)`: the tone of a word, with the softest noise around it."""
    time = np.arange(SAMPLES) / RATE
    tone = np.sin(2 * np.pi * TONES[word] * time) * ((time >= begins) & (time < begins + LASTS))
    noise = np.random.default_rng(TONES[word]).standard_normal(SAMPLES)
    return np.rint(32767 * (level * tone + 0.0005 * noise)).astype(np.int16)


def noises(seed, seconds=(7.3, 4.1)):
    rng = np.random.default_rng(seed)
    return tuple(rng.integers(-2000, 2000, round(length * RATE)).astype(np.int16) for length in seconds)


def make(words, noise=((7.3, 4.1)), labels=LABELS) -> Any:
    """SpeechData of which every split says these words, each by the same voice, over noise of its own."""
    targets = [labels.index(word if word in labels else "_unknown_") for word in words]
    rows = [clip(word, begins=0.1 + 0.05 * (index % 9)) for index, word in enumerate(words)]
    clips = Clips(
        np.array(rows, np.int16).reshape(len(rows), SAMPLES), np.array(targets, np.int32), [""] * len(words),
        [f"{word}/{index}.wav" for index, word in enumerate(words)], list(words),
    )  # fmt: skip
    splits = dict.fromkeys(("train", "validation", "test"), clips)

    def split(name):
        if not len(splits[name]):
            raise InputError(f"no {name} clips")
        return splits[name]

    recordings = {name: noises(seed, noise) for seed, name in enumerate(splits)}
    return SimpleNamespace(
        labels=labels, rate=RATE, samples=SAMPLES, config=BASE, splits=splits, noise=recordings, split=split
    )


def listen(waveforms, sure=0.97, labels=LABELS, deaf=()):
    """Probabilities `(n, labels)`: `sure` of the tone that is loud in the middle 0.7 s of a window."""
    middle = waveforms[:, round(0.15 * SAMPLES) : round(0.85 * SAMPLES)].astype(np.float64)
    time = np.arange(middle.shape[1]) / RATE
    heard = np.stack(
        [np.abs(middle @ np.exp(-2j * np.pi * hertz * time)) / middle.shape[1] for hertz in TONES.values()], axis=1
    )
    words = [word if word in labels else "_unknown_" for word in TONES]
    answers = np.full((len(waveforms), len(labels)), (1 - sure) / (len(labels) - 1), np.float32)
    for row, levels in enumerate(heard):
        best = words[int(levels.argmax())] if levels.max() > 0.02 else "_silence_"
        answers[row, labels.index("_silence_" if best in deaf else best)] = sure
    return answers
