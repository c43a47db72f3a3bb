"""What people are shown: the first ten recommendations of each, and what can be said of them beside accuracy.

    lists = given_lists(recommend, examples, users, repeats)      # int32 (n, TOP), padded with PAD
    measures(lists, targets, training, counts)

Novelty is the mean self-information -log2 p of what is shown, p being the item's share of all training actions (Zhou et
al., PNAS 2010; Vargas and Castells, RecSys 2011); an item that training never saw counts as seen once. The distance
within a list is the mean of 1 - cosine over its pairs (intra-list distance: Ziegler et al., WWW 2005; Vargas and
Castells, 2011). An item is there the set of users who took it in training, not the vector of a model: so lists of
models and baselines compare, a model cannot call its own lists diverse, and data without features have it, too.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import sparse

from heedful.recipes.recommender.data import Examples
from heedful.recipes.recommender.reading.item_catalogue import FIRST, PAD
from heedful.recipes.recommender.reading.log import Log
from heedful.recipes.recommender.scoring.bands import popularity_bands
from heedful.recipes.recommender.scoring.ranks import CHUNK, Score, checked, per_user, seen, spread
from heedful.recipes.recommender.scoring.takers import takers

TOP = 10  # recommendations that a user is taken to see
MOST = 3000  # lists whose distance is worked out

Recommend = Callable[[np.ndarray], np.ndarray]  # users of a split int (k,) -> rows (k, any), in the order of the list


def given_lists(
    recommend: Recommend, examples: Examples, users: np.ndarray, repeats: bool, chunk: int = CHUNK
) -> np.ndarray:
    """The first `TOP` items that a model recommends to each of `users` (n,), int32 (n, TOP), padded with PAD.

    Without `repeats` those of the whole history are left out, as the app does: the model may read less of it.
    """
    parts = [users[start : start + chunk] for start in range(0, len(users), chunk)]
    return np.concatenate([first_allowed(np.asarray(recommend(part)), examples, part, repeats) for part in parts])


def scored_lists(score: Score, examples: Examples, users: np.ndarray, repeats: bool, chunk: int = CHUNK) -> np.ndarray:
    """The same of what scores all items: the `TOP` best."""
    parts = [users[start : start + chunk] for start in range(0, len(users), chunk)]
    return np.concatenate([best_allowed(checked(score(part), len(part)), examples, part, repeats) for part in parts])


def first_allowed(rows: np.ndarray, examples: Examples, users: np.ndarray, repeats: bool) -> np.ndarray:
    """Of rows (k, any) the first that may be recommended."""
    allowed = rows >= FIRST
    if not repeats:
        who, items = seen(examples, users)
        width = max(int(rows.max(initial=0)), int(items.max(initial=0))) + 1
        allowed &= ~np.isin(np.arange(len(rows))[:, None] * width + rows, who * width + items)
    places = np.argsort(~allowed, axis=1, kind="stable")[:, :TOP]
    found = np.where(np.take_along_axis(allowed, places, 1), np.take_along_axis(rows, places, 1), PAD)
    return np.pad(found, [(0, 0), (0, TOP - found.shape[1])], constant_values=PAD).astype(np.int32)


def best_allowed(scores: np.ndarray, examples: Examples, users: np.ndarray, repeats: bool) -> np.ndarray:
    """The best rows that may be recommended, by scores (k, rows)."""
    masked = np.array(scores, np.float32)
    masked[:, :FIRST] = -np.inf
    if not repeats:
        masked[seen(examples, users)] = -np.inf
    count = min(TOP, masked.shape[1])
    best = np.argpartition(masked, masked.shape[1] - count, axis=1)[:, masked.shape[1] - count :]
    values = np.take_along_axis(masked, best, 1)
    order = np.argsort(-values, axis=1, kind="stable")
    best, values = np.take_along_axis(best, order, 1), np.take_along_axis(values, order, 1)
    found = np.where(values > -np.inf, best, PAD)
    return np.pad(found, [(0, 0), (0, TOP - count)], constant_values=PAD).astype(np.int32)


def measures(lists: np.ndarray, targets: np.ndarray, training: Log, counts: np.ndarray) -> dict[str, Any]:
    """What lists int32 (n, TOP) are like: HR and NDCG of `targets` (n,) in them, then what needs no target, and under
    `bands` the share of recommendations in each popularity band. `counts` (rows,) are those of the training.

    None stands for what lists without items, or with one only, do not have.
    """
    shown = lists[lists != PAD]
    values = per_user(places(lists, targets))
    return {
        **{name: float(values[name].mean()) for name in ("HR@10", "NDCG@10")},
        "coverage@10": len(np.unique(shown)) / (len(counts) - FIRST),
        "popularity@10": mean(popularity(counts)[shown - FIRST]),
        "novelty@10": mean(novelty(counts)[shown - FIRST]),
        "distance@10": mean(distances(lists[spread(len(lists), MOST)], takers(training, len(counts)))),
        "bands": shares(shown, counts),
    }


def places(lists: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """At which place each target stands in its list, from 1, float (n,); infinite where it does not."""
    hit = (lists == targets[:, None]) & (targets >= FIRST)[:, None]
    return np.where(hit.any(axis=1), 1.0 + hit.argmax(axis=1), np.inf)


def popularity(counts: np.ndarray) -> np.ndarray:
    """Of each item, from 0 to 1 by rank in training, float (items,); items that tie share the middle."""
    from scipy.stats import rankdata

    return (rankdata(counts[FIRST:]) - 0.5) / (len(counts) - FIRST)


def novelty(counts: np.ndarray) -> np.ndarray:
    """Self-information of each item in bits, float (items,)."""
    return -np.log2(np.maximum(counts[FIRST:], 1) / max(1, counts[FIRST:].sum()))


def distances(lists: np.ndarray, users: sparse.csr_array) -> np.ndarray:
    """Mean of 1 - cosine over the pairs of each list that has a pair, float (at most n,); `users` is 1 where a user
    took an item, (users, rows).

    The squared length of a sum of unit vectors is their number plus the cosines of all pairs, which so need not be
    worked out one by one. An item that nobody took is unlike every other.
    """
    taken = np.asarray(users.sum(axis=0)).ravel()
    unit = users.multiply(1 / np.sqrt(np.maximum(taken, 1))[None]).T.tocsr()
    found = []
    for start in range(0, len(lists), CHUNK):
        part = lists[start : start + CHUNK]
        who, place = np.nonzero(part != PAD)
        rows = part[who, place]
        chosen = sparse.csr_array((np.ones(len(rows)), (who, rows)), shape=(len(part), len(taken)))
        length = (chosen @ unit).power(2).sum(axis=1)
        size, known = (np.bincount(who, weights=w, minlength=len(part)) for w in (np.ones(len(rows)), taken[rows] > 0))
        pairs = size > 1
        found.append(1 - (length - known)[pairs] / (size * (size - 1))[pairs])
    return np.concatenate(found)


def shares(shown: np.ndarray, counts: np.ndarray) -> dict[str, float]:
    """Which share of these rows lies in each band of popularity."""
    names, band = popularity_bands(shown, counts)
    held = np.bincount(band, minlength=len(names)) / max(1, len(shown))
    return {name: float(share) for name, share in zip(names, held, strict=True)}


def mean(values: np.ndarray) -> float | None:
    return float(values.mean()) if len(values) else None
