"""Recordings given to a speech model."""

from dataclasses import replace
from typing import Any

import numpy as np
from paired_outcome import Outcome, generator_of, recording, some
from sounds import CORRUPTIONS, Place

from heedful.recipes.shared.network.fixed_batches import ask
from heedful.recipes.speech_commands import metrics
from heedful.recipes.speech_commands.data import Clips, SpeechData
from heedful.recipes.speech_commands.export import SIGNATURE
from heedful.recipes.speech_commands.reading.recordings import FULL_SCALE, to_int16
from heedful.recipes.speech_commands.scoring.tracks import noise_split


class SpeechSubject:
    """Clips as they are decoded, before the front end that is part of the model."""

    corruptions = tuple(CORRUPTIONS)

    def __init__(self, model: Any, data: SpeechData, split: str, most: int) -> None:
        clips = data.split(split)
        rows = some(len(clips), most)
        self.clips = Clips(clips.waveforms[rows], clips.targets[rows], [""] * len(rows), [""] * len(rows))
        self.model, self.data = model, data
        noise = tuple(part / np.float32(FULL_SCALE) for part in data.noise[noise_split(split)])
        self.place = Place(data.rate, noise)

    def outcome(self, corruption: str | None, seed: int) -> Outcome:
        found: list[dict[str, np.ndarray]] = []
        asked = recording(lambda waveforms: ask(self.model, SIGNATURE, {"waveform": waveforms}), found)
        data = self.given(corruption, seed)
        score = metrics.score(lambda waveforms: asked(waveforms)["probabilities"], data, "validation")
        answers = np.concatenate([part["probabilities"] for part in found]).argmax(axis=1)
        right = (answers == self.clips.targets).astype(np.float64)[:, None]
        return Outcome(score, right, answers.tolist(), [row for part in found for row in part["attention"]])

    def given(self, corruption: str | None, seed: int) -> SpeechData:
        clips = self.clips
        if corruption is not None:
            corrupt = CORRUPTIONS[corruption]
            made = [
                corrupt(waveform / np.float32(FULL_SCALE), self.place, generator_of(seed, corruption, row))
                for row, waveform in enumerate(clips.waveforms)
            ]
            clips = replace(clips, waveforms=to_int16(np.stack(made)))
        return replace(self.data, splits={**self.data.splits, "validation": clips})

    def share(self, sums: np.ndarray) -> np.ndarray:
        return sums[:, 0] / len(self.clips)

    def baseline(self) -> float:
        return metrics.baseline(self.given(None, 0))

    def comparable(self, corruption: str) -> bool:
        return True
