"""The kinds of files: sound ones, how they are changed, and what the commands read them with.

A reader takes the path of a changed file. What may come of it is an answer, or an `InputError`, one sentence that names
the file; see `hostile_workers`.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import hostile_readers as readers
import hostile_seeds as seeds
from hostile_containers import (
    either,
    of_arrays,
    of_attached,
    of_frame,
    of_graph,
    of_keras,
    of_members,
    of_zip,
)
from hostile_mutations import Mutate, of_bytes, of_json, of_png, of_table


@dataclass(frozen=True)
class Kind:
    """What a fuzzer knows of a kind."""

    seeds: Callable[[], seeds.Files]
    mutations: Sequence[Mutate]
    read: Callable[[Path], object]
    full: int = 20_000  # inputs of the full form

    def case(self, number: int, seed: int, name: str) -> tuple[str, bytes]:
        """The name and the content of an input, which are the same for the same numbers."""
        rng = random.Random(f"{seed} {name} {number}")
        files = sound(self.seeds)
        chosen, other = (rng.choice(list(files)) for _ in range(2))
        return chosen, rng.choice(self.mutations)(files[chosen], rng, files[other])


@cache
def sound(make: Callable[[], seeds.Files]) -> seeds.Files:
    return make()


TABLE, DOCUMENT = either(of_table, of_json), either(of_bytes, of_json)
KINDS: dict[str, Kind] = {
    "wav": Kind(partial(seeds.recordings, "WAV"), (of_bytes,), readers.heard),
    "flac": Kind(partial(seeds.recordings, "FLAC"), (of_bytes,), readers.heard),
    "mp3": Kind(partial(seeds.recordings, "MP3"), (of_bytes,), readers.heard),
    "phone sounds": Kind(seeds.phone_recordings, (of_bytes,), readers.heard),
    "jpeg": Kind(partial(seeds.pictures, "JPEG"), (of_bytes,), readers.seen),
    "png": Kind(partial(seeds.pictures, "PNG"), (of_bytes, of_png), readers.seen),
    "webp": Kind(partial(seeds.pictures, "WEBP"), (of_bytes,), readers.seen),
    "other pictures": Kind(partial(seeds.pictures, "GIF", "TIFF", "BMP", "PPM", "AVIF", "JPEG2000", "TGA", "ICO"),
                           (of_bytes,), readers.seen),
    "csv": Kind(seeds.tables, (of_bytes,), readers.rows),
    "csv cells": Kind(seeds.clean_tables, (of_table,), readers.rows),
    "jsonl": Kind(seeds.json_lines, (of_bytes, of_json), readers.rows),
    "json": Kind(seeds.json_documents, (of_bytes, of_json), readers.rows),
    "printed": Kind(seeds.printed, (of_bytes,), readers.rows),
    "parquet": Kind(seeds.binary_tables, (of_bytes, of_frame), readers.rows),
    "packed": Kind(seeds.packed_tables, (of_bytes,), readers.rows),
    "archive": Kind(seeds.archives, (of_bytes, of_members), readers.in_archive),
    "data recommender": Kind(seeds.shop, (of_bytes, of_table), partial(readers.looked_at, "recommender")),
    "data text_summarization": Kind(seeds.clean_tables, (of_bytes, of_table),
                                    partial(readers.looked_at, "text_summarization")),
    "data translation": Kind(seeds.parallel, (of_bytes, of_table), partial(readers.looked_at, "translation")),
    "data text_classification": Kind(seeds.labelled, (of_bytes, of_table),
                                     partial(readers.looked_at, "text_classification")),
    "data image_captioning": Kind(seeds.captions, (TABLE, DOCUMENT), partial(readers.beside, "image_captioning")),
    "data speech_commands": Kind(seeds.words, (TABLE, DOCUMENT), partial(readers.beside, "speech_commands")),
    "text": Kind(seeds.texts, (of_bytes,), readers.given),
    "history": Kind(seeds.histories, (of_bytes,), readers.history),
    "tokenizer": Kind(partial(seeds.shipped, "tokenizer.json"), (of_bytes, of_json), readers.tokenized),
    "tflite": Kind(seeds.smallest_models, (of_bytes, of_zip), readers.opened),
    "attached": Kind(seeds.smallest_models, (of_attached,), readers.asked),
    "graph": Kind(seeds.smallest_models, (of_graph,), readers.asked),
    "inspect": Kind(seeds.smallest_models, (of_graph, of_attached), readers.inspected, 300),
    "keras": Kind(partial(seeds.shipped, "model.keras"), (of_bytes, of_keras, of_keras), readers.saved_model, 2_000),
    "card": Kind(partial(seeds.shipped, "card.json"), (of_bytes, of_json, of_json), readers.card),
    "examples": Kind(partial(seeds.shipped, "examples.npz"), (of_bytes, of_arrays), readers.examples),
}  # fmt: skip
