"""From the probabilities of a model to its answer, which may be "none of these"."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from heedful.apps.calibration import tempered

NONE = -1  # instead of a label
UNTOLD = {"temperature": 1.0, "threshold": 0.0}  # an operating point where none was chosen


@dataclass(frozen=True, eq=False)
class Answer:
    """What a model says of a text."""

    label: str | None  # None: none of these
    top: tuple[tuple[str, float], ...]  # the most probable labels, best first, with their calibrated probabilities
    words: tuple[tuple[str, float], ...]  # that were read, with the space before each, and their shares of the look
    attention: np.ndarray  # float32 (heads, tokens), each head sums to 1
    probabilities: np.ndarray  # float64 (labels,), calibrated


def best(probabilities: np.ndarray, outside: int | None) -> tuple[np.ndarray, np.ndarray]:
    """The most probable label of `(n, labels)` but for `outside`, int `(n,)`, and how much more probable it is than
    that one, `(n,)`.
    """
    inside, none = np.array(probabilities), np.zeros(len(probabilities))
    if outside is not None:
        none, inside[:, outside] = probabilities[:, outside], 0
    return inside.argmax(axis=1), inside.max(axis=1) - none


def decided(probabilities: np.ndarray, outside: int | None, point: Mapping[str, float]) -> np.ndarray:
    """The label of each row of `(n, labels)` at an operating point, int `(n,)`: `NONE` where no label but `outside`,
    that of "none of these", leads that one by the threshold when calibrated.
    """
    labels, lead = best(tempered(probabilities, point["temperature"]), outside)
    return np.where(lead < point["threshold"], NONE, labels)
