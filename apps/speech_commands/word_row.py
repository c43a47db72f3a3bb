"""A word as a row of a classifier, of few embeddings of it and many of foreign sounds, in milliseconds.

The row is a logistic regression of the word against the foreign sounds, held to where it starts: the direction in which
the word stands out of them, its mean less theirs, times the inverse of their covariance (Hariharan, Malik, Ramanan
2012, "Discriminative decorrelation for clustering and classification"). The mean alone, as a prototype, finds fewer
words: what all speech has in common counts in it as much as what is the word's own.

A sound is taken for the word where its row gives more than every other label's. The bias sets the threshold: of every
kind of foreign sounds at most `SHARE` are taken, each judged by a row that it had no part in.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from heedful.apps.graph.label_rows import Row
from heedful.apps.speech_commands.foreign import BACKWARDS, NOISE, PARTS, SPLICED, Foreign

SHARE = 0.01
SHRINKAGE = 0.05  # of the covariance towards that of a ball, in parts of its mean variance
HOLD = 3e-4  # of the regression to its start, where the foreign sounds have the standard deviation 1
STEPS = 30  # of Newton's method at most
STEEPNESS = 8.0  # logits for a standard deviation of the foreign sounds: other labels hardly move the threshold
FOLDS = 5  # a fifth of the foreign sounds at a time has no part in the row that judges it
TOGETHER = {SPLICED: BACKWARDS, PARTS: NOISE}  # kinds that are judged as one


@dataclass(frozen=True, eq=False)
class LearntWord:
    """The row of a word, and how it stands to the foreign sounds."""

    row: Row
    limit: float  # what the bias takes away, in logits
    threshold: float  # the same above the mean of the foreign sounds, in their standard deviations, for people
    taken: np.ndarray  # bool (foreign sounds,): those that are taken for the word


class Background:
    """What words must stand out of: foreign sounds, and the rows of all other labels."""

    def __init__(self, foreign: Foreign, others: Sequence[Row]) -> None:
        self.sounds = foreign.embeddings.astype(np.float64)
        self._others = np.array([[*row.weights, row.bias] for row in others], np.float64)
        kinds = np.array([TOGETHER.get(kind, kind) for kind in foreign.kinds])
        self._groups = [np.flatnonzero(kinds == kind) for kind in np.unique(kinds)]
        self._fold = np.arange(len(self.sounds)) % FOLDS

    def best_other(self, embeddings: np.ndarray) -> np.ndarray:
        """The largest logit of the other labels, `(sounds,)`, for embeddings `(sounds, width)`; 0 without any."""
        if not len(self._others):
            return np.zeros(len(embeddings))
        return (embeddings @ self._others[:, :-1].T + self._others[:, -1]).max(axis=1)

    def learn(self, word: np.ndarray) -> LearntWord:
        """The row of the word of these embeddings `(recordings, width)`."""
        best, margins = self.best_other(self.sounds), np.empty(len(self.sounds))
        for fold in range(FOLDS):
            own, rest = self.sounds[self._fold == fold], self.sounds[self._fold != fold]
            margins[self._fold == fold] = (own - rest.mean(axis=0)) @ discriminant(word, rest)
        margins -= best
        limit = max(highest_but(margins[group]) for group in self._groups)
        threshold = (limit + float(np.median(best))) / STEEPNESS
        return LearntWord(self.row(word, limit), limit, threshold, margins > limit)

    def row(self, word: np.ndarray, limit: float) -> Row:
        """The row at a limit that is known."""
        weights = discriminant(word, self.sounds)
        return Row(weights.astype(np.float32), float(-weights @ self.sounds.mean(axis=0)) - limit)

    def left_out(self, word: np.ndarray, limit: float, parts: int) -> np.ndarray:
        """The logits of the recordings of a word, `(recordings,)`, each by a row that it had no part in: as many parts
        of them are left out in turn.
        """
        part, logits = np.arange(len(word)) % parts, np.zeros(len(word))
        for number in range(min(parts, len(word))):
            row, out = self.row(word[part != number], limit), part == number
            logits[out] = word[out] @ row.weights + row.bias
        return logits


def discriminant(word: np.ndarray, foreign: np.ndarray) -> np.ndarray:
    """Weights `(width,)` that tell a word `(recordings, width)` from foreign sounds `(sounds, width)`, which scatter
    along them by `STEEPNESS`.
    """
    mean = foreign.mean(axis=0)
    word, foreign = word - mean, foreign - mean
    covariance = foreign.T @ foreign / len(foreign)
    ball = np.trace(covariance) / len(covariance) + 1e-12
    start = np.linalg.solve(covariance + SHRINKAGE * ball * np.eye(len(covariance)), word.mean(axis=0))
    return scaled(regression(word, foreign, scaled(start, foreign)), foreign) * STEEPNESS


def scaled(weights: np.ndarray, foreign: np.ndarray) -> np.ndarray:
    """Along which the foreign sounds have the standard deviation 1."""
    return weights / max(float((foreign @ weights).std()), 1e-12)


def regression(word: np.ndarray, foreign: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Weights `(width,)` of a logistic regression in which both sides count alike, held to `start` by `HOLD` times half
    the square of the distance: by Newton's method, a step halved until it leads down.
    """
    inputs = np.pad(np.concatenate([word, foreign]), ((0, 0), (0, 1)), constant_values=1.0)
    signs = np.repeat([1.0, -1.0], [len(word), len(foreign)])
    shares = 0.5 / np.repeat([len(word), len(foreign)], [len(word), len(foreign)])
    start = np.append(start, -0.5 * (word @ start).mean())
    hold = np.full(len(start), HOLD)

    def loss(weights: np.ndarray) -> float:
        return float(shares @ np.logaddexp(0, -signs * (inputs @ weights)) + hold @ np.square(weights - start) / 2)

    weights = start
    for _ in range(STEPS):
        wrong = shares / (1 + np.exp(np.clip(signs * (inputs @ weights), -50, 50)))  # of each, how wrong it is
        slope = hold * (weights - start) - inputs.T @ (signs * wrong)
        curve = inputs.T @ ((wrong * (1 - wrong / shares))[:, None] * inputs) + np.diag(hold)
        step = np.linalg.solve(curve, slope)
        while loss(weights - step) > loss(weights) and np.abs(step).max() > 1e-4:
            step /= 2
        weights = weights - step
        if np.abs(step).max() < 1e-3:
            break
    return weights[:-1]


def highest_but(margins: np.ndarray) -> float:
    """The largest margin but for the `SHARE` that may lie above it."""
    return float(np.sort(margins)[-1 - int(SHARE * len(margins))])
