"""Summaries of the TensorFlow Datasets catalogue: `tfds:gigaword`, `tfds:cnn_dailymail` and `tfds:xsum`, `[:VERSION]`.

A catalogue name needs one `Adapter`: its feature keys and its splits. Texts are kept in memory as they are: Gigaword's
3.8 million pairs take about 1.5 GB. Its text is tokenized, in lower case and has # for every digit, and words that the
publisher replaced are UNK in training and validation and <unk> in the test.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tqdm import tqdm

from heedful.apps.errors import InputError
from heedful.recipes.shared.reading.splits import SPLITS
from heedful.recipes.shared.reading.tfds_builder import PREFIX, prepared, split_source
from heedful.recipes.text_summarization.reading.pairs import Listing, Split

BATCH = 1024  # examples that TensorFlow hands over at once


@dataclass(frozen=True)
class Adapter:
    """How a catalogue entry maps to pairs."""

    document: str  # feature keys
    summary: str
    splits: dict[str, str]  # ours -> theirs


THE_SAME = {split: split for split in SPLITS}
ADAPTERS = {
    "gigaword": Adapter("document", "summary", THE_SAME),
    "cnn_dailymail": Adapter("article", "highlights", THE_SAME),
    "xsum": Adapter("document", "summary", THE_SAME),
}


def open_catalogue(source: str, data_dir: str | None, download: bool) -> Listing:
    """Pairs of `tfds:NAME[:VERSION]`; `InputError` when unknown or not prepared yet."""
    name = split_source(source)[0].partition("/")[0]
    if name not in ADAPTERS:
        raise InputError(f"{source} is not a catalogue of summaries known here: use {PREFIX}{', '.join(ADAPTERS)}.")
    builder = prepared(source, data_dir, download)
    skipped: defaultdict[str, list[str]] = defaultdict(list)
    return Listing(
        source=source,
        splits={split: _split(builder, ADAPTERS[name], split, skipped) for split in SPLITS},
        split_rule="the catalogue's own splits",
        skipped=dict(skipped),
    )


def _split(builder: Any, adapter: Adapter, split: str, skipped: dict[str, list[str]]) -> Split:
    theirs = adapter.splits[split]
    if theirs not in builder.info.splits:
        return Split((), ())
    documents, summaries = [], []
    examples = tqdm(
        _examples(builder, adapter, theirs),
        f"texts, {theirs}",
        builder.info.splits[theirs].num_examples,
        unit="pair",
        leave=False,
        disable=None,
    )
    for number, pair in enumerate(examples):
        document, summary = (text.decode(errors="replace").strip() for text in pair)
        if document and summary:
            documents.append(document)
            summaries.append(summary)
        else:
            skipped["empty summary" if document else "empty document"].append(f"{theirs}/{number}")
    return Split(documents, summaries)


def _examples(builder: Any, adapter: Adapter, split: str) -> Iterator[tuple[bytes, bytes]]:
    """Both texts in a fixed order: by random access where the file format has it, else through tf.data."""
    import tensorflow_datasets as tfds

    keys = (adapter.document, adapter.summary)
    if builder.info.file_format.value == "array_record":
        for example in builder.as_data_source(split=split):
            yield example[keys[0]], example[keys[1]]
        return
    examples = builder.as_dataset(split=split, shuffle_files=False).map(lambda found: [found[key] for key in keys])
    for documents, summaries in tfds.as_numpy(examples.batch(BATCH)):
        yield from zip(documents, summaries, strict=True)
