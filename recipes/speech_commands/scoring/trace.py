"""What a model answers to every window of a long recording, as the deployed app asks it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from heedful.recipes.shared.scoring.classification import most_probable
from heedful.recipes.speech_commands.reading.recordings import FULL_SCALE
from heedful.recipes.speech_commands.scoring.tracks import Track

HOP = 0.1  # seconds between two windows
CHUNK = 256  # windows given to `predict` at a time: 16 MB of one second at 16 kHz

Predict = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class Trace:
    """The answers to the windows of a track."""

    track: Track
    times: np.ndarray  # (windows,), where each hears its word, in seconds
    probabilities: np.ndarray  # float32 (windows, labels)
    hop: float  # seconds between two windows
    half: float  # seconds of a window that come after its middle

    def told(self, window: int) -> float:
        """When a window is whole, in seconds."""
        return window * self.hop + self.half


def trace(predict: Predict, track: Track, samples: int, hop: float = HOP) -> Trace:
    """The answers of `predict`, float32 `(n, samples)` in [-1, 1] to `(n, labels)`, every `hop` seconds of a track.

    A word is placed where the model looked, as in the app, where `predict` has the attention: its method `placed` gives
    `(probabilities, places (n,))`, in windows from the middle. Else it is placed in the middle of the window.
    Raises ValueError as `most_probable` does.
    """
    step = max(1, round(hop * track.rate))
    placed = getattr(predict, "placed", lambda part: (predict(part), np.zeros(len(part))))
    answers, places = [], []
    for part in windows(track.waveform, samples, step):
        given, place = placed(part)
        most_probable(given, len(part), "windows")
        answers.append(np.asarray(given, np.float32))
        places.append(place)
    probabilities = np.concatenate(answers)
    positions = np.arange(len(probabilities)) * step + np.concatenate(places) * samples
    half = (samples - samples // 2) / track.rate
    return Trace(track, positions / track.rate, probabilities, step / track.rate, half)


def windows(waveform: np.ndarray, samples: int, step: int, chunk: int = CHUNK) -> Iterator[np.ndarray]:
    """Windows float32 `(at most chunk, samples)` of an int16 or float32 waveform, whose middles lie every `step`
    samples: those of `apps.speech_commands.events.RingBuffer`, half a window of zeros after the end.
    """
    half = samples // 2
    count = max(0, (len(waveform) - samples % 2) // step + 1)
    for first in range(0, count, chunk):
        last = min(first + chunk, count) - 1
        begin, end = first * step - half, last * step - half + samples
        part = waveform[max(0, begin) : max(0, end)]
        part = part / np.float32(FULL_SCALE) if part.dtype == np.int16 else part.astype(np.float32)
        padded = np.pad(part, (max(0, -begin), max(0, end - len(waveform))))
        yield np.ascontiguousarray(np.lib.stride_tricks.sliding_window_view(padded, samples)[::step])
