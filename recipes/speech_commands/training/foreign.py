"""The foreign sounds of a model: what its training heard and what is made of that, as the trained model embeds it.

Words of the training alone would not do: the model has learnt where they belong. A word that it never heard is more
like what is made of words.
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from heedful.apps.speech_commands.foreign import BACKWARDS, NOISE, PARTS, SPLICED, WORD, Foreign
from heedful.recipes.shared.network.fixed_batches import ask
from heedful.recipes.speech_commands.reading import background
from heedful.recipes.speech_commands.reading.recordings import FULL_SCALE
from heedful.recipes.speech_commands.training.windows import Said, backwards, between, said, spliced

COUNTS = {WORD: 240, BACKWARDS: 120, SPLICED: 120, PARTS: 60, NOISE: 60}
SEED = 20261130
Made = Callable[[Said, Said, np.random.Generator], np.ndarray]


def foreign_sounds(model: keras.Model, data: Any) -> Foreign:
    """So many of each kind of the training split of `SpeechData`; rare words come more often than by their number."""
    rng, rate = np.random.default_rng(SEED), data.rate
    clips = data.splits["train"]
    spoken = np.flatnonzero([bool(word) for word in clips.words])
    _, word, counts = np.unique(np.array(clips.words)[spoken], return_inverse=True, return_counts=True)
    chances = 1 / np.sqrt(counts[word])

    def clip(row: int) -> np.ndarray:
        return clips.waveforms[row].astype(np.float32) / np.float32(FULL_SCALE)

    makers: dict[str, Made] = {
        WORD: lambda one, other, rng: one.waveform,
        BACKWARDS: lambda one, other, rng: backwards(one, rng),
        SPLICED: lambda one, other, rng: spliced(one, other, rate, rng),
        PARTS: lambda one, other, rng: between(one, other, rate, rng),
    }
    sounds, kinds, words = [], [], []
    for kind, make in makers.items():
        rows = rng.choice(spoken, (COUNTS[kind], 2), p=chances / chances.sum())
        sounds += [make(said(clip(one)), said(clip(other)), rng) for one, other in rows]
        kinds += [kind] * len(rows)
        words += [clips.words[one] if kind == WORD else "" for one, _ in rows]
    noise = background.crops(data.noise["train"], COUNTS[NOISE], data.samples, rng) / np.float32(FULL_SCALE)
    sounds += list(background.volumes(COUNTS[NOISE], rng)[:, None] * noise)
    kinds, words = kinds + [NOISE] * COUNTS[NOISE], words + [""] * COUNTS[NOISE]
    embeddings = ask(model, "embed", {"waveform": np.stack(sounds)})["embedding"]
    return Foreign(embeddings, tuple(kinds), tuple(words))
