"""Monotonic attention against every way a row of choices can come out, worked out in float64 path by path."""

import itertools
from typing import Any

import keras
import numpy as np
import pytest
from attention_reference import differentiable, gradient, numpy
from keras import ops

from heedful.layers import Monotonic, cache, window_mask

HEADS, QUERIES, KEYS, CHUNK = 2, 3, 5, 3
SHAPE = (2, HEADS, QUERIES, KEYS)


@pytest.fixture
def scores() -> np.ndarray:
    return np.random.default_rng(0).normal(size=SHAPE).astype("float32") * 2


@pytest.fixture
def mask() -> np.ndarray:
    """Some pairs; the second query of the first example may attend to nothing, and no query to its first key."""
    mask = np.random.default_rng(1).random(SHAPE) < 0.7
    mask[0, :, 1], mask[0, :, :, 0], mask[:, :, :, 3] = False, False, True
    mask[0, :, 1] = False
    return mask


def steps(layer: Monotonic, scores: np.ndarray, mask: np.ndarray | None = None, training: bool = False) -> np.ndarray:
    """The weights of one query after the other, by the call and by the step, which must agree."""
    state, found = None, []
    for t in range(scores.shape[2]):
        row = ops.convert_to_tensor(scores[:, :, t : t + 1])
        allowed = None if mask is None else mask[:, :, t : t + 1]
        called = None if training and layer.noise else numpy(layer(row, mask=allowed, training=training, state=state))
        weights, state = layer.step(row, state, allowed, training)
        found.append(numpy(weights))
        if called is not None:
            np.testing.assert_array_equal(called, found[-1])
    return np.concatenate(found, axis=2)


def paths(stop: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The probability `(T, S)` that each query stops at each key: the sum over all paths of T places."""
    found = np.zeros(stop.shape)
    asking = [t for t in range(len(stop)) if mask[t].any()]
    for count in range(1, len(asking) + 1):
        for places in itertools.combinations_with_replacement(range(stop.shape[1]), count):
            probability, begin = 1.0, 0
            for t, place in zip(asking, places, strict=False):
                probability *= np.prod([1 - stop[t, j] * mask[t, j] for j in range(begin, place)])
                probability *= stop[t, place] * mask[t, place]
                begin = place
            found[asking[count - 1], places[-1]] += probability
    return found


def chunks(alignment: np.ndarray, scores: np.ndarray, mask: np.ndarray, size: int) -> np.ndarray:
    """Each place hands its probability to a softmax over the `size` keys that end there."""
    found = np.zeros(alignment.shape)
    for t, place in np.argwhere(alignment > 0):
        inside = [j for j in range(max(0, place - size + 1), place + 1) if mask[t, j]]
        exponentials = np.exp(scores[t, inside] - scores[t, inside].max())
        found[t, inside] += alignment[t, place] * exponentials / exponentials.sum()
    return found


def hard(scores: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Algorithm 1 of Raffel et al., with a threshold of 0.5."""
    found, begin = np.zeros(scores.shape), 0
    for t, row in enumerate(scores):
        for j in range(begin, len(row)):
            if mask[t, j] and row[j] > 0:
                found[t, j], begin = 1.0, j
                break
    return found


def each_row(function: Any, *arrays: np.ndarray) -> np.ndarray:
    """`function` of `(T, S)` arrays for each example and head."""
    flat = [array.reshape(-1, *array.shape[2:]) for array in arrays]
    return np.stack([function(*rows) for rows in zip(*flat, strict=True)]).reshape(arrays[0].shape)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("size", [1, CHUNK, KEYS + 2])
def test_expected_alignment_is_the_sum_over_all_paths(
    size: int, masked: bool, scores: np.ndarray, mask: np.ndarray
) -> None:
    allowed = mask if masked else np.ones(SHAPE, bool)
    exact = scores.astype("float64")
    wanted = each_row(paths, 1 / (1 + np.exp(1.0 - exact)), allowed)
    wanted = each_row(lambda alignment, row, keep: chunks(alignment, row, keep, size), wanted, exact, allowed)
    given = mask if masked else None
    trained = steps(Monotonic(size, noise=0.0), scores, given, training=True)
    np.testing.assert_allclose(trained, wanted, atol=2e-6)
    np.testing.assert_allclose(steps(Monotonic(size, hard=False), scores, given), wanted, atol=2e-6)
    assert not trained[~allowed].any()


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("size", [1, CHUNK])
def test_outside_of_training_the_first_key_with_more_than_half(
    size: int, masked: bool, scores: np.ndarray, mask: np.ndarray
) -> None:
    allowed = mask if masked else np.ones(SHAPE, bool)
    alignment = each_row(hard, scores - 1.0, allowed)
    assert 0 < alignment.sum() < alignment[..., 0].size, "some queries find a key and some do not"
    wanted = each_row(
        lambda alignment, row, keep: chunks(alignment, row, keep, size), alignment, scores.astype("float64"), allowed
    )
    np.testing.assert_allclose(steps(Monotonic(size), scores, mask if masked else None), wanted, atol=2e-6)


def test_scores_that_leave_no_doubt_have_the_formula_of_the_hard_process(scores: np.ndarray, mask: np.ndarray) -> None:
    """The expectation of a process without chance is its outcome; where every row finds a key."""
    sure = np.where(scores > 0, 90.0, -90.0).astype("float32")
    sure[..., -1], mask[..., -1] = 90.0, True
    for size in (1, CHUNK):
        expected = steps(Monotonic(size, noise=0.0), sure, mask, training=True)
        np.testing.assert_allclose(expected, steps(Monotonic(size), sure, mask), atol=1e-6)


@pytest.mark.parametrize("length", [1, 2, 128, 129, 2000])
def test_long_rows_keep_the_formula_where_a_running_product_vanishes(length: int) -> None:
    random = np.random.default_rng(2)
    row = (random.normal(size=(1, 1, 1, length)) * 5).astype("float32")
    state = random.dirichlet(np.ones(length)).astype("float32").reshape(row.shape)
    stop = 1 / (1 + np.exp(-row.astype("float64").ravel()))
    wanted, reaching = np.zeros(length), 0.0
    for j in range(length):
        reaching = reaching * (1 - stop[j - 1] if j else 0.0) + state[0, 0, 0, j]
        wanted[j] = stop[j] * reaching
    layer = Monotonic(initial_offset=0.0, hard=False)
    np.testing.assert_allclose(numpy(layer(row, state=state)).ravel(), wanted, atol=1e-6)
    if keras.backend.backend() == "tensorflow" and length == 129:  # a length known only at run time
        import tensorflow as tf

        unknown = [tf.TensorSpec((None, 1, 1, None))] * 2
        function = tf.function(lambda s, a: layer(s, state=a), input_signature=unknown)
        np.testing.assert_allclose(numpy(function(row, state)).ravel(), wanted, atol=1e-6)


def test_gradient_is_the_slope_of_the_paths() -> None:
    """Of the scores and of the offset, by central differences of the sum over all paths."""
    random = np.random.default_rng(3)
    rows, upstream, step = random.normal(size=(2, 4)).astype("float32"), random.normal(size=(2, 4)), 1e-6
    layer = Monotonic(CHUNK, noise=0.0)
    everything = np.ones(rows.shape, bool)

    def wanted(at: np.ndarray, offset: float) -> float:
        alignment = paths(1 / (1 + np.exp(-at - offset)), everything)
        return float((upstream * chunks(alignment, at, everything, CHUNK)).sum())

    def loss(s: Any) -> tuple[Any, tuple[()]]:
        total, state = 0.0, None
        for t in range(2):
            weights, state = layer.step(ops.reshape(s[t], (1, 1, 1, 4)), state, training=True)
            total = total + ops.sum(ops.multiply(weights, upstream[t].astype("float32")))
        return total, ()

    _, (by_scores, by_offset) = differentiable(loss, [layer.offset])(rows)
    exact = rows.astype("float64")
    for place in np.ndindex(*rows.shape):
        unit = np.zeros(rows.shape)
        unit[place] = step
        slope = (wanted(exact + unit, -1.0) - wanted(exact - unit, -1.0)) / (2 * step)
        np.testing.assert_allclose(by_scores[place], slope, atol=1e-5)
    slope = (wanted(exact, -1.0 + step) - wanted(exact, -1.0 - step)) / (2 * step)
    np.testing.assert_allclose(by_offset, slope, atol=1e-5)


@pytest.mark.parametrize("size", [1, CHUNK])
def test_weights_and_gradients_are_finite_at_extremes_and_empty_rows(size: int) -> None:
    rows = np.array([[0] * 5, [1e4, -1e4, 0, 1, 2], [-1e4] * 5, [1e30, 1, -1e30, 0, 0], [1e4] * 5], "float32")
    allowed = np.array([[1] * 5, [0, 1, 1, 1, 0], [1, 1, 0, 0, 0], [1] * 5, [0] * 5], bool)
    rows, allowed = rows[:, None, None], allowed[:, None, None]
    layer = Monotonic(size, noise=0.0)
    for given in (None, allowed):
        for training in (False, True):

            def loss(s: Any, given: Any = given, training: bool = training) -> Any:
                weights, state = layer.step(s, None, given, training)
                weights, state = layer.step(s, state, given, training)
                return ops.sum(ops.multiply(weights, np.arange(5, dtype="float32"))) + ops.sum(ops.square(state))

            assert np.isfinite(numpy(loss(ops.convert_to_tensor(rows)))).all()
            assert np.isfinite(gradient(loss, rows)).all()


def test_noise_is_drawn_in_training_alone_and_anew_each_time(scores: np.ndarray) -> None:
    layer, other = Monotonic(seed=3), Monotonic(noise=0.0)
    first, second = (steps(layer, scores, training=True) for _ in range(2))
    assert np.abs(first - second).max() > 0.01
    assert np.abs(first - steps(other, scores, training=True)).max() > 0.01
    np.testing.assert_array_equal(steps(layer, scores), steps(other, scores))
    many = Monotonic(noise=0.5, initial_offset=0.0, seed=1)(np.zeros((20011, 1, 1, 1), "float32"), training=True)
    drawn = numpy(many).ravel()
    drawn = np.log(drawn / (1 - drawn))
    assert abs(drawn.mean()) < 0.02 and abs(drawn.std() - 0.5) < 0.02  # five standard deviations


@pytest.mark.parametrize("size", [1, 2])
def test_steps_of_a_sliding_cache_have_the_formula_of_the_whole(size: int) -> None:
    """Also where the key of the query before has slid out, which the oldest key in the cache then follows."""
    length, room = 9, 3
    scores = np.random.default_rng(5).normal(size=(2, HEADS, length, length)).astype("float32")
    window = np.broadcast_to(numpy(window_mask(length, length, left=room - 1)).astype(bool), scores.shape)
    layer = Monotonic(size, initial_offset=0.5)
    whole, state = steps(layer, scores, window), None
    assert 0 < whole.sum() < whole[..., 0].size
    for t in range(length):
        row = np.zeros((2, HEADS, 1, room), "float32")
        held = min(t + 1, room)
        row[..., room - held :] = scores[:, :, t : t + 1, t + 1 - held : t + 1]
        held_mask = cache.slide_mask(t + 1, room)[:, None, None]
        weights, state = layer.step(ops.convert_to_tensor(row), cache.slide_state(state), held_mask)
        wanted = whole[:, :, t : t + 1, t + 1 - held : t + 1]
        np.testing.assert_allclose(numpy(weights)[..., room - held :], wanted, atol=2e-6)


def test_a_configuration_comes_back_the_same() -> None:
    layer = Monotonic(4, initial_offset=-4.0, noise=0.5, hard=False, seed=7)
    config = layer.get_config()
    again = Monotonic.from_config(config)
    assert again.get_config() == config
    assert (again.chunk_size, again.noise, again.hard, float(numpy(again.offset))) == (4, 0.5, False, -4.0)
    assert next(w.path for w in again.trainable_variables).endswith("offset")


def test_wrong_options_are_refused() -> None:
    with pytest.raises(ValueError, match="chunk_size of Monotonic must be at least 1"):
        Monotonic(0)
    with pytest.raises(ValueError, match="standard deviation"):
        Monotonic(noise=-1.0)
