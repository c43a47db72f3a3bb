"""Texts in pairs as the data of a recipe: the tokens of the model, and training batches, each a pure function of
(seed, step).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np

from heedful.apps.errors import InputError
from heedful.apps.tokenizer import FILE, Tokenizer
from heedful.recipes.contract import Knowledge
from heedful.recipes.shared.reading.pair_summary import build
from heedful.recipes.shared.reading.split_rows import Listing
from heedful.recipes.shared.reading.splits import joined, pick
from heedful.recipes.shared.reading.text_pairs import TextPairs
from heedful.recipes.shared.reading.tokenizer_training import train
from heedful.recipes.shared.training.pair_batches import Batches
from heedful.recipes.shared.training.rewriting import DECODING, Rewriting

FIELDS = ("sources", "targets")
READ = 10  # characters of a text for each token that is read: what lies beyond teaches the tokenizer nothing


@dataclass(frozen=True, eq=False)
class PairData:
    """Pairs by split, the tokens of their texts, and the training batches made of them."""

    config: Rewriting
    attachments: Mapping[str, bytes]  # files that ride in the `.tflite` besides the card
    splits: Mapping[str, TextPairs]  # train, validation, test; each may be empty
    summary: Mapping[str, Any]

    @classmethod
    def of(
        cls, listing: Listing[TextPairs], config: Rewriting, attachments: Mapping[str, bytes],
        doubts: Sequence[str] = (),
    ) -> Self:  # fmt: skip
        """What a source holds, in the tokens of the attached tokenizer; `doubts` are told among its warnings."""
        tokenizer = Tokenizer.from_json(attachments[FILE].decode())
        return cls(config, attachments, listing.splits, build(listing, config, tokenizer, doubts))

    def few(self, name: str, most: int) -> Self:
        """The same data with no more than `most` pairs in a split, evenly spread over all and always the same."""
        pairs = self.split(name)
        if name == "all" or len(pairs) <= most:
            return self
        rows = [number * len(pairs) // most for number in range(most)]
        part = TextPairs([pairs.sources[row] for row in rows], [pairs.targets[row] for row in rows])
        return replace(self, splits={**self.splits, name: part})

    @property
    def facts(self) -> dict[str, Any]:
        """What a model trained on this must remember, and what runs it must know: JSON-able."""
        config = self.config
        return {
            "max_source": config.max_source,
            "max_words": config.max_words,
            "decoding": {name: getattr(config, name) for name in DECODING},
        }

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """What makes tokens of texts."""
        return Tokenizer.from_json(self.attachments[FILE].decode())

    def split(self, name: str) -> TextPairs:
        """Pairs of `train`, `validation`, `test` or `all` of them; InputError when there are none."""
        return joined(pick(self.splits, name, "pairs", self.summary["source"]))

    @cached_property
    def batches(self) -> Batches:
        """The training pairs as token ids."""
        config, pairs = self.config, self.split("train")
        sources = [self.ids(text, config.max_source) for text in pairs.sources]
        targets = [self.ids(text, config.max_words) for text in pairs.targets]
        if not any(map(len, sources)):
            raise InputError(f"{self.summary['source']} has no text with a word to read: check its columns.")
        sizes = config.max_source, config.max_words, config.batch_size, len(self.tokenizer)
        texts = pairs.sources if config.lowercased else ()
        lowered = [self.ids(text.lower(), config.max_source) for text in texts]
        return Batches(sources, targets, *sizes, config.renamed, lowered, config.lowercased)

    def ids(self, text: str, most: int) -> np.ndarray:
        """The first `most` tokens of a text, int32."""
        return np.array(self.tokenizer.encode(text, most), np.int32)

    @property
    def steps_per_epoch(self) -> int:
        """Batches in an epoch."""
        return self.batches.steps_per_epoch

    def batch(self, seed: int, step: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """Training batch number `step`, the same for the same `(seed, step)` whenever and wherever it is asked for: the
        inputs and the weights of `Batches.of`.
        """
        return self.batches.batch(seed, step)


def attachments_of(listing: Listing[TextPairs], config: Rewriting, evaluating: Knowledge | None) -> dict[str, bytes]:
    """What rides with a model: a tokenizer of the training pairs, or all that a model has which is to be evaluated.

    Raises `InputError` where there is nothing to train on.
    """
    if evaluating is not None:
        return dict(evaluating.attachments)
    listing.check_trainable("pairs")
    pairs = listing.splits["train"]
    texts = (text[: READ * config.max_source] for field in FIELDS for text in getattr(pairs, field))
    return {FILE: train(texts, config.vocabulary, config.lowercase).encode()}
