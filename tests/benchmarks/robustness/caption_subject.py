"""Pictures given to a captioner."""

from dataclasses import replace
from typing import Any

import numpy as np
from paired_outcome import Outcome, generator_of, recording, some
from pictures import CORRUPTIONS, MOVED

from heedful.apps.beam import Written
from heedful.apps.errors import InputError
from heedful.recipes.image_captioning import export, metrics
from heedful.recipes.image_captioning.data import CaptionData
from heedful.recipes.image_captioning.reading.sources import Split
from heedful.recipes.image_captioning.scoring.caption_scores import cider_each, worded


class CaptionSubject:
    """Pictures at the size that the model takes, before its encoder."""

    corruptions = tuple(CORRUPTIONS)

    def __init__(self, model: Any, data: CaptionData, split: str, most: int) -> None:
        part = data.split(split)
        rows = some(len(part), most)
        self.pictures = [part.read(row) for row in rows]
        self.captions = tuple(part.captions[row] for row in rows)
        self.model, self.data = model, replace(data, grids={})

    def outcome(self, corruption: str | None, seed: int) -> Outcome:
        found: list[list[Written]] = []
        data = self.given(corruption, seed)
        predict = export.predictor(self.model)
        predict.write = recording(predict.write, found)
        score = metrics.score(predict, data, "validation")
        tokens = data.vocabulary.tokens
        captions = [[tokens[token] for token in each.tokens] for each in found[0]]
        counts = cider_each(captions, worded(self.captions))[:, None]
        return Outcome(score, counts, [" ".join(words) for words in captions], [each.attention for each in found[0]])

    def given(self, corruption: str | None, seed: int) -> CaptionData:
        pictures = self.pictures
        if corruption is not None:
            corrupt = CORRUPTIONS[corruption]
            pictures = [corrupt(each, generator_of(seed, corruption, row)) for row, each in enumerate(pictures)]
        names = tuple(map(str, range(len(pictures))))
        split = Split(names, self.captions, pictures.__getitem__)
        return replace(self.data, splits={**self.data.splits, "validation": split})

    def share(self, sums: np.ndarray) -> np.ndarray:
        return sums[:, 0] / len(self.pictures)

    def baseline(self) -> float | None:
        try:
            return metrics.baseline(self.given(None, 0))
        except InputError:
            return None

    def comparable(self, corruption: str) -> bool:
        return corruption not in MOVED
