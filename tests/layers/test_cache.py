"""Decoding from a cache gives, step by step, what causal attention over the whole sequence gives at once."""

from pathlib import Path

import keras
import numpy as np
import pytest
from attention_reference import numpy

from heedful.layers import Attention, RelativePositionBias, cache

BATCH, HEADS, LENGTH, WIDTH, KEY, VALUE = 2, 3, 7, 11, 5, 13


def some_sequence() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(BATCH, LENGTH, WIDTH)).astype("float32")


def some_attention() -> Attention:
    bias = RelativePositionBias(HEADS, num_buckets=6, max_distance=9, bidirectional=False)
    layer = Attention(num_heads=HEADS, key_dim=KEY, value_dim=VALUE, bias=bias)
    layer.build((BATCH, LENGTH, WIDTH), (BATCH, LENGTH, WIDTH))
    bias.table.assign(np.random.default_rng(1).normal(size=bias.table.shape))
    return layer


def test_steps_equal_the_whole_sequence() -> None:
    layer, sequence = some_attention(), keras.ops.convert_to_tensor(some_sequence())
    whole, weights = layer(sequence, sequence, use_causal_mask=True, return_attention_scores=True)
    room = cache.empty(BATCH, HEADS, LENGTH, KEY, VALUE)
    for index in range(LENGTH):
        step = sequence[:, index : index + 1]
        room = cache.append(room, layer.memory(step), index)
        output, found, _ = layer.attend(step, room, cache.written(index, LENGTH), offset=index)
        np.testing.assert_allclose(numpy(output), numpy(whole)[:, index : index + 1], atol=1e-6)
        np.testing.assert_allclose(numpy(found), numpy(weights)[:, :, index : index + 1], atol=1e-6)


def test_append_writes_in_place_and_leaves_what_it_was_given() -> None:
    rng = np.random.default_rng(3)
    step = (rng.normal(size=(BATCH, HEADS, 2, KEY)), rng.normal(size=(BATCH, HEADS, 2, VALUE)))
    room = cache.empty(BATCH, HEADS, LENGTH, KEY, VALUE)
    grown = cache.append(room, step, 3)
    for before, after, new in zip(room, grown, step, strict=True):
        expected = np.zeros((BATCH, HEADS, LENGTH, new.shape[-1]))
        assert not numpy(before).any()
        expected[:, :, 3:5] = new
        np.testing.assert_array_equal(numpy(after), expected.astype("float32"))


def test_values_may_be_half_precision_but_keys_are_not() -> None:
    keys, values = cache.empty(BATCH, HEADS, LENGTH, KEY, dtype="float16")
    assert [keras.backend.standardize_dtype(x.dtype) for x in (keys, values)] == ["float32", "float16"]
    assert tuple(values.shape) == (BATCH, HEADS, LENGTH, KEY)


def test_written_is_the_step_and_what_came_before() -> None:
    assert numpy(cache.written(2, 5)).tolist() == [[True, True, True, False, False]]


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="only TensorFlow exports to TFLite")
def test_tflite_step_has_builtin_operators_and_the_same_numbers(tmp_path: Path) -> None:
    tf = pytest.importorskip("tensorflow")
    from test_tflite import VARIABLE_OPERATORS, convert, operators, run

    layer, sequence = some_attention(), some_sequence()[:1]

    def serve(step, index, keys, values):
        room = cache.append((keys, values), layer.memory(step), index[0])
        output, weights, _ = layer.attend(step, room, cache.written(index, LENGTH), offset=index[0])
        return {"output": output, "weights": weights, "new_keys": room[0], "new_values": room[1]}

    shapes = {"step": (1, 1, WIDTH), "keys": (1, HEADS, LENGTH, KEY), "values": (1, HEADS, LENGTH, VALUE)}
    specs = [
        tf.TensorSpec(shapes["step"], name="step"), tf.TensorSpec((1,), "int32", name="index"),
        tf.TensorSpec(shapes["keys"], name="keys"), tf.TensorSpec(shapes["values"], name="values"),
    ]  # fmt: skip
    content = convert([layer], serve, specs, tmp_path / "saved")
    names = operators(content)
    assert not [name for name in names if "FLEX" in name.upper() or "CUSTOM" in name.upper()]
    assert not names & VARIABLE_OPERATORS
    whole = numpy(layer(sequence, sequence, use_causal_mask=True))
    keys, values = (np.zeros(shapes[name], "float32") for name in ("keys", "values"))
    for index in range(LENGTH):
        found = run(
            content, step=sequence[:, index : index + 1], index=np.array([index], "int32"), keys=keys, values=values
        )
        keys, values = found["new_keys"], found["new_values"]
        np.testing.assert_allclose(found["output"], whole[:, index : index + 1], atol=2e-6)
