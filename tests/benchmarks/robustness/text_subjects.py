"""Texts given to a classifier, a summarizer or a translator.

The tokens of a clean and of a corrupted text differ, their words correspond one to one: attention is that of words.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from paired_outcome import Outcome, generator_of, recording, some
from texts import CORRUPTIONS, WORD

from heedful.apps.rewritten import Rewritten
from heedful.apps.tokenizer import FILE
from heedful.apps.tokenizer_file import opened
from heedful.recipes.shared.reading.pair_data import PairData
from heedful.recipes.shared.reading.text_pairs import TextPairs
from heedful.recipes.shared.training.pair_batches import padded
from heedful.recipes.suite.discovery import recipe
from heedful.recipes.text_classification import metrics as classifying
from heedful.recipes.text_classification.data import Split, TextData
from heedful.recipes.text_summarization.scoring.rouge import rouge
from heedful.recipes.translation import metrics as translating


def corrupted(texts: Sequence[str], known: set[str], corruption: str | None, seed: int) -> list[str]:
    if corruption is None:
        return list(texts)
    corrupt = CORRUPTIONS[corruption]
    return [corrupt(text, known, generator_of(seed, corruption, row)) for row, text in enumerate(texts)]


def words_of(texts: Sequence[str]) -> set[str]:
    return {word[0].lower() for text in texts for word in WORD.finditer(text)}


def by_words(attention: np.ndarray, text: str, pieces: Sequence[Any]) -> np.ndarray:
    """The attention (rows, tokens or more) to the pieces of a text, summed over each of its words: (rows, words)."""
    words = text.split()
    ends, end = [], 0
    for word in words:
        end = text.index(word, end) + len(word)
        ends.append(end)
    places = np.minimum(np.searchsorted(ends, [piece.end for piece in pieces]), max(0, len(words) - 1))
    return attention[:, : len(pieces)] @ np.eye(max(1, len(words)))[places]


class ClassifierSubject:
    """Texts given to a classifier, which looks once, with several heads."""

    corruptions = tuple(CORRUPTIONS)

    def __init__(self, model: Any, data: TextData, split: str, most: int) -> None:
        part = data.split(split)
        rows = some(len(part), most)
        self.part = Split([part.texts[row] for row in rows], part.ids[rows], part.targets[rows])
        self.predict, self.data = recipe("text_classification").export.predictor(model), data
        self.tokenizer, self.length = opened(data.attachments[FILE].decode()), data.facts["length"]
        self.known = words_of([*data.splits["train"].texts, *self.part.texts])

    def outcome(self, corruption: str | None, seed: int) -> Outcome:
        found: list[dict[str, np.ndarray]] = []
        data = self.given(corruption, seed)
        score = classifying.score(recording(self.predict, found), data, "validation")
        answers = found[0]["probabilities"].argmax(axis=1)
        texts = data.splits["validation"].texts
        pieces = [self.tokenizer.pieces(text, self.length) for text in texts]
        attention = [by_words(*each) for each in zip(found[0]["attention"], texts, pieces, strict=True)]
        right = (answers == self.part.targets).astype(np.float64)[:, None]
        return Outcome(score, right, answers.tolist(), attention)

    def given(self, corruption: str | None, seed: int) -> TextData:
        texts = corrupted(self.part.texts, self.known, corruption, seed)
        ids = padded([np.array(self.tokenizer.encode(text, self.length)) for text in texts], self.length)
        return replace(self.data, splits={**self.data.splits, "validation": Split(texts, ids, self.part.targets)})

    def share(self, sums: np.ndarray) -> np.ndarray:
        return sums[:, 0] / len(self.part)

    def baseline(self) -> float:
        return classifying.baseline(self.given(None, 0))

    def comparable(self, corruption: str) -> bool:
        return True


class RewriterSubject:
    """Texts of which another is written, which looks anew for each piece of it. The references stay as they are: those
    with a word of the text that has given way cannot be written any more.
    """

    corruptions = tuple(CORRUPTIONS)

    def __init__(self, name: str, model: Any, data: PairData, split: str, most: int) -> None:
        self.recipe = recipe(name)
        part = data.split(split)
        rows = some(len(part), min(most, 500))  # their metrics look at no more
        self.pairs = TextPairs([part.sources[row] for row in rows], [part.targets[row] for row in rows])
        self.model, self.data = model, data
        self.known = words_of([*data.splits["train"].sources, *self.pairs.sources])

    def outcome(self, corruption: str | None, seed: int) -> Outcome:
        found: list[list[Rewritten]] = []
        data = self.given(corruption, seed)
        predict = self.recipe.export.predictor(self.model)
        predict.write = recording(predict.write, found)
        score = self.recipe.metrics.score(predict, data, "validation")
        written = [each.text for each in found[0]]
        attention = []
        for each, text in zip(found[0], data.splits["validation"].sources, strict=True):
            attention.append(by_words(each.attention, text, data.tokenizer.pieces(text, data.config.max_source)))
        summaries = self.recipe.name == "text_summarization"  # their capitals are those of the document
        answers = [text.casefold() for text in written] if summaries else written
        return Outcome(score, self.counts(written), answers, attention)

    def counts(self, written: list[str]) -> np.ndarray:
        if self.recipe.name == "text_summarization":
            return rouge(written, self.pairs.targets, ("rouge_l",)).reshape(len(written), 1)
        return np.array(self.bleu._extract_corpus_statistics(written, [self.pairs.targets]), np.float64)

    @property
    def bleu(self) -> Any:
        return translating.metrics_of(translating.unspaced(self.pairs.targets))["bleu"]

    def given(self, corruption: str | None, seed: int) -> PairData:
        sources = corrupted(self.pairs.sources, self.known, corruption, seed)
        return replace(self.data, splits={**self.data.splits, "validation": TextPairs(sources, self.pairs.targets)})

    def share(self, sums: np.ndarray) -> np.ndarray:
        if self.recipe.name == "text_summarization":
            return sums[:, 0] / len(self.pairs)
        scores = [self.bleu._compute_score_from_stats(row.astype(int).tolist()).score for row in sums]
        return np.array(scores) / 100

    def baseline(self) -> float:
        return self.recipe.metrics.baseline(self.given(None, 0))

    def comparable(self, corruption: str) -> bool:
        return True
