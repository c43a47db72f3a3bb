"""The promises of `heedful.layers`, each kept by every score with every normalizer, with one head or two.

The reference is float64 NumPy, so a run under another KERAS_BACKEND that passes gives the same numbers.
"""

import json
from pathlib import Path

import keras
import numpy as np
import pytest
from attention_reference import (
    BATCH,
    COMPOSITIONS,
    FUSED,
    KEYS,
    OUTPUT_DIM,
    QUERIES,
    SCORES,
    WIDTH,
    Composition,
    attention,
    inputs,
    numpy,
)

from heedful.layers import Attention


def test_numbers_are_those_of_the_formula(composition: Composition) -> None:
    query, value, mask = inputs()
    layer = composition.layer()
    output, weights = layer(query, value, attention_mask=mask, return_attention_scores=True)
    expected_output, expected_weights = attention(layer, composition.normalizer, query, value, value, mask)
    # e^-16 for each masked key is what the mask recipe may leak.
    np.testing.assert_allclose(numpy(weights), expected_weights, atol=2e-6)
    np.testing.assert_allclose(numpy(output), expected_output, atol=1e-5)


def test_weights_are_float32_sum_to_one_and_vanish_where_nothing_may_be_read(composition: Composition) -> None:
    query, value, mask = inputs()
    output, weights = composition.layer(dtype="mixed_float16")(
        query, value, attention_mask=mask, return_attention_scores=True
    )
    assert keras.backend.standardize_dtype(weights.dtype) == "float32"
    assert keras.backend.standardize_dtype(output.dtype) == "float16"
    weights = numpy(weights)
    assert np.all(weights[-1, :, -1] == 0), "the query that may attend to nothing"
    assert np.all(numpy(output)[-1, -1] == 0)
    assert np.all(np.swapaxes(weights, 1, 2)[~mask.any(-1)] == 0)
    assert np.all(weights >= 0)
    if composition.normalizer != "sigmoid":
        np.testing.assert_allclose(np.moveaxis(weights.sum(-1), 1, -1)[mask.any(-1)], 1.0, atol=1e-5)


def test_output_is_the_same_with_and_without_weights(composition: Composition) -> None:
    query, value, mask = inputs()
    layer = composition.layer()
    with_weights, _ = layer(query, value, attention_mask=mask, return_attention_scores=True)
    without = layer(query, value, attention_mask=mask)
    np.testing.assert_allclose(numpy(with_weights), numpy(without), rtol=0, atol=FUSED)


def test_mixed_precision_stays_finite_when_inputs_are_a_hundred_times_larger(composition: Composition) -> None:
    query, value, mask = inputs()
    layer = composition.layer(dtype="mixed_float16")
    for kept in (mask, None):
        output, weights = layer(100 * query, 100 * value, attention_mask=kept, return_attention_scores=True)
        assert np.isfinite(numpy(output)).all()
        assert np.isfinite(numpy(weights)).all()


def test_symbolic_shapes_are_the_real_ones(composition: Composition) -> None:
    query, value, _ = inputs()
    layer = composition.layer()
    symbolic = layer(
        keras.Input((QUERIES, WIDTH), batch_size=BATCH),
        keras.Input((KEYS, WIDTH), batch_size=BATCH),
        return_attention_scores=True,
    )
    real = layer(query, value, return_attention_scores=True)
    assert [tuple(t.shape) for t in symbolic] == [tuple(t.shape) for t in real]
    assert [t.dtype for t in symbolic] == [keras.backend.standardize_dtype(t.dtype) for t in real]
    width = WIDTH if composition.heads == 1 else OUTPUT_DIM
    assert [tuple(t.shape) for t in real] == [(BATCH, QUERIES, width), (BATCH, composition.heads, QUERIES, KEYS)]


def test_steps_from_memory_equal_the_whole_call(composition: Composition) -> None:
    query, value, mask = inputs()
    layer = composition.layer()
    whole = layer(query, value, attention_mask=mask, return_attention_scores=True)
    memory = layer.memory(keras.ops.convert_to_tensor(value))
    state, steps = None, []
    for t in range(QUERIES):
        frame = keras.ops.convert_to_tensor(query[:, t : t + 1])
        output, weights, state = layer.attend(frame, memory, mask[:, t : t + 1], state, offset=t)
        steps.append((numpy(output), numpy(weights)))
    outputs, weights = zip(*steps, strict=True)
    np.testing.assert_allclose(np.concatenate(outputs, 1), numpy(whole[0]), atol=1e-6)
    np.testing.assert_allclose(np.concatenate(weights, -2), numpy(whole[1]), atol=1e-6)


@pytest.mark.parametrize("score", SCORES)
def test_keras_file_comes_back_the_same(score: str, tmp_path: Path) -> None:
    """All compositions with this score in one model, saved and loaded in safe mode; dropout rides along."""
    query, value, mask = inputs()
    symbolic = (
        keras.Input((QUERIES, WIDTH)),
        keras.Input((KEYS, WIDTH)),
        keras.Input((QUERIES, KEYS), dtype="bool"),
    )
    layers = [c.layer(dropout=0.3, seed=11, name=str(c)) for c in COMPOSITIONS if c.score == score]
    outputs = [
        layer(*symbolic[:2], attention_mask=symbolic[2], return_attention_scores=True)  # type: ignore[misc]
        for layer in layers
    ]
    model = keras.Model(symbolic, outputs)
    model.save(tmp_path / "model.keras")
    keras.utils.set_random_seed(6)
    loaded = keras.saving.load_model(tmp_path / "model.keras", compile=False, safe_mode=True)
    before, after = model((query, value, mask)), loaded((query, value, mask))
    for layer, first, second in zip(layers, before, after, strict=True):
        twin = loaded.get_layer(layer.name)
        assert isinstance(twin, Attention)
        assert json.dumps(twin.get_config()) == json.dumps(layer.get_config())
        for tensor, other in zip(first, second, strict=True):
            np.testing.assert_array_equal(numpy(tensor), numpy(other), err_msg=layer.name)
