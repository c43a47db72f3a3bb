"""What the cache holds after each function, and its two loops as TFLite; `test_steps.py` has them over every layer."""

from pathlib import Path

import keras
import numpy as np
import pytest
from attention_reference import numpy

from heedful.layers import AdditiveScore, ALiBi, Attention, cache, window_mask

BATCH, HEADS, LENGTH, WIDTH, KEY, VALUE, WINDOW = 2, 3, 7, 11, 5, 13, 4


def some_memory(seed: int, steps: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    keys, values = (rng.normal(size=(BATCH, HEADS, steps, width)).astype("float32") for width in (KEY, VALUE))
    return keys, values


def test_append_writes_in_place_and_leaves_what_it_was_given() -> None:
    step = some_memory(3, 2)
    room = cache.empty(step, LENGTH)
    grown = cache.append(room, step, 3)
    for before, after, new in zip(room, grown, step, strict=True):
        expected = np.zeros((BATCH, HEADS, LENGTH, new.shape[-1]))
        assert not numpy(before).any()
        expected[:, :, 3:5] = new
        np.testing.assert_array_equal(numpy(after), expected)


def test_empty_has_the_widths_that_the_score_keeps_and_half_precision_for_values_alone() -> None:
    """Keys are projected by the score, here to 17 units, and stay float32, as they are in a memory."""
    layer = Attention(AdditiveScore(17), num_heads=HEADS, key_dim=KEY, value_dim=VALUE, dtype="mixed_float16")
    layer.build((BATCH, 1, WIDTH), (BATCH, 1, WIDTH))
    step = layer.memory(keras.ops.ones((BATCH, 1, WIDTH)))
    keys, values = cache.empty(step, LENGTH)
    assert [keras.backend.standardize_dtype(x.dtype) for x in (keys, values)] == ["float32", "float16"]
    assert tuple(keys.shape) == (BATCH, HEADS, LENGTH, 17)
    assert tuple(values.shape) == (BATCH, HEADS, LENGTH, VALUE)
    assert not numpy(keys).any() and not numpy(values).any()


def test_written_is_the_step_and_what_came_before() -> None:
    assert numpy(cache.written(2, 5)).tolist() == [[True, True, True, False, False]]


@pytest.mark.parametrize("steps", [1, 2, LENGTH, LENGTH + 2])
def test_slide_forgets_as_many_of_the_oldest_as_it_takes_in(steps: int) -> None:
    room, step = some_memory(3, LENGTH), some_memory(5, steps)
    for old, new, found in zip(room, step, cache.slide(room, step), strict=True):
        np.testing.assert_array_equal(numpy(found), np.concatenate([old, new], axis=2)[:, :, -LENGTH:])


def test_a_state_moves_with_its_keys_and_none_has_none() -> None:
    state = np.arange(1, 1 + BATCH * HEADS * LENGTH, dtype="float32").reshape(BATCH, HEADS, 1, LENGTH)
    moved = numpy(cache.slide_state(state))
    np.testing.assert_array_equal(moved[..., :-1], state[..., 1:])
    assert not moved[..., -1].any()
    assert cache.slide_state(None) is None


def test_filled_are_the_newest_places_of_each_stream() -> None:
    assert numpy(cache.filled(2, 5)).tolist() == [[False, False, False, True, True]]
    assert numpy(cache.filled(0, 3)).tolist() == [[False, False, False]]
    counts = keras.ops.convert_to_tensor(np.array([1, 3, 7], "int32"))
    assert numpy(cache.filled(counts, 3)).tolist() == [[False, False, True], [True] * 3, [True] * 3]


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="only TensorFlow exports to TFLite")
@pytest.mark.parametrize("grows", [True, False], ids=["growing", "sliding"])
def test_tflite_step_has_builtin_operators_and_the_same_numbers(grows: bool, tmp_path: Path) -> None:
    tf = pytest.importorskip("tensorflow")
    from test_tflite import VARIABLE_OPERATORS, convert, operators, run

    sequence = np.random.default_rng(0).normal(size=(1, LENGTH, WIDTH)).astype("float32")
    layer = Attention("general", num_heads=HEADS, key_dim=KEY, value_dim=VALUE, bias=ALiBi(HEADS))
    layer.build(sequence.shape, sequence.shape)
    length = LENGTH if grows else WINDOW

    def serve(step, index, keys, values):
        if grows:
            room = cache.append((keys, values), layer.memory(step), index[0])
            mask, offset = cache.written(index, length), index[0]
        else:
            room = cache.slide((keys, values), layer.memory(step))
            mask, offset = cache.filled(index + 1, length), length - 1
        output, weights, _ = layer.attend(step, room, mask, offset=offset)
        return {"output": output, "weights": weights, "new_keys": room[0], "new_values": room[1]}

    room = cache.empty(layer.memory(sequence[:, :1]), length)
    arrays = {"step": sequence[:, :1], "index": np.zeros(1, "int32"), "keys": room[0], "values": room[1]}
    specs = [tf.TensorSpec(array.shape, array.dtype, name=name) for name, array in arrays.items()]
    content = convert([layer], serve, specs, tmp_path / "saved")
    names = operators(content)
    assert not [name for name in names if "FLEX" in name.upper() or "CUSTOM" in name.upper()]
    assert not names & VARIABLE_OPERATORS
    seen = window_mask(LENGTH, LENGTH, left=length - 1)
    whole = numpy(layer(sequence, sequence, attention_mask=seen))
    keys, values = (tensor.numpy() for tensor in room)
    for index in range(LENGTH):
        found = run(
            content, step=sequence[:, index : index + 1], index=np.array([index], "int32"), keys=keys, values=values
        )
        keys, values = found["new_keys"], found["new_values"]
        np.testing.assert_allclose(found["output"], whole[:, index : index + 1], atol=2e-6)
