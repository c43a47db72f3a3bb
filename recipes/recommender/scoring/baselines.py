"""What a sequence model must beat: counting. Popularity, recent popularity, ItemKNN, decayed Markov and EASE; where
people come back to items, what each had most often.

    fitted, left_out = fit(data)                    # once for each data object, then from memory
    fitted["EASE"].scores(examples, users)        # (k, rows), any real numbers

Everything is counted on the training log alone; histories are those that the split gives. Sparse matrices hold the
counts, so a catalogue of 50,000 items is no trouble, but for EASE: its matrix is dense, float32, 4 items^2 bytes (47 MB
for 3,416 items, 1.6 GB for 20,000), and inverting it takes time with items^3.
"""

from typing import Protocol
from weakref import WeakKeyDictionary

import numpy as np
from scipy import linalg, sparse

from heedful.recipes.recommender.data import Examples, RecommenderData
from heedful.recipes.recommender.reading.clock import has_clock
from heedful.recipes.recommender.reading.item_catalogue import FIRST
from heedful.recipes.recommender.scoring.ranks import seen
from heedful.recipes.recommender.scoring.takers import takers

RECENT = 0.1  # of the training time, for recent popularity
LAST = 10  # actions that ItemKNN and Markov look back to
DECAY = 0.8  # of Markov, for every step further back
RIDGE = 500.0  # of EASE
MOST_ITEMS = 20_000  # of EASE
MOST_PAIRS = 500_000_000  # of items that ItemKNN counts: 4 GB
NO_CLOCK = "the times only number the actions of each user, so nothing is recent"


class Baseline(Protocol):
    """A way to score all items by counting."""

    def scores(self, examples: Examples, users: np.ndarray) -> np.ndarray:
        """Scores (k, rows) of `users` int (k,) of a split."""
        ...


class Popularity:
    """The items with the most training interactions, the same for everybody."""

    def __init__(self, data: RecommenderData):
        self.counts = data.counts.astype(np.float64)

    def scores(self, examples: Examples, users: np.ndarray) -> np.ndarray:
        return np.broadcast_to(self.counts, (len(users), len(self.counts)))


class RecentPopularity(Popularity):
    """The items with the most interactions in the last tenth of the training time; of equal ones the more popular."""

    def __init__(self, data: RecommenderData):
        super().__init__(data)
        log = data.training
        first, last = int(log.times.min()), int(log.times.max())
        recent = log.items[log.times >= last - RECENT * (last - first)]
        self.counts = np.bincount(recent, minlength=len(self.counts)) + self.counts / (1 + self.counts.sum())


class ItemKNN:
    """Cosine of two items' users, summed over the last 10 actions (Sarwar et al., WWW 2001)."""

    def __init__(self, data: RecommenderData):
        users = takers(data.training, len(data.counts))
        self.similar = (users.T @ users).tocsr()
        of_row = np.repeat(np.arange(len(data.counts)), np.diff(self.similar.indptr))
        # In place: at 3,416 items nearly all pairs occur, and every copy would be another 93 MB.
        length = np.sqrt(np.bincount(users.indices, minlength=len(data.counts))).astype(np.float32)
        self.similar.data /= length[of_row]
        self.similar.data /= length[self.similar.indices]
        self.similar.data[of_row == self.similar.indices] = 0

    def scores(self, examples: Examples, users: np.ndarray) -> np.ndarray:
        return _summed(examples.windows(users, LAST), np.ones(LAST), self.similar)


class Markov:
    """Transitions from each item to the next 10 that the same user took, each step further weighing 0.8 times as much.

    Summed over the last 10 actions with the same decay. A transition counts as much as the action that follows weighs:
    an item that follows often is likely for being popular too.
    """

    def __init__(self, data: RecommenderData):
        log, rows = data.training, len(data.counts)
        owner = np.repeat(np.arange(len(log.lengths)), log.lengths)
        self.follows = sparse.csr_array((rows, rows), dtype=np.float32)
        for step in range(1, LAST + 1):
            before, after = log.items[:-step], log.items[step:]
            real = (owner[:-step] == owner[step:]) & (before >= FIRST) & (after >= FIRST)
            weight = np.full(int(real.sum()), DECAY ** (step - 1), np.float32)
            if log.weights is not None:
                weight *= log.weights[step:][real]
            self.follows = self.follows + sparse.csr_array((weight, (before[real], after[real])), shape=(rows, rows))

    def scores(self, examples: Examples, users: np.ndarray) -> np.ndarray:
        return _summed(examples.windows(users, LAST), DECAY ** np.arange(LAST)[::-1], self.follows)


class EASE:
    """Linear regression of every item on all others, in closed form (Steck, WWW 2019, arXiv:1905.03375)."""

    def __init__(self, data: RecommenderData):
        rows = len(data.counts)
        users = takers(data.training, rows)[:, FIRST:]
        gram = (users.T @ users).toarray(order="F")
        gram[np.diag_indices_from(gram)] += RIDGE
        # Cholesky and inverse in place: a second matrix of 20,000 items would be another 1.6 GB.
        factor, failed = linalg.lapack.spotrf(gram, lower=1, overwrite_a=1)
        inverse, failed = linalg.lapack.spotri(factor, lower=1, overwrite_c=1) if not failed else (factor, failed)
        if failed:
            raise ValueError(f"the item matrix of EASE cannot be inverted (LAPACK says {failed})")
        diagonal = np.diag(inverse).copy()
        for column in range(1, len(inverse)):  # LAPACK fills the lower triangle only
            inverse[:column, column] = inverse[column, :column]
        inverse /= -diagonal
        np.fill_diagonal(inverse, 0)
        self.weights = inverse

    def scores(self, examples: Examples, users: np.ndarray) -> np.ndarray:
        who, items = seen(examples, users)
        known = items - FIRST < len(self.weights)
        who, items = who[known], items[known] - FIRST
        history = sparse.csr_array(
            (np.ones(len(who), np.float32), (who, items)), shape=(len(users), len(self.weights)), dtype=np.float32
        )
        return np.pad(history @ self.weights, ((0, 0), (FIRST, 0)))


class OwnHistory:
    """What the user had most often, of equal ones the newest, then what is popular."""

    def __init__(self, data: RecommenderData):
        self.popular = data.counts / (1 + data.counts.sum())

    def scores(self, examples: Examples, users: np.ndarray) -> np.ndarray:
        scores = np.repeat(self.popular[None], len(users), axis=0)
        for row, user in zip(scores, users, strict=True):
            history = examples.history(user)
            history = history[(history >= FIRST) & (history < len(row))]
            newest = np.zeros(len(row))
            newest[history] = (1 + np.arange(len(history))) / (2 + len(history))  # the last of each item stays
            row += np.bincount(history, minlength=len(row)) + newest
        return scores


KINDS = {
    "popularity": Popularity,
    "recent popularity": RecentPopularity,
    "ItemKNN": ItemKNN,
    "decayed Markov": Markov,
    "EASE": EASE,
}
_FITTED: WeakKeyDictionary = WeakKeyDictionary()


def fit(data: RecommenderData) -> tuple[dict[str, Baseline], dict[str, str]]:
    """Baselines by name, and for those that cannot be had of this data the reason. Kept as long as `data` lives."""
    if data not in _FITTED:
        _FITTED[data] = _fit(data)
    return _FITTED[data]


def _fit(data: RecommenderData) -> tuple[dict[str, Baseline], dict[str, str]]:
    log, items = data.training, len(data.counts) - FIRST
    left_out = {}
    if not len(log):
        left_out = dict.fromkeys([name for name in KINDS if name != "popularity"], "there is nothing to train on")
    elif not has_clock(log):
        left_out["recent popularity"] = NO_CLOCK
    if min(items**2, int(np.sum(log.lengths**2))) > MOST_PAIRS:
        left_out["ItemKNN"] = f"too many pairs of {items:,} items, the limit is {MOST_PAIRS:,}"
    if items > MOST_ITEMS:
        left_out["EASE"] = f"{items:,} items are too many for its dense matrix, the limit is {MOST_ITEMS:,}"
    kinds = KINDS | ({"own history": OwnHistory} if data.repeats else {})
    return {name: kind(data) for name, kind in kinds.items() if name not in left_out}, left_out


def _summed(windows: np.ndarray, weights: np.ndarray, table: sparse.csr_array) -> np.ndarray:
    """Rows of `table` (rows, rows) of the items in `windows` (k, LAST), weighted by place, summed: (k, rows)."""
    real = (windows >= FIRST) & (windows < table.shape[0])
    who, place = np.nonzero(real)
    picked = sparse.csr_array(
        (weights[place].astype(np.float32), (who, windows[real])), shape=(len(windows), table.shape[0])
    )
    return (picked @ table).toarray()
