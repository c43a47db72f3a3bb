"""Summaries of the TensorFlow Datasets catalogue: `tfds:gigaword`, `tfds:cnn_dailymail` and `tfds:xsum`, `[:VERSION]`.

A catalogue name needs one `Adapter`: its feature keys and its splits. Texts are kept in memory as they are: Gigaword's
3.8 million pairs take about 1.5 GB. Its text is tokenized, in lower case and has # for every digit, and words that the
publisher replaced are UNK in training and validation and <unk> in the test.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from tqdm import tqdm

from heedful.recipes.shared.reading.split_rows import Listing
from heedful.recipes.shared.reading.splits import SPLITS
from heedful.recipes.shared.reading.text_pairs import TextPairs
from heedful.recipes.shared.reading.tfds_builder import PREFIX as PREFIX
from heedful.recipes.shared.reading.tfds_builder import adapter_of, columns, prepared

BATCH = 1024  # examples that are read at once


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


def open_catalogue(source: str, data_dir: str | None, download: bool) -> Listing[TextPairs]:
    """Pairs of `tfds:NAME[:VERSION]`; `InputError` when unknown or not prepared yet."""
    adapter = adapter_of(source, ADAPTERS, "catalogue of summaries")
    builder = prepared(source, data_dir, download)
    skipped: defaultdict[str, list[str]] = defaultdict(list)
    return Listing(
        source=source,
        splits={split: _split(builder, adapter, split, skipped) for split in SPLITS},
        split_rule="the catalogue's own splits",
        skipped=dict(skipped),
    )


def _split(builder: Any, adapter: Adapter, split: str, skipped: dict[str, list[str]]) -> TextPairs:
    theirs = adapter.splits[split]
    if theirs not in builder.info.splits:
        return TextPairs((), ())
    documents, summaries = [], []
    batches = columns(builder, theirs, (adapter.document, adapter.summary), BATCH)
    pairs = (pair for batch in batches for pair in zip(*batch.values(), strict=True))
    count = builder.info.splits[theirs].num_examples
    examples = tqdm(pairs, f"texts, {theirs}", count, unit="pair", leave=False, disable=None)
    for number, pair in enumerate(examples):
        document, summary = (text.decode(errors="replace").strip() for text in pair)
        if document and summary:
            documents.append(document)
            summaries.append(summary)
        else:
            skipped["empty summary" if document else "empty document"].append(f"{theirs}/{number}")
    return TextPairs(documents, summaries)
