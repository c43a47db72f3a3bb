"""Times of things that are compared: they take turns, so that a busy machine slows all of them."""

import statistics
import time
from collections.abc import Callable

Work = Callable[[], object]
ROUNDS = 25


def milliseconds(works: dict[str, Work], rounds: int = ROUNDS) -> dict[str, float]:
    """Fastest time of each work, taken in turns after a warm-up."""
    return {name: min(times) for name, times in _taken(works, rounds).items()}


def beside(work: Work, peer: Work, rounds: int = ROUNDS) -> tuple[float, float, float]:
    """Fastest time of each, in milliseconds, and the median of `work / peer` over the rounds."""
    mine, theirs = _taken({"work": work, "peer": peer}, rounds).values()
    return min(mine), min(theirs), statistics.median(m / t for m, t in zip(mine, theirs, strict=True))


def _taken(works: dict[str, Work], rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each work in each round; every other round goes backwards, lest one always has to follow."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for turn in range(rounds + 2):
        for name in list(works)[:: 1 if turn % 2 else -1]:
            start = time.perf_counter()
            works[name]()
            if turn > 1:
                times[name].append(1000 * (time.perf_counter() - start))
    return times
