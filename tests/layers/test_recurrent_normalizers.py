"""Attention with a normalizer that has a state: the whole, steps, files, exports and precisions."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from attention_reference import HEADS, KEY_DIM, KEYS, QUERIES, SCORES, UNITS, WIDTH, inputs, numpy, project, score
from compositions import RECURRENT, recurrent_calls
from keras import ops

from heedful.layers import Attention, CoAttention, ForwardAttention, LocationScore, Monotonic, padding_mask

BACKEND = keras.backend.backend()
SOME_SCORES = ("general", "location")


def hard(row: np.ndarray, allowed: np.ndarray, before: np.ndarray) -> np.ndarray:
    """One query of `Monotonic` outside of training."""
    found = np.flatnonzero(allowed & (row > 0) & (np.arange(len(row)) >= before.argmax()))
    return np.eye(len(row))[found[0]] if len(found) else np.zeros(len(row))


def expected(row: np.ndarray, allowed: np.ndarray, before: np.ndarray) -> np.ndarray:
    """One query of `Monotonic` in training."""
    stop, reaching, found = allowed / (1 + np.exp(-row)), 0.0, np.zeros(len(row))
    for j, probability in enumerate(stop):
        reaching = reaching * (1 - stop[j - 1] if j else 0.0) + before[j]
        found[j] = probability * reaching
    return found


def forward(row: np.ndarray, allowed: np.ndarray, before: np.ndarray) -> np.ndarray:
    """One query of `ForwardAttention` under a mask that leaves the first keys."""
    product = np.exp(row - row.max()) * allowed * (before + np.concatenate([[0.0], before[:-1]]))
    return product / product.sum() if allowed.any() else np.zeros(len(row))


def chunkwise(row: np.ndarray, allowed: np.ndarray, alignment: np.ndarray) -> np.ndarray:
    """What the query reads whose alignment is known: a softmax over the key and the one before it."""
    found = np.zeros(len(row))
    if alignment.any():
        inside = [j for j in (alignment.argmax() - 1, alignment.argmax()) if j >= 0 and allowed[j]]
        found[inside] = np.exp(row[inside] - row[inside].max())
        found /= found.sum()
    return found


FORMULAS: dict[str, Callable[..., np.ndarray]] = {
    "monotonic": hard,
    "expected_monotonic": expected,
    "chunkwise": hard,
    "forward": forward,
}


def masked_inputs() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The second query of the first example, in the middle, and the last two keys of the second do not exist."""
    query, value, _ = inputs()
    query_mask, value_mask = np.ones((2, QUERIES), bool), np.ones((2, KEYS), bool)
    query_mask[0, 1], value_mask[1, -2:] = False, False
    return query, value, query_mask, value_mask


@pytest.mark.parametrize("kind", SOME_SCORES)
@pytest.mark.parametrize("name", RECURRENT)
def test_weights_of_every_query_are_the_formula(name: str, kind: str) -> None:
    query, value, query_mask, value_mask = masked_inputs()
    layer = Attention(SCORES[kind](), RECURRENT[name](), num_heads=HEADS, key_dim=KEY_DIM)
    masks = {"query_mask": query_mask, "value_mask": value_mask}
    output, weights = layer(query, value, return_attention_scores=True, **masks)
    found, wanted = numpy(weights), np.zeros((2, HEADS, QUERIES, KEYS))
    for b, h in np.ndindex(2, HEADS):
        queries, keys = project(layer.query_dense, query[b], h), project(layer.key_dense, value[b], h)
        state, previous = np.eye(KEYS)[0], np.zeros(KEYS)
        for t in range(QUERIES):
            allowed = value_mask[b] & query_mask[b, t]
            row = score(layer.score, queries[t : t + 1], keys, previous)[0]
            alignment = FORMULAS[name](row, allowed, state)
            state = alignment if alignment.any() else state
            previous = wanted[b, h, t] = chunkwise(row, allowed, alignment) if name == "chunkwise" else alignment
    np.testing.assert_allclose(found, wanted, atol=3e-6)
    assert np.isfinite(numpy(output)).all() and not numpy(output)[0, 1].any()


@pytest.mark.parametrize("kind", SOME_SCORES)
@pytest.mark.parametrize("name", RECURRENT)
def test_steps_from_memory_equal_the_whole_call(name: str, kind: str) -> None:
    query, value, query_mask, value_mask = masked_inputs()
    layer = Attention(SCORES[kind](), RECURRENT[name](), num_heads=HEADS, key_dim=KEY_DIM)
    masks = {"query_mask": query_mask, "value_mask": value_mask}
    whole = layer(query, value, return_attention_scores=True, **masks)
    memory, state = layer.memory(ops.convert_to_tensor(value)), None
    for t in range(QUERIES):
        allowed = (value_mask & query_mask[:, t : t + 1])[:, None]
        step = ops.convert_to_tensor(query[:, t : t + 1])
        output, weights, state = layer.attend(step, memory, allowed, state)
        np.testing.assert_allclose(numpy(output)[:, 0], numpy(whole[0])[:, t], atol=1e-6)
        np.testing.assert_allclose(numpy(weights)[:, :, 0], numpy(whole[1])[:, :, t], atol=1e-6)
    assert len(keras.tree.flatten(state)) == (2 if kind == "location" else 1)


@pytest.mark.parametrize("name", RECURRENT)
def test_weights_are_float32_in_half_precision(name: str) -> None:
    query, value, query_mask, _ = masked_inputs()
    layer = Attention("general", RECURRENT[name](), dtype="mixed_float16")
    for factor in (1, 100):
        output, weights = layer(factor * query, factor * value, return_attention_scores=True, query_mask=query_mask)
        assert keras.backend.standardize_dtype(weights.dtype) == "float32"
        assert keras.backend.standardize_dtype(output.dtype) == "float16"
        assert np.isfinite(numpy(weights)).all() and np.isfinite(numpy(output)).all()


def test_keras_file_comes_back_the_same(tmp_path: Path) -> None:
    query, value, *_ = masked_inputs()
    given = [keras.Input((QUERIES, WIDTH)), keras.Input((KEYS, WIDTH))]
    layers = [Attention(LocationScore(UNITS, filters=2, kernel_size=3), make()) for make in RECURRENT.values()]
    model = keras.Model(given, [layer(*given, return_attention_scores=True) for layer in layers])
    monotonic: Any = layers[0].normalizer
    monotonic.offset.assign(0.3)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    wanted, found = (keras.tree.flatten(each([query, value])) for each in (model, loaded))
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(numpy(one), numpy(other))


@pytest.mark.parametrize("name", ["chunkwise", pytest.param("forward", marks=pytest.mark.long)])
def test_training_moves_every_weight(name: str) -> None:
    """With the noise drawn inside of the loop, and what the loss can reach alone: the offset as well."""
    query, value, *_ = masked_inputs()
    given = [keras.Input((None, WIDTH)), keras.Input((None, WIDTH))]
    model = keras.Model(given, Attention("general", RECURRENT[name](), num_heads=HEADS, key_dim=KEY_DIM)(*given))
    before = [numpy(weight) for weight in model.trainable_variables]
    model.compile("adam", "mse")
    history = model.fit([query, value], np.ones((2, QUERIES, WIDTH), "float32"), epochs=2, verbose=0)
    assert np.isfinite(history.history["loss"]).all()
    for weight, old in zip(model.trainable_variables, before, strict=True):
        if weight.path.split("/")[-2:] != ["key", "bias"]:  # a softmax does not change with it
            assert np.abs(numpy(weight) - old).max() > 1e-6, weight.path


def test_layers_that_look_at_all_queries_at_once_refuse_it() -> None:
    with pytest.raises(ValueError, match="Monotonic needs the weights of the step before"):
        CoAttention(normalizer=Monotonic())
    with pytest.raises(ValueError, match="leave the chunk_size out"):
        Attention(normalizer=ForwardAttention(), chunk_size=2)


@pytest.mark.skipif(BACKEND != "tensorflow", reason="only the TensorFlow backend exports to TFLite")
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.long] * (name != "forward")) for name in RECURRENT]
)
def test_any_batch_and_lengths_through_tflite(name: str) -> None:
    pytest.importorskip("ai_edge_litert.interpreter")
    import model_exports

    some = {f"{kind}_{name}": recurrent_calls(name)[f"{kind}_{name}"] for kind in SOME_SCORES}
    assert model_exports.failures(some, "litert", lengths=True) == []


@pytest.mark.skipif(BACKEND != "tensorflow", reason="only the TensorFlow backend exports to TFLite")
@pytest.mark.parametrize("name", RECURRENT)
def test_int8_step_keeps_the_weights(name: str, tmp_path: Path) -> None:
    """A step with the state from outside. The hard process may stop elsewhere where a score is nearly zero."""
    tf = pytest.importorskip("tensorflow")
    pytest.importorskip("ai_edge_litert.interpreter")
    from test_tflite import convert, operators, run

    layer = Attention("general", RECURRENT[name](), num_heads=HEADS, key_dim=KEY_DIM)
    layer.build((1, 1, WIDTH), (1, KEYS, WIDTH))

    def serve(query: Any, value: Any, lengths: Any, state: Any) -> dict[str, Any]:
        _, weights, following = layer.attend(query, layer.memory(value), padding_mask(lengths, KEYS), state)
        return {"weights": weights, "following": following}

    def example(seed: int) -> dict[str, np.ndarray]:
        query, value, _ = inputs(seed, batch=1)
        state = np.eye(KEYS, dtype="float32")[[seed % 3, (seed + 1) % 3]][None, :, None]
        lengths = np.array([4 + seed % (KEYS - 3)], "int32")
        return {"query": query[:, :1], "value": value, "lengths": lengths, "state": state}

    def examples() -> Iterator[tuple[str, dict[str, np.ndarray]]]:
        for seed in range(50):
            yield "serve", example(seed)

    specs = [tf.TensorSpec(array.shape, array.dtype, name=key) for key, array in example(0).items()]
    content = convert([layer], serve, specs, tmp_path / "saved", examples)
    assert "QUANTIZE" in operators(content)
    for seed in range(40):
        given = example(seed)
        found, wanted = run(content, **given)["weights"], numpy(serve(**given)["weights"])
        length = given["lengths"][0]
        assert np.abs(found[..., length:]).max(initial=0.0) < 0.01, "a masked key has weight"
        doubtful = np.abs(numpy(layer.scores(given["query"], given["value"])))[..., :length].min(-1) < 0.1
        off = np.abs(found - wanted).max(-1) > 0.05
        assert not (off & ~(doubtful if FORMULAS[name] is hard else np.zeros_like(doubtful))).any()
