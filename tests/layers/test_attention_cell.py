"""A decoder with attention as a cell of `keras.layers.RNN`, against a loop by hand with the same weights."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from attention_reference import attention as formula
from attention_reference import numpy
from compositions import RECURRENT
from keras import ops

from heedful.layers import Attention, AttentionCell, LocationScore, Monotonic

BACKEND = keras.backend.backend()
BATCH, STEPS, LENGTH, WIDTH, SOURCE, UNITS, VECTOR = 2, 3, 5, 7, 11, 6, 13

CELLS: dict[str, Any] = {
    "gru": lambda: keras.layers.GRUCell(UNITS),
    "lstm": lambda: keras.layers.LSTMCell(UNITS),
    "stacked": lambda: keras.layers.StackedRNNCells([keras.layers.LSTMCell(4), keras.layers.GRUCell(UNITS)]),
}


def some_inputs() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    inputs, value = (
        random.normal(size=(BATCH, *shape)).astype("float32") for shape in ((STEPS, WIDTH), (LENGTH, SOURCE))
    )
    return inputs, value, np.arange(LENGTH) < np.array([[LENGTH], [3]])


def run(cell: AttentionCell, inputs: np.ndarray, value: Any, value_mask: Any = None, **options: Any) -> Any:
    decoder = keras.layers.RNN(cell, return_sequences=True, **options)
    return decoder(inputs, initial_state=cell.initial_state(value, value_mask))


def by_hand(cell: AttentionCell, inputs: np.ndarray, value: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, Any]:
    """Step by step: the wrapped cell is that of Keras, the attention the formula in float64."""
    state = cell.cell.get_initial_state(batch_size=BATCH)
    vector, vectors, all_weights = np.zeros((BATCH, VECTOR if cell.units else SOURCE)), [], []
    for t in range(inputs.shape[1]):
        given = np.concatenate([inputs[:, t], vector], -1).astype("float32")
        query, state = cell.cell(ops.convert_to_tensor(given), state)
        query = numpy(query)
        read, weights = formula(cell.attention, "softmax", query[:, None], value, value, mask[:, None])
        vector = read[:, 0]
        if cell.units:
            vector = np.tanh(np.concatenate([query, vector], -1) @ numpy(cell.dense.kernel))
        vectors.append(vector)
        all_weights.append(weights)
    return np.stack(vectors, 1), np.concatenate(all_weights, 2)


@pytest.mark.parametrize("unroll", [False, True])
@pytest.mark.parametrize("units", [None, VECTOR])
@pytest.mark.parametrize("kind", CELLS)
def test_every_step_is_the_formula(kind: str, units: int | None, unroll: bool) -> None:
    inputs, value, mask = some_inputs()
    cell = AttentionCell(CELLS[kind](), Attention("general"), units, return_attention_scores=True)
    vectors, weights = cell.split(run(cell, inputs, value, mask, unroll=unroll))
    wanted, expected = by_hand(cell, inputs, value, mask)
    np.testing.assert_allclose(numpy(vectors), wanted, atol=1e-5)
    np.testing.assert_allclose(numpy(weights), expected, atol=3e-6)
    assert cell.output_size == wanted.shape[-1] + LENGTH


def test_heads_and_an_encoder_that_hands_over_its_state() -> None:
    inputs, value, _ = some_inputs()
    attention = Attention("additive", num_heads=2, key_dim=4, num_key_value_heads=1, output_dim=SOURCE)
    cell = AttentionCell(keras.layers.LSTMCell(UNITS), attention)
    handed = [np.full((BATCH, UNITS), number, "float32") for number in (0.5, -0.5)]
    states = cell.initial_state(value, cell_state=handed)
    outputs = keras.layers.RNN(cell, return_sequences=True)(inputs, initial_state=states)
    state, vector = handed, np.zeros((BATCH, SOURCE), "float32")
    for t in range(STEPS):
        query, state = cell.cell(ops.concatenate([inputs[:, t], vector], -1), state)
        vector = attention(ops.expand_dims(query, 1), value)[:, 0]
        np.testing.assert_allclose(numpy(outputs)[:, t], numpy(vector), atol=1e-5)


@pytest.mark.parametrize("name", RECURRENT)
def test_a_recurrent_score_and_normalizer_have_their_states_among_those_of_the_cell(name: str) -> None:
    inputs, value, mask = some_inputs()
    attention = Attention(LocationScore(UNITS, filters=2, kernel_size=3), RECURRENT[name]())
    cell = AttentionCell(keras.layers.GRUCell(UNITS), attention, return_attention_scores=True)
    _, weights = cell.split(run(cell, inputs, value, mask))
    memory, state = attention.memory(ops.convert_to_tensor(value), mask=mask), None
    of_cell, vector = cell.cell.get_initial_state(batch_size=BATCH), np.zeros((BATCH, SOURCE), "float32")
    for t in range(STEPS):
        query, of_cell = cell.cell(ops.concatenate([inputs[:, t], vector], -1), of_cell)
        read, wanted, state = attention.attend(ops.expand_dims(query, 1), memory, mask, state)
        vector = read[:, 0]
        np.testing.assert_allclose(numpy(weights)[:, :, t : t + 1], numpy(wanted), atol=1e-5)


@pytest.mark.parametrize("unroll", [False, True])
def test_a_masked_step_changes_nothing(unroll: bool) -> None:
    inputs, value, mask = some_inputs()
    cell = AttentionCell(CELLS["stacked"](), Attention("general", RECURRENT["forward"]()), VECTOR)
    longer = np.insert(inputs, 1, 9.0, axis=1)
    decoder = keras.layers.RNN(cell, return_sequences=True, unroll=unroll)
    states = cell.initial_state(value, mask)
    wanted = numpy(decoder(inputs, initial_state=states))
    given = ops.convert_to_tensor(np.tile([True, False, True, True], (BATCH, 1)))
    found = numpy(decoder(longer, initial_state=states, mask=given))
    np.testing.assert_allclose(np.delete(found, 1, axis=1), wanted, atol=1e-5)
    np.testing.assert_allclose(found[:, 1], found[:, 0], atol=1e-6)


def test_steps_from_the_returned_state_equal_the_whole() -> None:
    inputs, value, mask = some_inputs()
    cell = AttentionCell(CELLS["lstm"](), Attention("general"), VECTOR)
    states = cell.initial_state(value, mask)
    whole = keras.layers.RNN(cell, return_sequences=True)(inputs, initial_state=states)
    step = keras.layers.RNN(cell, return_state=True)
    for t in range(STEPS):
        output, *states = step(inputs[:, t : t + 1], initial_state=states)
        np.testing.assert_allclose(numpy(output), numpy(whole)[:, t], atol=1e-6)


def test_what_is_masked_may_hold_anything_and_who_may_read_nothing_reads_zeros() -> None:
    inputs, value, mask = some_inputs()
    cell = AttentionCell(CELLS["gru"](), Attention("general"))
    clean = run(cell, inputs, value, mask)
    broken = np.where(mask[..., None], value, np.nan).astype("float32")
    np.testing.assert_allclose(numpy(run(cell, inputs, broken, mask)), numpy(clean), atol=1e-6)
    assert not numpy(run(cell, inputs, broken, np.zeros_like(mask))).any()


def test_the_mask_that_keras_keeps_with_a_source_counts() -> None:
    inputs, _, _ = some_inputs()
    tokens = np.array([[3, 1, 2, 0, 0], [1, 2, 3, 4, 0]])
    embed = keras.layers.Embedding(5, SOURCE, mask_zero=True)
    cell = AttentionCell(CELLS["gru"](), Attention("general"), return_attention_scores=True)
    _, weights = cell.split(run(cell, inputs, embed(tokens)))
    assert (numpy(weights) > 0).tolist() == np.tile((tokens > 0)[:, None, None], (1, 1, STEPS, 1)).tolist()


def seq2seq(steps: int | None, length: int | None, **options: Any) -> keras.Model:
    """An encoder, which hands over its state where it knows its length, and a decoder with attention."""
    inputs, source = keras.Input((steps, WIDTH), name="inputs"), keras.Input((length, SOURCE), name="source")
    if length is None:
        read, state = keras.layers.Dense(UNITS)(source), None
    else:
        read, state = keras.layers.GRU(UNITS, return_sequences=True, return_state=True, unroll=True)(source)
    cell = AttentionCell(CELLS["gru"](), Attention("additive"), VECTOR, return_attention_scores=length is not None)
    outputs = keras.layers.RNN(cell, return_sequences=True, name="decoder", **options)(
        inputs, initial_state=cell.initial_state(read, cell_state=state)
    )
    return keras.Model([inputs, source], outputs)


def test_a_functional_model_is_trained_saved_and_loaded_with_one_cell(tmp_path: Path) -> None:
    inputs, value, _ = some_inputs()
    model = seq2seq(None, LENGTH)
    model.compile("adam", "mse")
    before = [numpy(weight) for weight in model.trainable_variables]
    model.fit([inputs, value], np.ones((BATCH, STEPS, VECTOR + LENGTH), "float32"), epochs=2, verbose=0)
    moved = [np.abs(numpy(w) - old).max() > 1e-6 for w, old in zip(model.trainable_variables, before, strict=True)]
    assert all(moved) and len(moved) == len({id(variable) for variable in model.trainable_variables})
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(numpy(loaded([inputs, value])), numpy(model([inputs, value])), atol=1e-6)
    assert len(loaded.trainable_variables) == len(moved)
    starts = [layer for layer in loaded.layers if type(layer).__name__ == "InitialState"]
    assert [layer.cell for layer in starts] == [loaded.get_layer("decoder").cell]


def test_noise_in_a_loop_that_is_unrolled() -> None:
    inputs, value, mask = some_inputs()
    cell = AttentionCell(CELLS["gru"](), Attention("general", Monotonic(seed=1), dropout=0.5, seed=2))
    decoder = keras.layers.RNN(cell, return_sequences=True, unroll=True)
    states = cell.initial_state(value, mask)
    first, second = (numpy(decoder(inputs, initial_state=states, training=True)) for _ in range(2))
    assert np.abs(first - second).max() > 1e-3


def test_half_precision_keeps_states_and_scores() -> None:
    inputs, value, mask = some_inputs()
    kept = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        cell = AttentionCell(CELLS["gru"](), Attention("general"), VECTOR, return_attention_scores=True)
        vectors, weights = cell.split(run(cell, inputs, value, mask))
    finally:
        keras.config.set_dtype_policy(kept)
    assert cell.compute_dtype == "float32" and cell.attention.compute_dtype == "float16"
    wanted, expected = by_hand(cell, inputs, value, mask)
    np.testing.assert_allclose(numpy(vectors), wanted, atol=1e-2)
    np.testing.assert_allclose(numpy(weights), expected, atol=1e-2)


def test_wrong_parts_are_refused() -> None:
    gru, attention = keras.layers.GRUCell(3), Attention()
    with pytest.raises(ValueError, match="AttentionCell wraps a cell"):
        AttentionCell(keras.layers.Dense(3), attention)
    with pytest.raises(ValueError, match="is an Attention"):
        AttentionCell(gru, keras.layers.Attention())  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="has no dropout"):
        AttentionCell(keras.layers.StackedRNNCells([gru, keras.layers.LSTMCell(3, dropout=0.1)]), attention)
    with pytest.raises(ValueError, match="hold weights"):
        AttentionCell(gru, attention).split(np.zeros((1, 2, 3)))
    with pytest.raises(ValueError, match="has no weights yet"):
        keras.layers.RNN(AttentionCell(gru, attention))(np.zeros((1, 2, 3)))


@pytest.mark.skipif(BACKEND != "tensorflow", reason="only the TensorFlow backend exports to TFLite")
@pytest.mark.parametrize("length", [LENGTH, pytest.param(None, marks=pytest.mark.long)])
def test_any_batch_through_tflite(length: int | None, tmp_path: Path) -> None:
    litert = pytest.importorskip("ai_edge_litert.interpreter")
    from test_tflite import VARIABLE_OPERATORS, operators

    inputs, value, _ = some_inputs()
    model = seq2seq(STEPS, length, unroll=True)
    model.export(str(tmp_path / "model.tflite"), format="litert", verbose=False)
    content = (tmp_path / "model.tflite").read_bytes()
    names = operators(content)
    assert not [name for name in names if "FLEX" in name.upper() or "CUSTOM" in name.upper()]
    assert not names & VARIABLE_OPERATORS
    runner = litert.Interpreter(model_content=content, num_threads=1).get_signature_runner()
    for batch in (1, BATCH):
        given = {"inputs": inputs[:batch], "source": value[:batch]}
        (found,) = runner(**given).values()
        np.testing.assert_allclose(found, numpy(model([*given.values()])), atol=1e-5)
