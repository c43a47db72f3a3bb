"""What counting adds to a trained network: which parts, and how much of each, so that validation NDCG@10 is best.

The parts are the counting baselines, each as the table that ships. They are taken one after the other, the best first,
as long as one helps by more than chance, and the share of the network may fall to nothing: no model is worse on
validation than the best table. A few shares are all that is fitted to it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from heedful.recipes.recommender.config import Config
from heedful.recipes.recommender.data import RecommenderData
from heedful.recipes.recommender.network.counted import CountedAlways, CountedNext
from heedful.recipes.recommender.reading.item_catalogue import FIRST
from heedful.recipes.recommender.scoring import baselines
from heedful.recipes.recommender.scoring.ranks import CHUNK, Score, per_user, rank_targets, spread

NETWORK = "network"  # the name of the part that is learnt
PREFIX = "counted_"  # of the layers of the others
USERS = 6000  # of validation, by which shares are chosen
GRID = np.round(np.linspace(0.1, 1.0, 10), 1)  # shares that a new part may have
MOST = 2  # parts beside the network

Part = CountedNext | CountedAlways


@dataclass(frozen=True)
class Chosen:
    """The share of each part by name, and what they reach together."""

    shares: Mapping[str, float]
    network: float  # validation NDCG@10 of the network alone
    together: float


@dataclass(frozen=True, eq=False)
class Table:
    """What a way of counting adds up: the rows of the newest `window` actions, each `decay` times the next newer."""

    entries: sparse.csr_array  # (rows, rows)
    window: int
    decay: float = 1.0


def candidates(data: RecommenderData) -> dict[str, Part]:
    """Every way of counting as the layer that would ship, with the best `neighbours` entries of each item."""
    config, rows = data.config, len(data.counts)
    parts: dict[str, Part] = {}
    for name, baseline in baselines.fit(data)[0].items():
        if isinstance(baseline, baselines.Popularity):
            parts[name] = _described(CountedAlways(rows, name=_layer(name)), baseline.counts, config)
        for kind, table in _tables(name, baseline, config.length):
            best = strongest(table.entries, config.neighbours)
            if best.nnz:
                longest = int(np.diff(best.indptr).max())
                window = min(table.window, config.length)
                part = CountedNext(rows, best.nnz, longest, window, table.decay, name=_layer(kind))
                parts[kind] = _described(part, best, config)
    return parts


def choose(network: Score, data: RecommenderData, parts: Mapping[str, Part]) -> Chosen:
    """Shares of the parts, by the scores that the network alone gives users of validation."""
    shares = {NETWORK: 1.0}
    (gains,) = measured(network, data, parts, [shares])
    alone = float(gains.mean())
    for _ in range(MOST if parts else 0):
        mixtures = [_with(shares, name, float(share)) for name in parts for share in GRID]
        tried = measured(network, data, parts, mixtures)
        best = int(tried.mean(axis=1).argmax())
        gained = tried[best] - gains
        counting = max(each.mean() for each, mixture in zip(tried, mixtures, strict=True) if len(mixture) == 1)
        chance = 2 * gained.std() / np.sqrt(len(gained))
        if gained.mean() <= (chance if gains.mean() >= counting else 0.0):
            break
        shares, gains = mixtures[best], tried[best]
    return Chosen(shares, alone, float(gains.mean()))


def told(chosen: Chosen) -> str:
    """Which parts a model consists of, and what that is worth, in a sentence."""
    counted = [f"{share:.0%} {name}" for name, share in chosen.shares.items() if name != NETWORK]
    alone = f"validation NDCG@10 {chosen.network:.4f} by the network alone"
    if not counted:
        return f"{alone}: counting adds nothing."
    if NETWORK not in chosen.shares:
        return f"{alone}, {chosen.together:.4f} by counting: the model counts ({', '.join(counted)})."
    return f"{alone}, {chosen.together:.4f} with what is counted: {', '.join(counted)}."


def measured(
    network: Score, data: RecommenderData, parts: Mapping[str, Part], mixtures: Sequence[Mapping[str, float]]
) -> np.ndarray:
    """NDCG@10 of validation users, float `(mixtures, users)`, under each of several, mixed as `Mixture` does."""
    examples = data.split("validation")
    users = spread(len(examples), USERS)
    used = {name for mixture in mixtures for name in mixture}
    unseen = np.flatnonzero(data.counts == 0)
    found = []
    for start in range(0, len(users), CHUNK):
        chunk = users[start : start + CHUNK]
        windows = examples.windows(chunk, data.config.length)
        expected = {name: np.array(part(windows)) for name, part in parts.items() if name in used}
        expected[NETWORK] = probabilities(network(chunk))
        for mixture in mixtures:
            mixed = np.sum([share * expected[name] for name, share in mixture.items()], axis=0)
            mixed[:, unseen] = expected[NETWORK][:, unseen]
            ranks = rank_targets(lambda _, mixed=mixed: mixed, examples, chunk, chunk=len(chunk))
            found.append(per_user(ranks.headline(data.repeats))["NDCG@10"])
    per_chunk = [np.stack(found[at : at + len(mixtures)]) for at in range(0, len(found), len(mixtures))]
    return np.concatenate(per_chunk, axis=1)


def probabilities(scores: np.ndarray) -> np.ndarray:
    """The softmax over items of scores `(n, rows)`; 0 for the rows that are none."""
    items = scores[:, FIRST:] - scores[:, FIRST:].max(axis=1, keepdims=True)
    each = np.exp(items)
    return np.pad(each / each.sum(axis=1, keepdims=True), [(0, 0), (FIRST, 0)])


def strongest(table: sparse.csr_array, most: int) -> sparse.csr_array:
    """The `most` greatest entries above 0 of each row."""
    owner = np.repeat(np.arange(table.shape[0]), np.diff(table.indptr))
    order = np.lexsort((-table.data, owner))
    place = np.arange(len(order)) - np.repeat(table.indptr[:-1], np.diff(table.indptr))
    kept = np.sort(order[(place < most) & (table.data[order] > 0)])
    ends = np.concatenate([[0], np.cumsum(np.bincount(owner[kept], minlength=table.shape[0]))])
    return sparse.csr_array((table.data[kept], table.indices[kept], ends), shape=table.shape)


def _tables(name: str, baseline: baselines.Baseline, length: int) -> list[tuple[str, Table]]:
    """The tables of a way of counting, by name.

    Transitions come also with rows divided by the root of their sum, which keeps what is followed by many things from
    deciding alone; what somebody had before is the table of every item for itself.
    """
    last = baselines.LAST
    if isinstance(baseline, baselines.Markov):
        total = np.asarray(baseline.follows.sum(axis=1)).ravel()
        evened = sparse.csr_array(sparse.diags(np.maximum(total, 1e-9) ** -0.5) @ baseline.follows)
        tables = {name: baseline.follows, "transitions": evened}
        return [(kind, Table(entries, last, baselines.DECAY)) for kind, entries in tables.items()]
    if isinstance(baseline, baselines.ItemKNN):
        return [(name, Table(baseline.similar, last))]
    if isinstance(baseline, baselines.EASE):
        return [(name, Table(_padded(baseline.weights), length))]
    if isinstance(baseline, baselines.OwnHistory):
        itself = sparse.csr_array(sparse.eye_array(len(baseline.popular), dtype=np.float32))
        return [(name, Table(itself, length)), ("newest of own history", Table(itself, last, baselines.DECAY))]
    return []


def _padded(weights: np.ndarray) -> sparse.csr_array:
    """The positive part of a dense matrix of items as a table of rows."""
    items = sparse.csr_array(np.maximum(weights, 0))
    ends = np.concatenate([np.zeros(FIRST, items.indptr.dtype), items.indptr])
    rows = len(weights) + FIRST
    return sparse.csr_array((items.data, items.indices + FIRST, ends), shape=(rows, rows))


def _with(shares: Mapping[str, float], name: str, share: float) -> dict[str, float]:
    """The same mixture with `share` for one part and the rest for the others, those without any left out."""
    mixture = {part: (1 - share) * old for part, old in shares.items()}
    mixture[name] = mixture.get(name, 0.0) + share
    return {part: value for part, value in mixture.items() if value > 0}


def _layer(name: str) -> str:
    """The name of a part as that of its layer, which begins as those that stay in float do."""
    return PREFIX + name.replace(" ", "_")


def words_of(part: Part) -> str:
    """The name of a part that is counted."""
    return part.name.removeprefix(PREFIX).replace("_", " ")


def _described(part: Any, content: Any, config: Config) -> Any:
    part.build((None, config.length))
    part.describe(content)
    return part
