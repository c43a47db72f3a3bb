"""What the cache holds after each function, and its two loops as TFLite; `test_steps.py` has them over every layer."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from attention_reference import numpy

from heedful.layers import AdditiveScore, ALiBi, Attention, RelativePositionBias, cache, window_mask

BATCH, HEADS, LENGTH, WIDTH, KEY, VALUE, WINDOW = 2, 3, 7, 11, 5, 13, 4


def some_memory(seed: int, steps: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    keys, values = (rng.normal(size=(BATCH, HEADS, steps, width)).astype("float32") for width in (KEY, VALUE))
    return keys, values


def test_append_writes_in_place_and_leaves_what_it_was_given() -> None:
    step = some_memory(3, 2)
    layer = Attention(num_heads=HEADS, key_dim=KEY, value_dim=VALUE)
    layer.build((BATCH, 1, WIDTH), (BATCH, 1, WIDTH))
    buffer = layer.make_cache(BATCH, LENGTH)
    grown = cache.append(buffer, step, 3)
    for before, after, new in zip(buffer, grown, step, strict=True):
        expected = np.zeros((BATCH, HEADS, LENGTH, new.shape[-1]))
        assert not numpy(before).any()
        expected[:, :, 3:5] = new
        np.testing.assert_array_equal(numpy(after), expected)


def test_a_new_cache_has_the_widths_that_the_score_keeps_and_half_precision_for_values_alone() -> None:
    """Keys are projected by the score, here to 17 units, and stay float32, as they are in a memory."""
    layer = Attention(AdditiveScore(17), num_heads=HEADS, key_dim=KEY, value_dim=VALUE, dtype="mixed_float16")
    layer.build((BATCH, 1, WIDTH), (BATCH, 1, WIDTH))
    keys, values = layer.make_cache(BATCH, LENGTH)
    assert [keras.backend.standardize_dtype(x.dtype) for x in (keys, values)] == ["float32", "float16"]
    assert tuple(keys.shape) == (BATCH, HEADS, LENGTH, 17)
    assert tuple(values.shape) == (BATCH, HEADS, LENGTH, VALUE)
    assert not numpy(keys).any() and not numpy(values).any()


def test_append_mask_is_the_step_and_what_came_before() -> None:
    assert numpy(cache.append_mask(2, 5)).tolist() == [[True, True, True, False, False]]


def test_append_mask_of_several_steps_lets_none_see_its_future() -> None:
    found = numpy(cache.append_mask(1, 5, steps=3))
    assert found.tolist() == [np.tri(5, dtype=bool)[1:4].tolist()]
    each = numpy(cache.append_mask(keras.ops.convert_to_tensor(np.array([0, 2], "int32")), 5, steps=2))
    assert each.tolist() == [np.tri(5, dtype=bool)[start : start + 2].tolist() for start in (0, 2)]
    each = numpy(cache.append_mask(keras.ops.convert_to_tensor(np.array([0, 2], "int32")), 5))
    assert each.tolist() == np.tri(5, dtype=bool)[[0, 2]].tolist()


@pytest.mark.parametrize("steps", [1, 2])
def test_append_writes_from_the_index_of_each_example_on(steps: int) -> None:
    buffer, step = some_memory(3, LENGTH), some_memory(5, steps)
    found = cache.append(buffer, step, keras.ops.convert_to_tensor(np.array([5, 0], "int32")))
    for before, after, new in zip(buffer, found, step, strict=True):
        expected = before.copy()
        expected[0, :, 5 : 5 + steps], expected[1, :, :steps] = new[0], new[1]
        np.testing.assert_array_equal(numpy(after), expected)


@pytest.mark.parametrize("ragged", [False, True], ids=["one_length", "ragged"])
@pytest.mark.parametrize(
    "bias", [None, ALiBi, lambda heads: RelativePositionBias(heads, 8, 7)], ids=["plain", "alibi", "t5"]
)
def test_a_prompt_and_what_follows_have_the_formula_of_the_whole(bias: Any, ragged: bool) -> None:
    """A prompt in one go, then step by step; prompts of several lengths are padded with what must not count."""
    sequence = np.random.default_rng(0).normal(size=(BATCH, LENGTH, WIDTH)).astype("float32")
    layer = Attention("general", num_heads=HEADS, key_dim=KEY, position_bias=bias and bias(HEADS))
    layer.build(sequence.shape, sequence.shape)
    for variable in layer.trainable_variables:  # a bias that starts at zero would not tell where a step stands
        variable.assign(np.random.default_rng(1).normal(size=variable.shape) / 3)
    whole = numpy(layer(sequence, sequence, use_causal_mask=True))
    lengths = np.array([4, 2 if ragged else 4], "int32")
    prompt = np.where((np.arange(4) < lengths[:, None])[..., None], sequence[:, :4], np.float32(9))
    buffer = cache.append(layer.make_cache(BATCH, LENGTH), layer.memory(prompt), 0)
    output, _, _ = layer.attend(keras.ops.convert_to_tensor(prompt), buffer, cache.append_mask(0, LENGTH, steps=4))
    for example, length in enumerate(lengths):
        np.testing.assert_allclose(numpy(output)[example, :length], whole[example, :length], atol=1e-5)
    for more in range(LENGTH - 4):
        places = lengths + more
        index: Any = keras.ops.convert_to_tensor(places) if ragged else int(places[0])
        step = keras.ops.convert_to_tensor(sequence[np.arange(BATCH), places][:, None])
        buffer = cache.append(buffer, layer.memory(step), index)
        output, _, _ = layer.attend(step, buffer, cache.append_mask(index, LENGTH), offset=index)
        np.testing.assert_allclose(numpy(output)[:, 0], whole[np.arange(BATCH), places], atol=1e-5)


@pytest.mark.parametrize("steps", [1, 2, LENGTH, LENGTH + 2])
def test_slide_forgets_as_many_of_the_oldest_as_it_takes_in(steps: int) -> None:
    buffer, step = some_memory(3, LENGTH), some_memory(5, steps)
    for old, new, found in zip(buffer, step, cache.slide(buffer, step), strict=True):
        np.testing.assert_array_equal(numpy(found), np.concatenate([old, new], axis=2)[:, :, -LENGTH:])


@pytest.mark.parametrize("steps", [1, 2, 5])
@pytest.mark.parametrize("held", [0, 1, LENGTH - 2, LENGTH, LENGTH + 9])
def test_slide_keeps_the_first_steps_of_a_stream_that_is_full(held: int, steps: int) -> None:
    buffer, step, sinks = some_memory(3, LENGTH), some_memory(5, steps), 2
    count = keras.ops.convert_to_tensor(np.full(BATCH, held, "int32"))
    for given in (held, count):
        for old, new, found in zip(buffer, step, cache.slide(buffer, step, sinks, given), strict=True):
            stream = np.concatenate([old, new], axis=2)[:, :, max(LENGTH - held, 0) :]
            kept = np.concatenate([stream[:, :, :sinks], stream[:, :, sinks:][:, :, -(LENGTH - sinks) :]], axis=2)
            np.testing.assert_array_equal(numpy(found)[:, :, LENGTH - kept.shape[2] :], kept)


def test_slide_with_sinks_needs_a_count_and_a_place_for_others() -> None:
    with pytest.raises(ValueError, match=r"keeps 2 sinks .* give it the count"):
        cache.slide(some_memory(3, LENGTH), some_memory(5, 1), sinks=2)
    for sinks in (-1, LENGTH):
        with pytest.raises(ValueError, match=f"a cache of 7 steps keeps 0 to 6 sinks, not {sinks}"):
            cache.slide(some_memory(3, LENGTH), some_memory(5, 1), sinks=sinks, count=0)


@pytest.mark.parametrize("late", [0, 3], ids=["together", "at_different_times"])
def test_steps_of_a_sliding_cache_with_sinks_have_the_formula_of_the_whole(late: int) -> None:
    """The second stream begins `late` steps after the first; what came before it must not count."""
    steps, sinks = 3 * WINDOW, 2
    sequence = np.random.default_rng(0).normal(size=(BATCH, steps, WIDTH)).astype("float32")
    layer = Attention("general", num_heads=HEADS, key_dim=KEY)
    layer.build(sequence.shape, sequence.shape)
    whole = layer(sequence, sequence, attention_mask=window_mask(steps, steps, WINDOW - 1 - sinks, sinks=sinks))
    streams = np.stack(
        [sequence[0], np.concatenate([np.full((late, WIDTH), 9, "float32"), sequence[1, : steps - late]])]
    )
    buffer, counts = layer.make_cache(BATCH, WINDOW), np.zeros(BATCH, "int32")
    for index in range(steps):
        step = keras.ops.convert_to_tensor(streams[:, index : index + 1])
        held: Any = keras.ops.convert_to_tensor(counts) if late else int(counts[0])
        buffer = cache.slide(buffer, layer.memory(step), sinks, held)
        counts = counts + (index >= np.array([0, late], "int32"))
        mask = cache.slide_mask(keras.ops.convert_to_tensor(counts), WINDOW)
        output, _, _ = layer.attend(step, buffer, mask)
        np.testing.assert_allclose(numpy(output)[0, 0], numpy(whole)[0, index], atol=1e-5)
        wanted = numpy(whole)[1, index - late] if index >= late else 0
        np.testing.assert_allclose(numpy(output)[1, 0], wanted, atol=1e-5)


def test_a_state_moves_with_its_keys_and_none_has_none() -> None:
    state = np.arange(1, 1 + BATCH * HEADS * LENGTH, dtype="float32").reshape(BATCH, HEADS, 1, LENGTH)
    moved = numpy(cache.slide_state(state))
    np.testing.assert_array_equal(moved[..., :-1], state[..., 1:])
    assert not moved[..., -1].any()
    assert cache.slide_state(None) is None


def test_every_part_of_a_state_moves_as_its_keys_do() -> None:
    state = np.random.default_rng(0).normal(size=(BATCH, HEADS, 1, LENGTH)).astype("float32")
    for sinks, count in ((0, None), (2, LENGTH), (2, 3)):
        places, new = np.swapaxes(state, 2, 3), np.zeros((BATCH, HEADS, 1, 1))
        keys, _ = cache.slide((places, places), (new, new), sinks, count)
        first, (second, third) = cache.slide_state((state, (2 * state, None)), sinks, count)
        np.testing.assert_array_equal(numpy(first), np.swapaxes(numpy(keys), 2, 3))
        np.testing.assert_array_equal(numpy(second), 2 * numpy(first))
        assert third is None


def test_slide_mask_is_the_newest_places_of_each_stream() -> None:
    assert numpy(cache.slide_mask(2, 5)).tolist() == [[False, False, False, True, True]]
    assert numpy(cache.slide_mask(0, 3)).tolist() == [[False, False, False]]
    counts = keras.ops.convert_to_tensor(np.array([1, 3, 7], "int32"))
    assert numpy(cache.slide_mask(counts, 3)).tolist() == [[False, False, True], [True] * 3, [True] * 3]


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="only TensorFlow exports to TFLite")
@pytest.mark.parametrize("kind", ["growing", "sliding", "sinks"])
def test_tflite_step_has_builtin_operators_and_the_same_numbers(kind: str, tmp_path: Path) -> None:
    tf = pytest.importorskip("tensorflow")
    from test_tflite import VARIABLE_OPERATORS, convert, operators, run

    sequence = np.random.default_rng(0).normal(size=(1, LENGTH, WIDTH)).astype("float32")
    grows, sinks = kind == "growing", 2 * (kind == "sinks")
    bias = None if sinks else ALiBi(HEADS)  # over sinks it takes the distances in the cache
    layer = Attention("general", num_heads=HEADS, key_dim=KEY, value_dim=VALUE, position_bias=bias)
    layer.build(sequence.shape, sequence.shape)
    length = LENGTH if grows else WINDOW

    def serve(step, index, keys, values):
        if grows:
            buffer = cache.append((keys, values), layer.memory(step), index[0])
            mask, offset = cache.append_mask(index, length), index[0]
        else:
            buffer = cache.slide((keys, values), layer.memory(step), sinks, index)
            mask, offset = cache.slide_mask(index + 1, length), length - 1
        output, weights, _ = layer.attend(step, buffer, mask, offset=offset)
        return {"output": output, "weights": weights, "new_keys": buffer[0], "new_values": buffer[1]}

    buffer = layer.make_cache(1, length)
    arrays = {"step": sequence[:, :1], "index": np.zeros(1, "int32"), "keys": buffer[0], "values": buffer[1]}
    specs = [tf.TensorSpec(array.shape, array.dtype, name=name) for name, array in arrays.items()]
    content = convert([layer], serve, specs, tmp_path / "saved")
    names = operators(content)
    assert not [name for name in names if "FLEX" in name.upper() or "CUSTOM" in name.upper()]
    assert not names & VARIABLE_OPERATORS
    seen = window_mask(LENGTH, LENGTH, left=length - 1 - sinks, sinks=sinks)
    whole = numpy(layer(sequence, sequence, attention_mask=seen))
    keys, values = (tensor.numpy() for tensor in buffer)
    for index in range(LENGTH):
        found = run(
            content, step=sequence[:, index : index + 1], index=np.array([index], "int32"), keys=keys, values=values
        )
        keys, values = found["new_keys"], found["new_values"]
        np.testing.assert_allclose(found["output"], whole[:, index : index + 1], atol=2e-6)
