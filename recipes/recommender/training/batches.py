"""Training batches without work on padding: windows of like length together, each batch a function of (seed, step).

A history longer than the model's window gives as many windows an epoch as it holds, with ends drawn anew every time.
Windows go into buckets of geometrically growing length; a short bucket has more sequences in a batch, so that the
steps do similar work, and there are only a dozen shapes to compile.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from heedful.apps.recommender.moments import UNKNOWN_TIME
from heedful.recipes.recommender.config import Config
from heedful.recipes.recommender.reading.clock import clock_seconds
from heedful.recipes.recommender.reading.item_catalogue import FIRST, PAD
from heedful.recipes.recommender.reading.log import Log

GROWTH = 0.75  # of a bucket's length to the next longer one
SHORTEST = 8
UNTIMED = 0.1  # share of windows whose times training hides, so that a model can be asked without them
MOST = 4  # times as many sequences in a batch of short ones: more of them would mean fewer steps to learn in


def bucket_lengths(length: int) -> list[int]:
    """Lengths of the buckets, ascending, multiples of 4 but for the last, which is `length`."""
    lengths = [length]
    while (shorter := 4 * round(lengths[-1] * GROWTH / 4)) >= SHORTEST and shorter < lengths[-1]:
        lengths.append(shorter)
    return lengths[::-1]


@dataclass(frozen=True, eq=False)
class Bucket:
    """Windows that are padded to one length: `users[i]` gives the `parts[i]`-th of its windows."""

    length: int
    size: int  # sequences in a batch
    users: np.ndarray  # int (windows,)
    parts: np.ndarray  # int (windows,)

    @property
    def batches(self) -> int:
        """Batches an epoch; the last one is filled up from the front."""
        return -(-len(self.users) // self.size)


class Batches:
    """`batch(seed, step)` of a log. Users with fewer than two actions have nothing to predict and are not in it."""

    def __init__(self, log: Log, config: Config, rows: int, repeats: bool = False):
        self.log, self.config, self.repeats = log, config, repeats
        self.pairs = np.maximum(log.lengths - 1, 0)  # actions with a next one
        self.counts = np.bincount(log.items, minlength=rows)
        self.cumulative = np.cumsum(self.counts[FIRST:])  # to draw items by popularity
        self.seen = np.flatnonzero(self.counts[FIRST:]) + FIRST
        self.weights = self._weights()
        self.windows = np.maximum(1, np.round(self.pairs / config.length)).astype(int)
        self.buckets = list(self._buckets())
        self.steps_per_epoch = sum(bucket.batches for bucket in self.buckets)
        self.plan = lru_cache(maxsize=2)(self._plan)

    def _weights(self) -> np.ndarray | None:
        """What each action weighs as a target, float32 (n,), with a mean of 1 over all that may be one."""
        if self.log.weights is None:
            return None
        first = self.log.starts[:-1][self.log.lengths > 0]
        mean = np.delete(self.log.weights, first).mean(dtype=np.float64)
        return self.log.weights / np.float32(mean) if mean > 0 else None

    def _buckets(self):
        active = np.flatnonzero(self.pairs)
        users = np.repeat(active, self.windows[active])
        first = np.cumsum(self.windows[active]) - self.windows[active]
        parts = np.arange(len(users)) - np.repeat(first, self.windows[active])
        lengths = np.minimum(self.pairs[users], self.config.length)
        grid = np.array(bucket_lengths(self.config.length))
        chosen = np.searchsorted(grid, lengths)
        for index, length in enumerate(grid):
            rows = np.flatnonzero(chosen == index)
            if len(rows):
                size = self.config.batch_size * min(MOST, max(1, self.config.length // int(length)))
                yield Bucket(int(length), size, users[rows], parts[rows])

    def _plan(self, seed: int, epoch: int) -> list[tuple[Bucket, np.ndarray]]:
        """The batches of an epoch in their order: a bucket and which of its windows."""
        rng = np.random.default_rng([seed, epoch, 1])
        batches = []
        for bucket in self.buckets:
            order = rng.permutation(len(bucket.users))
            order = np.resize(order, bucket.batches * bucket.size)
            batches += [(bucket, rows) for rows in order.reshape(bucket.batches, bucket.size)]
        return [batches[i] for i in rng.permutation(len(batches))]

    def batch(self, seed: int, step: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """Training batch number `step`, the same for the same `(seed, step)` whenever it is asked for.

        Inputs, int32: `history` and `targets` `(batch, time)`, padded on the left; with the setting `times` those of
        both, `(batch, time + 1)`; `negatives` as the loss needs them;
        `recent` `(batch, ranker_length)` and `candidates` `(batch, 1 + ranker_negatives)`, the one taken first.
        Targets, float32 `(batch, time + 1 + ranker_negatives)`: the weight of every loss, such that the mean of losses
        times weights is the mean loss of the next items plus `ranker_weight` times that of the candidates. Where the
        actions of the log have weights, the loss of a next item is multiplied by its own; their mean over all is 1.
        """
        epoch, position = divmod(step, self.steps_per_epoch)
        bucket, rows = self.plan(seed, epoch)[position]
        rng = np.random.default_rng([seed, step, 2])
        users, parts = bucket.users[rows], bucket.parts[rows]
        ends = self._ends(users, parts, rng)
        first = self.log.starts[users] + ends - np.minimum(ends, bucket.length)
        places = self.log.starts[users, None] + ends[:, None] + np.arange(-bucket.length, 0)
        real = places >= first[:, None]
        safe = np.where(real, places, 0)
        history = np.where(real, self.log.items[safe], PAD).astype(np.int32)
        targets = np.where(real, self.log.items[safe + real], PAD).astype(np.int32)
        recent, candidates = self._ranking(history, targets, real, rng)
        inputs = {"history": history, "targets": targets, "recent": recent, "candidates": candidates}
        inputs |= self._negatives(targets.shape, rng)
        if self.config.times:
            inputs["times"] = self._times(places, real, rng)
        losses = real.size + candidates.size
        next_weights = real * (losses / real.sum())
        if self.weights is not None:
            next_weights = next_weights * self.weights[safe + real]
        rank_weights = np.full(candidates.shape, self.config.ranker_weight * losses / candidates.size)
        return inputs, np.concatenate([next_weights, rank_weights], axis=1).astype(np.float32)

    def _ends(self, users: np.ndarray, parts: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """How many actions of each user lie before the end of its window: drawn from an equal share of the history."""
        pairs, length = self.pairs[users], self.config.length
        room = np.maximum(pairs - length, 0)
        return np.minimum(pairs, length) + np.floor(
            (parts + rng.random(len(users))) * (room + 1) / self.windows[users]
        ).astype(int).clip(0, room)

    def _ranking(
        self, history: np.ndarray, targets: np.ndarray, real: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """One moment of each window: the actions up to it, the item taken next, and popular ones that were not."""
        size, length = real.shape
        padding = length - real.sum(axis=1)
        moment = padding + np.floor(rng.random(size) * (length - padding)).astype(int)
        places = moment[:, None] + np.arange(1 - self.config.ranker_length, 1)
        recent = np.where(places >= 0, np.take_along_axis(history, np.maximum(places, 0), 1), PAD)
        taken = np.take_along_axis(targets, moment[:, None], 1)
        others = self.popular((size, self.config.ranker_negatives), rng)
        for _ in range(3):  # one that was taken is drawn again, and stays if that does not help
            held = others == taken
            if not self.repeats:  # else the ranker would learn that all of the history comes next
                held |= (others[:, :, None] == history[:, None]).any(-1)
            others = np.where(held, self.popular(others.shape, rng), others)
        return recent.astype(np.int32), np.concatenate([taken, others], axis=1).astype(np.int32)

    def _times(self, places: np.ndarray, real: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """When the actions at `places` `(batch, time)` were and, last, the one that followed; unknown for padding."""
        shown = np.pad(real, [(0, 0), (0, 1)], constant_values=True) & (rng.random((len(places), 1)) >= UNTIMED)
        places = np.concatenate([places, places[:, -1:] + 1], axis=1)
        times = clock_seconds(self.log.times[np.where(shown, places, 0)], self.log.unit)
        return np.where(shown, times, UNKNOWN_TIME).astype(np.int32)

    def _negatives(self, shape: tuple[int, ...], rng: np.random.Generator) -> Mapping[str, np.ndarray]:
        if self.config.loss == "bce":
            return {"negatives": rng.choice(self.seen, shape).astype(np.int32)}
        if len(self.seen) > self.config.full_softmax:
            return {"negatives": self.popular((self.config.negatives,), rng)}
        return {}

    def popular(self, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
        """Items drawn by how often training has them, int32 of `shape`."""
        drawn = np.searchsorted(self.cumulative, rng.integers(self.cumulative[-1], size=shape), side="right")
        return (drawn + FIRST).astype(np.int32)
