"""`Dice` against the formula of Zhou et al. (2018) in float64 NumPy, with either kind of statistics."""

from pathlib import Path

import keras
import numpy as np
import pytest
from attention_reference import gradient, numpy

from heedful.layers import Attention, Dice, LocalActivationScore

BATCH, TIME, FEATURES = 5, 7, 11
MOMENTUM, EPSILON = 0.8, 1e-3


def formula(x: np.ndarray, mean: np.ndarray, variance: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    share = 1 / (1 + np.exp(-(x - mean) / np.sqrt(variance + EPSILON)))
    return share * x + (1 - share) * alpha * x


def some_inputs(seed: int = 0) -> np.ndarray:
    """Features of different mean and spread, float32 `(batch, time, features)`."""
    rng = np.random.default_rng(seed)
    return (rng.normal(size=(BATCH, TIME, FEATURES)) * np.arange(1, 1 + FEATURES) + 2).astype("float32")


def some_dice(**options) -> Dice:
    layer = Dice(MOMENTUM, EPSILON, **options)
    layer.build((None, None, FEATURES))
    layer.alpha.assign(np.random.default_rng(1).normal(size=FEATURES))
    return layer


@pytest.mark.parametrize("shape", [(BATCH, TIME, FEATURES), (BATCH * TIME, FEATURES)], ids=["sequence", "flat"])
def test_formula_with_the_statistics_of_the_batch_in_training(shape: tuple[int, ...]) -> None:
    x = some_inputs().reshape(shape)
    layer = Dice(MOMENTUM, EPSILON)
    layer.build((None, *shape[1:]))
    layer.alpha.assign(np.random.default_rng(1).normal(size=FEATURES))
    rows = x.reshape(-1, FEATURES).astype(float)
    wanted = formula(x, rows.mean(0), rows.var(0), numpy(layer.alpha))
    np.testing.assert_allclose(numpy(layer(x, training=True)), wanted, atol=1e-5)


def test_formula_with_running_averages_otherwise() -> None:
    layer, mean, variance = some_dice(), np.zeros(FEATURES), np.ones(FEATURES)
    for seed in range(3):
        x = some_inputs(seed)
        layer(x, training=True)
        rows = x.reshape(-1, FEATURES).astype(float)
        mean = MOMENTUM * mean + (1 - MOMENTUM) * rows.mean(0)
        variance = MOMENTUM * variance + (1 - MOMENTUM) * rows.var(0)
    x = some_inputs(7)
    wanted = formula(x, mean, variance, numpy(layer.alpha))
    for found in (layer(x), layer(x, training=False)):  # twice: use changes no statistics
        np.testing.assert_allclose(numpy(found), wanted, atol=1e-5)


def test_a_new_dice_learns_one_alpha_for_each_feature_from_zero() -> None:
    layer = Dice()
    layer(some_inputs())
    assert [tuple(weight.shape) for weight in layer.trainable_weights] == [(FEATURES,)]
    assert not numpy(layer.alpha).any()
    assert [tuple(weight.shape) for weight in layer.non_trainable_weights] == [(FEATURES,)] * 2


def test_gradient_that_learns_is_that_of_the_formula() -> None:
    """By central differences of the formula, batch statistics included."""
    x, direction = some_inputs()[:, 0], np.random.default_rng(3).normal(size=(BATCH, FEATURES)).astype("float32")
    layer = Dice(MOMENTUM, EPSILON)
    layer.build((None, FEATURES))
    layer.alpha.assign(np.random.default_rng(1).normal(size=FEATURES))
    alpha = numpy(layer.alpha)

    def value(at: np.ndarray) -> float:
        return float((formula(at, at.mean(0), at.var(0), alpha) * direction).sum())

    steps = np.eye(x.size).reshape(x.size, *x.shape) * 1e-5
    wanted = np.array([(value(x + step) - value(x - step)) / 2e-5 for step in steps.astype(float)]).reshape(x.shape)
    if keras.backend.backend() == "jax":  # the statistics are variables, which a pure function must not assign
        trainable, state = layer.trainable_variables, layer.non_trainable_variables
        values = [v.value for v in trainable], [v.value for v in state]
        found = gradient(lambda a: (layer.stateless_call(*values, a, training=True)[0] * direction).sum(), x)
    else:
        found = gradient(lambda a: keras.ops.sum(keras.ops.multiply(layer(a, training=True), direction)), x)
    np.testing.assert_allclose(found, wanted, atol=2e-4)


def test_keras_file_comes_back_the_same(tmp_path: Path) -> None:
    layer = some_dice(name="dice")
    symbolic = keras.Input((None, FEATURES))
    model = keras.Model(symbolic, layer(symbolic))
    layer(some_inputs(), training=True)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", compile=False, safe_mode=True)
    twin = loaded.get_layer("dice")
    assert isinstance(twin, Dice) and (twin.momentum, twin.epsilon) == (MOMENTUM, EPSILON)
    np.testing.assert_array_equal(numpy(model(some_inputs(2))), numpy(loaded(some_inputs(2))))


def test_each_layer_of_a_local_activation_unit_has_a_dice_of_its_own(tmp_path: Path) -> None:
    """As in Zhou et al. (2018), whose unit has two hidden layers of different width."""
    shapes = ((3, FEATURES), (7, FEATURES))
    arrays = [np.random.default_rng(length).normal(size=(BATCH, length, width)) for length, width in shapes]
    sequences = [keras.Input(shape) for shape in shapes]
    attention = Attention(LocalActivationScore((6, 5), Dice(MOMENTUM, EPSILON)))
    model = keras.Model(sequences, attention(*sequences))
    assert [tuple(weight.shape) for weight in model.weights if weight.name == "alpha"] == [(6,), (5,)]
    before = model.predict(arrays, verbose=0)
    model.compile(keras.optimizers.SGD(1.0), "mse")
    model.fit(arrays, np.zeros((BATCH, 3, FEATURES)), epochs=2, verbose=0)
    assert all(numpy(weight).any() for weight in model.weights if weight.name == "alpha"), "it learned nothing"
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", compile=False, safe_mode=True)
    after = model.predict(arrays, verbose=0)
    assert np.abs(after - before).max() > 1e-4
    np.testing.assert_array_equal(loaded.predict(arrays, verbose=0), after)


def test_mixed_precision_stays_finite_and_constant_features_too() -> None:
    layer = some_dice(dtype="mixed_float16")
    x = 100 * some_inputs()
    x[..., 3] = 7.0  # no spread at all
    for training in (True, False):
        output = layer(x, training=training)
        assert keras.backend.standardize_dtype(output.dtype) == "float16"
        assert np.isfinite(numpy(output)).all()
    assert {weight.dtype for weight in layer.weights} == {"float32"}


def test_the_shape_stays_and_so_does_a_mask() -> None:
    layer = Dice()
    assert tuple(layer(keras.Input((None, FEATURES))).shape) == (None, None, FEATURES)
    assert layer.supports_masking


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="only TensorFlow exports to TFLite")
def test_tflite_has_builtin_operators_and_the_same_numbers(tmp_path: Path) -> None:
    tf = pytest.importorskip("tensorflow")
    from test_tflite import VARIABLE_OPERATORS, convert, operators, run

    layer, x = some_dice(), some_inputs(2)
    layer(some_inputs(), training=True)
    specs = [tf.TensorSpec(x.shape, "float32", name="x")]
    content = convert([layer], lambda x: {"y": layer(x, training=False)}, specs, tmp_path / "saved")
    names = operators(content)
    assert "LOGISTIC" in names
    assert not [name for name in names if "FLEX" in name.upper() or "CUSTOM" in name.upper()]
    assert not names & VARIABLE_OPERATORS
    np.testing.assert_allclose(run(content, x=x)["y"], numpy(layer(x)), atol=2e-6)
