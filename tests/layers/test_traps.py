"""Defects found in attention layers elsewhere, each kept out of ours by a test of its own.

Traps 11 and 12, which show only in an exported file, are in `test_tflite.py`; trap 10, heavy imports, in
`test_backends.py`.
"""

import inspect
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from attention_reference import BATCH, FUSED, KEYS, QUERIES, WIDTH, inputs, normalize, numpy
from keras import ops

from heedful.layers import (
    AdditiveScore,
    Attention,
    AttentionPooling,
    CosineScore,
    GumbelSoftmax,
    LocalActivationScore,
    LocationScore,
    Score,
    sparsemax,
)
from heedful.layers import scores as scores_module


@pytest.mark.parametrize("options", [{}, {"num_heads": 3, "key_dim": 5}], ids=["one_head", "heads"])
def test_trap_01_asking_for_weights_never_changes_the_output(options: dict[str, Any]) -> None:
    """Elsewhere a fused kernel takes over when no weights are wanted, and fully masked rows come out differently."""
    query, value, mask = inputs()
    layer = Attention(**options)
    asked, weights = layer(query, value, attention_mask=mask, return_attention_scores=True)
    np.testing.assert_allclose(numpy(asked), numpy(layer(query, value, attention_mask=mask)), rtol=0, atol=FUSED)
    assert not numpy(weights)[-1, ..., -1, :].any()


def test_trap_02_symbolic_weights_have_the_shape_of_the_real_ones() -> None:
    """Elsewhere cross-attention of T=3 and S=7 is declared as (T, T)."""
    layer = Attention(num_heads=5, key_dim=2)
    symbolic = layer(keras.Input((QUERIES, WIDTH)), keras.Input((KEYS, WIDTH)), return_attention_scores=True)
    assert tuple(symbolic[1].shape) == (None, 5, QUERIES, KEYS)


@pytest.mark.parametrize("name", ["query_mask", "value_mask", "key_mask", "attention_mask", "use_causal_mask"])
@pytest.mark.parametrize("with_key", [False, True])
def test_trap_03_every_mask_argument_changes_the_weights(name: str, with_key: bool) -> None:
    query, value, _ = inputs()
    key = value[:, ::-1].copy() if with_key else None
    sizes = {"query_mask": (BATCH, QUERIES), "attention_mask": (BATCH, QUERIES, KEYS)}
    mask = np.random.default_rng(4).random(sizes.get(name, (BATCH, KEYS))) < 0.5
    expected = {
        "query_mask": np.broadcast_to(mask[..., None], (BATCH, QUERIES, KEYS)) if name == "query_mask" else None,
        "attention_mask": mask,
        "use_causal_mask": np.broadcast_to(np.tri(QUERIES, KEYS, dtype=bool), (BATCH, QUERIES, KEYS)),
    }.get(name, np.broadcast_to(mask[:, None], (BATCH, QUERIES, KEYS)) if name in ("value_mask", "key_mask") else None)
    arguments = {name: True if name == "use_causal_mask" else mask}
    _, weights = Attention()(query, value, key, return_attention_scores=True, **arguments)
    np.testing.assert_array_equal(numpy(weights)[:, 0] > 0, expected)


@pytest.mark.parametrize("masked", ["query", "value", "key"])
def test_trap_03_masks_that_come_with_the_inputs_change_the_weights(masked: str) -> None:
    query, value, _ = inputs()
    sources = {"query": query, "value": value, "key": value[:, ::-1].copy()}
    valid = np.ones(sources[masked].shape[:2], bool)
    valid[0, 1] = valid[1, 2] = False
    sources[masked] = keras.layers.Masking()(np.where(valid[..., None], sources[masked], 0.0).astype("float32"))
    _, weights = Attention()(**sources, return_attention_scores=True)
    allowed = valid[..., None] if masked == "query" else valid[:, None]
    np.testing.assert_array_equal(numpy(weights)[:, 0] > 0, np.broadcast_to(allowed, (BATCH, QUERIES, KEYS)))


@pytest.mark.parametrize("policy", ["float32", "mixed_float16", "float16"])
def test_trap_04_fully_masked_rows_are_zero_and_large_float16_stays_finite(policy: str) -> None:
    """Elsewhere such rows are uniform, and in float16 the fill of -65504 lets a masked key win."""
    query, value, mask = inputs()
    output, weights = Attention(dtype=policy)(
        100 * query, 100 * value, attention_mask=mask, return_attention_scores=True
    )
    assert np.isfinite(numpy(output)).all()
    assert keras.backend.standardize_dtype(weights.dtype) == "float32"
    assert not numpy(weights)[:, 0][~mask].any()
    assert not numpy(output)[-1, -1].any()


def test_trap_05_additive_score_has_both_projections_and_the_vector() -> None:
    """Elsewhere "additive" attention owns a single scale and is not Bahdanau's."""
    layer = Attention(AdditiveScore(units=5))
    layer.build((BATCH, QUERIES, 11), (BATCH, KEYS, 13))
    assert sorted(tuple(v.shape) for v in layer.trainable_variables) == [(5,), (5, 1), (11, 5), (13, 5)]


EVERYTHING: dict[str, Any] = {
    "score": LocationScore(units=3, filters=2, kernel_size=5, cumulative=True, normalize=True, name="s"),
    "normalizer": GumbelSoftmax(0.3, hard=True, seed=7, name="n"),
    "num_heads": 2,
    "key_dim": 5,
    "value_dim": 7,
    "output_dim": 11,
    "dropout": 0.25,
    "seed": 13,
    "use_bias": False,
    "name": "all",
    "dtype": "mixed_float16",
}


def test_trap_06_configuration_drops_nothing() -> None:
    layer = Attention(**EVERYTHING)
    config = layer.get_config()
    assert set(inspect.signature(Attention).parameters) - {"kwargs"} <= set(config)
    assert Attention.from_config(config).get_config() == config
    for name in ("num_heads", "key_dim", "value_dim", "output_dim", "dropout", "seed", "use_bias", "name"):
        assert config[name] == EVERYTHING[name]
    pooling = AttentionPooling(
        "last", 3, LocalActivationScore((5, 3), "relu"), "sparsemax", 0.25, 13, 2, 5, 7, 11, False, False
    )
    assert set(inspect.signature(AttentionPooling).parameters) - {"kwargs"} <= set(pooling.get_config())
    assert AttentionPooling.from_config(pooling.get_config()).get_config() == pooling.get_config()


def test_trap_07_sparsemax_is_right_when_several_keys_share_the_weight() -> None:
    """Elsewhere [.1, .2, .3, .4] became zeros; all four scores are within the support."""
    row = np.array([0.1, 0.2, 0.3, 0.4], "float32")
    found = numpy(sparsemax(ops.convert_to_tensor(row)))
    np.testing.assert_allclose(found, [0.1, 0.2, 0.3, 0.4], atol=1e-6)
    np.testing.assert_allclose(found, normalize("sparsemax", row, np.ones(4, bool)), atol=1e-6)


def test_trap_08_a_file_loads_although_its_parts_arrive_built(tmp_path: Path) -> None:
    """A layer in a configuration is rebuilt by Keras before its owner is: building it twice breaks loading."""
    query, value, _ = inputs()
    symbolic = keras.Input((QUERIES, WIDTH)), keras.Input((KEYS, WIDTH))
    attended = Attention(AdditiveScore(5), num_heads=2, key_dim=3)(*symbolic)
    model = keras.Model(symbolic, AttentionPooling(score=LocalActivationScore((5,)))(attended))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", compile=False)
    assert len(loaded.weights) == len(model.weights)
    np.testing.assert_array_equal(numpy(model([query, value])), numpy(loaded([query, value])))


@pytest.mark.parametrize("kind", [Attention, AttentionPooling])
def test_trap_09_build_takes_shapes_named_after_the_arguments_of_call(kind: type[keras.layers.Layer]) -> None:
    shapes = set(inspect.signature(kind.build).parameters) - {"self"}
    assert shapes <= {f"{name}_shape" for name in inspect.signature(kind.call).parameters}


@pytest.mark.parametrize("name", scores_module.NAMES)
def test_trap_09_a_score_is_never_built_from_projected_keys_by_accident(name: str) -> None:
    """`call` sees projected keys, whose width may not be that of the keys: Keras must not build from them."""
    query, value, _ = inputs()
    with pytest.raises(ValueError, match="key_shape"):
        scores_module.get(name)(ops.convert_to_tensor(query), ops.convert_to_tensor(value))


def test_a_score_is_float32_in_any_precision() -> None:
    layer = Attention(CosineScore(), key_dim=5, dtype="mixed_float16")
    layer.build((BATCH, QUERIES, WIDTH), (BATCH, KEYS, WIDTH))
    assert isinstance(layer.score, Score)
    assert layer.score.compute_dtype == "float32"
    keys, values = layer.memory(ops.zeros((BATCH, KEYS, WIDTH)))
    assert keras.backend.standardize_dtype(keys.dtype) == "float32"
    assert keras.backend.standardize_dtype(values.dtype) == "float16"
