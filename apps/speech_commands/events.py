"""From the answers of a sliding window to events: which word was said, and when.

A model of one second hears each word in many overlapping windows. The decoder here is in the manner of
`RecognizeCommands` in TensorFlow's speech_commands example (average the probabilities, compare with a threshold, ask
for a minimum count, suppress repetitions), with three changes: an event waits for the peak of its average, so that
its score is the best one and its time the middle of the word; repetitions are told apart by the times of the words,
not of the windows, so that "up, up" without a pause is two events; and the windows begin and end half outside the
recording, so that a word at its edge is heard as often as any other.
"""

import math
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

SILENCE = "_silence_"
UNKNOWN = "_unknown_"
NEVER_EVENTS = frozenset({SILENCE, UNKNOWN})
LONGEST = 60.0  # seconds; what a card says beyond that is damage


@dataclass(frozen=True)
class Detection:
    """When a run of answers is an event. Times in seconds, `threshold` an averaged probability."""

    hop: float = 0.1  # between two windows
    average: float = 0.5  # span of windows whose probabilities are averaged; longer merges quick repetitions
    threshold: float = 0.7
    minimum_count: int = 3  # windows within the average in which the word must be the top answer
    suppression: float = 0.7  # least distance of two events, middle to middle; one endless sound repeats at it

    def __post_init__(self) -> None:
        if self.hop <= 0 or self.average < self.hop or self.suppression < 0:
            raise ValueError(f"detection needs hop > 0, average >= hop and suppression >= 0, not {self}")
        if not 0 < self.threshold <= 1 or not 1 <= self.minimum_count <= self.windows:
            raise ValueError(f"detection needs 0 < threshold <= 1 and 1 <= minimum_count <= {self.windows}, not {self}")

    @property
    def windows(self) -> int:
        """Windows in the average."""
        return round(self.average / self.hop)


def detection_of(card: Mapping[str, Any]) -> Detection:
    """The detection of an exported file: that of the operating point on its card, or the default where there is none.

    Raises `ValueError`, `TypeError` or `KeyError` for one that cannot be meant.
    """
    file = card.get("file", {})
    if not isinstance(file, Mapping):
        raise TypeError("the file of a card is an object")
    point = file.get("operating_point", {})
    return from_point(point) if point != {} else Detection()


def from_point(point: Mapping[str, Any]) -> Detection:
    """The detection of an operating point as it stands on a card. Raises as `detection_of` does."""
    values = {item.name: point["detection"][item.name] for item in fields(Detection)}
    if type(values["minimum_count"]) is not int or not all(type(value) in (int, float) for value in values.values()):
        raise TypeError("a detection is made of numbers")
    if not all(math.isfinite(value) and value <= LONGEST for value in values.values()) or values["hop"] < 0.001:
        raise ValueError("a detection has a hop from 1 ms on, and lasts no minute")
    return Detection(**values)


@dataclass(frozen=True)
class Event:
    """A word in a stream: `time` of its middle in seconds from the start, `score` its best averaged probability."""

    time: float
    label: str
    score: float


class RingBuffer:
    """The last `samples` samples of a stream, handed out every `hop` samples whatever the size of the chunks.

    It starts filled with zeros, and the first window handed out has its middle at the first sample of the stream.
    """

    def __init__(self, samples: int, hop: int) -> None:
        self._buffer = np.zeros(samples, np.float32)
        self._hop = hop
        self._due = samples - samples // 2  # samples until the next window
        self._received = 0

    def push(self, chunk: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
        """Yields `(position of the window's middle in the stream, window (samples,))` for each window that is due."""
        chunk = np.asarray(chunk, np.float32).reshape(-1)
        samples = len(self._buffer)
        while len(chunk) >= self._due:
            self._append(chunk[: self._due])
            chunk, self._due = chunk[self._due :], self._hop
            yield self._received - (samples - samples // 2), self._buffer.copy()
        self._due -= len(chunk)
        self._append(chunk)

    def _append(self, part: np.ndarray) -> None:
        count = min(len(part), len(self._buffer))
        self._buffer[: len(self._buffer) - count] = self._buffer[count:].copy()
        self._buffer[len(self._buffer) - count :] = part[len(part) - count :]
        self._received += len(part)


class Decoder:
    """Turns probabilities, one row per window, into events: `add` per window, `finish` at the end of the stream."""

    def __init__(self, labels: Sequence[str], detection: Detection) -> None:
        self._labels = tuple(labels)
        self._words = np.array([label not in NEVER_EVENTS for label in self._labels])
        self._detection = detection
        self._history: deque[tuple[float, np.ndarray]] = deque(maxlen=detection.windows)
        self._candidate: Event | None = None  # above the threshold, its peak not yet passed
        self._last = -np.inf  # time of the last event

    def add(self, time: float, probabilities: np.ndarray) -> Event | None:
        """The event that this window completes, if any.

        `time` in seconds is where this window hears its word (its middle, when nothing better is known), and
        `probabilities` is `(labels,)`.
        """
        self._history.append((time, np.array(probabilities, np.float64)))
        mean = np.mean([row for _, row in self._history], axis=0)
        if self._candidate is not None:
            label = self._labels.index(self._candidate.label)
            if mean[label] <= self._candidate.score:
                return self._close()
            self._candidate = self._event(label, mean[label])
            return None
        label = int(mean.argmax())
        if self._starts(label, mean[label]):
            self._candidate = self._event(label, mean[label])
        return None

    def finish(self) -> Event | None:
        """The event that was still waiting for its peak, if any."""
        return None if self._candidate is None else self._close()

    def _starts(self, label: int, score: float) -> bool:
        if not self._words[label] or score < self._detection.threshold:
            return False
        heard = [int(row.argmax()) == label for _, row in self._history]
        # The newest window must hear it too, or the end of a long word would be a second one.
        if not heard[-1] or sum(heard) < self._detection.minimum_count:
            return False
        return self._event(label, score).time - self._last >= self._detection.suppression

    def _event(self, label: int, score: float) -> Event:
        """Its time is the centre of gravity of the label's probability over the averaged windows."""
        times = np.array([[time] for time, _ in self._history])
        rows = np.stack([row for _, row in self._history])
        # Sums over rows go from the oldest to the newest, as those of `Averaged` do.
        time = np.sum(times * rows, axis=0)[label] / np.sum(rows, axis=0)[label]
        return Event(float(time), self._labels[label], float(score))

    def _close(self) -> Event:
        event = self._candidate
        assert event is not None
        self._candidate, self._last = None, event.time
        return event


@dataclass(frozen=True)
class Completed:
    """An event of a whole trace, and the index of the window that completes it."""

    event: Event
    window: int


class Averaged:
    """A whole trace averaged once, to be searched for events with any threshold: what `Decoder` gives window by window,
    to the last bit.

    `times` `(windows,)` and `probabilities` `(windows, labels)` are what `Decoder.add` takes, `average` is the number
    of windows that are averaged.
    """

    def __init__(self, times: np.ndarray, probabilities: np.ndarray, labels: Sequence[str], average: int) -> None:
        self._labels = tuple(labels)
        rows = np.asarray(probabilities, np.float64).reshape(-1, len(self._labels))
        windows = np.arange(len(rows))
        sums = _trailing_sums(rows, average)
        self._mean = sums / np.minimum(windows + 1, average)[:, None]
        with np.errstate(invalid="ignore"):  # a label that was never probable is heard nowhere
            self._centre = _trailing_sums(np.asarray(times, np.float64)[:, None] * rows, average) / sums
        self._top, heard = self._mean.argmax(axis=1), rows.argmax(axis=1)
        before = np.concatenate([np.full(average - 1, -1), heard])
        self._count = sum((before[start : start + len(rows)] == self._top for start in range(average)), np.array(0))
        words = np.array([label not in NEVER_EVENTS for label in self._labels])
        self._possible = words[self._top] & (heard == self._top)
        self._score = self._mean[windows, self._top]
        self._peak = _summits(self._mean)[windows, self._top]

    def starts(self, threshold: float, minimum_count: int, suppression: float) -> list[int]:
        """The windows with which events begin."""
        possible = self._possible & (self._score >= threshold) & (self._count >= minimum_count)
        windows = np.flatnonzero(possible)
        tops, peaks = self._top[windows], self._peak[windows]
        begins, ends = self._centre[windows, tops].tolist(), self._centre[peaks, tops].tolist()
        found, free, last = [], 0, -np.inf
        for window, peak, begin, end in zip(windows.tolist(), peaks.tolist(), begins, ends, strict=True):
            if window >= free and begin - last >= suppression:
                found.append(window)
                free, last = peak + 2, end  # the window that completes it starts no other
        return found

    def completed(self, threshold: float, minimum_count: int, suppression: float) -> list[Completed]:
        """The events in the order in which they are told."""
        found = []
        for window in self.starts(threshold, minimum_count, suppression):
            peak, label = int(self._peak[window]), int(self._top[window])
            event = Event(float(self._centre[peak, label]), self._labels[label], float(self._mean[peak, label]))
            found.append(Completed(event, min(peak + 1, len(self._mean) - 1)))
        return found


def events_of(times: np.ndarray, probabilities: np.ndarray, labels: Sequence[str], detection: Detection) -> list[Event]:
    """The events of a whole trace, `times` `(windows,)` and `probabilities` `(windows, labels)`: those of `Decoder`,
    to the last bit, at some milliseconds an hour where little happens.
    """
    averaged = Averaged(times, probabilities, labels, detection.windows)
    found = averaged.completed(detection.threshold, detection.minimum_count, detection.suppression)
    return [item.event for item in found]


def _trailing_sums(rows: np.ndarray, count: int) -> np.ndarray:
    """Of each row `(n, labels)` and the `count - 1` before it, the oldest first: the order decides the last bit."""
    before = np.concatenate([np.zeros((count - 1, rows.shape[1])), rows])
    sums = np.zeros_like(rows)
    for start in range(count):
        sums += before[start : start + len(rows)]
    return sums


def _summits(mean: np.ndarray) -> np.ndarray:
    """For each window and label `(n, labels)`, the window up to which the average rises from there without a break."""
    places = np.arange(len(mean))[:, None]
    falls = np.ones(mean.shape, bool)
    falls[:-1] = mean[1:] <= mean[:-1]
    return np.minimum.accumulate(np.where(falls, places, len(mean))[::-1], axis=0)[::-1]
