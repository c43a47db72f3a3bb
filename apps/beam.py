"""Beam search: the best sentence of a model that gives one word at a time, in NumPy, for many pictures at once.

The model itself is a function, so that the same search decodes an exported graph on a phone's runtime and a Keras model
over a whole test set.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

START, END = 1, 2  # ids of tokens
BARRED = -1e9  # the score of a word that may not come next

State = Mapping[str, np.ndarray]
Step = Callable[[np.ndarray, int, State], tuple[np.ndarray, np.ndarray, State]]


@dataclass(frozen=True, eq=False)
class Written:
    """A sentence: its words, where the model looked for each, and how sure it is."""

    tokens: np.ndarray  # int32 (words,), END not included
    attention: np.ndarray  # float32 (words, cells)
    score: float  # sum of log-probabilities / tokens ** length_penalty, where END is a token too


@dataclass(frozen=True)
class Decoding:
    """How to search. `beam` 1 is greedy; a greater `length_penalty` favours longer sentences, 0 does nothing.

    Raises `ValueError` when `beam` or `max_words` is less than 1.
    """

    beam: int
    length_penalty: float
    no_repeated_bigram: bool  # whether no two words may follow each other twice
    max_words: int

    def __post_init__(self) -> None:
        if min(self.beam, self.max_words) < 1:
            raise ValueError(f"beam and max_words are at least 1, not {self.beam} and {self.max_words}")

    @classmethod
    def from_card(cls, card: Mapping[str, Any]) -> "Decoding":
        """What a model's card says. Raises `KeyError`, `TypeError` or `ValueError` when it says it wrongly."""
        facts = card["decoding"]
        return cls(
            int(facts["beam"]),
            float(facts["length_penalty"]),
            bool(facts["no_repeated_bigram"]),
            int(card["max_words"]),
        )

    def divisor(self, tokens: int) -> float:
        """By which the sum of log-probabilities of so many tokens (END is one) is divided (Wu et al. 2016, simplified).

        Every further word makes a sum smaller, so that without it the search finds two or three words only.
        """
        return float(tokens**self.length_penalty)


def search(step: Step, state: State, images: int, decoding: Decoding) -> list[Written]:
    """The best sentence for each of `images` pictures.

    `step(tokens, index, state)` takes the last tokens int32 `(rows,)`, their place from 0 (there they are START) and
    arrays `(rows, ...)` by name, and gives log-probabilities of the next token `(rows, words)`, attention
    `(rows, cells)` and the next state. Rows are always `images * beam`, those of one picture side by side; `state` has
    one row per picture. What does not change from step to step belongs into the closure of `step`.

    At every step the `beam` best of all continuations stay, the lowest id of equals; those of them that end leave the
    beam, which is full again after the next step. A beam of 1 is therefore greedy: the best token at each step. A
    picture is done when nothing is open, or nothing open can beat the best that ended; a sentence of `max_words` ends
    as it is.
    Raises `ValueError` when a log-probability is NaN.
    """
    if not images:
        return []
    hypotheses = _Hypotheses(images, decoding)
    state = {name: np.repeat(np.asarray(array), decoding.beam, axis=0) for name, array in state.items()}
    for index in range(decoding.max_words):
        scores, attention, state = step(hypotheses.last(index), index, state)
        rows = hypotheses.extend(index, np.asarray(scores), np.asarray(attention))
        if hypotheses.done.all():
            break
        state = {name: np.asarray(array)[rows] for name, array in state.items()}
    return hypotheses.best


class _Hypotheses:
    """The `beam` open sentences of every picture, best first, and the best one that has ended."""

    def __init__(self, images: int, decoding: Decoding) -> None:
        beam, length = decoding.beam, decoding.max_words
        self.decoding = decoding
        self.tokens = np.zeros((images, beam, length), np.int32)
        self.attention = np.zeros((*self.tokens.shape, 0), np.float32)  # cells are known after the first step
        self.sums = np.full((images, beam), -np.inf)  # minus infinity: there is no such sentence
        self.sums[:, 0] = 0.0
        self.done = np.zeros(images, bool)
        self.best = [Written(np.zeros(0, np.int32), np.zeros((0, 0), np.float32), -np.inf)] * images

    def last(self, index: int) -> np.ndarray:
        """The tokens to go on from, int32 `(rows,)`."""
        images, beam, _ = self.tokens.shape
        return self.tokens[..., index - 1].ravel() if index else np.full(images * beam, START, np.int32)

    def extend(self, index: int, scores: np.ndarray, attention: np.ndarray) -> np.ndarray:
        """Adds a token to every sentence; the rows `(rows,)` from which the new ones come."""
        images, beam, _ = self.tokens.shape
        if np.isnan(scores).any():
            raise ValueError("a log-probability is NaN")
        words = scores.shape[-1]
        scores = scores.reshape(images, beam, words).astype(np.float64)
        attention = attention.astype(np.float32).reshape(images, beam, -1)
        if not index:
            self.attention = np.zeros((*self.tokens.shape, attention.shape[-1]), np.float32)
        if self.decoding.no_repeated_bigram:
            _bar_bigrams(scores, self.tokens[..., :index])
        sums = (self.sums[..., None] + scores).reshape(images, beam * words)
        chosen = _best(sums, beam)
        values = np.take_along_axis(sums, chosen, 1)
        parents, tokens = chosen // words, chosen % words
        self._end(index, parents, tokens, values)
        self._go_on(index, parents, tokens, np.where(tokens == END, -np.inf, values), attention)
        self._close(index)
        return (np.arange(images)[:, None] * beam + parents).ravel()

    def _end(self, index: int, parents: np.ndarray, tokens: np.ndarray, sums: np.ndarray) -> None:
        """Keeps the best of those that end here, of pictures that are not done; all arrays are `(images, beam)`."""
        for image, place in np.argwhere((tokens == END) & np.isfinite(sums) & ~self.done[:, None]):
            score = sums[image, place] / self.decoding.divisor(index + 1)
            self._offer(int(image), int(parents[image, place]), index, float(score))

    def _go_on(
        self, index: int, parents: np.ndarray, tokens: np.ndarray, sums: np.ndarray, attention: np.ndarray
    ) -> None:
        """The open sentences are now those of `parents` with `tokens` added."""
        own = np.arange(len(parents))[:, None], parents
        self.tokens, self.attention, self.sums = self.tokens[own], self.attention[own], sums
        self.tokens[..., index], self.attention[..., index, :] = tokens, attention[own]

    def _close(self, index: int) -> None:
        """Marks the pictures that are done; at the last word all open sentences end as they are."""
        words, length = index + 1, self.decoding.max_words
        if words == length:
            for image, place in np.argwhere(np.isfinite(self.sums) & ~self.done[:, None]):
                score = self.sums[image, place] / self.decoding.divisor(words)
                self._offer(int(image), int(place), words, float(score))
            self.done[:] = True
            return
        # Sums only fall, so an open sentence ends at best with its sum of now over the greatest divisor to come.
        hope = self.sums.max(axis=1) / max(map(self.decoding.divisor, (words + 1, length)))
        self.done |= np.array([best.score for best in self.best]) >= hope

    def _offer(self, image: int, place: int, words: int, score: float) -> None:
        """The earlier of two equals stays."""
        if score > self.best[image].score:
            tokens, attention = self.tokens[image, place, :words], self.attention[image, place, :words]
            self.best[image] = Written(tokens.copy(), attention.copy(), score)


def _bar_bigrams(scores: np.ndarray, tokens: np.ndarray) -> None:
    """Bars in `scores` `(images, beam, words)` what followed an earlier use of the last word of `tokens`."""
    if tokens.shape[-1] < 2:
        return
    image, place, at = np.nonzero(tokens[..., :-1] == tokens[..., -1:])
    scores[image, place, tokens[image, place, at + 1]] = BARRED


def _best(values: np.ndarray, count: int) -> np.ndarray:
    """Places `(rows, count)` of the greatest of `values` `(rows, n)`, best first, the first of equals first."""
    least = np.partition(values, values.shape[1] - count, axis=1)[:, values.shape[1] - count]
    chosen = []
    for row, limit in zip(values, least, strict=True):
        places = np.flatnonzero(row >= limit)  # more than `count` when several equal the limit
        chosen.append(places[np.argsort(-row[places], kind="stable")][:count])
    return np.stack(chosen)
