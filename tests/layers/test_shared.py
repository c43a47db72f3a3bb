"""A part that several layers share, as the blocks of T5 share one position bias, is one part in a file as well."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from attention_reference import HEADS, KEYS, WIDTH, numpy

from heedful.layers import (
    AdditiveScore,
    Attention,
    AttentionPooling,
    CoAttention,
    CosineScore,
    GumbelSoftmax,
    LocalActivationScore,
    RelativePositionBias,
    SoftCap,
)

SEVERAL = {"num_heads": HEADS, "key_dim": 5}
SHARED: dict[str, Callable[[], dict[str, Any]]] = {
    "bias": lambda: {"position_bias": RelativePositionBias(HEADS), **SEVERAL},
    "score": lambda: {"score": AdditiveScore(3), **SEVERAL},
    "capped_score": lambda: {"score": SoftCap(AdditiveScore(3)), **SEVERAL},
    "score_without_projections": lambda: {"score": LocalActivationScore((3,))},
    "normalizer": lambda: {"normalizer": GumbelSoftmax(seed=3), **SEVERAL},
    "all": lambda: {
        "position_bias": RelativePositionBias(HEADS),
        "score": AdditiveScore(3),
        "normalizer": "hardmax",
        **SEVERAL,
    },
}


def stack(options: dict[str, Any]) -> keras.Model:
    x = h = keras.Input((KEYS, WIDTH))
    for _ in range(3):
        h = h + Attention(**options)(h, h)
    model = keras.Model(x, h)
    random = np.random.default_rng(1)
    for weight in model.trainable_weights:
        weight.assign(random.normal(size=weight.shape) / 3)
    return model


@pytest.mark.parametrize("name", SHARED)
def test_keras_file_keeps_what_is_shared(name: str, tmp_path: Path) -> None:
    value = np.random.default_rng(0).normal(size=(2, KEYS, WIDTH)).astype("float32")
    model = stack(SHARED[name]())
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert len(loaded.weights) == len(model.weights)
    np.testing.assert_array_equal(numpy(loaded(value)), numpy(model(value)))
    first, *others = [layer for layer in loaded.layers if isinstance(layer, Attention)]
    for part in set(SHARED[name]()) & {"position_bias", "score", "normalizer"}:
        for other in others:
            assert (part == "normalizer" and name == "all") or getattr(other, part) is getattr(first, part)


def test_keras_file_keeps_a_score_that_different_layers_share(tmp_path: Path) -> None:
    value = np.random.default_rng(0).normal(size=(2, KEYS, WIDTH)).astype("float32")
    x, score = keras.Input((KEYS, WIDTH)), AdditiveScore(3)
    pooled = AttentionPooling(score=score)(Attention(score)(x, x))
    model = keras.Model(x, [pooled, *CoAttention(score)([x, x])])
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert len(loaded.weights) == len(model.weights)
    for tensor, other in zip(loaded(value), model(value), strict=True):
        np.testing.assert_array_equal(numpy(tensor), numpy(other))


def test_parts_that_are_not_shared_stay_apart(tmp_path: Path) -> None:
    x = keras.Input((KEYS, WIDTH))
    h = Attention(AdditiveScore(3, name="same"))(Attention(AdditiveScore(3, name="same"))(x, x), x)
    model = keras.Model(x, h)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert len(loaded.weights) == len(model.weights) == 8
    layer = model.layers[-1]
    assert "shared_object_id" not in layer.get_config()["score"], "outside of a file nothing is marked"


def test_a_score_of_other_widths_cannot_be_shared() -> None:
    wide, narrow = keras.Input((KEYS, WIDTH)), keras.Input((KEYS, 5))
    score = AdditiveScore(3, name="shared")
    Attention(score)(wide, wide)
    sentence = "AdditiveScore shared has weights for queries of width 11 and keys of 11, not 5 and 5"
    for layer, inputs in ((Attention(score), (narrow, narrow)), (CoAttention(score), ([narrow, narrow],))):
        with pytest.raises(ValueError, match=sentence):
            layer(*inputs)
    with pytest.raises(ValueError, match=sentence):
        AttentionPooling(score=score)(narrow)
    without_weights = CosineScore()
    for sequence in (wide, narrow):
        Attention(without_weights)(sequence, sequence)
