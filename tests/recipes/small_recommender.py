"""A recommender of a few items for the tests of its parts. Sizes are distinct primes but for the heads' share."""

from dataclasses import replace
from typing import Any

import keras
import numpy as np

from heedful.recipes.contract import Knowledge
from heedful.recipes.recommender.config import PRESETS
from heedful.recipes.recommender.reading.item_catalogue import FILE, FIRST, PAD, Catalogue
from heedful.recipes.recommender.reading.log import Log

ITEMS, COLD = 23, 3  # the last ones were never taken
ROWS = FIRST + ITEMS
KINDS = ("tent", "lamp", "rope", "soap", "kite")

CONFIG = replace(
    PRESETS["tiny"], length=13, width=14, heads=2, blocks=2, hidden=11, ranker_length=5, ranker_width=3,
    ranker_units=(17,), ranker_hidden=(19,), ranker_negatives=6, top=7, candidates=9, batch_size=3, epochs=2,
)  # fmt: skip


def some_catalogue(features: bool = True, seed: int = 0) -> Catalogue:
    """`ITEMS` items with up to three kinds each and skewed counts, of which the last `COLD` are 0."""
    rng = np.random.default_rng(seed)
    kinds = [tuple(rng.choice(KINDS, rng.integers(0, 4), replace=False).tolist()) for _ in range(ITEMS)]
    counts = rng.integers(1, 30, ITEMS)
    counts[-COLD:] = 0
    ids = tuple(f"item-{place}" for place in range(ITEMS))
    return Catalogue(ids, features=tuple(kinds) if features else (), counts=counts)


def knowledge_for(catalogue: Catalogue) -> Knowledge:
    """What a model must remember of its data."""
    return Knowledge({}, {FILE: catalogue.to_json()})


def shake(model: Any, seed: int = 0, size: float = 0.3) -> Any:
    """Moves all trainable weights by random numbers, so that nothing is at its initial value of 0 or 1."""
    rng = np.random.default_rng(seed)
    for variable in model.trainable_variables:
        variable.assign_add(rng.normal(0, size, variable.shape).astype("float32"))
    return model


def log_of(*histories: list[int]) -> Log:
    """A log of users with these rows, one action a second."""
    starts = np.concatenate([[0], np.cumsum([len(history) for history in histories])])
    items = np.array([row for history in histories for row in history], np.int32)
    return Log(items, np.arange(len(items)), starts, [f"user-{number}" for number in range(len(histories))])


def some_histories(count: int, length: int, seed: int = 0) -> np.ndarray:
    """Windows int32 `(count, length)` with 0 to `length` different items, padded on the left."""
    rng = np.random.default_rng(seed)
    windows = np.full((count, length), PAD, np.int32)
    for row, window in enumerate(windows):
        size = row % (length + 1)
        window[length - size :] = FIRST + rng.permutation(ITEMS)[:size]
    return windows


def float64(tensor: Any) -> np.ndarray:
    """A tensor or variable of any backend in NumPy."""
    return keras.ops.convert_to_numpy(tensor).astype("float64")


def normed(x: np.ndarray, norm: Any) -> np.ndarray:
    """A `LayerNormalization` written out."""
    centred = x - x.mean(-1, keepdims=True)
    scale = np.sqrt((centred**2).mean(-1, keepdims=True) + norm.epsilon)
    return centred / scale * float64(norm.gamma) + float64(norm.beta)


def dense(x: np.ndarray, layer: Any) -> np.ndarray:
    """A `Dense` without its activation."""
    return x @ float64(layer.kernel) + (float64(layer.bias) if layer.use_bias else 0)


def logistic(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def logsumexp(x: np.ndarray) -> np.ndarray:
    """Over the last axis, in float64."""
    high = x.max(-1, keepdims=True)
    return np.log(np.exp(x - high).sum(-1)) + high[..., 0]
