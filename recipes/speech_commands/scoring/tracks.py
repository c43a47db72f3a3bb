"""Long recordings made of a split's own clips and noise: what a microphone hears between commands, and commands.

    foreign     words that are no commands, one after the other as people speak
    noise       noise of all volumes, silence included
    commands    every command once, with pauses

The same seed gives the same track. A minute takes 1.9 MB at 16 kHz.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from heedful.apps.speech_commands.events import NEVER_EVENTS, UNKNOWN
from heedful.recipes.speech_commands.data import Clips, SpeechData
from heedful.recipes.speech_commands.reading.background import volumes
from heedful.recipes.speech_commands.reading.recordings import FULL_SCALE

FRAME = 0.01  # seconds of sound whose power is one
SOUNDING = 1e-3  # share of the power of the loudest frame from which on a frame is sound: -30 dB
MARGIN = 0.1  # seconds kept around the sound of a clip
FADE = 0.005  # seconds in which a clip comes and goes
FAINT = 0.002  # root mean square of the noise under words, full scale 1
GAPS = (0.0, 0.5)  # seconds between foreign words
GAINS = (-18.0, 6.0)  # decibels of foreign words
PAUSES = (1.0, 2.0)  # seconds between commands
EDGE = 1.0  # seconds before the first and after the last command
PIECE = 10.0  # seconds of noise at one volume, at most
MOST_PASSES = 20  # of a track through its clips: then they are too few to fill it


@dataclass(frozen=True)
class Word:
    """A command in a track: `time` of the middle of its energy in seconds."""

    time: float
    label: str


@dataclass(frozen=True, eq=False)
class Track:
    """A long recording in which only `words` are said that are commands, in order of time."""

    waveform: np.ndarray  # int16 or float32 (samples,)
    rate: int
    words: tuple[Word, ...] = ()

    @property
    def seconds(self) -> float:
        return len(self.waveform) / self.rate


@dataclass(frozen=True, eq=False)
class Sounding:
    """The part of a clip that sounds."""

    waveform: np.ndarray  # float32 (samples,), full scale 1, faded in and out
    middle: float  # seconds from its begin: half of the energy lies before


def foreign(data: SpeechData, split: str, seconds: float, seed: int = 0) -> Track | None:
    """Words of a split that are no commands, as people speak: with short gaps or none, from soft to loud, over faint
    noise; None where it has none.

    Clips come again in a new order, at most `MOST_PASSES` times: the track is then shorter than `seconds`.
    """
    clips = data.split(split)
    rows = [row for row in foreign_rows(clips, data.labels) if clips.waveforms[row].any()]
    if not rows:
        return None
    rng = np.random.default_rng([seed, 1])
    waveform, at = np.zeros(round(seconds * data.rate), np.int16), 0
    for row in islice(_endless(rows, rng), MOST_PASSES * len(rows)):
        if at >= len(waveform):
            break
        part = sounding(clips.waveforms[row], data.rate)
        _add(waveform, at, part.waveform * np.float32(10 ** (rng.uniform(*GAINS) / 20)))
        at += len(part.waveform) + round(rng.uniform(*GAPS) * data.rate)
    waveform = waveform[:at]
    _add_faintly(waveform, data.noise[noise_split(split)], data.rate, rng)
    return Track(waveform, data.rate)


def foreign_rows(clips: Clips, labels: Sequence[str]) -> np.ndarray:
    """Rows of the clips of `_unknown_` that are recordings of words and no pieces of commands."""
    if UNKNOWN not in labels:
        return np.zeros(0, int)
    rows = np.flatnonzero(clips.targets == labels.index(UNKNOWN))
    pieces = {"", *labels} - {UNKNOWN}
    return np.array([row for row in rows if not clips.words or clips.words[row] not in pieces], int)


def noise(data: SpeechData, split: str, seconds: float, seed: int = 0) -> Track | None:
    """Noise recordings of a split one after the other, each whole, the volume another one every `PIECE` seconds; None
    where there are none. At most `MOST_PASSES` times through all of them.
    """
    recordings = data.noise[noise_split(split)]
    if not sum(map(len, recordings)):
        return None
    rng = np.random.default_rng([seed, 2])
    length = min(round(seconds * data.rate), MOST_PASSES * sum(map(len, recordings)))
    waveform, at = np.zeros(length, np.int16), 0
    for recording in _endless(recordings, rng):
        for start in range(0, len(recording), round(PIECE * data.rate)):
            piece = recording[start : start + round(PIECE * data.rate)]
            _add(waveform, at, _faded(volumes(1, rng)[0] * piece / np.float32(FULL_SCALE), data.rate))
            at += len(piece)
        if at >= length:
            return Track(waveform, data.rate)
    raise AssertionError("recordings have no end")


def noise_split(split: str) -> str:
    """Whose noise a split is measured with: its own, or that of the test, because noise of training would flatter."""
    return split if split in ("validation", "test") else "test"


def commands(data: SpeechData, split: str, most: int, seed: int = 0) -> Track | None:
    """Every command clip of a split once, or so many of them, in random order with pauses, over faint noise; None where
    it has none.
    """
    clips = data.split(split)
    targets = [target for target, label in enumerate(data.labels) if label not in NEVER_EVENTS]
    rng = np.random.default_rng([seed, 3])
    rows = [
        row for row in rng.permutation(np.flatnonzero(np.isin(clips.targets, targets))) if clips.waveforms[row].any()
    ]
    rows, edge = rows[:most], round(EDGE * data.rate)
    if not rows:
        return None
    longest = data.samples + round(PAUSES[1] * data.rate)
    waveform, at, words = np.zeros(2 * edge + len(rows) * longest, np.int16), edge, []
    for row in rows:
        part = sounding(clips.waveforms[row], data.rate)
        _add(waveform, at, part.waveform)
        words.append(Word(at / data.rate + part.middle, data.labels[clips.targets[row]]))
        at += len(part.waveform) + round(rng.uniform(*PAUSES) * data.rate)
    waveform = waveform[: at + edge]
    _add_faintly(waveform, data.noise[noise_split(split)], data.rate, rng)
    return Track(waveform, data.rate, tuple(words))


def sounding(clip: np.ndarray, rate: int) -> Sounding:
    """Where an int16 clip `(samples,)`, which is not all zero, sounds, with some margin."""
    frame = max(1, round(FRAME * rate))
    wave = clip.astype(np.float32) / np.float32(FULL_SCALE)
    frames = -(-len(wave) // frame)
    power = np.square(np.pad(wave, (0, frames * frame - len(wave))), dtype=np.float64).reshape(frames, frame).mean(1)
    loud = np.flatnonzero(power >= SOUNDING * power.max())
    margin = round(MARGIN * rate)
    begin = max(0, int(loud[0]) * frame - margin)
    end = min(len(wave), (int(loud[-1]) + 1) * frame + margin)
    energy = np.cumsum(np.square(wave[begin:end], dtype=np.float64))
    middle = int(np.searchsorted(energy, energy[-1] / 2))
    return Sounding(_faded(wave[begin:end], rate), middle / rate)


def _faded(wave: np.ndarray, rate: int) -> np.ndarray:
    """The wave, coming and going without a click."""
    fade = min(max(1, round(FADE * rate)), len(wave) // 2)
    ramp = np.minimum(1.0, (np.arange(len(wave)) + 1) / (fade + 1)).astype(np.float32)
    return wave * ramp * ramp[::-1]


def _add_faintly(waveform: np.ndarray, recordings: Sequence[np.ndarray], rate: int, rng: np.random.Generator) -> None:
    """Adds noise to a track: recordings one after the other, all equally faint; nothing where there are none."""
    at = 0
    for recording in _endless([recording for recording in recordings if recording.any()], rng):
        if at >= len(waveform):
            break
        wave = recording.astype(np.float32) / np.float32(FULL_SCALE)
        _add(waveform, at, _faded(wave * (FAINT / np.sqrt(np.mean(np.square(wave)))), rate))
        at += len(wave)


def _endless(items: Sequence[Any], rng: np.random.Generator) -> Iterator[Any]:
    """The items over and over, every time in another order; none where there are none."""
    while items:
        for index in rng.permutation(len(items)):
            yield items[index]


def _add(waveform: np.ndarray, start: int, part: np.ndarray) -> None:
    """Adds float32 `part`, full scale 1, to int16 `waveform` from sample `start` on, what lies in it; clips."""
    place = waveform[start : start + len(part)]
    total = place + np.rint(part[: len(place)] * np.float32(FULL_SCALE))
    place[:] = np.clip(total, -FULL_SCALE, FULL_SCALE - 1)
