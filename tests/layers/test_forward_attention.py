"""Forward attention against the formula of its paper in float64, query by query."""

from typing import Any

import numpy as np
import pytest
from attention_reference import gradient, numpy
from keras import ops

from heedful.layers import ForwardAttention, cache, window_mask

HEADS, QUERIES, KEYS = 2, 5, 7
SHAPE = (2, HEADS, QUERIES, KEYS)


def some_scores(spread: float) -> np.ndarray:
    return np.random.default_rng(0).normal(size=SHAPE).astype("float32") * spread


def some_mask() -> np.ndarray:
    """Some pairs; the third query of the first example may attend to nothing."""
    mask = np.random.default_rng(1).random(SHAPE) < 0.8
    mask[..., :2] = True
    mask[0, :, 2] = False
    return mask


def steps(scores: np.ndarray, mask: np.ndarray | None = None) -> np.ndarray:
    layer, state, found = ForwardAttention(), None, []
    for t in range(scores.shape[2]):
        row = ops.convert_to_tensor(scores[:, :, t : t + 1])
        weights = layer(row, mask=None if mask is None else mask[:, :, t : t + 1], state=state)
        state = layer.next_state(state, weights)
        found.append(numpy(weights))
    return np.concatenate(found, axis=2)


def reference(scores: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The formula of Zhang et al. for `(T, S)` over the allowed keys; where it divides 0 by 0, the next of them."""
    found, before = np.zeros(scores.shape), np.eye(scores.shape[1])[0]
    for t, row in enumerate(scores.astype("float64")):
        likely = np.where(mask[t], np.exp(row - row.max()), 0.0)
        product = likely / max(likely.sum(), 1e-300) * (before + np.concatenate([[0.0], before[:-1]]))
        onward = np.flatnonzero(mask[t] & (before.cumsum() > 0))
        if product.sum() == 0 and len(onward):
            product[onward[0]] = 1.0
        if product.sum() > 0:
            found[t] = before = product / product.sum()
    return found


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("spread", [0.1, 1.0, 6.0])
def test_weights_are_the_formula(spread: float, masked: bool) -> None:
    scores, mask = some_scores(spread), some_mask() if masked else np.ones(SHAPE, bool)
    found = steps(scores, mask if masked else None)
    wanted = [reference(*rows) for rows in zip(*(x.reshape(-1, QUERIES, KEYS) for x in (scores, mask)), strict=True)]
    np.testing.assert_allclose(found, np.reshape(wanted, SHAPE), atol=3e-6)
    assert not found[~mask].any()


def test_a_query_that_reads_nothing_leaves_the_weights_of_before_to_the_next() -> None:
    scores, mask = some_scores(1.0), some_mask()
    found = steps(scores, mask)
    assert not found[0, :, 2].any()
    np.testing.assert_allclose(found[0, :, 3].sum(-1), 1.0, atol=1e-6)
    without = steps(np.delete(scores, 2, axis=2), np.delete(mask, 2, axis=2))
    np.testing.assert_allclose(found[0, :, 3:], without[0, :, 2:], atol=1e-6)


def test_no_query_skips_a_key_or_goes_back() -> None:
    found = steps(np.tile(np.linspace(0, 60, KEYS, dtype="float32"), (*SHAPE[:3], 1)))
    for t in range(QUERIES):
        assert not found[:, :, t, t + 2 :].any()
    assert (found[:, :, -1, :-2] < 1e-4).all()


def test_gradient_is_the_slope_of_the_formula() -> None:
    random = np.random.default_rng(3)
    rows, upstream, step = random.normal(size=(3, KEYS)).astype("float32"), random.normal(size=(3, KEYS)), 1e-6
    everything, layer = np.ones(rows.shape, bool), ForwardAttention()

    def loss(scores: Any) -> Any:
        total, state = 0.0, None
        for t in range(3):
            weights = layer(ops.reshape(scores[t], (1, 1, 1, KEYS)), state=state)
            state = layer.next_state(state, weights)
            total = total + ops.sum(ops.multiply(weights, upstream[t].astype("float32")))
        return total

    found, exact = gradient(loss, rows), rows.astype("float64")
    for place in np.ndindex(*rows.shape):
        unit = np.zeros(rows.shape)
        unit[place] = step
        slopes = [(upstream * reference(exact + sign * unit, everything)).sum() for sign in (1, -1)]
        np.testing.assert_allclose(found[place], (slopes[0] - slopes[1]) / (2 * step), atol=1e-5)


@pytest.mark.parametrize("masked", [False, True])
def test_weights_and_gradients_are_finite_where_the_product_vanishes(masked: bool) -> None:
    """All that lies within reach is unlikely, or may not be read."""
    rows = np.array([[[-1e4, -1e4, 0, 1]] * 4, [[1e4, -1e4, 0, 0]] * 4, [[-90, 0, 90, 0]] * 4], "float32")[:, None]
    mask = np.ones(rows.shape, bool)
    mask[0, :, 1:, :3], mask[1, :, 1] = False, False
    layer = ForwardAttention()

    def loss(scores: Any) -> Any:
        total, state = 0.0, None
        for t in range(4):
            allowed = mask[:, :, t : t + 1] if masked else None
            weights = layer(scores[:, :, t : t + 1], mask=allowed, state=state)
            state = layer.next_state(state, weights)
            total = total + ops.sum(ops.multiply(weights, np.arange(4, dtype="float32")))
        return total

    assert np.isfinite(numpy(loss(ops.convert_to_tensor(rows)))).all()
    assert np.isfinite(gradient(loss, rows)).all()


def test_steps_of_a_sliding_cache_have_the_formula_of_the_whole() -> None:
    """As for a location-aware score, the cache holds a place more than the window, the oldest of the step before."""
    length, room = 9, 4
    scores = np.random.default_rng(5).normal(size=(2, HEADS, length, length)).astype("float32")
    window = np.broadcast_to(numpy(window_mask(length, length, left=room - 2)).astype(bool), scores.shape)
    whole, layer, state = steps(scores, window), ForwardAttention(), None
    inside = numpy(window_mask(1, room, left=room - 2, offset=room - 1)).astype(bool)
    for t in range(length):
        row, held = np.zeros((2, HEADS, 1, room), "float32"), min(t + 1, room)
        row[..., room - held :] = scores[:, :, t : t + 1, t + 1 - held : t + 1]
        state = cache.slide_state(state)
        allowed = numpy(cache.slide_mask(t + 1, room)).astype(bool)[:, None, None] & inside[:, None]
        weights = layer(ops.convert_to_tensor(row), mask=allowed, state=state)
        state = layer.next_state(state, weights)
        wanted = whole[:, :, t : t + 1, t + 1 - held : t + 1]
        np.testing.assert_allclose(numpy(weights)[..., room - held :], wanted, atol=2e-6)
