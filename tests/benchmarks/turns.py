"""Times of things that are compared: they take turns, so that a busy machine slows all of them."""

import time
from collections.abc import Callable

Work = Callable[[], object]
ROUNDS = 25


def milliseconds(works: dict[str, Work], rounds: int = ROUNDS) -> dict[str, float]:
    """Fastest time of each work, taken in turns after a warm-up."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for turn in range(rounds + 2):
        for name, work in works.items():
            start = time.perf_counter()
            work()
            if turn > 1:
                times[name].append(time.perf_counter() - start)
    return {name: 1000 * min(values) for name, values in times.items()}
