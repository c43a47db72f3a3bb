"""Every score against its formula in float64."""

import re
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest
from attention_reference import SCORES, UNITS, gradient, numpy
from attention_reference import score as reference
from keras import ops

from heedful.layers import (
    AdditiveScore,
    Attention,
    CosineScore,
    DotProductScore,
    LocalActivationScore,
    LocationScore,
    Score,
    SoftCap,
)
from heedful.layers import scores as scores_module

T, S, QUERY_WIDTH, KEY_WIDTH = 3, 7, 11, 13
OF_TWO_WIDTHS = {"general", "additive", "location"}

VARIANTS: dict[str, Callable[[], Score]] = {
    **SCORES,
    "dot_product_unscaled": lambda: DotProductScore(scale=1.0),
    "additive_normalized": lambda: AdditiveScore(UNITS, normalize=True),
    "additive_default": AdditiveScore,
    "local_activation_deep": lambda: LocalActivationScore((17, 5)),
    "soft_cap": lambda: SoftCap("dot", cap=3.0),
    "cosine_learned": lambda: CosineScore(0.5, learn_temperature=True),
}


def vectors(seed: int, length: int, width: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(length, width)).astype("float32")


def built(score: Score, query: np.ndarray, key: np.ndarray) -> Score:
    """`score` with its biases and gains moved away from where they start, lest a missing one goes unnoticed."""
    score.build(query.shape, key.shape)
    for index, variable in enumerate(score.trainable_variables):
        variable.assign(variable.value + 0.1 + 0.05 * index)
    return score


@pytest.mark.parametrize("name", VARIANTS)
def test_score_is_its_formula(name: str) -> None:
    query = vectors(0, T, QUERY_WIDTH)
    key = vectors(1, S, KEY_WIDTH if name.split("_")[0] in OF_TWO_WIDTHS else QUERY_WIDTH)
    score = built(VARIANTS[name](), query, key)
    found = score(ops.convert_to_tensor(query), score.project(ops.convert_to_tensor(key)))
    np.testing.assert_allclose(numpy(found), reference(score, query, key), rtol=1e-5, atol=2e-5)


@pytest.mark.parametrize("name", SCORES)
def test_leading_axes_are_only_carried_along(name: str) -> None:
    query = np.stack([[vectors(10 * b + h, T, QUERY_WIDTH) for h in range(5)] for b in range(2)])
    key = np.stack([[vectors(100 + 10 * b + h, S, QUERY_WIDTH) for h in range(5)] for b in range(2)])
    score = built(SCORES[name](), query, key)
    found = numpy(score(ops.convert_to_tensor(query), score.project(ops.convert_to_tensor(key))))
    assert found.shape == (2, 5, T, S)
    np.testing.assert_allclose(found[1, 3], reference(score, query[1, 3], key[1, 3]), rtol=1e-5, atol=2e-5)


@pytest.mark.parametrize("cumulative", [False, True])
def test_location_score_looks_at_the_weights_of_earlier_steps(cumulative: bool) -> None:
    query, key = vectors(0, 1, QUERY_WIDTH), vectors(1, S, KEY_WIDTH)
    score = built(LocationScore(UNITS, filters=2, kernel_size=3, cumulative=cumulative), query, key)
    keys = score.project(ops.convert_to_tensor(key))
    first, second = np.random.default_rng(2).random((2, 1, S)).astype("float32")
    state = score.next_state(
        score.next_state(score.initial_state(keys), ops.convert_to_tensor(first)), ops.convert_to_tensor(second)
    )
    found = score(ops.convert_to_tensor(query), keys, state=state)
    seen = first + second if cumulative else second
    np.testing.assert_allclose(numpy(found), reference(score, query, key, seen[0]), rtol=1e-5, atol=2e-5)
    assert np.abs(numpy(found) - reference(score, query, key)).max() > 1e-2, "the state has no effect"


def test_additive_score_is_bahdanaus_with_all_its_weights() -> None:
    score = AdditiveScore(UNITS, normalize=True)
    score.build((2, T, QUERY_WIDTH), (2, S, KEY_WIDTH))
    shapes = {"/".join(v.path.split("/")[-2:]): tuple(v.shape) for v in score.weights}
    assert sorted(shapes.values()) == sorted([(QUERY_WIDTH, UNITS), (KEY_WIDTH, UNITS), (UNITS,), (UNITS, 1), ()])
    assert numpy(score.gain) == pytest.approx(UNITS**-0.5)


def test_general_score_starts_on_the_scale_of_a_scaled_dot_product() -> None:
    """With the weights of a plain Dense, scores of width 256 would start with a deviation of 16."""
    query, key = vectors(0, 64, 256), vectors(1, 64, 256)
    score = scores_module.get("general")
    score.build(query.shape, key.shape)
    found = numpy(score(ops.convert_to_tensor(query), score.project(ops.convert_to_tensor(key))))
    assert found.std() == pytest.approx(1.0, rel=0.2)


def test_cosine_of_a_zero_vector_is_zero() -> None:
    key = vectors(1, S, QUERY_WIDTH)
    key[4] = 0.0
    score = built(CosineScore(), key, key)
    found = numpy(score(ops.zeros((T, QUERY_WIDTH)), score.project(ops.convert_to_tensor(key))))
    np.testing.assert_array_equal(found, np.zeros((T, S)))


def test_cosine_of_a_short_vector_is_that_of_its_direction_and_a_zero_vector_has_a_small_gradient() -> None:
    query, key = vectors(0, T, QUERY_WIDTH), vectors(1, S, QUERY_WIDTH)
    score = built(CosineScore(), query, key)
    found = score(ops.convert_to_tensor(1e-7 * query), score.project(ops.convert_to_tensor(1e-15 * key)))
    np.testing.assert_allclose(numpy(found), reference(score, query, key), rtol=1e-4, atol=1e-4)
    keys = score.project(ops.convert_to_tensor(key))
    slope = gradient(lambda x: ops.sum(score(x, keys)), np.zeros_like(query))
    assert np.abs(slope).max() <= S / 0.1


@pytest.mark.parametrize("name", ["general", "additive", "location", "local_activation"])
def test_initializers_and_regularizers_reach_every_kernel(name: str) -> None:
    kind = type(SCORES[name]())
    options = {"hidden_units": (17, 5)} if name == "local_activation" else {} if name == "general" else {"units": 17}
    score = kind(kernel_initializer=keras.initializers.RandomNormal(stddev=3.0), kernel_regularizer="l2", **options)
    score.build((2, T, QUERY_WIDTH), (2, S, QUERY_WIDTH))
    held = [kernel for kernel in map(numpy, score.weights) if kernel.std() > 1.5]
    assert len(held) == {"general": 1, "additive": 3, "location": 3, "local_activation": 3}[name]
    np.testing.assert_allclose(float(sum(score.losses)), 0.01 * sum((k**2).sum() for k in held), rtol=1e-5)
    twin = scores_module.get(keras.saving.serialize_keras_object(score))
    assert twin.get_config() == score.get_config()


@pytest.mark.parametrize("name", ["dot_product", "cosine", "local_activation"])
def test_scores_that_compare_vectors_refuse_two_widths(name: str) -> None:
    with pytest.raises(ValueError, match="queries have 11 and keys 13: give Attention a key_dim"):
        SCORES[name]().build((2, T, QUERY_WIDTH), (2, S, KEY_WIDTH))


@pytest.mark.parametrize("name", ["general", "additive"])
def test_an_unknown_width_is_named(name: str) -> None:
    with pytest.raises(ValueError, match="width of a score's input must be known"):
        (SCORES[name]() if name == "general" else AdditiveScore()).build((2, T, None), (2, S, None))


@pytest.mark.parametrize("name", VARIANTS)
def test_configuration_makes_the_same_score(name: str) -> None:
    score = VARIANTS[name]()
    twin = scores_module.get(keras.saving.serialize_keras_object(score))
    assert type(twin) is type(score)
    assert twin.get_config() == score.get_config()


def test_get_knows_every_name_and_refuses_others() -> None:
    assert {type(scores_module.get(name)) for name in scores_module.NAMES} == {type(make()) for make in SCORES.values()}
    assert scores_module.get("dot").get_config()["scale"] == 1.0
    with pytest.raises(ValueError, match="no score is called 'dott'; there are dot, scaled_dot"):
        scores_module.get("dott")
    with pytest.raises(ValueError, match="not <function"):
        scores_module.get(vectors)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="must be positive"):
        CosineScore(temperature=-1.0)


@pytest.mark.parametrize("shared", [None, 2], ids=["heads", "shared_keys"])
def test_a_learned_temperature_is_one_for_each_head_of_keys_and_starts_where_it_is_told(shared: int | None) -> None:
    query, value = np.random.default_rng(0).normal(size=(2, 2, T, QUERY_WIDTH)).astype("float32")
    layer = Attention(CosineScore(0.5, True), num_heads=4, key_dim=5, num_key_value_heads=shared)
    fixed = Attention(CosineScore(0.5), num_heads=4, key_dim=5, num_key_value_heads=shared)
    for each in (layer, fixed):
        each.build(query.shape, value.shape)
    assert isinstance(layer.score, CosineScore)
    fixed.set_weights([numpy(w) for w in layer.weights if w is not layer.score.log_temperature])
    np.testing.assert_allclose(numpy(layer.scores(query, value)), numpy(fixed.scores(query, value)), atol=1e-6)
    temperatures = np.array([0.1, 0.3, 0.5, 2.0])[: shared or 4]
    layer.score.log_temperature.assign(np.log(temperatures)[:, None, None])
    wanted = 0.5 * numpy(fixed.scores(query, value)) / np.repeat(temperatures, 4 // len(temperatures))[:, None, None]
    np.testing.assert_allclose(numpy(layer.scores(query, value)), wanted, atol=1e-5)


def test_a_learned_temperature_learns_and_stays_positive_in_any_precision(tmp_path: Path) -> None:
    x = keras.Input((T, QUERY_WIDTH))
    layer = Attention(CosineScore(0.5, True), num_heads=2, key_dim=5, dtype="mixed_float16")
    model = keras.Model(x, layer(x, x, return_attention_scores=True))
    model.compile(keras.optimizers.SGD(10.0), "mse")
    before, frames = numpy(layer.score.weights[0]), np.stack([vectors(seed, T, QUERY_WIDTH) for seed in range(2)])
    model.train_on_batch(frames, [np.ones((2, T, QUERY_WIDTH)), np.eye(T) + np.zeros((2, 2, T, T))])
    (weight,) = layer.score.weights
    assert weight.dtype == "float32" and tuple(weight.shape) == (2, 1, 1)
    assert (numpy(weight) != before).all() and (np.exp(numpy(weight)) > 0).all()
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", compile=False)
    np.testing.assert_array_equal(numpy(loaded(frames)[1]), numpy(model(frames)[1]))


def test_a_learned_temperature_is_not_shared_by_layers_of_different_heads() -> None:
    value = ops.convert_to_tensor(vectors(0, T, QUERY_WIDTH)[None])
    score = CosineScore(learn_temperature=True, name="shared")
    Attention(score, num_heads=2, key_dim=5)(value, value)
    with pytest.raises(ValueError, match="CosineScore shared has a temperature for each of 2 heads"):
        Attention(score, num_heads=3, key_dim=5)(value, value)


@pytest.mark.parametrize("norm", [1e-7, 1e20, 3e37])
def test_cosine_score_does_not_depend_on_the_length_of_vectors(norm: float) -> None:
    query, key = vectors(0, T, QUERY_WIDTH), vectors(1, S, QUERY_WIDTH)
    score = CosineScore()
    score.build(query.shape, key.shape)
    found = score(ops.convert_to_tensor(query * norm), score.project(ops.convert_to_tensor(key * norm)))
    np.testing.assert_allclose(numpy(found), reference(score, query, key), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["general", "additive", "location"])
def test_a_pattern_for_the_projections_leaves_the_score_alone(name: str) -> None:
    """A layout of keras.distribution is found by the path of a variable, and that of a projection has three axes."""
    attention = Attention(name, num_heads=2, key_dim=5)
    attention.build((None, T, QUERY_WIDTH), (None, S, QUERY_WIDTH))
    for pattern in (".*key.*kernel", ".*query.*kernel"):
        found = [variable for variable in attention.weights if re.search(pattern, variable.path)]
        assert [variable.shape for variable in found] == [(QUERY_WIDTH, 2, 5)], pattern
