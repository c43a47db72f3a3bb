"""Which clips an epoch holds and in which order, as a pure function of (seed, epoch): a run can resume at any step.

Every command clip comes once, and so does every false alarm. Other `_unknown_` comes at most `unknown_share` times as
often as an average command, however large its pool: drawn anew every epoch, each word by the square root of its size,
so that a rare word is still learned as "none of ours". `_silence_` is up to one half recordings, where there are some,
and else fresh crops of noise. Beside the words stand `_unknown_` clips that are made of parts of words, and words of
espeak-ng.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

CROP = -1  # stands in an order for a fresh crop of noise
PARTS = -2  # for `_unknown_` made of parts of words
SPOKEN = -3  # for a word of espeak-ng, a command or not


@dataclass(frozen=True, eq=False)
class EpochPlan:
    """Row numbers of the training clips by role."""

    commands: np.ndarray  # (n,) rows that come once: of commands, and of false alarms
    unknown: tuple[np.ndarray, ...]  # rows of each word
    silence: np.ndarray  # rows of recorded silence
    unknown_count: int  # clips per epoch
    silence_count: int  # clips per epoch
    parts_count: int  # clips per epoch
    spoken_count: int  # clips per epoch

    def __len__(self) -> int:
        return len(self.commands) + self.unknown_count + self.silence_count + self.parts_count + self.spoken_count

    def order(self, seed: int, epoch: int) -> np.ndarray:
        """Shuffled rows `(len(self),)` of one epoch; `CROP` where a crop of noise, `PARTS` where parts of words,
        `SPOKEN` where a word of espeak-ng is to stand.
        """
        rng = np.random.default_rng([seed, epoch, 1])
        recorded = rng.permutation(self.silence)[: (self.silence_count + 1) // 2]
        crops = np.full(self.silence_count - len(recorded), CROP)
        made = np.repeat([PARTS, SPOKEN], [self.parts_count, self.spoken_count])
        return rng.permutation(np.concatenate([self.commands, self._unknown(rng), recorded, crops, made]))

    def _unknown(self, rng: np.random.Generator) -> np.ndarray:
        sizes = np.array([len(rows) for rows in self.unknown], int)
        if self.unknown_count >= sizes.sum():
            return np.concatenate([np.empty(0, int), *self.unknown])
        edges = np.cumsum(np.sqrt(sizes))
        points = (np.arange(self.unknown_count) + rng.random()) * edges[-1] / self.unknown_count
        drawn = np.minimum(np.searchsorted(edges, points, side="right"), len(sizes) - 1)
        quota = np.bincount(drawn, minlength=len(sizes))
        return np.concatenate(
            [np.resize(rng.permutation(rows), count) for rows, count in zip(self.unknown, quota, strict=True)]
        )


def plan_epoch(
    commands: np.ndarray, unknown: Sequence[np.ndarray], silence: np.ndarray, words: int, unknown_share: float,
    silence_share: float, parts_share: float, spoken_share: float,
) -> EpochPlan:  # fmt: skip
    """The plan for rows of commands `(n,)` of `words` commands, of each unknown word, and of recorded silence."""
    pool = sum(len(rows) for rows in unknown)
    cap = round(unknown_share * len(commands) / max(words, 1))
    return EpochPlan(
        commands, tuple(unknown), silence, min(pool, cap) if words else pool, round(silence_share * len(commands)),
        round(parts_share * len(commands)), round(spoken_share * len(commands)),
    )  # fmt: skip
