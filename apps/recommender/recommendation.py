"""What a recommender says: shared by the app that asks it and the pictures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Attended:
    """A past action and how much an item attended to it; the newest action is 1 step back.

    The weights of a recommendation sum to 1 over the actions that the model read. Those of a ranked candidate are each
    between 0 and 1, and a candidate that nothing in the history speaks for has small ones everywhere.
    """

    item: str
    title: str
    steps_back: int
    weight: float


@dataclass(frozen=True, eq=False)
class Recommendation:
    """An item, its score (higher is better; comparable within one answer) and what of the history it attended to."""

    item: str
    title: str
    score: float
    attention: np.ndarray  # float32 (actions read,), the oldest first
    attended: tuple[Attended, ...]  # the most attended actions, best first
    parts: Mapping[str, float] = field(default_factory=dict)  # of a model that counts besides: which part spoke for it


def aligned(scores: Sequence[float]) -> list[str]:
    """The scores with as many decimals as give the greatest three digits, in one width."""
    greatest = max((abs(score) for score in scores), default=0.0)
    decimals = int(np.clip(2 - np.floor(np.log10(greatest)), 0, 9)) if greatest > 0 else 0
    texts = [f"{score:.{decimals}f}" for score in scores]
    return [f"{text:>{max(map(len, texts))}}" for text in texts]
