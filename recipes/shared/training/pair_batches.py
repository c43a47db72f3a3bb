"""Training batches of about as many tokens each: pairs of like length go together, and more of the short ones.

The lengths that a batch is padded to are few, so that compiled graphs serve many batches.

Names that training never saw are copied only by a model that has learnt to copy whatever stands in a place. So some of
the tokens that both texts of a pair have in common are renamed: others take their places, the same in both.
People type in lower case what was learnt in sentences with capitals. So some of the texts may be read like that.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from heedful.apps.tokenizer import END, SPECIAL, START

LENGTHS = 8  # that texts are padded to
MULTIPLE = 8  # what is written is padded to a multiple of this, or to the longest there may be
MOST = 4  # times as many pairs as `batch_size`, however short they are


@dataclass(frozen=True, eq=False)
class Batches:
    """Token ids of texts and of what is written of them, cut to what the model takes, and how they become batches."""

    sources: Sequence[np.ndarray]  # int32 (S,)
    targets: Sequence[np.ndarray]  # int32 (T,), what is written of each, without start and end
    source: int  # the longest text
    cut: int  # the longest that is written; one that long has no end
    batch_size: int
    vocabulary: int  # tokens
    renamed: float  # share of the tokens in common
    lowered: Sequence[np.ndarray] = ()  # the texts in lower case, int32 (any,)
    lowercased: float = 0.0  # share of the texts that are read so

    @property
    def steps_per_epoch(self) -> int:
        """Batches in an epoch."""
        return len(plan(self, 0, 0))

    def batch(self, seed: int, step: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """Number `step`; see `of`."""
        epoch, position = divmod(step, self.steps_per_epoch)
        rows, source = plan(self, seed, epoch)[position]
        return self.of(rows, source, np.random.default_rng([seed, step, 1]))

    def of(
        self, rows: Sequence[int] | np.ndarray, source: int, rng: np.random.Generator
    ) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """These pairs, their texts padded to the length `source`: `source` int32 `(batch, S)`, `tokens` and `targets`
        int32 `(batch, T)`, and the weights of their losses float32 `(batch, T)`, of mean 1, none for padding.
        """
        pairs = [self.rename(self.read(row, rng)[:source], self.targets[row], rng) for row in rows]
        targets = [self.ended(written) for _, written in pairs]
        length = min(self.cut, -(-max(map(len, targets)) // MULTIPLE) * MULTIPLE)
        tokens = [np.append(START, ids[:-1]) for ids in targets]
        inputs = {
            "source": padded([text for text, _ in pairs], source),
            "tokens": padded(tokens, length),
            "targets": padded(targets, length),
        }
        real = np.arange(length) < np.array([[len(ids)] for ids in targets])
        return inputs, (real * (real.size / real.sum())).astype(np.float32)

    def read(self, row: int, rng: np.random.Generator) -> np.ndarray:
        """A text, or the same in lower case, which may be of more tokens."""
        return self.lowered[row] if self.lowercased and rng.random() < self.lowercased else self.sources[row]

    def rename(self, source: np.ndarray, target: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """A pair in which a share `renamed` of the tokens in common is replaced by random ones that it has not."""
        if not self.renamed:
            return source, target
        common = np.intersect1d(source, target)
        free = np.ones(self.vocabulary, bool)
        free[[*range(len(SPECIAL)), *source, *target]] = False
        others = np.flatnonzero(free)
        chosen = common[rng.random(len(common)) < self.renamed][: len(others)]
        name = np.arange(self.vocabulary, dtype=np.int32)
        name[chosen] = rng.choice(others, len(chosen), replace=False)
        return name[source], name[target]

    def ended(self, ids: np.ndarray) -> np.ndarray:
        """What is written with its end, if it was not cut."""
        return ids if len(ids) == self.cut else np.append(ids, END)


def padded(rows: Sequence[np.ndarray], length: int) -> np.ndarray:
    """int32 `(rows, length)`, zeros behind."""
    return np.array([np.pad(row, (0, length - len(row))) for row in rows], np.int32).reshape(len(rows), length)


@lru_cache(maxsize=4)
def plan(batches: Batches, seed: int, epoch: int) -> list[tuple[np.ndarray, int]]:
    """The pairs of every batch of an epoch, and the length of its texts.

    The number of batches is the same in every epoch; those of a length that do not fill the last one are joined by
    others of that length, so that every pair is read.
    """
    rng = np.random.default_rng([seed, epoch])
    lengths, written = (np.array([len(ids) for ids in texts]) for texts in (batches.sources, batches.targets))
    batch_sources = [batches.source * (i + 1) // LENGTHS for i in range(LENGTHS)]
    found = []
    for low, high in zip([0, *batch_sources], batch_sources, strict=False):
        members = np.flatnonzero((lengths > low) & (lengths <= high))
        if not len(members):
            continue
        size = min(len(members), MOST * batches.batch_size, batches.batch_size * batches.source // high)
        steps = -(-len(members) // size)
        order = np.resize(rng.permutation(members), steps * size)
        order = order[np.argsort(written[order], kind="stable")]
        found += [(rows, high) for rows in order.reshape(steps, size)]
    return [found[i] for i in rng.permutation(len(found))]
