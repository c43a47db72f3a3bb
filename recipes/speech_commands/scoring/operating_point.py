"""Which detection a model is used with: the one that finds most words among those within a budget of false alarms.

Thresholds cannot be compared between models: one trained with smoothed labels never says 0.98, and a quantized one says
less than its float twin. So every file has its own, chosen on the validation split.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from heedful.apps.speech_commands.events import Averaged, Detection
from heedful.recipes.speech_commands.scoring.counts import match, per_hour
from heedful.recipes.speech_commands.scoring.trace import Trace

THRESHOLDS = tuple(round(0.3 + 0.02 * step, 2) for step in range(35))  # to 0.98


@dataclass(frozen=True)
class Grid:
    """The detections that are tried. A `minimum_count` that an average is too short for is left out."""

    hop: float = 0.1
    averages: tuple[float, ...] = (0.3, 0.5, 0.7, 1.0)
    minimum_counts: tuple[int, ...] = (2, 3, 4)
    thresholds: tuple[float, ...] = THRESHOLDS
    suppression: float = 0.7


@dataclass(frozen=True)
class Budget:
    """False events that a user bears, in an hour of noise and in an hour of other people's words."""

    noise: float = 1.0
    foreign: float = 10.0

    def __post_init__(self) -> None:
        if not (self.noise > 0 and self.foreign > 0):
            raise ValueError(f"a budget needs more than 0 false events an hour, not {self}")

    def __mul__(self, factor: float) -> "Budget":
        return Budget(factor * self.noise, factor * self.foreign)


@dataclass(frozen=True, eq=False)
class Streams:
    """The traces of one model on a split; those that the split has nothing for are None."""

    labels: tuple[str, ...]
    foreign: Trace | None
    noise: Trace | None
    commands: Trace | None

    @property
    def judges(self) -> bool:
        """Whether they tell one detection from another: there are commands to find, and something to be silent at."""
        return self.commands is not None and not (self.foreign is None and self.noise is None)


@dataclass(frozen=True)
class Tried:
    """One detection on the streams: false events an hour, None where there is no such stream, and words found."""

    detection: Detection
    noise: float | None
    foreign: float | None
    found: int

    @property
    def false(self) -> float:
        """False events in an hour of each."""
        return (self.noise or 0.0) + (self.foreign or 0.0)

    def over(self, budget: Budget) -> float:
        """By how many budgets it is over the budget; 0 within it."""
        shares = ((self.noise or 0.0) / budget.noise, (self.foreign or 0.0) / budget.foreign)
        return sum(max(0.0, share - 1.0) for share in shares)


def try_all(streams: Streams, grid: Grid) -> list[Tried]:
    """Every detection of the grid on streams whose windows lie `grid.hop` apart."""
    tried = []
    traces = streams.noise, streams.foreign, streams.commands
    for average in grid.averages:
        width = round(average / grid.hop)
        averaged = [item and Averaged(item.times, item.probabilities, streams.labels, width) for item in traces]
        for count in (count for count in grid.minimum_counts if count <= width):
            for threshold in grid.thresholds:
                setting = threshold, count, grid.suppression
                noise, foreign = (
                    item and trace and per_hour(len(item.starts(*setting)), trace.track.seconds)
                    for item, trace in zip(averaged[:2], traces[:2], strict=True)
                )
                heard = averaged[2].completed(*setting) if averaged[2] else []
                words = streams.commands.track.words if streams.commands else ()
                detection = Detection(grid.hop, average, *setting)
                tried.append(Tried(detection, noise, foreign, len(match(words, heard).found)))
    return tried


def choose(tried: Sequence[Tried], budget: Budget) -> Tried:
    """Most words found among those within the budget; of equals fewer false events, then the higher threshold. Where
    none keeps to it, the one that is least over it.
    """
    return min(tried, key=lambda item: (item.over(budget), -item.found, item.false, -item.detection.threshold))


def found_share(streams: Streams, tried: Sequence[Tried], budget: Budget, factors: Sequence[float]) -> float:
    """The mean, over budgets `factors` times as large, of the share of words found by the best setting within each;
    none where no setting keeps to it.
    """
    assert streams.commands is not None
    best = (choose(tried, budget * factor) for factor in factors)
    found = [item.found if not item.over(budget * factor) else 0 for item, factor in zip(best, factors, strict=True)]
    return float(np.mean(found)) / len(streams.commands.track.words)
