"""Beam search: the best sentence of a model that gives one word at a time, in NumPy, for many inputs at once.

The model itself is a function, so that the same search decodes an exported graph on a phone's runtime and a Keras model
over a whole test set.
"""

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from heedful.apps.errors import InputError
from heedful.apps.options import whole_number

START, END = 1, 2  # ids of tokens
BARRED = -1e9  # the score of a word that may not come next

State = Mapping[str, np.ndarray]
Seen = Mapping[str, np.ndarray]
Step = Callable[[np.ndarray, int, State], tuple[np.ndarray, Seen, State]]


@dataclass(frozen=True, eq=False)
class Written:
    """A sentence: its words, where the model looked for each, and how sure it is."""

    tokens: np.ndarray  # int32 (words,), END not included
    attention: np.ndarray  # float32 (words, cells)
    score: float  # sum of log-probabilities / tokens ** length_penalty, where END is a token too
    copied: np.ndarray | None = None  # float32 (words,), of a model that copies: how likely each word was copied


@dataclass(frozen=True)
class Decoding:
    """How to search. `beam` 1 is greedy; a greater `length_penalty` favours longer sentences, 0 does nothing.

    Raises `ValueError` when `beam` or `max_words` is less than 1, `no_repeated_ngram` is 1, or anything is negative.
    """

    beam: int
    length_penalty: float
    no_repeated_ngram: int  # no so many words follow each other twice; 0: any may
    max_words: int
    min_words: int = 0  # before so many words nothing ends

    def __post_init__(self) -> None:
        if self.no_repeated_ngram == 1 or min(self.no_repeated_ngram, self.min_words) < 0:
            raise ValueError("no_repeated_ngram is 0 or at least 2, and min_words at least 0")
        if min(self.beam, self.max_words) < 1:
            raise ValueError(f"beam and max_words are at least 1, not {self.beam} and {self.max_words}")

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> "Decoding":
        """What a model's card says. Raises `KeyError`, `TypeError` or `ValueError` when it says it wrongly."""
        how = facts["decoding"]
        return cls(
            int(how["beam"]),
            float(how["length_penalty"]),
            int(how["no_repeated_ngram"]),
            int(facts["max_words"]),
            int(how.get("min_words", 0)),
        )

    def with_beam(self, beam: int | None) -> "Decoding":
        """The same with another beam, if one is given. Raises `InputError` when it is less than 1."""
        try:
            return self if beam is None else replace(self, beam=beam)
        except ValueError:
            raise InputError(f"the beam is {beam}: give a whole number from 1.") from None

    def divisor(self, tokens: int) -> float:
        """By which the sum of log-probabilities of so many tokens (END is one) is divided (Wu et al. 2016, simplified).

        Every further word makes a sum smaller, so that without it the search finds two or three words only.
        """
        return float(tokens**self.length_penalty)


def add_beam_argument(parser: argparse.ArgumentParser) -> None:
    """Adds `--beam`, up to 16: a wider one is slow, and what is written does not get better."""
    parser.add_argument("--beam", type=whole_number(1, 16), metavar="N", help="how many texts to follow at once")


def search(step: Step, state: State, inputs: int, decoding: Decoding) -> list[Written]:
    """The best sentence for each of so many inputs.

    `step(tokens, index, state)` takes the last tokens int32 `(rows,)`, their place from 0 (there they are START) and
    arrays `(rows, ...)` by name, and gives log-probabilities of the next token `(rows, words)`, what is told of that
    token in `Written`, by name: `attention` `(rows, cells)`, perhaps `copied` `(rows,)`, and the next state. Rows are
    always `inputs * beam`, those of one input side by side; `state` has one row per input. What does not change from
    step to step belongs into the closure of `step`.

    At every step the `beam` best of all continuations stay, the lowest id of equals; those of them that end leave the
    beam, which is full again after the next step. A beam of 1 is therefore greedy: the best token at each step. An
    input is done when nothing is open, or nothing open can beat the best that ended; a sentence of `max_words` ends as
    it is.
    Raises `ValueError` when a log-probability is NaN.
    """
    if not inputs:
        return []
    hypotheses = _Hypotheses(inputs, decoding)
    state = {name: np.repeat(np.asarray(array), decoding.beam, axis=0) for name, array in state.items()}
    for index in range(decoding.max_words):
        scores, seen, state = step(hypotheses.last(index), index, state)
        rows = hypotheses.extend(index, np.asarray(scores), seen)
        if hypotheses.done.all():
            break
        state = {name: np.asarray(array)[rows] for name, array in state.items()}
    return hypotheses.best


class _Hypotheses:
    """The `beam` open sentences of every input, best first, and the best one that has ended."""

    def __init__(self, inputs: int, decoding: Decoding) -> None:
        beam, length = decoding.beam, decoding.max_words
        self.decoding = decoding
        self.tokens = np.zeros((inputs, beam, length), np.int32)
        self.seen: dict[str, np.ndarray] = {}  # (inputs, beam, length, ...) by name
        self.sums = np.full((inputs, beam), -np.inf)  # minus infinity: there is no such sentence
        self.sums[:, 0] = 0.0
        self.done = np.zeros(inputs, bool)
        self.best = [Written(np.zeros(0, np.int32), np.zeros((0, 0), np.float32), -np.inf)] * inputs

    def last(self, index: int) -> np.ndarray:
        """The tokens to go on from, int32 `(rows,)`."""
        inputs, beam, _ = self.tokens.shape
        return self.tokens[..., index - 1].ravel() if index else np.full(inputs * beam, START, np.int32)

    def extend(self, index: int, scores: np.ndarray, seen: Seen) -> np.ndarray:
        """Adds a token to every sentence; the rows `(rows,)` from which the new ones come."""
        inputs, beam, _ = self.tokens.shape
        if np.isnan(scores).any():
            raise ValueError("a log-probability is NaN")
        words = scores.shape[-1]
        scores = scores.reshape(inputs, beam, words).astype(np.float64)
        now = {name: np.asarray(array, np.float32) for name, array in seen.items()}
        now = {name: array.reshape(inputs, beam, *array.shape[1:]) for name, array in now.items()}
        if not index:
            shape = self.tokens.shape
            self.seen = {name: np.zeros((*shape, *array.shape[2:]), np.float32) for name, array in now.items()}
        if self.decoding.no_repeated_ngram:
            _bar_repeats(scores, self.tokens[..., :index], self.decoding.no_repeated_ngram)
        if index < self.decoding.min_words:
            scores[..., END] = BARRED
        sums = (self.sums[..., None] + scores).reshape(inputs, beam * words)
        chosen = _best(sums, beam)
        values = np.take_along_axis(sums, chosen, 1)
        parents, tokens = chosen // words, chosen % words
        self._end(index, parents, tokens, values)
        self._go_on(index, parents, tokens, np.where(tokens == END, -np.inf, values), now)
        self._close(index)
        return (np.arange(inputs)[:, None] * beam + parents).ravel()

    def _end(self, index: int, parents: np.ndarray, tokens: np.ndarray, sums: np.ndarray) -> None:
        """Keeps the best of those that end here, of inputs that are not done; all arrays are `(inputs, beam)`."""
        for row, place in np.argwhere((tokens == END) & np.isfinite(sums) & ~self.done[:, None]):
            score = sums[row, place] / self.decoding.divisor(index + 1)
            self._offer(int(row), int(parents[row, place]), index, float(score))

    def _go_on(self, index: int, parents: np.ndarray, tokens: np.ndarray, sums: np.ndarray, now: Seen) -> None:
        """The open sentences are now those of `parents` with `tokens` added."""
        own = np.arange(len(parents))[:, None], parents
        self.tokens, self.sums = self.tokens[own], sums
        self.tokens[..., index] = tokens
        for name, array in now.items():
            self.seen[name] = self.seen[name][own]
            self.seen[name][:, :, index] = array[own]

    def _close(self, index: int) -> None:
        """Marks the inputs that are done; at the last word all open sentences end as they are."""
        words, length = index + 1, self.decoding.max_words
        if words == length:
            for row, place in np.argwhere(np.isfinite(self.sums) & ~self.done[:, None]):
                score = self.sums[row, place] / self.decoding.divisor(words)
                self._offer(int(row), int(place), words, float(score))
            self.done[:] = True
            return
        # Sums only fall, so an open sentence ends at best with its sum of now over the greatest divisor to come.
        hope = self.sums.max(axis=1) / max(map(self.decoding.divisor, (words + 1, length)))
        self.done |= np.array([best.score for best in self.best]) >= hope

    def _offer(self, row: int, place: int, words: int, score: float) -> None:
        """The earlier of two equals stays."""
        if score > self.best[row].score:
            seen = {name: array[row, place, :words].copy() for name, array in self.seen.items()}
            self.best[row] = Written(self.tokens[row, place, :words].copy(), score=score, **seen)


def _bar_repeats(scores: np.ndarray, tokens: np.ndarray, n: int) -> None:
    """Bars in `scores` `(inputs, beam, words)` what followed an earlier use of the last `n - 1` of `tokens`."""
    if tokens.shape[-1] < n:
        return
    runs = np.lib.stride_tricks.sliding_window_view(tokens, n - 1, axis=-1)
    row, place, at = np.nonzero((runs[..., :-1, :] == runs[..., -1:, :]).all(axis=-1))
    scores[row, place, tokens[row, place, at + n - 1]] = BARRED


def _best(values: np.ndarray, count: int) -> np.ndarray:
    """Places `(rows, count)` of the greatest of `values` `(rows, n)`, best first, the first of equals first."""
    least = np.partition(values, values.shape[1] - count, axis=1)[:, values.shape[1] - count]
    chosen = []
    for row, limit in zip(values, least, strict=True):
        places = np.flatnonzero(row >= limit)  # more than `count` when several equal the limit
        chosen.append(places[np.argsort(-row[places], kind="stable")][:count])
    return np.stack(chosen)
