"""Training batches: the captions of a picture stand in one row and share its grid.

A row is `START a dog runs START a brown dog ...`, with the number of the caption and the position in it beside each
word, so nothing is spent on padding single captions, and the grid of a picture is worked on once for all of them.
Pictures of about the same number of words go together.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from heedful.recipes.image_captioning.reading.vocabulary import END, START, UNKNOWN

POOL = 8  # batches whose pictures are sorted by length together
MULTIPLE = 8  # rows are padded to a multiple of this, so that compiled graphs serve several batches


@dataclass(frozen=True, eq=False)
class Captions:
    """Word ids of the captions of every training picture, cut to the longest allowed, and how batches are made."""

    ids: Sequence[Sequence[np.ndarray]]
    cut: int  # words; a caption that is longer was cut here, and has no end
    batch_size: int
    most: int  # captions of a picture in an epoch
    word_dropout: float

    @property
    def steps_per_epoch(self) -> int:
        """Batches in an epoch."""
        return max(1, len(self.ids) // self.batch_size)

    def rows(self, seed: int, step: int) -> np.ndarray:
        """The pictures of a batch, int `(batch_size,)`."""
        epoch, position = divmod(step, self.steps_per_epoch)
        return plan(self, seed, epoch)[position]

    def batch(self, seed: int, step: int) -> tuple[np.ndarray, dict[str, np.ndarray], np.ndarray]:
        """The pictures int `(batch_size,)`, the inputs by name int32 `(batch_size, T)`, and the weights of their losses
        float32 `(batch_size, T)`, of mean 1, none for padding.
        """
        rows = self.rows(seed, step)
        rng = np.random.default_rng([seed, step, 1])
        packed = [self._pack(self.ids[row], rng) for row in rows]
        length = -(-max(len(row[0]) for row in packed) // MULTIPLE) * MULTIPLE
        tokens, targets, captions, positions = (
            np.stack([np.pad(row[part], (0, length - len(row[part]))) for row in packed]).astype(np.int32)
            for part in range(4)
        )
        real = captions > 0
        dropped = (rng.random(tokens.shape) < self.word_dropout) & real & (positions > 0)
        tokens = np.where(dropped, np.int32(UNKNOWN), tokens)
        inputs = {"tokens": tokens, "targets": targets, "captions": captions, "positions": positions}
        return rows, inputs, (real * (real.size / real.sum())).astype(np.float32)

    def ended(self, ids: np.ndarray) -> np.ndarray:
        """A caption with its end, if it was not cut."""
        return ids if len(ids) == self.cut else np.append(ids, END)

    def _pack(self, captions: Sequence[np.ndarray], rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        """Tokens, targets, numbers of the captions (from 1) and positions of one picture, `(T,)` each."""
        if len(captions) > self.most:
            captions = [captions[i] for i in rng.choice(len(captions), self.most, replace=False)]
        targets = [self.ended(ids) for ids in captions]
        return (
            np.concatenate([np.append(START, ids[:-1]) for ids in targets]),
            np.concatenate(targets),
            np.concatenate([np.full(len(ids), number + 1) for number, ids in enumerate(targets)]),
            np.concatenate([np.arange(len(ids)) for ids in targets]),
        )


@lru_cache(maxsize=2)
def plan(captions: Captions, seed: int, epoch: int) -> np.ndarray:
    """The pictures of every batch of an epoch, int `(steps, batch_size)`."""
    rng = np.random.default_rng([seed, epoch])
    size, steps = captions.batch_size, captions.steps_per_epoch
    order = np.resize(rng.permutation(len(captions.ids)), steps * size)  # a small set fills its only batch
    words = np.array([sum(map(len, ids)) for ids in captions.ids])
    for start in range(0, len(order), POOL * size):
        pool = order[start : start + POOL * size]
        order[start : start + POOL * size] = pool[np.argsort(words[pool], kind="stable")]
    return rng.permutation(order.reshape(steps, size))
