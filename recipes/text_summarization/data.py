"""Documents with summaries in, batches out: three sources behind one function, and a batch that is a pure function of
(seed, step).

    data = load("letters.csv", config)        # also "sample", "tfds:gigaword", .jsonl and .tsv
    inputs, weights = data.batch(seed=0, step=1234)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from heedful.apps.errors import InputError
from heedful.apps.text_summarization import capitals
from heedful.apps.text_summarization.capitals import PLAIN
from heedful.apps.tokenizer import FILE, Tokenizer
from heedful.recipes.contract import Knowledge, Look
from heedful.recipes.shared.reading.splits import SPLITS, check_trainable, pick
from heedful.recipes.shared.reading.tokenizer_training import train
from heedful.recipes.text_summarization.config import DECODING, Config
from heedful.recipes.text_summarization.reading import plain_words, summary
from heedful.recipes.text_summarization.reading.pairs import Split
from heedful.recipes.text_summarization.reading.sources import read_listing
from heedful.recipes.text_summarization.reading.summary import describe as describe  # the recipe contract
from heedful.recipes.text_summarization.training.batches import Batches


@dataclass(frozen=True, eq=False)
class SummaryData:
    """Pairs by split, the tokens of their texts, and the training batches made of them."""

    config: Config
    attachments: dict[str, bytes]  # files that ride in the `.tflite` besides the card
    splits: dict[str, Split]  # train, validation, test; each may be empty
    summary: dict

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

    @cached_property
    def plain(self) -> frozenset[str]:
        """Words that are no names, see `heedful.apps.text_summarization.capitals`."""
        return capitals.plain_words(self.attachments.get(PLAIN, b""))

    def split(self, name: str) -> Split:
        """Pairs of `train`, `validation`, `test` or `all` of them; InputError when there are none."""
        parts = pick(self.splits, name, "pairs", self.summary["source"])
        documents, summaries = ([text for part in parts for text in getattr(part, field)] for field in FIELDS)
        return Split(documents, summaries)

    @cached_property
    def batches(self) -> Batches:
        """The training pairs as token ids."""
        config, pairs = self.config, self.split("train")
        documents = [self.ids(text, config.max_source) for text in pairs.documents]
        summaries = [self.ids(text, config.max_words) for text in pairs.summaries]
        if not any(map(len, documents)):
            raise InputError(f"{self.summary['source']} has no document with a word to read: check its columns.")
        sizes = config.max_source, config.max_words, config.batch_size, len(self.tokenizer)
        return Batches(documents, summaries, *sizes, config.renamed)

    def ids(self, text: str, most: int) -> np.ndarray:
        """The first `most` tokens of a text, int32."""
        return np.array(self.tokenizer.encode(text, most), np.int32)

    @property
    def steps_per_epoch(self) -> int:
        """Batches in an epoch."""
        return self.batches.steps_per_epoch

    def batch(self, seed: int, step: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """Training batch number `step`, the same for the same `(seed, step)` whenever and wherever it is asked for: the
        inputs and the weights of `Batches.batch`.
        """
        return self.batches.batch(seed, step)


FIELDS = ("documents", "summaries")
READ = 10  # characters of a text for each token that is read: what lies beyond teaches the tokenizer nothing


def load(
    source: str, config: Config, *, data_dir: str | None = None, download: bool = False,
    evaluating: Knowledge | None = None, continuing: Knowledge | None = None,
    columns: Mapping[str, str] | None = None,
) -> SummaryData:  # fmt: skip
    """Load `source`: "sample", "tfds:NAME[:VERSION]", or the user's own files and folders, one on each line.

    `columns` says which columns of tables are the document, the summary and the split.
    `evaluating` is of an existing model: the data may then lack splits, and its texts are cut into the tokens of the
    model. One to continue from, `continuing`, asks nothing of the data: tokens that it does not know are learnt.
    Raises InputError, one sentence, when the source is missing, empty, mostly unreadable or not downloaded.
    """
    listing = read_listing(source, data_dir, download, training=evaluating is None, columns=columns)
    splits = {name: listing.splits.get(name, Split((), ())) for name in SPLITS}
    if evaluating is None:
        check_trainable([name for name in SPLITS if len(splits[name])], "pairs", source)
        pairs = splits["train"]
        texts = (text[: READ * config.max_source] for field in FIELDS for text in getattr(pairs, field))
        attachments = {FILE: train(texts, config.vocabulary, config.lowercase).encode()}
        if config.lowercase:
            attachments[PLAIN] = "\n".join(plain_words.find(pairs.documents)).encode()
    else:
        attachments = dict(evaluating.attachments)
    tokenizer = Tokenizer.from_json(attachments[FILE].decode())
    return SummaryData(config, attachments, splits, summary.build(listing, config, tokenizer))


def look(
    source: str, config: Config, *, data_dir: str | None = None, download: bool = False,
    columns: Mapping[str, str] | None = None,
) -> Look:  # fmt: skip
    """The summary of `load` but for what takes a tokenizer, and three pairs from all over the data."""
    listing = read_listing(source, data_dir, download, training=True, columns=columns)
    pairs = next(split for name in SPLITS if len(split := listing.splits[name]))
    return Look(summary.build(listing, config), summary.examples(pairs))
