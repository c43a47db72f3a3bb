"""Pictures with captions in, batches out: all sources behind one function, and a batch that is a pure function of
(seed, step).

    data = load("my_photos/", config)        # also "sample" and "tfds:coco_captions"
    inputs, weights = data.batch(seed=0, step=1234)

Pictures are decoded when they are needed; for a frozen encoder its features stand in for them (`training/features.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from heedful.recipes.contract import Knowledge, Look
from heedful.recipes.image_captioning.config import DECODING, Config
from heedful.recipes.image_captioning.network.encoder import grid_of
from heedful.recipes.image_captioning.reading import summary
from heedful.recipes.image_captioning.reading.sources import Split, read_listing
from heedful.recipes.image_captioning.reading.summary import describe as describe  # the recipe contract
from heedful.recipes.image_captioning.reading.vocabulary import Vocabulary
from heedful.recipes.image_captioning.training.batches import Captions
from heedful.recipes.image_captioning.training.features import features
from heedful.recipes.image_captioning.training.references import References
from heedful.recipes.image_captioning.training.views import looks
from heedful.recipes.shared.reading.splits import SPLITS, pick
from heedful.recipes.shared.reading.words import words

FILE = "vocabulary.txt"
EXAMPLES = 3  # that `look` shows
THUMBNAIL = 8  # pixels a side of what pictures are compared by where the encoder is trained


@dataclass(frozen=True, eq=False)
class CaptionData:
    """Pictures by split, the words of their captions, and the training batches made of them."""

    config: Config
    vocabulary: Vocabulary
    splits: dict[str, Split]  # train, validation, test; each may be empty
    grids: dict[str, np.ndarray]  # what the frozen encoder makes of a split or look; none when pictures are trained on
    summary: dict

    @property
    def facts(self) -> dict[str, Any]:
        """What a model trained on this must remember, and what runs it must know: JSON-able."""
        config = self.config
        return {
            "image_size": config.image_size,
            "grid": list(self.grid),
            "max_words": config.max_words,
            "decoding": {name: getattr(config, name) for name in DECODING},
        }

    @property
    def attachments(self) -> dict[str, bytes]:
        """Files that ride in the `.tflite` besides the card."""
        return {FILE: self.vocabulary.to_text()}

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns of what is attended to."""
        return grid_of(self.config)

    def split(self, name: str) -> Split:
        """Pictures of `train`, `validation`, `test` or `all` of them; InputError when there are none."""
        parts = pick(self.splits, name, "pictures", self.summary["source"])
        return parts[0] if len(parts) == 1 else joined(parts)

    @cached_property
    def captions(self) -> Captions | References:
        """The training captions as word ids, to learn, or to judge samples by."""
        config = self.config
        ids = [
            [np.array(self.vocabulary.ids(words(text))[: config.max_words], np.int32) for text in texts]
            for texts in self.split("train").captions
        ]
        captions = Captions(ids, config.max_words, config.batch_size, config.captions_per_image, config.word_dropout)
        return References(captions, config.self_critical) if config.self_critical else captions

    @property
    def steps_per_epoch(self) -> int:
        """Batches in an epoch."""
        return self.captions.steps_per_epoch

    def batch(self, seed: int, step: int, needed: slice = slice(None)) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """Training batch number `step`, the same for the same `(seed, step)` whenever and wherever it is asked for.

        The inputs of `Captions.batch` or `References.batch` and what is seen: `grid` float16 `(batch, cells,
        channels)`, or `image` uint8 `(batch, size, size, 3)` where the encoder is trained, black but for the rows that
        are `needed`; and the weights of the losses.
        """
        rows, inputs, weights = self.captions.batch(seed, step)
        drawn = np.random.default_rng([seed, step, 2]).integers(self.config.views, size=len(rows))
        pairs = list(zip(drawn, rows, strict=True))
        if self.config.trains_encoder:
            images = np.zeros((len(pairs), self.config.image_size, self.config.image_size, 3), np.uint8)
            images[needed] = [self.looks[number].read(row) for number, row in pairs[needed]]
            seen = {"image": images}
        else:
            grids = [self.grids[name] for name in look_names(self.config)]
            seen = {"grid": np.stack([grids[number][row] for number, row in pairs])}
        return seen | inputs, weights

    @cached_property
    def looks(self) -> tuple[Split, ...]:
        """The training pictures as they are and in the other ways that training sees them."""
        return looks(self.splits["train"], self.config.views, self.config.brightness)

    def pooled(self, name: str) -> np.ndarray | None:
        """Vectors float32 `(pictures, n)` to find pictures alike by: the mean over the grid of what a frozen encoder
        gives, None where that is not at hand (when a model is evaluated later); thumbnails for a trained encoder.
        """
        split = self.split(name)
        if self.config.trains_encoder:
            return np.stack([thumbnail(split.read(row)) for row in range(len(split))])
        parts = [part for part in SPLITS if name in (part, "all") and len(self.splits[part])]
        if not all(part in self.grids for part in parts):
            return None
        return np.concatenate([self.grids[part].mean(axis=1, dtype=np.float32) for part in parts])


def thumbnail(picture: np.ndarray) -> np.ndarray:
    """uint8 `(size, size, 3)` -> the mean colours of `THUMBNAIL` x `THUMBNAIL` parts around their mean, float32."""
    side = len(picture) // THUMBNAIL
    cut = picture[: side * THUMBNAIL, : side * THUMBNAIL].astype(np.float32)
    means = cut.reshape(THUMBNAIL, side, THUMBNAIL, side, 3).mean(axis=(1, 3))
    return (means - means.mean()).ravel()


def joined(parts: list[Split]) -> Split:
    """Several splits as one."""
    ends = np.cumsum([len(part) for part in parts])

    def read(row: int) -> np.ndarray:
        part = int(np.searchsorted(ends, row, side="right"))
        return parts[part].read(row - int(ends[part] - len(parts[part])))

    return Split(
        tuple(name for part in parts for name in part.names),
        tuple(texts for part in parts for texts in part.captions),
        read,
        tuple(things for part in parts for things in part.things) if all(part.things for part in parts) else (),
    )


def load(
    source: str, config: Config, *, data_dir: str | None = None, download: bool = False,
    evaluating: Knowledge | None = None, continuing: Knowledge | None = None,
    columns: Mapping[str, str] | None = None,
) -> CaptionData:  # fmt: skip
    """Load `source`: "sample", "tfds:NAME[:VERSION]", or the user's own files (`reading/folder.py`).

    `columns` names the columns `image`, `caption` and `split` of a table. `evaluating` is of an existing model: the
    data may then lack splits and words. One to continue from, `continuing`, asks nothing of the data: words that it
    does not know are learnt.
    Raises InputError, one sentence, when the source is missing, empty, mostly unreadable or not downloaded.
    """
    listing = read_listing(source, config.image_size, data_dir, download, evaluating is None, columns)
    empty = Split((), (), no_picture)
    splits = {name: listing.splits.get(name, empty) for name in SPLITS}
    if evaluating is None:
        texts = (text for of_picture in splits["train"].captions for text in of_picture)
        vocabulary = Vocabulary.from_captions(texts, config.min_count, config.most_words)
    else:
        vocabulary = Vocabulary.from_text(evaluating.attachments[FILE])
    described = summary.build(listing, vocabulary, config)
    grids = {}
    if evaluating is None and not config.trains_encoder:
        others = looks(splits["train"], config.views, config.brightness)
        seen = splits | dict(zip(look_names(config), others, strict=True))
        grids = features(replace(listing, splits=seen), config)
    return CaptionData(config, vocabulary, splits, grids, described)


def look(
    source: str, config: Config, *, data_dir: str | None = None, download: bool = False,
    columns: Mapping[str, str] | None = None,
) -> Look:  # fmt: skip
    """The summary that `load` gives, and some pictures with their sizes and captions; no features are computed."""
    listing = read_listing(source, config.image_size, data_dir, download, True, columns)
    texts = (text for of_picture in listing.splits["train"].captions for text in of_picture)
    vocabulary = Vocabulary.from_captions(texts, config.min_count, config.most_words)
    split = listing.splits["train"]
    rows = np.linspace(0, len(split) - 1, min(EXAMPLES, len(split))).astype(int)
    return Look(summary.build(listing, vocabulary, config), [_shown(split, row) for row in rows])


def _shown(split: Split, row: int) -> str:
    """A picture in words: name, size, caption."""
    width, height = split.sizes[row] if split.sizes else split.read(row).shape[1::-1]
    more = len(split.captions[row]) - 1
    return f"{split.names[row]} ({width} x {height}): {split.captions[row][0]}" + f" (and {more} more)" * bool(more)


def look_names(config: Config) -> list[str]:
    """What the ways to look at the training pictures are called in `CaptionData.grids`."""
    how = f", brightness {config.brightness:g}" if config.brightness else ""
    return ["train", *(f"train, look {number}{how}" for number in range(2, config.views + 1))]


def no_picture(row: int) -> np.ndarray:
    raise IndexError(row)
