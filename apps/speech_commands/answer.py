"""What a speech model says to one window of sound: shared by the recogniser and the pictures."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Answer:
    """Probabilities and attention of one window that begins `start` seconds after the recording does.

    `start` is negative where silence was put before the recording.
    """

    start: float
    probabilities: np.ndarray  # (labels,)
    attention: np.ndarray  # (heads, frames); each head sums to 1 over the window

    def top(self, labels: Sequence[str], count: int = 3) -> list[tuple[str, float]]:
        """The `count` most probable labels with their probabilities, best first."""
        order = np.argsort(-self.probabilities, kind="stable")[:count]
        return [(labels[int(index)], float(self.probabilities[index])) for index in order]


def looked(attention: np.ndarray) -> np.ndarray:
    """Where in its window a model looked, from `attention` `(..., heads, frames)`: in windows from the middle, `(...)`.

    It is the mean of the attention over time. It places a word better than the window does, and says nothing (0) when
    the attention is even.
    """
    frames = attention.shape[-1]
    mean = attention.mean(axis=-2)
    centre = mean @ (np.arange(frames) + 0.5) / np.maximum(mean.sum(axis=-1), 1e-9)
    return centre / frames - 0.5
