"""What an action weighs in training: by the type of its event, by its rating, by both, or as much as any other.

    events=view:1,cart:3,buy:5        each event its own weight; an event without one is left out
    strength=rating                   the rating divided by the mean of all ratings

A rating that is missing or below zero, which says that there is none, counts as the mean. The weights of a log have a
mean of 1.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

RATING = "rating"
STRENGTHS = ("", RATING)  # of the setting `strength`


def weights_of_events(text: str) -> dict[str, float]:
    """`view:1,cart:3` as numbers by name, in lower case. Raises `ValueError`, one sentence, where it is not that."""
    weights: dict[str, float] = {}
    for part in filter(None, map(str.strip, text.split(","))):
        name, colon, number = part.rpartition(":")
        try:
            weight = float(number)
        except ValueError:
            weight = math.nan
        if not colon or not name.strip() or not math.isfinite(weight) or weight < 0:
            raise ValueError(f"events={text} is no list like view:1,cart:3, with a weight of 0 or more for each")
        weights[name.strip().lower()] = weight
    if weights and not any(weights.values()):
        raise ValueError(f"events={text} leaves all events out")
    return weights


@dataclass(frozen=True)
class Weighing:
    """The settings."""

    events: Mapping[str, float] = field(default_factory=dict)  # weights by name; empty: all alike
    rated: bool = False
    strict: bool = True  # whether a log has to have what they ask for, as one to train on

    @classmethod
    def of(cls, events: str, strength: str, strict: bool = True) -> "Weighing":
        """That of the settings `events` and `strength`."""
        return cls(weights_of_events(events), strength == RATING, strict)

    @property
    def given(self) -> bool:
        return bool(self.events) or self.rated


ALIKE = Weighing()
