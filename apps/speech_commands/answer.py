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
