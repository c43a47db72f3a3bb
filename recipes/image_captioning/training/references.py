"""Batches of self-critical training: of each picture not what to write, but what people wrote, to judge by."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from heedful.recipes.image_captioning.training.batches import Captions
from heedful.recipes.image_captioning.training.reward import rarity


@dataclass(frozen=True, eq=False)
class References:
    """The training captions as references, in the order of batches that `captions` has; `samples` are to be written of
    each picture.
    """

    captions: Captions
    samples: int

    @property
    def steps_per_epoch(self) -> int:
        """Batches in an epoch."""
        return self.captions.steps_per_epoch

    @cached_property
    def ids(self) -> np.ndarray:
        """All captions with their ends, int32 `(pictures, most captions of a picture, cut)`; one without a word counts
        only where the picture has no other.
        """
        worded = [[ids for ids in captions if len(ids)] or captions[:1] for captions in self.captions.ids]
        made = np.zeros((len(worded), max(map(len, worded)), self.captions.cut), np.int32)
        for picture, captions in enumerate(worded):
            for number, ids in enumerate(map(self.captions.ended, captions)):
                made[picture, number, : len(ids)] = ids
        return made

    @cached_property
    def rarity(self) -> tuple[np.ndarray, np.ndarray]:
        """How rare the n-grams of the training captions are; see `reward.rarity`."""
        return rarity(self.ids)

    def batch(self, seed: int, step: int) -> tuple[np.ndarray, dict[str, np.ndarray], np.ndarray]:
        """The pictures int `(batch_size,)`, the inputs by name, and the weights of the losses, ones float32
        `(batch_size, samples)`.

        The inputs are `references` int32 `(batch_size, references, cut)`, and `ngrams` int32 and `idf` float32
        `(entries,)`, which are the same in every batch: what a training model knows of its data comes with the batches.
        """
        rows = self.captions.rows(seed, step)
        ngrams, idf = self.rarity
        inputs = {"references": self.ids[rows], "ngrams": ngrams, "idf": idf}
        return rows, inputs, np.ones((len(rows), self.samples), np.float32)
