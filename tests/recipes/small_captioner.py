"""Captioners of a few words for the tests of their parts. Sizes are distinct primes but for the heads' share."""

from dataclasses import replace
from typing import Any

import keras
import numpy as np
from small_recommender import float64, shake

from heedful.recipes.contract import Knowledge
from heedful.recipes.image_captioning.config import PRESETS, Config
from heedful.recipes.image_captioning.model import FILE, Captioner, build
from heedful.recipes.image_captioning.network.recurrent import RecurrentDecoder
from heedful.recipes.image_captioning.network.transformer import TransformerDecoder
from heedful.recipes.image_captioning.reading.vocabulary import END, FIRST, PAD, SPECIAL, START, UNKNOWN, Vocabulary

WORDS = 19
TOKENS = FIRST + WORDS
PICTURES = 13
LENGTH, CELLS, CHANNELS, WIDTH, UNITS = 7, 5, 3, 22, 17

CONFIG = replace(
    PRESETS["tiny"], image_size=64, max_words=LENGTH, width=WIDTH, heads=2, blocks=2, grid_blocks=1, hidden=13,
    units=UNITS, captions_per_image=3, batch_size=5, epochs=2,
)  # fmt: skip

# Every kind of decoder: its architecture, and how hard attention learns.
KINDS = {
    "transformer": {"architecture": "transformer"},
    "soft": {"architecture": "soft"},
    "hard": {"architecture": "hard"},
    "reinforce": {"architecture": "hard", "estimator": "reinforce"},
    "adaptive": {"architecture": "adaptive"},
}
RECURRENT = [kind for kind in KINDS if kind != "transformer"]


def vocabulary(words: int = WORDS) -> Vocabulary:
    return Vocabulary((*SPECIAL, *(f"word{number}" for number in range(words))))


def knowledge_for(known: Vocabulary | None = None) -> Knowledge:
    """What a model must remember of its data."""
    return Knowledge({}, {FILE: (known or vocabulary()).to_text()})


def config_of(kind: str, **settings: Any) -> Config:
    return replace(CONFIG, **KINDS[kind], **settings)


def mixed(model: Any, size: float) -> Any:
    """All trainable weights moved from their initial values; they are the same on every backend."""
    rng = np.random.default_rng(1)
    for variable in model.trainable_variables:
        if len(variable.shape) > 1:
            seen = variable.shape[0] if len(variable.shape) == 3 else np.prod(variable.shape[:-1])
            variable.assign(rng.normal(0, seen**-0.5, variable.shape).astype("float32"))
    return shake(model, size=size)


def some_captioner(kind: str, size: float = 0.3, **settings: Any) -> Captioner:
    """A captioner as some training might have left it."""
    return mixed(build(config_of(kind, **settings), knowledge_for()), size)


def talkative(kind: str, **settings: Any) -> Captioner:
    """A captioner that writes another word each time, and of `some_pictures` captions of all lengths."""
    model = some_captioner(kind, **settings)
    decoder, rng = model.decoder, np.random.default_rng(1)
    # Vectors that are read and scored alike otherwise answer with the word that was read.
    decoder.words.vectors.assign(rng.normal(0, 0.3, (TOKENS, WIDTH)).astype("float32"))
    if kind == "transformer":
        decoder.norm_out.gamma.assign(rng.normal(0, 1, WIDTH).astype("float32"))
    bias = np.zeros(TOKENS, "float32")
    bias[[PAD, START, UNKNOWN]] = 9.0  # what must not be written is what it would like to
    bias[END] = -99.0
    decoder.words.bias.assign(bias)
    bias[END] = varied(end_margins(model))
    decoder.words.bias.assign(bias)
    return model


def end_margins(model: Captioner) -> np.ndarray:
    """What an end lacks at each word of captions that have none, `(pictures, LENGTH)`."""
    grid = model.encoder(some_pictures(PICTURES))
    tokens = keras.ops.convert_to_numpy(model.write(grid)["tokens"])
    read = np.concatenate([np.full((PICTURES, 1), START, np.int32), tokens[:, :-1]], axis=1)
    positions = np.tile(np.arange(LENGTH, dtype=np.int32), (PICTURES, 1))
    scores = float64(model.decoder(grid, read, np.ones_like(read), positions)[0])
    return scores[..., FIRST:].max(-1) - scores[..., END] - 99.0


def varied(margins: np.ndarray) -> float:
    """How likely an end must be for captions of as many lengths as there can be."""
    each = np.sort(np.unique(margins.round(3)))
    between = (each[1:] + each[:-1]) / 2
    ends = [np.where((margins < bias).any(1), (margins < bias).argmax(1), LENGTH) for bias in between]
    return float(between[np.argmax([len(set(lengths)) for lengths in ends])])


def some_decoder(kind: str, dropout: float = 0.0, **options: Any) -> Any:
    """A decoder for grids `(batch, CELLS, CHANNELS)`, its weights moved."""
    more = {"dropout": dropout, "visual_dropout": dropout, "seed": 3, **options}
    if kind == "transformer":
        decoder = TransformerDecoder(TOKENS, LENGTH, WIDTH, blocks=2, grid_blocks=1, heads=2, hidden=13, **more)
    else:
        estimator = KINDS[kind].get("estimator", "straight_through")
        decoder = RecurrentDecoder(TOKENS, KINDS[kind]["architecture"], WIDTH, UNITS, estimator, **more)
    decoder.build((None, CELLS, CHANNELS))
    return mixed(decoder, 0.3)


def some_grids(count: int, seed: int = 0) -> np.ndarray:
    """What an encoder might give, float32 `(count, CELLS, CHANNELS)`."""
    return np.random.default_rng(seed).normal(size=(count, CELLS, CHANNELS)).astype("float32")


def some_pictures(count: int, size: int = CONFIG.image_size, seed: int = 0) -> np.ndarray:
    """Coarse random patterns, uint8 `(count, size, size, 3)`: noise would look the same everywhere."""
    coarse = np.random.default_rng(seed).integers(0, 256, (count, 4, 4, 3), np.uint8)
    return coarse.repeat(-(-size // 4), axis=1).repeat(-(-size // 4), axis=2)[:, :size, :size]
