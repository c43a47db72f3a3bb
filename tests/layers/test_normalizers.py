"""Normalizers against bisection and closed-form gradients, and at the scores that break careless ones."""

from typing import Any

import keras
import numpy as np
import pytest
from attention_reference import NORMALIZERS, gradient, normalize, numpy
from keras import ops

from heedful.layers import GumbelSoftmax, Hardmax, entmax15, normalizers, softmax, sparsemax

ROWS, KEYS = 29, 7


@pytest.fixture
def scores() -> np.ndarray:
    """From nearly flat rows (wide support) to steep ones (a single key)."""
    random = np.random.default_rng(0)
    return (random.normal(size=(ROWS, KEYS)) * np.geomspace(0.01, 100, ROWS)[:, None]).astype("float32")


@pytest.fixture
def mask() -> np.ndarray:
    mask = np.random.default_rng(1).random((ROWS, KEYS)) < 0.6
    mask[3] = False
    mask[5] = np.arange(KEYS) == 4
    return mask


def weighted_sum(weights: Any, upstream: np.ndarray) -> Any:
    """A scalar whose gradient by `weights` is `upstream`."""
    return ops.sum(ops.multiply(weights, upstream))


@pytest.mark.parametrize("name", NORMALIZERS)
def test_normalizer_is_the_formula_over_the_allowed_keys(name: str, scores: np.ndarray, mask: np.ndarray) -> None:
    normalizer = NORMALIZERS[name]()
    everything = np.ones_like(mask)
    for given, meant in ((mask, mask), (everything, everything), (None, everything)):
        expected = [normalize(name, row, allowed) for row, allowed in zip(scores, meant, strict=True)]
        weights = normalizer(ops.convert_to_tensor(scores), mask=given)
        np.testing.assert_allclose(numpy(weights), expected, atol=3e-6)


@pytest.mark.parametrize("name", NORMALIZERS)
def test_a_masked_score_changes_nothing_however_large(name: str, scores: np.ndarray, mask: np.ndarray) -> None:
    normalizer = NORMALIZERS[name]()
    huge = np.where(mask, scores, 1e6).astype("float32")
    weights = [numpy(normalizer(ops.convert_to_tensor(s), mask=mask)) for s in (scores, huge)]
    np.testing.assert_allclose(weights[0], weights[1], atol=1e-6)


def expected_gradient(name: str, weights: np.ndarray, upstream: np.ndarray) -> np.ndarray:
    """`sum(upstream * weights)` by the scores: with `a` = weights^(2 - alpha), `a u - a sum(a u) / sum(a)`."""
    powers = {"softmax": 1.0, "entmax15": 0.5, "sparsemax": 0.0}
    active = np.where(weights > 0, weights ** powers[name], 0.0)
    mean = (active * upstream).sum(-1, keepdims=True) / np.maximum(active.sum(-1, keepdims=True), 1e-30)
    return active * (upstream - mean)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("name", ["softmax", "sparsemax", "entmax15"])
def test_gradient_is_the_closed_form(name: str, masked: bool, scores: np.ndarray, mask: np.ndarray) -> None:
    normalizer = NORMALIZERS[name]()
    allowed = mask if masked else np.ones_like(mask)
    upstream = np.random.default_rng(2).normal(size=scores.shape).astype("float32")
    found = gradient(lambda s: weighted_sum(normalizer(s, mask=mask if masked else None), upstream), scores)
    weights = np.stack([normalize(name, row, keep) for row, keep in zip(scores, allowed, strict=True)])
    np.testing.assert_allclose(found, expected_gradient(name, weights, upstream), atol=5e-5)


@pytest.mark.parametrize("name", ["softmax", "sigmoid", "sparsemax", "entmax15"])
def test_gradient_is_the_slope_of_the_reference(name: str) -> None:
    """Central differences of the float64 reference: independent of any formula for the gradient."""
    random = np.random.default_rng(3)
    row, upstream, step = random.normal(size=KEYS).astype("float32"), random.normal(size=KEYS), 1e-6
    allowed = np.arange(KEYS) != 2

    def loss(at: np.ndarray) -> float:
        return float(upstream @ normalize(name, at, allowed))

    slope = [(loss(row + step * unit) - loss(row - step * unit)) / (2 * step) for unit in np.eye(KEYS)]
    normalizer, weight = NORMALIZERS[name](), upstream.astype("float32")
    found = gradient(lambda s: weighted_sum(normalizer(s, mask=allowed), weight), row)
    np.testing.assert_allclose(found, slope, atol=1e-5)


@pytest.mark.parametrize("spread", [0.0, 1e-4, 1e-3, 1.0])
@pytest.mark.parametrize("length", [4096, 16384])
@pytest.mark.parametrize("name", ["softmax", "sparsemax", "entmax15"])
def test_long_rows_are_the_formula_however_flat(name: str, length: int, spread: float) -> None:
    """A fresh model has flat scores. A running sum in float32 made rows of sparsemax sum to 1.2 instead of 1."""
    rows = (3.0 + np.random.default_rng(4).normal(size=(3, length)) * spread).astype("float32")
    allowed = np.ones(rows.shape, bool)
    allowed[2, ::3] = False
    for given, meant in ((None, np.ones_like(allowed)), (allowed, allowed)):
        weights = numpy(NORMALIZERS[name]()(ops.convert_to_tensor(rows), mask=given))
        np.testing.assert_allclose(weights.sum(-1), 1.0, atol=5e-6)
        wanted = [normalize(name, row, mask) for row, mask in zip(rows, meant, strict=True)]
        assert np.abs(weights - wanted).sum(-1).max() < 5e-6
        if name != "softmax":
            assert not weights[np.asarray(wanted) == 0].any(), "what has no weight has exactly none"


@pytest.mark.parametrize("name", ["sparsemax", "entmax15"])
def test_rows_that_crowd_near_the_threshold_are_the_formula(name: str) -> None:
    """Each step towards the threshold drops few of these scores, so they need the most steps."""
    for length in (5, 64, 1000):
        places = (np.arange(length) + 0.5) / length
        crowded = [-np.log1p(places * np.expm1(rate)) / rate for rate in (3, 6, 10, 14)]
        crowded += [-(places ** (1 / power)) for power in (1, 2, 5, 20)]
        rows = np.stack([scale * row for row in crowded for scale in (0.1, 1.0, 2.0)]).astype("float32")
        wanted = [normalize(name, row, np.ones(length, bool)) for row in rows]
        weights = numpy(NORMALIZERS[name]()(ops.convert_to_tensor(rows)))
        assert np.abs(weights - wanted).sum(-1).max() < 5e-6


@pytest.mark.parametrize("name", ["sparsemax", "entmax15"])
def test_second_derivatives_are_those_of_the_closed_form(name: str) -> None:
    """Forward over backward, for all examples at once: JAX can, which a closed-form backward pass alone would end."""
    if keras.backend.backend() != "jax":
        pytest.skip("only JAX differentiates a derivative by one call")
    import jax

    random = np.random.default_rng(3)
    rows, upstream, step = random.normal(size=(2, KEYS)), random.normal(size=KEYS), 1e-5

    def slope(at: np.ndarray) -> np.ndarray:
        return expected_gradient(name, normalize(name, at, np.ones(KEYS, bool))[None], upstream[None])[0]

    hessian = jax.vmap(jax.hessian(lambda s: weighted_sum(NORMALIZERS[name]()(s), upstream.astype("float32"))))
    for found, row in zip(numpy(hessian(rows.astype("float32"))), rows, strict=True):
        wanted = [(slope(row + step * unit) - slope(row - step * unit)) / (2 * step) for unit in np.eye(KEYS)]
        np.testing.assert_allclose(found, wanted, atol=1e-4)


@pytest.mark.parametrize("shape", [(0, 3, 7), (2, 0, 7), (2, 3, 0)], ids=["batch", "queries", "keys"])
@pytest.mark.parametrize("name", NORMALIZERS)
def test_nothing_has_no_weights(name: str, shape: tuple[int, ...]) -> None:
    for mask in (None, np.ones(shape, bool)):
        weights = NORMALIZERS[name]()(ops.zeros(shape), mask=mask, training=True)
        assert tuple(weights.shape) == shape


@pytest.mark.parametrize("name", NORMALIZERS)
def test_weights_and_gradients_are_finite_at_ties_extremes_and_empty_rows(name: str) -> None:
    rows = np.array(
        [[0, 0, 0, 0, 0], [1, 1, 0, 0, -1], [1e4, -1e4, 0, 1, 2], [-1e4] * 5, [1e30, 1, -1e30, 0, 0], [2, 1, 0, 0, 0]],
        "float32",
    )
    mask = np.array(
        [[1, 1, 1, 1, 1], [1, 1, 1, 1, 1], [0, 1, 1, 1, 0], [1, 1, 0, 0, 0], [1, 1, 1, 1, 1], [0] * 5], bool
    )
    normalizer = NORMALIZERS[name]()
    upstream = np.arange(rows.size, dtype="float32").reshape(rows.shape)
    for given in (mask, None):
        for training in (False, True):

            def loss(s: object, given: object = given, training: bool = training) -> object:
                return weighted_sum(normalizer(s, mask=given, training=training), upstream)

            weights = numpy(normalizer(ops.convert_to_tensor(rows), mask=given, training=training))
            assert np.isfinite(weights).all()
            assert np.isfinite(gradient(loss, rows)).all()
            if name != "sigmoid":
                expected = np.ones(len(rows)) if given is None else mask.any(-1)
                np.testing.assert_allclose(weights.sum(-1), expected, atol=1e-5)


def test_formula_of_hardmax_takes_the_first_of_equals() -> None:
    """By top_k and argmax PyTorch would give any."""
    rows = np.array([[0.2] * KEYS, [0, 3, 1, 3, 3, 0, 3]], "float32")
    mask = np.array([[True] * KEYS, [True, False, True, True, True, True, True]])
    found = numpy(Hardmax()(ops.convert_to_tensor(rows), mask=mask))
    np.testing.assert_array_equal(found, np.eye(KEYS)[[0, 3]])


@pytest.mark.parametrize("name", NORMALIZERS)
def test_normalizer_serves_lengths_known_only_at_run_time(name: str, scores: np.ndarray) -> None:
    if keras.backend.backend() != "tensorflow":
        pytest.skip("only TensorFlow has axes of unknown length at run time")
    import tensorflow as tf

    normalizer = NORMALIZERS[name]()
    function = tf.function(normalizer, input_signature=[tf.TensorSpec((None, None))])
    expected = [normalize(name, row, np.ones(KEYS, bool)) for row in scores]
    np.testing.assert_allclose(numpy(function(tf.constant(scores))), expected, atol=3e-6)


def test_hardmax_takes_the_first_of_equals() -> None:
    weights = numpy(Hardmax()(ops.convert_to_tensor([[1.0, 3.0, 3.0, 2.0]])))
    np.testing.assert_array_equal(weights, [[0, 1, 0, 0]])


def test_hardmax_learns_through_the_gradient_of_softmax(scores: np.ndarray, mask: np.ndarray) -> None:
    upstream = np.random.default_rng(2).normal(size=scores.shape).astype("float32")

    def through(normalizer: normalizers.Normalizer, training: bool) -> np.ndarray:
        return gradient(lambda s: weighted_sum(normalizer(s, mask=mask, training=training), upstream), scores)

    np.testing.assert_allclose(through(Hardmax(), True), through(softmax, True), atol=1e-6)
    assert not through(Hardmax(), False).any()


def test_gumbel_softmax_draws_keys_as_often_as_softmax_weighs_them() -> None:
    row = np.array([0.0, 1.0, 2.0, -1.0, 0.5], "float32")
    mask = np.array([True, True, True, True, False])
    draws = 20011
    sampled = GumbelSoftmax(temperature=0.7, hard=True, seed=3)(
        ops.convert_to_tensor(np.tile(row, (draws, 1))), mask=mask, training=True
    )
    drawn = numpy(sampled)
    np.testing.assert_allclose(np.sort(drawn, -1)[:, :-1], 0, atol=1e-6)
    # Five standard deviations of a share are at most 5 * sqrt(0.25 / draws) = 0.018.
    np.testing.assert_allclose(drawn.mean(0), normalize("softmax", row, mask), atol=0.018)


def test_gumbel_softmax_without_training_is_softmax_or_hardmax(scores: np.ndarray) -> None:
    tensor = ops.convert_to_tensor(scores)
    soft = GumbelSoftmax(temperature=0.5)(tensor)
    np.testing.assert_allclose(numpy(soft), numpy(softmax(2 * tensor)), atol=1e-6)
    np.testing.assert_array_equal(numpy(GumbelSoftmax(hard=True)(tensor)), numpy(Hardmax()(tensor)))


def test_get_knows_names_serialized_forms_and_objects() -> None:
    assert normalizers.get("entmax15") is entmax15
    assert normalizers.get(sparsemax) is sparsemax
    assert normalizers.get(keras.saving.serialize_keras_object(sparsemax)) is sparsemax
    gumbel = normalizers.get(keras.saving.serialize_keras_object(GumbelSoftmax(0.3, hard=True, seed=7)))
    assert isinstance(gumbel, GumbelSoftmax)
    assert (gumbel.temperature, gumbel.hard, gumbel.seed) == (0.3, True, 7)
    with pytest.raises(ValueError, match="no normalizer is called 'softmaxx'"):
        normalizers.get("softmaxx")
    with pytest.raises(ValueError, match="not 3"):
        normalizers.get(3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="must be positive"):
        GumbelSoftmax(temperature=0.0)
