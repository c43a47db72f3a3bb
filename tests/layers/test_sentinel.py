"""`SentinelAttention` against the formulas of Lu et al. (2017) in float64 NumPy."""

from pathlib import Path

import keras
import numpy as np
import pytest
from attention_reference import numpy

from heedful.layers import SentinelAttention

BATCH, QUERIES, KEYS, WIDTH, VALUE, UNITS = 2, 3, 5, 7, 11, 13
MASK = np.arange(KEYS) < np.array([[3], [0]])


def inputs() -> list[np.ndarray]:
    """Query, value and sentinel, float32."""
    rng = np.random.default_rng(0)
    shapes = ((BATCH, QUERIES, WIDTH), (BATCH, KEYS, VALUE), (BATCH, QUERIES, VALUE))
    return [rng.normal(size=shape).astype("float32") for shape in shapes]


def some_layer(**options) -> SentinelAttention:
    layer = SentinelAttention(UNITS, **options)
    layer(*inputs())
    rng = np.random.default_rng(1)
    for weight in layer.weights:
        weight.assign(rng.normal(size=weight.shape))
    return layer


def formula(layer: SentinelAttention, mask, query, value, sentinel) -> tuple[np.ndarray, np.ndarray]:
    def dense(layer, x):
        bias = 0 if layer.bias is None else numpy(layer.bias).astype(float)
        return x.astype(float) @ numpy(layer.kernel).astype(float) + bias

    score = layer.score
    vector = numpy(score.vector)[:, 0].astype(float)
    asked, keys = dense(score.query_dense, query), dense(score.key_dense, value)
    seen = np.tanh(asked[:, :, None] + keys[:, None]) @ vector
    known = np.tanh(asked + dense(layer.sentinel_dense, sentinel)) @ vector
    scores = np.concatenate([np.where(mask[:, None], seen, -np.inf), known[..., None]], axis=-1)
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    weights /= weights.sum(-1, keepdims=True)
    return weights[..., :-1] @ value + weights[..., -1:] * sentinel, weights


@pytest.mark.parametrize("mask", [None, MASK], ids=["all", "masked"])
def test_formula(mask: np.ndarray | None) -> None:
    layer = some_layer()
    output, weights = layer(*inputs(), value_mask=mask, return_attention_scores=True)
    wanted, wanted_weights = formula(layer, np.ones_like(MASK) if mask is None else mask, *inputs())
    np.testing.assert_allclose(numpy(weights)[:, 0], wanted_weights, atol=2e-6)
    np.testing.assert_allclose(numpy(output), wanted, atol=1e-5)
    np.testing.assert_array_equal(numpy(layer(*inputs(), value_mask=mask)), numpy(output))


def test_without_a_value_to_read_it_reads_the_sentinel() -> None:
    query, value, sentinel = inputs()
    output, weights = some_layer()(query, value, sentinel, value_mask=MASK, return_attention_scores=True)
    np.testing.assert_allclose(numpy(weights)[1, 0, :, -1], 1, atol=1e-6)
    np.testing.assert_allclose(numpy(output)[1], sentinel[1], atol=1e-5)


def test_steps_from_memory_equal_the_whole_call() -> None:
    layer, (query, value, sentinel) = some_layer(), [keras.ops.convert_to_tensor(x) for x in inputs()]
    whole = numpy(layer(query, value, sentinel, value_mask=MASK))
    memory = layer.memory(value)
    for t in range(QUERIES):
        output, _ = layer.attend(query[:, t : t + 1], memory, sentinel[:, t : t + 1], MASK)
        np.testing.assert_allclose(numpy(output), whole[:, t : t + 1], atol=1e-5)


def test_mixed_precision_keeps_float32_weights() -> None:
    query, value, sentinel = inputs()
    output, weights = some_layer(dtype="mixed_float16")(
        100 * query, 100 * value, 100 * sentinel, value_mask=MASK, return_attention_scores=True
    )
    assert [keras.backend.standardize_dtype(x.dtype) for x in (output, weights)] == ["float16", "float32"]
    assert np.isfinite(numpy(output)).all()
    np.testing.assert_allclose(numpy(weights).sum(-1), 1, atol=1e-5)


def test_keras_file_comes_back_the_same(tmp_path: Path) -> None:
    symbolic = [keras.Input(array.shape[1:]) for array in inputs()]
    layer = some_layer(name="adaptive")
    outputs = layer(*symbolic, return_attention_scores=True)
    assert [tuple(x.shape) for x in outputs] == [(None, QUERIES, VALUE), (None, 1, QUERIES, KEYS + 1)]
    model = keras.Model(symbolic, outputs)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", compile=False, safe_mode=True)
    assert isinstance(loaded.get_layer("adaptive"), SentinelAttention)
    for before, after in zip(model(inputs()), loaded(inputs()), strict=True):
        np.testing.assert_array_equal(numpy(before), numpy(after))


def test_widths_that_do_not_fit() -> None:
    query, value, sentinel = inputs()
    with pytest.raises(ValueError, match="the sentinel is 7 wide, but the values are 11"):
        SentinelAttention()(query, value, sentinel[..., :7])


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="only TensorFlow exports to TFLite")
def test_tflite_has_builtin_operators_and_the_same_numbers(tmp_path: Path) -> None:
    tf = pytest.importorskip("tensorflow")
    from test_tflite import VARIABLE_OPERATORS, convert, operators, run

    layer = some_layer()
    arrays = {name: array[:1] for name, array in zip(("query", "value", "sentinel"), inputs(), strict=True)}

    def serve(query, value, sentinel):
        output, weights = layer(query, value, sentinel, value_mask=MASK[:1], return_attention_scores=True)
        return {"output": output, "weights": weights}

    specs = [tf.TensorSpec(array.shape, "float32", name=name) for name, array in arrays.items()]
    content = convert([layer], serve, specs, tmp_path / "saved")
    names = operators(content)
    assert not [name for name in names if "FLEX" in name.upper() or "CUSTOM" in name.upper()]
    assert not names & VARIABLE_OPERATORS
    found, wanted = run(content, **arrays), serve(**arrays)
    for name, array in found.items():
        np.testing.assert_allclose(array, numpy(wanted[name]), atol=2e-6)


ASKED = np.array([[True, True, False], [True, False, True]])


def test_a_query_that_is_masked_gets_zeros_and_may_hold_anything() -> None:
    layer, (query, value, sentinel) = some_layer(), inputs()
    plain = layer(query, value, sentinel, value_mask=MASK, return_attention_scores=True)
    dirty = [np.where(ASKED[..., None], x, np.float32("nan")) for x in (query, sentinel)]
    found = layer(dirty[0], value, dirty[1], value_mask=MASK, query_mask=ASKED, return_attention_scores=True)
    for tensor, wanted in zip((found[0], found[1][:, 0]), (plain[0], plain[1][:, 0]), strict=True):
        assert not numpy(tensor)[~ASKED].any()
        np.testing.assert_allclose(numpy(tensor)[ASKED], numpy(wanted)[ASKED], atol=1e-6)


@pytest.mark.filterwarnings("error:.*mask")
def test_masks_come_with_the_inputs_and_that_of_the_query_goes_on() -> None:
    layer, (query, value, sentinel) = some_layer(), inputs()
    explicit = layer(query, value, sentinel, value_mask=MASK, query_mask=ASKED)
    masked = keras.layers.Masking()
    implicit, weights = layer(
        masked(np.where(ASKED[..., None], query, 0)),
        masked(np.where(MASK[..., None], value, 0)),
        masked(sentinel),
        return_attention_scores=True,
    )
    np.testing.assert_allclose(numpy(implicit), numpy(explicit), atol=1e-6)
    np.testing.assert_array_equal(numpy(implicit._keras_mask), ASKED)
    assert getattr(weights, "_keras_mask", None) is None


def test_dropout_is_for_training_and_not_for_the_weights() -> None:
    layer = some_layer(dropout=0.5, seed=2)
    plain, trained = (layer(*inputs(), return_attention_scores=True, training=t) for t in (False, True))
    np.testing.assert_array_equal(numpy(plain[1]), numpy(trained[1]))
    assert np.abs(numpy(plain[0]) - numpy(trained[0])).max() > 0.1
    assert SentinelAttention.from_config(layer.get_config()).get_config() == layer.get_config()


def test_a_sentinel_for_each_query() -> None:
    query, value, sentinel = inputs()
    with pytest.raises(ValueError, match="a sentinel for each query, but there are 2 sentinels and 3 queries"):
        SentinelAttention()(query, value, sentinel[:, :2])
