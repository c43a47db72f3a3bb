"""`CoAttention` and `GatedFusion` against their formulas in float64 NumPy, with masks, missing inputs and NaN."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from attention_reference import gradient, normalize, numpy
from attention_reference import score as score_reference

from heedful.layers import AdditiveScore, CoAttention, GatedFusion

BATCH, FIRST, SECOND, FIRST_WIDTH, SECOND_WIDTH, UNITS = 2, 3, 5, 7, 11, 13
# The last of three steps is padding; the second example has nothing to read in its second sequence.
FIRST_MASK = np.array([[1, 1, 0], [0, 1, 1]], bool)
SECOND_MASK = np.array([[1, 0, 1, 1, 0], [0, 0, 0, 0, 0]], bool)
MASKS = {
    "all": None,
    "first": [FIRST_MASK, None],
    "second": [None, SECOND_MASK],
    "both": [FIRST_MASK, SECOND_MASK],
}


def sequences() -> list[np.ndarray]:
    random = np.random.default_rng(0)
    shapes = ((BATCH, FIRST, FIRST_WIDTH), (BATCH, SECOND, SECOND_WIDTH))
    return [random.normal(size=shape).astype("float32") for shape in shapes]


def modalities(count: int) -> list[np.ndarray]:
    """Sequences of one length and `count` widths."""
    random = np.random.default_rng(0)
    return [random.normal(size=(BATCH, FIRST, width)).astype("float32") for width in (7, 11, 5)[:count]]


def presence(count: int) -> list[np.ndarray]:
    """Masks by which every input is missing once, two of three are once, and all are at the last step."""
    return [np.array(mask, bool) for mask in ([[1, 0, 1], [0, 1, 0]], [[0, 1, 1], [1, 1, 0]], [[1, 1, 1], [0, 0, 0]])][
        :count
    ]


def with_nan(arrays: Sequence[np.ndarray], masks: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    """NaN wherever a mask is False."""
    masks = [np.ones(x.shape[:-1], bool) if mask is None else mask for x, mask in zip(arrays, masks, strict=True)]
    return [np.where(mask[..., None], x, np.float32("nan")) for x, mask in zip(arrays, masks, strict=True)]


def randomized(layer: Any, inputs: list[np.ndarray]) -> Any:
    """The layer built, with every weight away from its start, biases too."""
    layer.build([x.shape for x in inputs])
    random = np.random.default_rng(1)
    for weight in layer.weights:
        weight.assign(random.normal(size=weight.shape) / 2)
    return layer


def co_attention_formula(layer: CoAttention, normalizer: str, mask: Any) -> list[np.ndarray]:
    """Both contexts and both weights, of one affinity and its transpose."""
    results, everyone = [], (np.ones_like(FIRST_MASK), np.ones_like(SECOND_MASK))
    rows, columns = [one if m is None else m for one, m in zip(everyone, mask or (None, None), strict=True)]
    for first, second, row, column in zip(*sequences(), rows, columns, strict=True):
        affinity, allowed = score_reference(layer.score, first, second), np.logical_and.outer(row, column)
        to_second = np.array([normalize(normalizer, *row) for row in zip(affinity, allowed, strict=True)])
        to_first = np.array([normalize(normalizer, *row) for row in zip(affinity.T, allowed.T, strict=True)])
        results.append((to_second @ second, to_first @ first, to_second[None], to_first[None]))
    return [np.array(result) for result in zip(*results, strict=True)]


def gated_formula(layer: GatedFusion, inputs: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """`z tanh(W1 x1) + (1 - z) tanh(W2 x2)` for two; the softmax of the logits and 0 in the place of z for three."""
    features = [np.tanh(x @ numpy(d.kernel) + numpy(d.bias)) for x, d in zip(inputs, layer.features, strict=True)]
    logits = np.concatenate(inputs, -1) @ numpy(layer.gate.kernel) + numpy(layer.gate.bias)
    if len(inputs) == 2:
        z = 1 / (1 + np.exp(-logits))
        return z * features[0] + (1 - z) * features[1], np.stack([z, 1 - z], -1)
    exponentials = np.exp([logits[..., :UNITS], logits[..., UNITS:], 0 * logits[..., UNITS:]])
    gate = exponentials / exponentials.sum(0)
    return (gate * features).sum(0), np.moveaxis(gate, 0, -1)


@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
@pytest.mark.parametrize("normalizer", ["softmax", "sparsemax", "sigmoid"])
@pytest.mark.parametrize("score", ["general", "additive"])
def test_co_attention_formula(score: str, normalizer: str, mask: Any) -> None:
    layer = randomized(CoAttention(score, normalizer), sequences())
    found = layer(sequences(), mask=mask, return_attention_scores=True)
    for tensor, wanted in zip(found, co_attention_formula(layer, normalizer, mask), strict=True):
        assert tuple(tensor.shape) == wanted.shape
        np.testing.assert_allclose(numpy(tensor), wanted, atol=1e-5)
    for without, context in zip(layer(sequences(), mask=mask), found[:2], strict=True):
        np.testing.assert_array_equal(numpy(without), numpy(context))


def test_a_step_that_is_masked_or_may_read_nothing_gets_zeros() -> None:
    mask = MASKS["both"]
    layer = randomized(CoAttention(), sequences())
    *contexts, first_weights, second_weights = map(numpy, layer(sequences(), mask=mask, return_attention_scores=True))
    contexts_and_weights = [*contexts, first_weights[:, 0], second_weights[:, 0]]
    for of_first, of_second in zip(contexts_and_weights[::2], contexts_and_weights[1::2], strict=True):
        assert not of_first[1].any()
        assert not of_first[~FIRST_MASK].any()
        assert not of_second[~SECOND_MASK].any()
    to_second, to_first = contexts_and_weights[2:]
    np.testing.assert_allclose(to_second[0, :2].sum(-1), 1, atol=1e-6)
    np.testing.assert_allclose(to_first[0][SECOND_MASK[0]].sum(-1), 1, atol=1e-6)


def test_co_attention_formula_does_not_change_with_nan_in_masked_steps() -> None:
    mask = MASKS["both"]
    layer = randomized(CoAttention("additive"), sequences())
    clean = layer(sequences(), mask=mask, return_attention_scores=True)
    dirty = layer(with_nan(sequences(), mask), mask=mask, return_attention_scores=True)
    for tensor, other in zip(clean, dirty, strict=True):
        np.testing.assert_array_equal(numpy(tensor), numpy(other))
    first, second = with_nan(sequences(), mask)
    slope = gradient(lambda x: keras.ops.sum(keras.ops.square(layer([x, second], mask=mask)[1])), first)
    assert np.isfinite(slope).all()
    assert not slope[~FIRST_MASK].any()
    assert slope[0, :2].all()


def test_masks_come_with_the_inputs_and_go_on_with_the_contexts() -> None:
    layer = randomized(CoAttention(), sequences())
    explicit = layer(sequences(), mask=MASKS["both"])
    masks = (FIRST_MASK, SECOND_MASK)
    zeroed = [np.where(mask[..., None], x, 0) for x, mask in zip(sequences(), masks, strict=True)]
    implicit = layer([keras.layers.Masking()(x) for x in zeroed])
    for tensor, other, mask in zip(implicit, explicit, masks, strict=True):
        np.testing.assert_array_equal(numpy(tensor), numpy(other))
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(tensor._keras_mask), mask)


def test_dropout_is_for_training_and_not_for_the_weights() -> None:
    layer = randomized(CoAttention(dropout=0.5, seed=2), sequences())
    plain, trained = (layer(sequences(), return_attention_scores=True, training=t) for t in (False, True))
    for tensor, other in zip(plain[2:], trained[2:], strict=True):
        np.testing.assert_array_equal(numpy(tensor), numpy(other))
    assert all(np.abs(numpy(x) - numpy(y)).max() > 0.1 for x, y in zip(plain[:2], trained[:2], strict=True))


@pytest.mark.parametrize("count", [2, 3])
def test_gated_formula(count: int) -> None:
    inputs = modalities(count)
    layer = randomized(GatedFusion(UNITS), inputs)
    fused, gate = layer(inputs, return_gate=True)
    wanted, wanted_gate = gated_formula(layer, inputs)
    assert tuple(gate.shape) == (BATCH, FIRST, UNITS, count)
    np.testing.assert_allclose(numpy(gate), wanted_gate, atol=2e-6)
    np.testing.assert_allclose(numpy(fused), wanted, atol=1e-5)
    np.testing.assert_array_equal(numpy(layer(inputs)), numpy(fused))
    of_vectors = layer([x[:, 1] for x in inputs])
    np.testing.assert_allclose(numpy(of_vectors), wanted[:, 1], atol=1e-5)


@pytest.mark.parametrize("count", [2, 3])
def test_gated_formula_of_the_inputs_that_are_there(count: int) -> None:
    """A missing input counts as zeros in the gate and leaves its share to the others; NaN in it changes nothing."""
    inputs, masks = modalities(count), presence(count)
    layer = randomized(GatedFusion(UNITS), inputs)
    fused, gate = layer(with_nan(inputs, masks), mask=masks, return_gate=True)
    present = np.stack(masks, -1)
    _, full = gated_formula(layer, [np.where(mask[..., None], x, 0) for x, mask in zip(inputs, masks, strict=True)])
    shares = full * present[:, :, None]
    shares /= np.maximum(shares.sum(-1, keepdims=True), 1e-30)
    features = [np.tanh(x @ numpy(d.kernel) + numpy(d.bias)) for x, d in zip(inputs, layer.features, strict=True)]
    np.testing.assert_allclose(numpy(gate), shares, atol=2e-6)
    np.testing.assert_allclose(numpy(fused), (shares * np.stack(features, -1)).sum(-1), atol=1e-5)
    assert not numpy(fused)[~present.any(-1)].any()


def test_nan_in_a_missing_input_changes_no_gradient() -> None:
    masks = presence(2)
    inputs = with_nan(modalities(2), masks)
    layer = randomized(GatedFusion(UNITS), inputs)
    slope = gradient(lambda x: keras.ops.sum(layer([x, inputs[1]], mask=masks)), inputs[0])
    assert np.isfinite(slope).all()
    assert not slope[~masks[0]].any()
    assert slope[masks[0]].all()


def test_the_fused_sequence_is_masked_where_all_inputs_are() -> None:
    inputs, masks = modalities(2), presence(2)
    layer = randomized(GatedFusion(UNITS), inputs)
    zeroed = [np.where(mask[..., None], x, 0) for x, mask in zip(inputs, masks, strict=True)]
    implicit = layer([keras.layers.Masking()(x) for x in zeroed])
    np.testing.assert_array_equal(numpy(implicit), numpy(layer(inputs, mask=masks)))
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(implicit._keras_mask), masks[0] | masks[1])
    one_is_always_there = layer([keras.layers.Masking()(zeroed[0]), inputs[1]])
    assert getattr(one_is_always_there, "_keras_mask", None) is None
    np.testing.assert_array_equal(numpy(one_is_always_there), numpy(layer(inputs, mask=[masks[0], None])))


@pytest.mark.parametrize("kind", ["co_attention_general", "co_attention_additive", "gated"])
def test_every_weight_learns(kind: str) -> None:
    """One step of training moves every weight, whichever context or input it belongs to."""
    if kind == "gated":
        inputs, layer = modalities(3), GatedFusion(UNITS)
    else:
        inputs, layer = sequences(), CoAttention(kind.removeprefix("co_attention_"))
    symbolic = [keras.Input(x.shape[1:]) for x in inputs]
    outputs = keras.tree.flatten(layer(symbolic))
    model = keras.Model(symbolic, keras.layers.Concatenate()([keras.layers.Flatten()(x) for x in outputs]))
    model.compile(keras.optimizers.SGD(0.1), "mse")
    before = [numpy(weight) for weight in layer.trainable_weights]
    model.train_on_batch(inputs, np.ones((BATCH, model.output_shape[-1])))
    assert before
    for weight, old in zip(layer.trainable_weights, before, strict=True):
        assert (numpy(weight) != old).all(), weight.path


@pytest.mark.parametrize("length", [None, FIRST], ids=["any_length", "fixed"])
def test_keras_file_comes_back_the_same_with_the_shapes_it_promises(length: int | None, tmp_path: Path) -> None:
    symbolic = [keras.Input((length, FIRST_WIDTH)), keras.Input((length and SECOND, SECOND_WIDTH))]
    masked = [keras.layers.Masking()(x) for x in symbolic]
    read = CoAttention(AdditiveScore(UNITS), "entmax15", dropout=0.3, seed=2, name="co")(
        masked, return_attention_scores=True
    )
    fused = GatedFusion(UNITS, use_bias=False, name="gated")([masked[0], read[0]], return_gate=True)
    model = keras.Model(symbolic, [*read, *fused])
    keys = length and SECOND
    assert [tuple(x.shape) for x in model.outputs] == [
        *((None, length, SECOND_WIDTH), (None, keys, FIRST_WIDTH), (None, 1, length, keys), (None, 1, keys, length)),
        *((None, length, UNITS), (None, length, UNITS, 2)),
    ]
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", compile=False, safe_mode=True)
    arrays = [np.where(m[..., None], x, 0) for x, m in zip(sequences(), (FIRST_MASK, SECOND_MASK), strict=True)]
    for before, after, promised in zip(model(arrays), loaded(arrays), model.outputs, strict=True):
        np.testing.assert_array_equal(numpy(before), numpy(after))
        assert len(before.shape) == len(promised.shape)
        assert all(size in (None, real) for size, real in zip(promised.shape, before.shape, strict=True))
        assert keras.backend.standardize_dtype(before.dtype) == promised.dtype
    for name, kind in (("co", CoAttention), ("gated", GatedFusion)):
        assert isinstance(loaded.get_layer(name), kind)
        # As JSON, where a tuple is a list.
        assert json.dumps(loaded.get_layer(name).get_config()) == json.dumps(model.get_layer(name).get_config())


def test_mixed_precision_is_finite_with_float32_weights() -> None:
    read = randomized(CoAttention(dtype="mixed_float16"), sequences())
    results = read([100 * x for x in sequences()], mask=MASKS["both"], return_attention_scores=True)
    fuse = randomized(GatedFusion(UNITS, dtype="mixed_float16"), modalities(3))
    results += fuse([100 * x for x in modalities(3)], mask=presence(3), return_gate=True)
    dtypes = [keras.backend.standardize_dtype(x.dtype) for x in results]
    assert dtypes == ["float16", "float16", "float32", "float32", "float16", "float32"]
    assert all(np.isfinite(numpy(x)).all() for x in results)
    np.testing.assert_allclose(numpy(results[2])[0, 0, :2].sum(-1), 1, atol=1e-5)
    np.testing.assert_allclose(numpy(results[-1])[0].sum(-1), 1, atol=1e-5)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="elsewhere the operations of Keras give float32")
def test_float64_goes_all_the_way() -> None:
    read = randomized(CoAttention("additive", dtype="float64"), sequences())
    found = read(sequences(), mask=MASKS["both"], return_attention_scores=True)
    for tensor, wanted in zip(found[2:], co_attention_formula(read, "softmax", MASKS["both"])[2:], strict=True):
        assert keras.backend.standardize_dtype(tensor.dtype) == "float64"
        np.testing.assert_allclose(numpy(tensor), wanted, atol=2e-6)  # e^-16 for each masked step
    fuse = randomized(GatedFusion(UNITS, dtype="float64"), modalities(3))
    for tensor, wanted in zip(fuse(modalities(3), return_gate=True), gated_formula(fuse, modalities(3)), strict=True):
        assert keras.backend.standardize_dtype(tensor.dtype) == "float64"
        np.testing.assert_allclose(numpy(tensor), wanted, atol=1e-14)


def test_initializers_and_regularizers_reach_every_kernel() -> None:
    inputs = modalities(3)
    start = keras.initializers.RandomNormal(stddev=3.0)
    layer = GatedFusion(UNITS, kernel_initializer=start, kernel_regularizer="l2")
    layer(inputs)
    kernels = [numpy(weight) for weight in layer.weights if weight.name == "kernel"]
    assert len(kernels) == 4 and all(2 < kernel.std() < 4 for kernel in kernels)
    np.testing.assert_allclose(float(sum(layer.losses)), 0.01 * sum((k**2).sum() for k in kernels), rtol=1e-5)
    assert GatedFusion.from_config(layer.get_config()).get_config() == layer.get_config()


def test_wrong_use_is_one_clear_error() -> None:
    first, second = sequences()
    with pytest.raises(ValueError, match="take a score that is not recurrent"):
        CoAttention("location")
    with pytest.raises(ValueError, match="a list of two sequences"):
        CoAttention()([first, second, second])
    with pytest.raises(ValueError, match="a list of two sequences"):
        CoAttention()(first)
    with pytest.raises(ValueError, match="a list of two sequences"):
        CoAttention()([first[:, 0], second])
    with pytest.raises(ValueError, match="queries have 7 and keys 11"):
        CoAttention("dot")([first, second])
    with pytest.raises(ValueError, match="units, the width of the output, must be at least 1, not 0"):
        GatedFusion(0)
    with pytest.raises(ValueError, match="a list of two or more inputs"):
        GatedFusion(UNITS)([first])
    with pytest.raises(ValueError, match="a list of two or more inputs"):
        GatedFusion(UNITS)(first)
    for other in (second, first[:, 0]):
        with pytest.raises(ValueError, match="may differ in their last axis only"):
            GatedFusion(UNITS)([first, other])


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="only TensorFlow exports to TFLite")
def test_tflite_has_builtin_operators_and_the_same_numbers(tmp_path: Path) -> None:
    tf = pytest.importorskip("tensorflow")
    from test_tflite import VARIABLE_OPERATORS, convert, operators, run

    first, second = (x[:1] for x in sequences())
    read, fuse = randomized(CoAttention(), [first, second]), randomized(GatedFusion(UNITS), [first, first, first])
    masks = {"first_mask": FIRST_MASK[:1], "second_mask": SECOND_MASK[:1]}
    arrays = {"first": first, "second": second, **masks}

    def serve(first, second, first_mask, second_mask):
        names = ("first_context", "second_context", "first_weights", "second_weights")
        results = read([first, second], mask=[first_mask, second_mask], return_attention_scores=True)
        fused, gate = fuse([first, -first, first * first], mask=[first_mask, None, None], return_gate=True)
        return {**dict(zip(names, results, strict=True)), "fused": fused, "gate": gate}

    specs = [tf.TensorSpec(array.shape, array.dtype, name=name) for name, array in arrays.items()]
    content = convert([read, fuse], serve, specs, tmp_path / "saved")
    names = operators(content)
    assert {"SOFTMAX", "TANH"} <= names, "the analyzer missed what must be there"
    assert not [name for name in names if "FLEX" in name.upper() or "CUSTOM" in name.upper()]
    assert not names & VARIABLE_OPERATORS
    found, wanted = run(content, **arrays), serve(**arrays)
    assert found.keys() == wanted.keys()
    for name, array in found.items():
        np.testing.assert_allclose(array, numpy(wanted[name]), atol=2e-6, err_msg=name)
