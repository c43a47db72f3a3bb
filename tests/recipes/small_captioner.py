"""Captioners of a few words for the tests of their parts. Sizes are distinct primes but for the heads' share."""

from dataclasses import replace
from typing import Any

import numpy as np
from small_recommender import shake

from heedful.recipes.image_captioning.config import PRESETS, Config
from heedful.recipes.image_captioning.model import FILE, Captioner, build
from heedful.recipes.image_captioning.recurrent import RecurrentDecoder
from heedful.recipes.image_captioning.transformer import TransformerDecoder
from heedful.recipes.image_captioning.vocabulary import FIRST, SPECIAL, Vocabulary

WORDS = 19
TOKENS = FIRST + WORDS
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


def facts_of(known: Vocabulary | None = None) -> dict[str, Any]:
    """What a model must remember of its data."""
    return {"attachments": {FILE: (known or vocabulary()).to_text()}}


def config_of(kind: str, **settings: Any) -> Config:
    return replace(CONFIG, **KINDS[kind], **settings)


def some_captioner(kind: str, size: float = 0.3, **settings: Any) -> Captioner:
    """A captioner whose weights are all moved from their initial values."""
    return shake(build(config_of(kind, **settings), facts_of()), size=size)


def some_decoder(kind: str, dropout: float = 0.0, **options: Any) -> Any:
    """A decoder for grids `(batch, CELLS, CHANNELS)`, its weights moved."""
    more = {"dropout": dropout, "visual_dropout": dropout, "seed": 3, **options}
    if kind == "transformer":
        decoder = TransformerDecoder(TOKENS, LENGTH, WIDTH, blocks=2, grid_blocks=1, heads=2, hidden=13, **more)
    else:
        estimator = KINDS[kind].get("estimator", "straight_through")
        decoder = RecurrentDecoder(TOKENS, KINDS[kind]["architecture"], WIDTH, UNITS, estimator, **more)
    decoder.build((None, CELLS, CHANNELS))
    return shake(decoder)


def some_grids(count: int, seed: int = 0) -> np.ndarray:
    """What an encoder might give, float32 `(count, CELLS, CHANNELS)`."""
    return np.random.default_rng(seed).normal(size=(count, CELLS, CHANNELS)).astype("float32")


def some_pictures(count: int, size: int = CONFIG.image_size, seed: int = 0) -> np.ndarray:
    """Coarse random patterns, uint8 `(count, size, size, 3)`: noise would look the same everywhere."""
    coarse = np.random.default_rng(seed).integers(0, 256, (count, 4, 4, 3), np.uint8)
    return coarse.repeat(-(-size // 4), axis=1).repeat(-(-size // 4), axis=2)[:, :size, :size]
