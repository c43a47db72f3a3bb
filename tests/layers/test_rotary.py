"""Rotary positions: the product of what was turned, as one of complex numbers that knows the distance alone."""

from typing import Any

import keras
import numpy as np
import pytest
from attention_reference import BATCH, inputs, numpy

from heedful.layers import Attention, Chunked, GeneralScore, LocalActivationScore, RotaryEmbedding

LENGTH, WIDTH = 7, 6


def products(query: np.ndarray, key: np.ndarray, wavelength: float, width: int, distance: np.ndarray) -> np.ndarray:
    """Inner products of vectors whose first `width` components are turned by `distance (T, S)`; others are not."""
    half = width // 2
    theirs, ours = (x[..., :half] + 1j * x[..., half:width] for x in (query, key))
    turn = np.exp(1j * distance[..., None] * wavelength ** (-2 * np.arange(half) / width))
    pairs = np.einsum("...ti,...si,tsi->...ts", theirs, ours.conj(), turn).real
    return pairs + query[..., width:] @ np.swapaxes(key[..., width:], -1, -2)


@pytest.mark.parametrize("options", [{}, {"max_wavelength": 50.0, "rotary_dim": 4}, {"scaling_factor": 3.0}])
def test_scores_have_the_formula_of_the_distance_alone(options: dict[str, Any]) -> None:
    random = np.random.default_rng(0)
    query, key = random.normal(size=(2, BATCH, 3, LENGTH, WIDTH))
    rotary = RotaryEmbedding(**options)
    distance = (np.arange(LENGTH)[:, None] + 1000 - np.arange(LENGTH)) / options.get("scaling_factor", 1.0)
    wanted = products(
        query, key, options.get("max_wavelength", 1e4), options.get("rotary_dim", WIDTH), distance.astype("float64")
    )
    for first, second in ((1000, 0), (1003, 3)):
        turned = (
            numpy(rotary(query.astype("float32"), offset=first)),
            numpy(rotary(key.astype("float32"), offset=second)),
        )
        np.testing.assert_allclose(turned[0] @ np.swapaxes(turned[1], -1, -2), wanted, atol=2e-5)


def test_each_example_may_stand_elsewhere() -> None:
    vectors = np.random.default_rng(0).normal(size=(3, 2, LENGTH, WIDTH)).astype("float32")
    found = numpy(RotaryEmbedding()(vectors, offset=keras.ops.convert_to_tensor(np.array([0, 5, 90], "int32"))))
    for index, offset in enumerate((0, 5, 90)):
        alone = numpy(RotaryEmbedding()(vectors[index : index + 1], offset=offset))
        np.testing.assert_allclose(found[index : index + 1], alone, atol=1e-5)


@pytest.mark.parametrize("score", ["dot", "scaled_dot", "general", "cosine"])
def test_attention_turns_projected_queries_and_keys(score: str) -> None:
    query, value, _ = inputs()
    layer = Attention(score, num_heads=2, key_dim=WIDTH, rotary_embedding=RotaryEmbedding())
    layer.build(query.shape, value.shape)
    found = numpy(layer.scores(query, value))
    denses: Any = layer.query_dense, layer.key_dense
    heads = [
        np.einsum("btd,dhw->bhtw", x, numpy(dense.kernel)) for x, dense in zip((query, value), denses, strict=True)
    ]
    if isinstance(layer.score, GeneralScore):
        heads[1] = heads[1] @ numpy(layer.score.key_dense.kernel)
    scale = {"dot": 1.0, "scaled_dot": WIDTH**-0.5, "general": 1.0, "cosine": 10.0}[score]
    if score == "cosine":
        heads = [x / np.linalg.norm(x, axis=-1, keepdims=True) for x in heads]
    distance = np.arange(query.shape[1])[:, None] - np.arange(value.shape[1])
    np.testing.assert_allclose(found, scale * products(heads[0], heads[1], 1e4, WIDTH, distance), atol=2e-5)


def test_what_cannot_be_turned_is_refused() -> None:
    for score in ("additive", LocalActivationScore(), Chunked("additive")):
        with pytest.raises(ValueError, match="no inner product"):
            Attention(score, rotary_embedding=RotaryEmbedding())
    with pytest.raises(ValueError, match="even key_dim"):
        Attention(key_dim=5, rotary_embedding=RotaryEmbedding()).build((1, 2, 8), (1, 3, 8))
    with pytest.raises(ValueError, match="is a class"):
        Attention(rotary_embedding=RotaryEmbedding)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="must be positive"):
        RotaryEmbedding(max_wavelength=0)


def test_a_saved_model_turns_as_before(tmp_path: Any) -> None:
    query, value, _ = inputs()
    given = [keras.Input(x.shape[1:]) for x in (query, value)]
    rotary = RotaryEmbedding(100.0, 2.0, rotary_dim=4)
    options: dict[str, Any] = {"num_key_value_heads": 2, "use_gate": True, "chunk_size": 2}
    layer = Attention(num_heads=4, key_dim=WIDTH, rotary_embedding=rotary, **options)
    model = keras.Model(given, layer(*given))
    model.save(tmp_path / "model.keras")
    again: Any = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(numpy(again([query, value])), numpy(model([query, value])))
