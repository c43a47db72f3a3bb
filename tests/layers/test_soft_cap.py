"""`SoftCap` around any score: in `Attention` against the formula, step by step, and in a file."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from attention_reference import HEADS, KEY_DIM, QUERIES, UNITS, WIDTH, attention, inputs, numpy
from keras import ops

from heedful.layers import AdditiveScore, Attention, Chunked, LocationScore, Score, SoftCap

SEVERAL: dict[str, Any] = {"num_heads": HEADS, "key_dim": KEY_DIM}
CAPPED: dict[str, Callable[[], Score]] = {
    "dot": lambda: SoftCap("dot", 2.0),
    "additive": lambda: SoftCap(AdditiveScore(UNITS), 0.5),
    "location": lambda: SoftCap(LocationScore(UNITS, filters=2, kernel_size=3), 0.5),
    "location_unrolled": lambda: SoftCap(LocationScore(UNITS, filters=2, kernel_size=3, unroll=True), 0.5),
    "chunked_inside": lambda: SoftCap(Chunked(AdditiveScore(UNITS), 2), 0.5),
    "chunked_outside": lambda: Chunked(SoftCap(AdditiveScore(UNITS), 0.5), 2),
}


@pytest.mark.parametrize("name", CAPPED)
def test_attention_is_the_formula(name: str) -> None:
    query, value, mask = inputs()
    layer = Attention(CAPPED[name](), **SEVERAL)
    output, weights = layer(query, value, attention_mask=mask, return_attention_scores=True)
    wanted_output, wanted_weights = attention(layer, "softmax", query, value, value, mask)
    np.testing.assert_allclose(numpy(weights), wanted_weights, atol=2e-6)
    np.testing.assert_allclose(numpy(output), wanted_output, atol=1e-5)
    np.testing.assert_allclose(numpy(layer(query, value, attention_mask=mask)), wanted_output, atol=1e-5)


def test_steps_of_a_recurrent_score_have_the_formula_of_the_whole() -> None:
    query, value, _ = (ops.convert_to_tensor(array) for array in inputs())
    layer = Attention(CAPPED["location"](), **SEVERAL)
    whole, memory, state = numpy(layer(query, value)), layer.memory(value), None
    for t in range(QUERIES):
        output, _, state = layer.attend(query[:, t : t + 1], memory, state=state)
        np.testing.assert_allclose(numpy(output), whole[:, t : t + 1], atol=1e-5)


@pytest.mark.parametrize("name", CAPPED)
def test_keras_file_comes_back_the_same(name: str, tmp_path: Path) -> None:
    query, value, _ = inputs()
    symbolic = keras.Input((QUERIES, WIDTH)), keras.Input((None, WIDTH))
    model = keras.Model(symbolic, Attention(CAPPED[name](), **SEVERAL)(*symbolic, return_attention_scores=True))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", compile=False)
    first, second = (json.dumps(one.layers[-1].score.get_config()) for one in (model, loaded))  # a tuple becomes a list
    assert first == second
    for before, after in zip(model([query, value]), loaded([query, value]), strict=True):
        np.testing.assert_array_equal(numpy(before), numpy(after))


def test_it_takes_the_precision_of_its_score_and_refuses_what_is_no_cap() -> None:
    assert SoftCap(AdditiveScore(dtype="float64")).compute_dtype == "float64"
    assert Attention(SoftCap("dot"), key_dim=KEY_DIM, dtype="mixed_float16").score.compute_dtype == "float32"
    with pytest.raises(ValueError, match="the cap of SoftCap must be positive, not 0"):
        SoftCap("dot", 0)
    with pytest.raises(ValueError, match="AdditiveScore is a class"):
        SoftCap(AdditiveScore)  # type: ignore[arg-type]
