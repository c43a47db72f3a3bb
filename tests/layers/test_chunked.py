"""Chunked scores: the numbers and gradients of the formula, in a fraction of the memory."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from attention_reference import KEYS, NORMALIZERS, QUERIES, UNITS, WIDTH, attention, gradient, inputs, numpy
from attention_reference import score as reference
from keras import ops

from heedful.layers import AdditiveScore, Attention, Chunked, Dice, LocalActivationScore, LocationScore, Score

T, S = 7, 5
BACKEND = keras.backend.backend()
ROOT = Path(__file__).parent.parent.parent
SCORES: dict[str, Callable[[], Score]] = {
    "additive": lambda: AdditiveScore(UNITS, normalize=True),
    "local_activation": lambda: LocalActivationScore((UNITS, 3)),
}


def built(name: str, chunk: int, *, seed: int = 5) -> Chunked:
    """The score with biases and gains moved away from where they start, lest a missing one goes unnoticed."""
    keras.utils.set_random_seed(seed)
    layer = Chunked(SCORES[name](), chunk)
    layer.build((T, WIDTH), (S, WIDTH))
    for index, variable in enumerate(layer.trainable_variables):
        variable.assign(variable.value + 0.1 + 0.05 * index)
    return layer


def vectors(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def scored(layer: Score, query: Any, key: Any) -> Any:
    return layer(ops.convert_to_tensor(query), layer.project(ops.convert_to_tensor(key)))


@pytest.mark.parametrize("chunk", [1, 2, 3, T - 1, T, 64])
@pytest.mark.parametrize("name", SCORES)
def test_scores_are_those_of_the_formula(name: str, chunk: int) -> None:
    query, key = vectors(0, 2, 3, T, WIDTH), vectors(1, 2, 3, S, WIDTH)
    layer = built(name, chunk)
    found = numpy(scored(layer, query, key))
    assert found.shape == (2, 3, T, S)
    for index in np.ndindex(2, 3):
        np.testing.assert_allclose(found[index], reference(layer.score, query[index], key[index]), atol=1e-5)


@pytest.mark.parametrize("name", SCORES)
def test_gradients_are_those_of_the_formula_and_of_the_direct_form(name: str) -> None:
    """Of queries, keys and every weight, each also along a random line against the slope of the formula in float64."""
    layer, wanted = built(name, chunk=2), vectors(2, T, S)
    variables = layer.score.trainable_variables
    points = [vectors(0, T, WIDTH), vectors(1, S, WIDTH), *(numpy(variable) for variable in variables)]
    ends = np.cumsum([point.size for point in points])

    def loss(score: Score) -> Callable[[Any], Any]:
        """Of everything in one vector."""

        def function(flat: Any) -> Any:
            spans = zip(points, ends, strict=True)
            query, key, *weights = (ops.reshape(flat[end - point.size : end], point.shape) for point, end in spans)
            with keras.StatelessScope(list(zip(variables, weights, strict=True))):
                return ops.sum(ops.multiply(score(query, score.project(key)), wanted))

        return function

    flat = np.concatenate([point.ravel() for point in points])
    found = gradient(loss(layer), flat)
    np.testing.assert_allclose(found, gradient(loss(layer.score), flat), rtol=1e-5, atol=1e-5)

    def formula(query: np.ndarray, key: np.ndarray, *weights: np.ndarray) -> float:
        for variable, value in zip(variables, weights, strict=True):
            variable.assign(value)
        return float((reference(layer.score, query.astype("float64"), key.astype("float64")) * wanted).sum())

    random = np.random.default_rng(3)
    for index, (point, own) in enumerate(zip(points, np.split(found, ends[:-1]), strict=True)):
        line = random.normal(size=point.shape)
        step = 0.01 * line / np.linalg.norm(line)  # so long, because the weights are kept in float32
        above, below = (formula(*points[:index], point + move, *points[index + 1 :]) for move in (step, -step))
        slope = (above - below) / (2 * 0.01)
        projected = own @ step.ravel() / 0.01
        assert projected == pytest.approx(slope, abs=1e-3 * float(np.linalg.norm(own))), index


@pytest.mark.parametrize("normalizer", ["softmax", "entmax15", "hardmax"])
@pytest.mark.parametrize("heads", [1, 2])
@pytest.mark.parametrize("name", SCORES)
def test_attention_with_a_chunked_score_is_its_formula(name: str, heads: int, normalizer: str) -> None:
    query, value, mask = inputs()
    score = Chunked(SCORES[name](), chunk=2)
    layer = Attention(score, NORMALIZERS[normalizer](), heads, key_dim=5 if heads > 1 else None)
    output, weights = layer(query, value, attention_mask=mask, return_attention_scores=True)
    expected_output, expected_weights = attention(layer, normalizer, query, value, value, mask)
    np.testing.assert_allclose(numpy(weights).reshape(expected_weights.shape), expected_weights, atol=2e-6)
    np.testing.assert_allclose(numpy(output), expected_output, atol=1e-5)


def model(score: Score, **options: Any) -> keras.Model:
    """Self-attention over a sequence of any length, and a number out of it."""
    sequence = keras.Input((None, WIDTH))
    attended = Attention(score, num_heads=2, key_dim=5, **options)(sequence, sequence)
    return keras.Model(sequence, keras.layers.Dense(1)(keras.layers.GlobalAveragePooling1D()(attended)))


def train(score: Score, lengths: tuple[int, ...], start: list[np.ndarray] | None = None, **options: Any) -> tuple:
    """Losses of eight steps, the weights before them, and after."""
    compilation = {"jit_compile": options.pop("jit_compile", "auto")}
    trained = model(score, **options)
    trained.set_weights(trained.get_weights() if start is None else start)
    start = trained.get_weights()
    trained.compile(keras.optimizers.SGD(0.05), "mse", **compilation)
    batches = [(vectors(seed, 2, length, WIDTH), vectors(seed, 2, 1)) for seed, length in enumerate(lengths)]
    losses = [trained.train_on_batch(*batches[step % len(batches)]) for step in range(8)]
    return losses, start, trained.get_weights()


def test_a_graph_for_any_batch_and_length_has_the_values_and_gradients_of_the_formula() -> None:
    """Outside of training it writes each chunk into its place, because a list of chunks does not export to TFLite."""
    if BACKEND != "tensorflow":
        pytest.skip("only TensorFlow has sizes that are unknown when the graph is built")
    import tensorflow as tf

    layer = built("additive", chunk=3)

    @tf.function(input_signature=[tf.TensorSpec((None, None, WIDTH)), tf.TensorSpec((None, None, WIDTH))])
    def values_and_slopes(query: Any, key: Any) -> Any:
        found = scored(layer, query, key)
        return found, *tf.gradients(
            tf.reduce_sum(found**2), [query, key, *(v.value for v in layer.trainable_variables)]
        )

    for length in (2, 7):
        query, key = vectors(0, 2, length, WIDTH), vectors(1, 2, S, WIDTH)
        with tf.GradientTape() as tape:
            tensors = [tf.constant(query), tf.constant(key)]
            tape.watch(tensors)
            direct = scored(layer.score, *tensors)
            loss = tf.reduce_sum(direct**2)
        slopes = tape.gradient(loss, [*tensors, *(v.value for v in layer.trainable_variables)])
        for found, wanted in zip(values_and_slopes(query, key), [direct, *slopes], strict=True):
            np.testing.assert_allclose(numpy(found), numpy(wanted), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("name", "policy"), [("additive", "mixed_float16"), ("local_activation", "float32")])
def test_a_model_of_any_length_learns_as_with_the_direct_form(name: str, policy: str) -> None:
    losses, start, weights = train(SCORES[name](), (2, 7), dtype=policy)
    again, _, chunked = train(Chunked(SCORES[name](), chunk=3), (2, 7), start, dtype=policy)
    assert sum(losses[-2:]) < sum(losses[:2]), "the two batches are not learned"
    tolerance = 1e-5 if policy == "float32" else 1e-2
    np.testing.assert_allclose(again, losses, rtol=tolerance)
    for found, wanted in zip(chunked, weights, strict=True):
        np.testing.assert_allclose(found, wanted, atol=tolerance)


@pytest.mark.long
def test_a_model_that_xla_compiles_learns_as_one_that_it_does_not() -> None:
    """Under TensorFlow, where that is a choice; JAX always compiles."""
    if BACKEND != "tensorflow":
        pytest.skip("only TensorFlow is asked to compile")
    losses, start, _ = train(Chunked(AdditiveScore(UNITS), chunk=3), (7,))
    again, _, _ = train(Chunked(AdditiveScore(UNITS), chunk=3), (7,), start, jit_compile=True)
    assert losses[-1] < losses[0]
    np.testing.assert_allclose(again, losses, rtol=1e-4)


@pytest.mark.parametrize("name", SCORES)
def test_keras_file_brings_the_score_back(name: str, tmp_path: Path) -> None:
    saved = model(Chunked(SCORES[name](), chunk=3))
    saved.save(tmp_path / "model.keras")
    keras.utils.set_random_seed(6)
    loaded = keras.saving.load_model(tmp_path / "model.keras", compile=False, safe_mode=True)
    assert json.dumps(loaded.get_config()) == json.dumps(saved.get_config())
    query = vectors(0, 2, T, WIDTH)
    np.testing.assert_array_equal(numpy(saved(query)), numpy(loaded(query)))


def test_configuration_holds_the_score_and_the_chunk() -> None:
    layer = Chunked(LocalActivationScore((5, 3), "relu"), chunk=17)
    twin = Chunked.from_config(layer.get_config())
    assert twin.get_config() == layer.get_config()
    assert twin.chunk == 17
    assert isinstance(twin.score, LocalActivationScore)
    assert twin.score.hidden_units == (5, 3)
    assert isinstance(Chunked("additive").score, AdditiveScore)
    assert Chunked("additive", dtype="float64").score.compute_dtype == "float64"


def test_what_cannot_be_chunked_is_refused() -> None:
    with pytest.raises(ValueError, match="LocationScore is recurrent: its queries are scored one after the other"):
        Chunked(LocationScore(UNITS))
    with pytest.raises(ValueError, match="a chunk has one query or more, not 0"):
        Chunked(AdditiveScore(UNITS), chunk=0)


def test_a_score_whose_call_changes_something_is_refused() -> None:
    """The statistics of Dice stood still: what the recomputed function assigned was thrown away without a word."""
    layer = Chunked(LocalActivationScore((UNITS,), activation=Dice()), chunk=2)
    with pytest.raises(ValueError, match=r"LocalActivationScore changes .*moving_mean.* use the score"):
        layer.build((T, WIDTH), (S, WIDTH))
    frozen = Chunked(AdditiveScore(UNITS), chunk=2)
    frozen.trainable = False
    frozen.build((T, WIDTH), (S, WIDTH))  # what is not trained does not change by itself


def test_trap_the_query_that_fills_the_last_chunk_is_a_real_one() -> None:
    """The norm of a row of zeros has no derivative: padding with them would make every gradient NaN."""

    class Distance(Score):
        def call(self, query: Any, projected_keys: Any, state: Any = None) -> Any:
            length = ops.sqrt(ops.sum(ops.square(query), -1, keepdims=True))
            return length * ops.ones_like(projected_keys[..., 0])[..., None, :]

    layer = Chunked(Distance(), chunk=3)
    layer.build((T, WIDTH), (S, WIDTH))
    found = gradient(lambda query: ops.sum(scored(layer, query, vectors(1, S, WIDTH))), vectors(0, T, WIDTH))
    query = vectors(0, T, WIDTH)
    np.testing.assert_allclose(found, S * query / np.linalg.norm(query, axis=-1, keepdims=True), rtol=1e-5)


def test_trap_a_step_of_a_decoder_runs_no_loop() -> None:
    """One query, or no more than a chunk, is scored directly: nothing is recomputed, nothing is padded."""
    seen = []

    class Watched(AdditiveScore):
        def call(self, query: Any, projected_keys: Any, state: Any = None, training: Any = None) -> Any:
            seen.append(query.shape[-2])
            return super().call(query, projected_keys)

    layer = Chunked(Watched(UNITS), chunk=4)
    layer.build((T, WIDTH), (S, WIDTH))
    for length in (1, 4):
        scored(layer, vectors(0, length, WIDTH), vectors(1, S, WIDTH))
    assert seen == [1, 4]
    scored(layer, vectors(0, 5, WIDTH), vectors(1, S, WIDTH))
    assert set(seen[2:]) == {3}, "five queries are three and three, not four and four"


@pytest.mark.long
def test_peak_memory_of_the_formula_is_a_fraction() -> None:
    """Forward and backward. A tensor of all pairs takes 537 MB here, and the direct form needs two of them at least."""
    if not Path("/proc/self/status").exists():
        pytest.skip("the peak of a process that another one started is only known on Linux")
    environment = {name: value for name, value in os.environ.items() if name != "JAX_DISABLE_MOST_OPTIMIZATIONS"}
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT / ".src"), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment["CUDA_VISIBLE_DEVICES"] = ""  # it is the memory of the process that is measured
    program = [sys.executable, str(ROOT / "tests/benchmarks/peak_memory.py")]
    sizes = ["--length", "1024", "--units", "128", "--backward", "--chunks", "64", "0"]
    done = subprocess.run([*program, *sizes], env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    chunked, direct = json.loads(done.stdout.splitlines()[-1])
    assert chunked < 350
    assert direct > 1000


def test_exported_file_is_builtin_only_with_equal_numbers(tmp_path: Path) -> None:
    if BACKEND != "tensorflow":
        pytest.skip("only the TensorFlow backend exports to TFLite")
    tf = pytest.importorskip("tensorflow")
    pytest.importorskip("ai_edge_litert.interpreter")
    from test_tflite import VARIABLE_OPERATORS, convert, operators, run

    layers = {name: Attention(Chunked(make(), chunk=2), num_heads=2, key_dim=5) for name, make in SCORES.items()}

    def serve(query: Any, value: Any, mask: Any) -> dict[str, Any]:
        return {name: layer(query, value, value_mask=mask) for name, layer in layers.items()}

    query, value, mask = inputs(batch=1)
    arrays = {"query": query, "value": value, "mask": mask[:, 0]}
    wanted = serve(**arrays)
    shapes = {"query": (1, QUERIES, WIDTH), "value": (1, KEYS, WIDTH), "mask": (1, KEYS)}
    specs = [tf.TensorSpec(shape, arrays[name].dtype, name=name) for name, shape in shapes.items()]
    content = convert(list(layers.values()), serve, specs, tmp_path / "saved")
    names = operators(content)
    assert {"WHILE", "TANH"} <= names
    assert not {name for name in names if "FLEX" in name.upper() or "CUSTOM" in name.upper()}
    assert not names & VARIABLE_OPERATORS
    found = run(content, **arrays)
    for name, tensor in wanted.items():
        np.testing.assert_allclose(found[name], numpy(tensor), atol=2e-6, err_msg=name)
