"""The rank of what came next among all items of the catalogue, and what follows from ranks.

Ranks count from 1. Ties are pessimistic: every other item with the target's score stands before it, so a model that
says the same of everything is no good. A target that cannot be recommended has rank infinity and is a miss: an item
that the catalogue does not hold, and, where seen items are filtered, one that the history holds already.

Only a chunk of users has its scores in memory, float (CHUNK, rows): 56 MB with 54,542 items in float32.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from heedful.recipes.recommender.data import Examples
from heedful.recipes.recommender.reading.item_catalogue import FIRST, PAD

CHUNK = 256  # users whose scores are in memory at a time
METRICS = ("HR@1", "HR@5", "HR@10", "NDCG@10", "MRR")

Score = Callable[[np.ndarray], np.ndarray]  # users of a split int (k,) -> any real numbers (k, rows)


@dataclass(frozen=True, eq=False)
class Ranks:
    """Ranks of the targets of users, float (users,), infinite for a miss for certain."""

    filtered: np.ndarray  # among the items that the user has not seen
    unfiltered: np.ndarray  # among all items
    sampled: np.ndarray | None  # among the given negatives
    repeated: np.ndarray  # bool (users,): whether the history holds the target already
    unknown: int  # targets that the catalogue does not hold

    def headline(self, repeats: bool) -> np.ndarray:
        """Those that count: among all items where those of the history may be recommended, else among the others."""
        return self.unfiltered if repeats else self.filtered


def seen(examples: Examples, users: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Every item once that each of `users` (k,) has in the full history: (position in `users`, row), in that order."""
    histories = [examples.history(user) for user in users]
    who = np.repeat(np.arange(len(users)), [len(history) for history in histories])
    items = np.concatenate([*histories, np.zeros(0, np.int64)]).astype(np.int64)
    width = max(FIRST, int(items.max(initial=0))) + 1
    keys = np.unique(who[items >= FIRST] * width + items[items >= FIRST])
    return keys // width, keys % width


def rank_targets(
    score: Score, examples: Examples, users: np.ndarray, *, negatives: np.ndarray | None = None, chunk: int = CHUNK
) -> Ranks:
    """Ranks of the targets of `users` int (n,), of the `examples` of a split.

    `negatives` int32 (n, any), padded with PAD, asks for `sampled`.
    Raises ValueError when `score` gives NaN or not one row of numbers a user.
    """
    filtered, unfiltered, sampled = (np.full(len(users), np.inf) for _ in range(3))
    repeated = np.zeros(len(users), bool)
    for start in range(0, len(users), chunk):
        part = slice(start, start + chunk)
        chosen = users[part]
        scores = checked(score(chosen), len(chosen))
        targets = examples.targets[chosen]
        known = targets >= FIRST
        mine = scores[np.arange(len(chosen)), np.where(known, targets, FIRST)][:, None]
        before = np.count_nonzero(scores[:, FIRST:] >= mine, axis=1)  # the target itself is one of them
        who, rows = seen(examples, chosen)
        seen_before = np.bincount(who, weights=scores[who, rows] >= mine[who, 0], minlength=len(chosen))
        repeated[part] = np.bincount(who, weights=rows == targets[who], minlength=len(chosen)) > 0
        unfiltered[part] = np.where(known, before, np.inf)
        filtered[part] = np.where(known & ~repeated[part], before - seen_before, np.inf)
        if negatives is not None:
            drawn = negatives[part]
            better = (np.take_along_axis(scores, drawn.astype(np.int64), axis=1) >= mine) & (drawn != PAD)
            sampled[part] = np.where(known, 1 + better.sum(axis=1), np.inf)
    unknown = int(np.sum(examples.targets[users] < FIRST))
    return Ranks(filtered, unfiltered, None if negatives is None else sampled, repeated, unknown)


def checked(scores: np.ndarray, users: int) -> np.ndarray:
    """`scores` (users, rows) if they can be ranked; raises ValueError otherwise."""
    scores = np.asarray(scores)
    if scores.ndim != 2 or len(scores) != users or scores.shape[1] <= FIRST:
        raise ValueError(f"{users} histories gave scores of shape {scores.shape}")
    if np.isnan(scores[:, FIRST:]).any():
        raise ValueError("the model gives NaN scores: its weights are broken")
    return scores


def per_user(ranks: np.ndarray) -> dict[str, np.ndarray]:
    """What each user adds to every one of METRICS, float (users,), of one target at rank `ranks` (users,).

    With a single relevant item NDCG is 1 / log2(1 + rank) (Järvelin and Kekäläinen, 2002), and MRR has no cut.
    """
    hits = {f"HR@{cut}": (ranks <= cut).astype(np.float64) for cut in (1, 5, 10)}
    gain = np.where(ranks <= 10, 1 / np.log2(1 + ranks), 0.0)
    return {**hits, "NDCG@10": gain, "MRR": 1 / ranks}


def spread(count: int, most: int) -> np.ndarray:
    """At most `most` of `count` users, evenly spread, int (users,)."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).astype(np.int64))
