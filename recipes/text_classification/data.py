"""Labelled texts in, batches out; a batch is a pure function of (seed, step)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from heedful.apps.errors import InputError
from heedful.apps.tokenizer import FILE, PAD
from heedful.apps.tokenizer_file import opened
from heedful.recipes.contract import Knowledge, Look
from heedful.recipes.shared.network.text_backbone import tokenizer_of
from heedful.recipes.shared.reading.columns import Column
from heedful.recipes.shared.reading.first_names import first_names
from heedful.recipes.shared.reading.open_labels import labels_of
from heedful.recipes.shared.reading.pair_summary import examples
from heedful.recipes.shared.reading.split_rows import Listing, divided, read_tables
from heedful.recipes.shared.reading.splits import SPLITS, joined, pick
from heedful.recipes.shared.reading.summary import source_name
from heedful.recipes.shared.reading.text_file import Expected, shown
from heedful.recipes.shared.reading.text_pairs import TextPairs
from heedful.recipes.shared.reading.tokenizer_training import train
from heedful.recipes.shared.training.length_batches import rows_of_batch
from heedful.recipes.shared.training.pair_batches import padded
from heedful.recipes.shared.training.subwords import cuts_of, recut
from heedful.recipes.text_classification.config import Config
from heedful.recipes.text_classification.sample.questions import questions

TABLE = Expected("a text table", "a table (.csv, .tsv, .jsonl, .json, .parquet, .xlsx) of texts and labels")
COLUMNS = (
    Column("text", ("sentence", "utterance", "query", "question", "review", "review text", "comment", "message",
                    "body", "title", "texte", "texto", "текст", "文本", "评论", "内容", "本文", "텍스트", "النص")),
    Column("label", ("labels", "label text", "intent", "class", "category", "target", "sentiment", "topic", "emotion",
                     "stars", "kategorie", "categorie", "etiqueta", "метка", "标签", "类别", "ラベル"), numbers=True),
)  # fmt: skip
NEEDED = 0.99  # share of the training texts that a model reads to their ends
STEP = 8  # tokens by which lengths differ
FEWEST = 40  # steps of an epoch, which goes through few texts more than once


@dataclass(frozen=True, eq=False)
class Split:
    """Texts with their labels, which are numbers."""

    texts: list[str]
    ids: np.ndarray  # int32 (texts, length), PAD behind the end
    targets: np.ndarray  # int32 (texts,)

    def __len__(self) -> int:
        return len(self.texts)


@dataclass(frozen=True, eq=False)
class TextData:
    """Texts by split, and the training batches made of them."""

    config: Config
    facts: dict[str, Any]  # the labels, the number of the `outside` one or None, and the `length` that is read
    attachments: dict[str, bytes]
    splits: dict[str, Split]
    summary: dict[str, Any]

    def split(self, name: str) -> Split:
        """Texts of `train`, `validation`, `test` or `all` of them; InputError when there are none."""
        return joined(pick(self.splits, name, "texts", source_name(self.summary["source"])))

    @property
    def steps_per_epoch(self) -> int:
        return max(FEWEST, len(self.splits["train"]) // self.config.batch_size)

    @cached_property
    def cuts(self) -> list[list[list[int]]]:
        return cuts_of(opened(self.attachments[FILE].decode()), self.config.subword_dropout)

    def batch(self, seed: int, step: int) -> tuple[np.ndarray, np.ndarray]:
        """Training batch number `step`: ids int32 `(batch, tokens)`, some of them hidden; targets int32 `(batch,)`."""
        train, random = self.splits["train"], np.random.default_rng([seed, step])
        lengths = (train.ids != PAD).sum(axis=1)
        rows = rows_of_batch(lengths, self.config.batch_size, seed, step, STEP)
        texts = recut([train.ids[row, : lengths[row]] for row in rows], self.cuts, random)
        ids = padded(texts, up(max(map(len, texts))))
        hidden = random.random(ids.shape) < self.config.word_dropout
        return np.where(hidden, PAD, ids), train.targets[rows]


def load(
    source: str, config: Config, *, data_dir: str | None = None, download: bool = False,
    evaluating: Knowledge | None = None, continuing: Knowledge | None = None,
    columns: Mapping[str, str] | None = None,
) -> TextData:  # fmt: skip
    """Load `source`: "sample", or the user's own tables, one on each line.

    `columns` says which columns are the text, the label and the split. `evaluating` is of an existing model: texts of
    labels that it does not know are left out. Raises InputError, one sentence, when the source cannot be used.
    """
    name, training = source_name(source), evaluating is None
    if source == "sample":
        found = questions()
    elif source.startswith("tfds:"):
        raise InputError(f"{source}: text classification reads no catalogue, give {TABLE.form}.")
    else:
        found = divided(source, read_tables(source, COLUMNS, TABLE, columns), "text", training, once=True)
    found = replace(found, splits={split: [in_one_line(row) for row in found.splits[split]] for split in SPLITS})
    knowledge = evaluating or learnt(found, config, name)
    tokenizer = opened(knowledge.attachments[FILE].decode())
    labels = {label: number for number, label in enumerate(knowledge.facts["labels"])}
    rows = {split: [row for row in found.splits[split] if row["label"] in labels] for split in SPLITS}
    if not any(rows.values()):
        raise InputError(f"{name} has no text of {first_names(labels)}, the labels of the model: add some.")
    if training and not rows["validation"]:
        raise InputError(f"{name} has no validation text of a label that is also in train: give more texts of each.")
    facts = dict(knowledge.facts)
    if training:
        lengths = [len(tokenizer.encode(row["text"], config.longest)) for row in rows["train"]]
        facts["length"] = up(np.quantile(lengths, NEEDED))
    splits = {}
    for split, part in rows.items():
        tokens = [np.array(tokenizer.encode(row["text"], facts["length"])) for row in part]
        ids = padded(tokens, facts["length"])
        targets = np.array([labels[row["label"]] for row in part], np.int32)
        splits[split] = Split([row["text"] for row in part], ids, targets)
    summary = {"tokens read": facts["length"], **summary_of(found, rows, labels)}
    return TextData(config, facts, dict(knowledge.attachments), splits, summary)


def look(
    source: str, config: Config, *, data_dir: str | None = None, download: bool = False,
    columns: Mapping[str, str] | None = None,
) -> Look:  # fmt: skip
    """The summary of `load`, and three texts with their labels from all over the training data."""
    data = load(source, config, data_dir=data_dir, download=download, columns=columns)
    train, labels = data.splits["train"], data.facts["labels"]
    return Look(data.summary, examples(TextPairs(train.texts, [labels[target] for target in train.targets])))


def learnt(found: Listing, config: Config, source: str) -> Knowledge:
    """The labels and the tokenizer of the training texts. Raises InputError where there is nothing to tell apart."""
    found.check_trainable("texts")
    rows = found.splits["train"]
    labels, outside = labels_of(row["label"] for row in rows)
    if len(labels) < 2:
        only = shown(labels[0])
        raise InputError(f"{source} has training texts of one label only, {only}: give texts of at least two.")
    if config.backbone:
        tokenizer = tokenizer_of(config.backbone).to_json()
    else:
        tokenizer = train((row["text"] for row in rows), config.vocabulary, config.lowercase)
    attachments = {FILE: tokenizer.encode(), "labels.txt": "\n".join(labels).encode() + b"\n"}
    return Knowledge({"labels": labels, "outside": outside}, attachments)


def in_one_line(row: Mapping[str, str]) -> dict[str, str]:
    """The same with its label in one line, as it stands in the file of labels."""
    return {**row, "label": " ".join(row["label"].split())}


def summary_of(found: Listing, rows: Mapping[str, Sequence[Any]], labels: Mapping[str, int]) -> dict[str, Any]:
    """What was found, the texts of it by split and label, and what looks wrong."""
    there = Counter(row["label"] for part in found.splits.values() for row in part)
    unknown = {label: there.pop(label) for label in [*there] if label not in labels}
    missing = sorted(labels.keys() - {row["label"] for row in rows["validation"]})
    left = f"{sum(unknown.values()):,} texts of {first_names(unknown)} are left out: no training text has such a label"
    missed = f"no validation text is of {first_names(missing)}: nothing is known of how well it is found"
    return {
        **found.summary([left] * bool(unknown) + [missed] * bool(missing)),
        "texts": {split: len(part) for split, part in rows.items()},
        "labels": len(labels),
        "texts of a label": [f"{label} {count:,}" for label, count in there.most_common()],
    }


def up(tokens: float) -> int:
    return STEP * max(1, -(-int(tokens) // STEP))  # the next multiple
