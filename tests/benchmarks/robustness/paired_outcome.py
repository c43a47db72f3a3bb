"""What came of some examples, clean and corrupted, and how far the two are apart."""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from heedful.recipes.shared.scoring.interval import bootstrap

Share = Callable[[np.ndarray], np.ndarray]  # sums (n, columns) of counts of as many examples each to scores (n,)


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a model answered to the same examples in the same order."""

    score: float  # as the metric of the recipe has it
    counts: np.ndarray  # float64 (examples, columns), whose sums give the score
    answers: Sequence[Any]
    attention: Sequence[np.ndarray]  # of each example float (rows, places): where it looked, at the places of the clean

    def __post_init__(self) -> None:
        if not all(np.isfinite(part).all() for part in (self.score, self.counts, *self.attention)):
            raise ValueError("the score or the attention is not finite")


class Subject(Protocol):
    """A model with the examples that it is asked about."""

    @property
    def corruptions(self) -> Sequence[str]: ...

    def outcome(self, corruption: str | None, seed: int) -> Outcome:
        """What comes of the examples, corrupted by that name or clean. Raises `ValueError` where it is not finite."""
        ...

    def given(self, corruption: str | None, seed: int) -> Any:
        """The data of the recipe, whose `validation` is the examples."""
        ...

    def share(self, sums: np.ndarray) -> np.ndarray:
        """The score of each of the sums of as many counts, see `Share`."""
        ...

    def baseline(self) -> float | None:
        """The score of what has learnt nothing, on the clean examples; None where that takes training data."""
        ...

    def comparable(self, corruption: str) -> bool:
        """Whether the attention is at the same places as before."""
        ...


@dataclass(frozen=True)
class Difference:
    """How far a corrupted outcome is from the clean one."""

    clean: float
    corrupted: float
    drop: tuple[float, float]  # 95 % interval of clean - corrupted, paired
    changed: float  # share of the answers
    stayed_moved: float  # mean total variation of the attention of those that stayed; NaN where there is none
    changed_moved: float

    @property
    def better(self) -> bool:
        """Whether the corrupted examples are answered better than the clean ones, beyond noise: by twice as much as the
        interval allows, because many corruptions are looked at.
        """
        low, high = self.drop
        return high + (high - low) / 2 < 0


def difference(clean: Outcome, corrupted: Outcome, share: Share, comparable: bool, seed: int) -> Difference:
    columns = clean.counts.shape[1]
    low, high = bootstrap(
        np.concatenate([clean.counts, corrupted.counts], axis=1),
        lambda sums: share(sums[:, :columns]) - share(sums[:, columns:]), seed,
    )  # fmt: skip
    changed = np.array([a != b for a, b in zip(clean.answers, corrupted.answers, strict=True)])
    apart = np.array([moved(a, b) for a, b in zip(clean.attention, corrupted.attention, strict=True)])
    apart = apart if comparable else np.full(len(apart), np.nan)
    return Difference(
        clean.score, corrupted.score, (float(low), float(high)), float(changed.mean()),
        mean(apart[~changed]), mean(apart[changed]),
    )  # fmt: skip


def moved(before: np.ndarray, after: np.ndarray) -> float:
    """Total variation distance, 0 to 1, of weights (rows, places), each row made to sum to 1; the mean over the rows
    that both have: heads, or what was written word by word. NaN where they have none.
    """
    rows = min(len(before), len(after))
    if not rows:
        return float("nan")
    first, second = (
        part[:rows] / np.maximum(part[:rows].sum(axis=1, keepdims=True), 1e-12) for part in (before, after)
    )
    return float(0.5 * np.abs(first - second).sum(axis=1).mean())


def mean(values: np.ndarray) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")


def generator_of(seed: int, corruption: str, row: int) -> np.random.Generator:
    """What draws the corruption of one example, whichever others there are."""
    return np.random.default_rng([seed, zlib.crc32(corruption.encode()), row])


def recording(function: Callable[..., Any], found: list[Any]) -> Callable[..., Any]:
    """The same function, whose answers are also appended to `found`."""

    def asked(*given: Any) -> Any:
        found.append(function(*given))
        return found[-1]

    return asked


def some(count: int, most: int) -> list[int]:
    """At most so many of `count` rows, evenly spread."""
    return [int(row) for row in np.linspace(0, count - 1, min(count, most))]
