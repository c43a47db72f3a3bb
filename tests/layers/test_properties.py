"""What must hold for every input, checked on inputs that hypothesis makes up, and gradients against finite differences.

Shapes are fixed, because every new one costs a compilation, and the examples are the same in every run.
"""

import functools
import itertools
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from attention_reference import (
    BATCH,
    HEADS,
    KEY_DIM,
    KEYS,
    NORMALIZERS,
    QUERIES,
    SCORES,
    WIDTH,
    Composition,
    differentiable,
    double,
    inputs,
    normalize,
    numpy,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from keras import ops

from heedful.layers import Attention, normalizers, scores

few = settings(
    max_examples=7,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.differing_executors],
)
MEMORYLESS = [name for name in SCORES if name != "location"]
# Each score with one normalizer and each normalizer with a score, with one head and with two.
SOME = [
    Composition(score, normalizer, 1 + i % 2)
    for i, (score, normalizer) in enumerate(zip(itertools.cycle(MEMORYLESS), NORMALIZERS, strict=False))
]
permutations = st.permutations(range(KEYS))
seeds = st.integers(0, 2**32 - 1)
rows = arrays("float64", (3, KEYS), elements=st.floats(-30, 30, allow_subnormal=False))
# Drawn from few values, so that many are equal.
tied_rows = arrays("float64", (3, KEYS), elements=st.sampled_from([-2.0, -1.0, -0.5, 0.0, 0.5, 1.0]))


@functools.cache
def probe(composition: Composition, *masks: str) -> Callable[..., Any]:
    """The layer as a function of query, value and `constants`, its masks: its results, then its gradients."""
    layer = composition.layer()
    if not layer.built:
        layer.build((None, QUERIES, WIDTH), (None, KEYS, WIDTH))

    def function(query: Any, value: Any, *given: Any) -> Any:
        results = layer(query, value, return_attention_scores=True, **dict(zip(masks, given, strict=True)))
        return sum(ops.sum(ops.square(result)) for result in results), results

    return differentiable(function, layer.trainable_variables)


@pytest.mark.parametrize("composition", SOME, ids=str)
@few
@given(seed=seeds, keys=permutations, queries=st.permutations(range(QUERIES)))
def test_the_order_of_keys_and_queries_is_that_of_weights_and_outputs(
    composition: Composition, seed: int, keys: list[int], queries: list[int]
) -> None:
    query, value, mask = inputs(seed)
    layer = probe(composition, "attention_mask")
    (output, weights), _ = layer(query, value, constants=[mask])
    found, _ = layer(query[:, queries], value[:, keys], constants=[mask[:, queries][:, :, keys]])
    np.testing.assert_allclose(found[0], output[:, queries], atol=1e-5)
    np.testing.assert_allclose(found[1], weights[..., queries, :][..., keys], atol=1e-5)


@pytest.mark.parametrize("composition", SOME, ids=str)
@few
@given(seed=seeds, garbage=st.sampled_from([np.nan, np.inf, -np.inf, 1e30, -1e30]))
def test_what_is_masked_may_hold_anything(composition: Composition, seed: int, garbage: float) -> None:
    """Neither the numbers nor any gradient change, and the layer may as well be called without it."""
    query, value, _ = inputs(seed)
    random = np.random.default_rng(seed)
    asked = random.permuted(np.tile(np.arange(QUERIES) < 2, (BATCH, 1)), axis=-1)
    exist = random.permuted(np.tile(np.arange(KEYS) < 4, (BATCH, 1)), axis=-1)
    layer, results = probe(composition, "query_mask", "value_mask"), []
    for hidden in (0.0, garbage):
        query[~asked], value[~exist] = hidden, hidden
        (output, weights), slopes = layer(query, value, constants=[asked, exist])
        results.append([output, weights, *slopes])
    for clean, found in zip(*results, strict=True):
        np.testing.assert_array_equal(found, clean)
    assert not slopes[0][~asked].any()
    assert not slopes[1][~exist].any()
    (shorter, those), _ = probe(composition)(query[asked].reshape(BATCH, 2, -1), value[exist].reshape(BATCH, 4, -1))
    np.testing.assert_allclose(output[asked].reshape(shorter.shape), shorter, atol=1e-5)
    by_query = np.moveaxis(weights.reshape(BATCH, -1, QUERIES, KEYS), 1, -1)  # (batch, T, S, heads)
    kept = by_query[asked[:, :, None] & exist[:, None]].reshape(BATCH, 2, 4, -1)
    np.testing.assert_allclose(np.moveaxis(kept, -1, 1).reshape(those.shape), those, atol=1e-5)


def call(layer: Attention, *arguments: Any, **masks: Any) -> tuple[np.ndarray, np.ndarray]:
    output, weights = layer(*arguments, return_attention_scores=True, **masks)
    return numpy(output), numpy(weights)


@pytest.mark.parametrize("name", ["softmax", "sparsemax", "entmax15"])
@few
@given(seed=seeds)
def test_large_scores_choose_and_small_ones_do_not(name: str, seed: int) -> None:
    query, value, mask = inputs(seed)
    best, _ = call(Attention("dot", "hardmax"), query, value, attention_mask=mask)
    output, _ = call(Attention("dot", name), 1e4 * query, value, attention_mask=mask)
    np.testing.assert_allclose(output, best, atol=1e-5)
    _, weights = call(Attention("dot", name), 1e-7 * query, value, attention_mask=mask)
    np.testing.assert_allclose(weights[:, 0], mask / np.maximum(mask.sum(-1, keepdims=True), 1), atol=1e-5)


@pytest.mark.parametrize("name", ["softmax", "sparsemax", "entmax15", "hardmax"])
@few
@given(scores=rows, shift=st.floats(-100, 100))
def test_a_shift_of_a_row_changes_nothing(name: str, scores: np.ndarray, shift: float) -> None:
    scores = np.round(scores, 3)  # a tie to float32 must be one before and after
    mask = np.arange(KEYS) != 4
    with double():
        found = [numpy(NORMALIZERS[name]()(ops.convert_to_tensor(s), mask=mask)) for s in (scores, scores + shift)]
    np.testing.assert_allclose(found[1], found[0], atol=1e-6)


@pytest.mark.parametrize("name", ["sparsemax", "entmax15"])
@few
@given(scores=st.one_of(rows, tied_rows), scale=st.sampled_from([1.0, 1e-3, 1e6]))
def test_sparse_weights_are_the_formula_of_bisection(name: str, scores: np.ndarray, scale: float) -> None:
    for mask in (None, np.arange(KEYS) % 3 != 1, np.arange(KEYS) == 2):
        with double():
            found = numpy(getattr(normalizers, name)(ops.convert_to_tensor(scale * scores), mask=mask))
        allowed = np.ones(KEYS, bool) if mask is None else mask
        wanted = [normalize(name, row, allowed) for row in scale * scores]
        np.testing.assert_allclose(found, wanted, atol=1e-9)


@pytest.mark.parametrize("name", ["softmax", "sparsemax", "entmax15"])
def test_the_only_key_has_all_the_weight(name: str) -> None:
    found = getattr(normalizers, name)(ops.convert_to_tensor([[3.0], [-1e30], [1e30]]))
    np.testing.assert_array_equal(numpy(found), np.ones((3, 1)))


@functools.cache
def weighted_sum(name: str) -> Callable[..., Any]:
    return differentiable(lambda scores, by: (ops.sum(ops.multiply(getattr(normalizers, name)(scores), by)), ()))


@pytest.mark.parametrize("name", ["sparsemax", "entmax15"])
@few
@given(scores=st.one_of(rows, tied_rows), upstream=arrays("float64", (3, KEYS), elements=st.floats(-1, 1)))
def test_the_jacobian_of_sparse_weights_is_the_closed_form(name: str, scores: np.ndarray, upstream: np.ndarray) -> None:
    """diag(u) - u u^T / sum u with u = p^(2 - alpha): Martins and Astudillo 2016, Peters, Niculae and Martins 2019.

    Where a score ends right at the edge of the support there is no Jacobian; there the gradient need only be finite.
    """
    with double():
        _, (found,) = weighted_sum(name)(scores, constants=[upstream])
    assert np.isfinite(found).all()
    for row, direction, slope in zip(scores, upstream, found, strict=True):
        p = normalize(name, row, np.ones(KEYS, bool))
        inner = row if name == "sparsemax" else row / 2
        threshold = (inner - (p if name == "sparsemax" else np.sqrt(p)))[row.argmax()]
        if np.abs(inner - threshold).min() < 1e-6:
            continue
        u = np.where(p > 0, p ** (0.0 if name == "sparsemax" else 0.5), 0.0)
        jacobian = np.diag(u) - np.outer(u, u) / u.sum()
        np.testing.assert_allclose(slope, jacobian @ direction, atol=1e-7)


@pytest.mark.parametrize("normalizer", ["softmax", "sigmoid", "sparsemax", "entmax15", "gumbel_softmax"])
@pytest.mark.parametrize("score", scores.NAMES)
def test_gradients_are_the_slopes_of_finite_differences_formula(score: str, normalizer: str) -> None:
    """Central differences in float64 with a mask, by query, value and every weight: all moved at once, at random."""
    random = np.random.default_rng(6)
    query, value, mask = (array if array.dtype == bool else array.astype("float64") for array in inputs(7))
    with double():
        layer = Attention(score, normalizer, HEADS, key_dim=KEY_DIM, dtype="float64")
        layer.build(query.shape, value.shape)
        variables = layer.trainable_variables
        points = [query, value, *(random.normal(size=v.shape) / 3 for v in variables)]
        upstream = random.normal(size=(*query.shape[:2], WIDTH))

        def loss(query: Any, value: Any) -> Any:
            total = ops.sum(ops.multiply(layer(query, value, attention_mask=mask), upstream))
            return total, (total,)

        program = differentiable(loss, variables)

        def at(points: list[np.ndarray]) -> tuple[float, list[np.ndarray]]:
            for variable, point in zip(variables, points[2:], strict=True):
                variable.assign(point)
            (total,), slopes = program(*points[:2])
            return float(total), slopes

        _, slopes = at(points)
        for _ in range(3):
            directions = [random.normal(size=point.shape) for point in points]
            (ahead, _), (behind, _) = (
                at([p + step * d for p, d in zip(points, directions, strict=True)]) for step in (1e-6, -1e-6)
            )
            along = sum((slope * d).sum() for slope, d in zip(slopes, directions, strict=True))
            np.testing.assert_allclose((ahead - behind) / 2e-6, along, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("score", ["scaled_dot", "additive"])
def test_gradients_of_hardmax_are_those_of_softmax_at_its_weights_formula(score: str) -> None:
    """The straight-through estimator: the weights are one-hot, and their gradient is that of softmax."""
    query, value, mask = (array if array.dtype == bool else array.astype("float64") for array in inputs(3))
    upstream = np.random.default_rng(4).normal(size=(len(query), QUERIES, KEYS))
    with double():
        found = []
        for normalizer in ("hardmax", "softmax"):
            keras.utils.set_random_seed(5)
            layer = Attention(score, normalizer, dtype="float64")
            layer.build(query.shape, value.shape)

            def loss(q: Any, v: Any, layer: Attention = layer) -> Any:
                _, weights = layer(q, v, attention_mask=mask, training=True, return_attention_scores=True)
                return ops.sum(ops.multiply(weights, upstream)), ()

            found.append(differentiable(loss, layer.trainable_variables)(query, value)[1])
    for straight_through, soft in zip(*found, strict=True):
        np.testing.assert_allclose(straight_through, soft, atol=1e-12)
    assert np.abs(found[0][0]).max() > 0.01
