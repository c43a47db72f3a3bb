"""Each penalty against its formula, written out in float64 with loops."""

import math

import keras
import numpy as np
import pytest
from attention_reference import gradient, numpy

from heedful.layers import penalties

BATCH, QUERIES, KEYS = 3, 5, 7
MASK = np.arange(QUERIES) < np.array([[5], [3], [1]])


def some_weights() -> np.ndarray:
    return np.random.default_rng(0).dirichlet(np.full(KEYS, 0.3), size=(BATCH, QUERIES)).astype("float32")


def doubly_stochastic(weights: np.ndarray) -> float:
    return sum((1 - sum(float(step[key]) for step in weights)) ** 2 for key in range(KEYS))


def coverage(weights: np.ndarray) -> float:
    total, before = 0.0, np.zeros(KEYS)
    for step in weights.astype(float):
        total += np.minimum(step, before).sum()
        before += step
    return total


def entropy(weights: np.ndarray) -> float:
    return -sum(float(a) * math.log(a) for step in weights for a in step if a > 0) / len(weights)


@pytest.mark.parametrize("formula", [doubly_stochastic, coverage, entropy], ids=lambda formula: formula.__name__)
def test_formula_with_and_without_a_mask(formula) -> None:
    weights, penalty = some_weights(), getattr(penalties, formula.__name__)
    np.testing.assert_allclose(numpy(penalty(weights)), [formula(one) for one in weights], rtol=1e-5)
    counted = [formula(one[keep]) for one, keep in zip(weights, MASK, strict=True)]
    np.testing.assert_allclose(numpy(penalty(weights, MASK)), counted, rtol=1e-5)


def test_what_each_wants() -> None:
    each_once = np.eye(KEYS, dtype="float32")[None]
    always_the_same = np.repeat(np.eye(KEYS, dtype="float32")[:1], KEYS, axis=0)[None]
    alike = np.full((1, KEYS, KEYS), 1 / KEYS, "float32")
    for penalty in (penalties.doubly_stochastic, penalties.coverage):
        assert float(penalty(each_once)[0]) == 0 < float(penalty(always_the_same)[0])
    assert float(penalties.entropy(each_once)[0]) == 0
    assert float(penalties.entropy(alike)[0]) == pytest.approx(math.log(KEYS))


@pytest.mark.parametrize("name", ["doubly_stochastic", "coverage", "entropy"])
def test_gradients_are_finite_even_where_a_weight_is_zero(name: str) -> None:
    weights = some_weights()
    weights[0, 0] = np.eye(KEYS)[0]
    weights[1, 2:] = 0
    assert np.isfinite(gradient(lambda x: keras.ops.sum(getattr(penalties, name)(x, MASK)), weights)).all()


@pytest.mark.parametrize("formula", [doubly_stochastic, coverage, entropy], ids=lambda formula: formula.__name__)
def test_formula_of_heads_is_the_mean_of_each_by_itself(formula) -> None:
    """As `Attention` returns weights with a `key_dim`: `(batch, heads, T, S)`."""
    heads, penalty = np.stack([some_weights(), some_weights()[:, ::-1]], axis=1), getattr(penalties, formula.__name__)
    np.testing.assert_allclose(numpy(penalty(heads)), [np.mean([*map(formula, one)]) for one in heads], rtol=1e-5)
    counted = [np.mean([formula(w[keep]) for w in one]) for one, keep in zip(heads, MASK, strict=True)]
    np.testing.assert_allclose(numpy(penalty(heads, MASK)), counted, rtol=1e-5)


def test_heads_that_read_each_key_once_cost_nothing() -> None:
    one = np.eye(KEYS, dtype="float32")
    heads = np.stack([one, np.roll(one, 1, axis=1)])[None]
    for penalty in (penalties.doubly_stochastic, penalties.coverage):
        assert numpy(penalty(heads)).tolist() == [0.0]


@pytest.mark.parametrize("name", ["doubly_stochastic", "coverage", "entropy"])
def test_wrong_shapes_are_one_clear_error(name: str) -> None:
    penalty = getattr(penalties, name)
    with pytest.raises(ValueError, match=r"\(batch, T, S\) or \(batch, heads, T, S\), not of shape \(5, 7\)"):
        penalty(some_weights()[0])
    with pytest.raises(ValueError, match=r"mask is \(batch, T\), not of shape \(3, 5, 7\)"):
        penalty(some_weights(), some_weights() > 0)


def test_formula_of_keys_that_do_not_exist_costs_nothing() -> None:
    weights, exist = some_weights(), np.arange(KEYS) < np.array([[7], [5], [3]])
    weights[~np.repeat(exist[:, None], QUERIES, 1)] = 0.0
    found = numpy(penalties.doubly_stochastic(weights, value_mask=exist))
    wanted = [doubly_stochastic(one) - (~there).sum() for one, there in zip(weights, exist, strict=True)]
    np.testing.assert_allclose(found, wanted, rtol=1e-5)
