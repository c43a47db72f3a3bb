"""What happens to a history of actions before a model reads it: order lost, actions lost, actions of somebody else.

Each corruption takes how many actions there are and a random generator, and gives what stands in the new history:
places in the old one, oldest first, `STRANGE` for an action that is not of it.
"""

from collections.abc import Callable
from functools import partial

import numpy as np

STRANGE = -1
Corruption = Callable[[int, np.random.Generator], np.ndarray]


def shuffled(count: int, generator: np.random.Generator) -> np.ndarray:
    return generator.permutation(count)


def dropped(count: int, generator: np.random.Generator, share: float) -> np.ndarray:
    """Without a share of the actions; one stays in any case."""
    kept = max(1, count - round(share * count))
    return np.sort(generator.permutation(count)[:kept])


def injected(count: int, generator: np.random.Generator, share: float) -> np.ndarray:
    """With so many strange actions for each of the old ones, anywhere between them."""
    added = round(share * count)
    places = np.full(count + added, STRANGE)
    places[np.sort(generator.permutation(count + added)[:count])] = np.arange(count)
    return places


def strangers(places: np.ndarray, history: np.ndarray, items: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """The rows of a new history (n,): those of `history` (m,) at `places` (n,), any of `items` where it is strange."""
    drawn = generator.choice(items, len(places))
    return np.where(places == STRANGE, drawn, history[np.maximum(places, 0)])


CORRUPTIONS: dict[str, Corruption] = {
    "order shuffled": shuffled,
    **{f"{100 * share:.0f} % of actions dropped": partial(dropped, share=share) for share in (0.2, 0.5)},
    **{f"{100 * share:.0f} % random actions injected": partial(injected, share=share) for share in (0.2, 0.5)},
}
