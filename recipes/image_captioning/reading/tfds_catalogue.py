"""Captioned pictures of the TensorFlow Datasets catalogue: `tfds:coco_captions[:VERSION]`, in Karpathy's splits.

A catalogue name needs one `Adapter`: its feature keys and its splits. COCO is the only entry with pictures and captions
that can be fetched without a form (laion400m, gref and ref_coco want a manual download; ai2dcaption's captions of
training are a language model's). Pictures stay in the prepared files, as JPEG, until they are read.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from heedful.apps import images
from heedful.recipes.image_captioning.reading.pictures import Listing, Split
from heedful.recipes.image_captioning.reading.tfrecord import Records
from heedful.recipes.shared.reading.splits import SPLITS
from heedful.recipes.shared.reading.tfds_builder import PREFIX as PREFIX
from heedful.recipes.shared.reading.tfds_builder import adapter_of, prepared
from heedful.recipes.shared.reading.words import words

Example = Mapping[str, Any]


@dataclass(frozen=True)
class Adapter:
    """How a catalogue entry maps to captioned pictures."""

    image: str  # feature key of the picture
    name: str  # feature key of its name
    captions: tuple[str, str]  # feature keys of the captions, and of the text in each
    splits: dict[str, tuple[str, ...]]  # ours -> theirs


ADAPTERS = {
    "coco_captions": Adapter(
        "image",
        "image/filename",
        ("captions", "text"),
        {"train": ("train", "restval"), "validation": ("val",), "test": ("test",)},
    ),
}


def open_catalogue(source: str, size: int, data_dir: str | None, download: bool) -> Listing:
    """Pictures of `tfds:NAME[:VERSION]` at `size` pixels a side; `InputError` when unknown or not prepared yet."""
    adapter = adapter_of(source, ADAPTERS, "catalogue of captions")
    builder = prepared(source, data_dir, download)
    skipped: defaultdict[str, list[str]] = defaultdict(list)
    return Listing(
        source=source,
        splits={split: _split(builder, adapter, adapter.splits[split], size, skipped) for split in SPLITS},
        split_rule="the catalogue's own splits",
        fingerprint=_fingerprint(builder),
        skipped=dict(skipped),
    )


def _split(builder: Any, adapter: Adapter, theirs: tuple[str, ...], size: int, skipped: dict[str, list[str]]) -> Split:
    names, captions, places = [], [], []
    for part in theirs:
        if part not in builder.info.splits:
            continue
        length, example = _examples(builder, adapter, part)
        for number in tqdm(range(length), f"captions, {part}", unit="picture", leave=False, disable=None):
            found = example(number)
            name = found[adapter.name].decode(errors="replace")
            texts = [text.decode(errors="replace").strip() for text in found[adapter.captions[0]][adapter.captions[1]]]
            usable = tuple(text for text in texts if words(text))
            skipped["caption without a word"] += [name] * sum(not words(text) for text in texts)
            if usable:
                names.append(name)
                captions.append(usable)
                places.append((example, number))
            else:
                skipped["picture without a caption"].append(name)

    def read(number: int) -> np.ndarray:
        example, place = places[number]
        return images.decode(example(place)[adapter.image], names[number], size)

    return Split(tuple(names), tuple(captions), read)


def _examples(builder: Any, adapter: Adapter, split: str) -> tuple[int, Callable[[int], Example]]:
    """How many examples a split has, and a function that gives one of them with its picture still encoded."""
    import tensorflow_datasets as tfds

    decoders = {adapter.image: tfds.decode.SkipDecoding()}
    if builder.info.file_format.value == "tfrecord":
        records = Records(builder.info.splits[split].filepaths)
        features = builder.info.features
        return len(records), lambda number: features.deserialize_example_np(records[number], decoders=decoders)
    source = builder.as_data_source(split=split, decoders=decoders)
    return len(source), source.__getitem__


def _fingerprint(builder: Any) -> str:
    digest = hashlib.sha256(builder.info.full_name.encode())
    for split in sorted(builder.info.splits):
        for path in map(Path, builder.info.splits[split].filepaths):
            status = path.stat()
            digest.update(repr((path.name, status.st_size, status.st_mtime_ns)).encode())
    return digest.hexdigest()
