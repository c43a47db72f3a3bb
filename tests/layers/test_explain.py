"""Rollout against loops, curves of models whose score is known at every step, and the pointing game counted by hand."""

from collections.abc import Callable

import keras
import numpy as np
import pytest
from attention_reference import numpy

from heedful.layers import AttentionPooling, explain

BATCH, HEADS, TOKENS, BLOCKS = 2, 3, 5, 4


def weights_of_blocks() -> list[np.ndarray]:
    random = np.random.default_rng(0)
    blocks = random.dirichlet(np.ones(TOKENS), size=(BLOCKS, BATCH, HEADS, TOKENS))
    blocks[:, 1, :, -1] = 0.0  # the last token of the last example is padding: nobody reads it, and it reads nothing
    blocks[:, 1, :, :, -1] = 0.0
    blocks[:, 1, :, :-1] /= blocks[:, 1, :, :-1].sum(-1, keepdims=True)
    return list(blocks.astype("float32"))


@pytest.mark.parametrize("residual", [0.5, 0.2, 0.0])
def test_rollout_is_the_formula_in_loops(residual: float) -> None:
    """Token by token: what flows from an input token into one of a block, over every token in between."""
    blocks = weights_of_blocks()
    expected = np.zeros((BATCH, TOKENS, TOKENS))
    for example in range(BATCH):
        flow = np.eye(TOKENS)
        for block in blocks:
            through = np.zeros((TOKENS, TOKENS))
            for reader in range(TOKENS):
                shares = [sum(block[example, head, reader, token] for head in range(HEADS)) / HEADS * (1 - residual)
                          + residual * (token == reader) for token in range(TOKENS)]  # fmt: skip
                for token in range(TOKENS):
                    share = shares[token] / sum(shares) if sum(shares) else 0.0
                    for source in range(TOKENS):
                        through[reader, source] += share * flow[token, source]
            flow = through
        expected[example] = flow
    found = explain.rollout([keras.ops.convert_to_tensor(block) for block in blocks], residual)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, expected, atol=1e-7)
    np.testing.assert_allclose(found[0].sum(-1), 1, atol=1e-12)
    np.testing.assert_array_equal(found[1, -1], np.eye(TOKENS)[-1] * (residual > 0))
    np.testing.assert_array_equal(found[1, :-1, -1], 0.0)


def test_rollout_of_two_tokens_by_hand() -> None:
    first, second = np.array([[[1, 0], [1, 0]]]), np.array([[[0, 1], [0, 1]]])
    # Halves stay: the first block makes (x, (x + y) / 2) of (x, y), the second adds half of its second to each.
    np.testing.assert_array_equal(explain.rollout([first, second]), [[[0.75, 0.25], [0.5, 0.5]]])
    np.testing.assert_array_equal(explain.rollout([first, second], residual=1.0), [np.eye(2)])


def test_rollout_of_wrong_weights_is_one_clear_error() -> None:
    good = np.full((1, 3, 3), 1 / 3)
    with pytest.raises(ValueError, match=r"between 0 and 1, not 1\.5"):
        explain.rollout([good], 1.5)
    with pytest.raises(ValueError, match="at least one block"):
        explain.rollout([])
    with pytest.raises(ValueError, match=r"block 1 has weights of shape \(1, 3, 5\); rollout needs self-attention"):
        explain.rollout([good, np.ones((1, 3, 5))])
    with pytest.raises(ValueError, match=r"block 1 has weights of shape \(2, 3, 3\), those before it \(1, 3, 3\)"):
        explain.rollout([good, np.ones((2, 3, 3))])
    for bad in (-good, good * np.nan):
        with pytest.raises(ValueError, match="block 0 has weights that are negative or not finite"):
            explain.rollout([bad])


class Linear:
    """A model whose score is the sum of its inputs times fixed factors, and which remembers what it was asked."""

    def __init__(self, factors: np.ndarray) -> None:
        self.factors = factors

    def __call__(self, inputs: np.ndarray) -> np.ndarray:
        self.asked = inputs
        return (inputs * self.factors).reshape(len(inputs), -1).sum(-1)


@pytest.fixture
def sequence() -> tuple[Linear, np.ndarray, np.ndarray, np.ndarray]:
    """A linear model, an example `(T, features)`, a baseline `(features,)` and what each frame adds to the score."""
    random = np.random.default_rng(1)
    model, example, baseline = Linear(random.normal(size=(13, 3))), random.normal(size=(13, 3)), random.normal(size=3)
    return model, example, baseline, ((example - baseline) * model.factors).sum(-1)


def trapezoids(scores: np.ndarray) -> float:
    return ((scores[:-1] + scores[1:]) / 2).mean()


def test_curves_of_a_linear_model_are_their_closed_form(sequence) -> None:
    model, example, baseline, adds = sequence
    empty, full = float((baseline * model.factors).sum()), float((example * model.factors).sum())
    best_first = np.concatenate([[0.0], np.cumsum(np.sort(adds)[::-1])])
    tensors: Callable = lambda inputs: keras.ops.convert_to_tensor(model(inputs))  # noqa: E731
    gone = explain.deletion(tensors, example, keras.ops.convert_to_tensor(adds), baseline)
    there = explain.insertion(tensors, example, keras.ops.convert_to_tensor(adds), baseline)
    for curve, expected in ((gone, full - best_first), (there, empty + best_first)):
        np.testing.assert_allclose(curve.shares, np.arange(14) / 13, atol=1e-12)
        np.testing.assert_allclose(curve.scores, expected, atol=2e-6)
        assert curve.area == pytest.approx(trapezoids(expected), abs=2e-6)


@pytest.mark.parametrize("measure", [explain.deletion, explain.insertion])
def test_the_perfect_map_beats_every_random_order_and_its_opposite_loses_to_all(measure, sequence) -> None:
    model, example, baseline, adds = sequence
    sign = -1 if measure is explain.deletion else 1
    areas = [sign * curve.area for curve in explain.random_curves(measure, model, example, adds, baseline, orders=200)]
    assert sign * measure(model, example, adds, baseline).area > max(areas)
    assert sign * measure(model, example, -adds, baseline).area < min(areas)
    # What each frame adds comes at any step alike: on average the curve is the straight line between its ends.
    middle = sign * (model(np.stack([example, np.broadcast_to(baseline, example.shape)])).mean())
    assert np.mean(areas) == pytest.approx(middle, abs=3 * np.std(areas) / np.sqrt(200))
    assert np.std(areas) > 0.1


def test_random_orders_are_the_same_each_time_and_differ_from_each_other(sequence) -> None:
    model, example, baseline, adds = sequence

    def areas(**options: int) -> list[float]:
        curves = explain.random_curves(explain.deletion, model, example, np.zeros_like(adds), baseline, **options)
        return [curve.area for curve in curves]

    assert areas() == areas()
    assert len(set(areas())) == 10
    assert areas(orders=3) == areas()[:3]
    assert areas(orders=3, seed=1) != areas(orders=3)


def test_cells_of_a_coarse_map_cover_blocks_of_the_picture() -> None:
    """A grid of 2 x 3 on 6 x 9 pixels; then one that does not divide them: a pixel goes with the cell of its centre."""
    picture = np.arange(6 * 9 * 2, dtype="uint8").reshape(6, 9, 2)
    model = Linear(np.ones((6, 9, 2)))
    curve = explain.deletion(model, picture, [[1, 5, 3], [4, 0, 2]], 200)
    assert model.asked.dtype == np.uint8
    np.testing.assert_allclose(curve.shares, np.arange(7) / 6)
    seen = picture.copy()
    for step, (row, column) in enumerate([(0, 1), (1, 0), (0, 2), (1, 2), (0, 0), (1, 1)]):
        np.testing.assert_array_equal(model.asked[step], seen)
        seen[3 * row : 3 * row + 3, 3 * column : 3 * column + 3] = 200
    np.testing.assert_array_equal(model.asked[-1], seen)
    assert (seen == 200).all()

    curve = explain.insertion(Linear(np.ones((5, 7, 2))), np.ones((5, 7, 2)), [[9, 7, 8], [1, 2, 3]], 0)
    # The rows' centres lie in cells 0 0 1 1 1 (a centre on the border belongs to the cell after it), the columns' in
    # 0 0 1 1 1 2 2: cells of 2 and 3 rows, 2, 3 and 2 columns.
    np.testing.assert_allclose(curve.shares * 35, np.cumsum([0, 4, 4, 6, 6, 9, 6]), atol=1e-9)


def test_ids_stay_ids_and_a_step_takes_several_at_once() -> None:
    ids = np.array([7, 3, 9, 4, 8, 5, 6], "int32")
    model = Linear(np.ones(7))
    curve = explain.deletion(model, ids, [0.1, 0.7, 0.2, 0.6, 0.3, 0.5, 0.4], 1, steps=3)
    assert model.asked.dtype == np.int32
    expected = [[7, 3, 9, 4, 8, 5, 6], [7, 1, 9, 1, 8, 5, 6], [7, 1, 9, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1, 1]]
    np.testing.assert_array_equal(model.asked, expected)
    np.testing.assert_allclose(curve.shares * 7, [0, 2, 5, 7])


def test_equals_go_in_no_order_of_place() -> None:
    """A map that is zero nearly everywhere must not sweep the example from one end to the other."""
    importance = np.zeros(97)
    importance[40] = 1.0
    model = Linear(np.ones(97))
    explain.deletion(model, np.ones(97), importance, 0, steps=97)
    first = model.asked.copy()
    order = (first[:-1] - first[1:]).argmax(-1)
    assert order[0] == 40
    assert sorted(order) == list(range(97))
    assert abs(np.corrcoef(order, np.arange(97))[0, 1]) < 0.3
    explain.deletion(model, np.ones(97), importance, 0, steps=97)
    np.testing.assert_array_equal(model.asked, first)


def test_curves_of_wrong_use_are_one_clear_error() -> None:
    model, picture = Linear(np.ones((5, 7, 2))), np.ones((5, 7, 2))
    for shape in ((7, 5), (5, 7, 3), (5, 7, 2, 1), (0, 7), ()):
        with pytest.raises(ValueError, match=r"does not fit an example of shape \(5, 7, 2\)"):
            explain.deletion(model, picture, np.ones(shape), 0)
    with pytest.raises(ValueError, match="importance is not finite"):
        explain.insertion(model, picture, np.full((5, 7), np.nan), 0)
    with pytest.raises(ValueError, match="at least 1, not 0"):
        explain.insertion(model, picture, np.ones((5, 7)), 0, steps=0)
    with pytest.raises(ValueError, match=r"scores of shape \(36, 5\) for 36 inputs, not one for each"):
        explain.deletion(lambda inputs: inputs.sum((2, 3)), picture, np.ones((5, 7)), 0)
    with pytest.raises(ValueError, match="score that is not finite"):
        explain.deletion(model, picture, np.ones((5, 7)), np.inf)


def test_cells_whose_centre_lies_in_the_box() -> None:
    star, circle, between = explain.cells_in(
        [(0.0, 0.0, 0.4, 0.35), (0.75, 0.85, 1.0, 1.0), (0.08, 0.12, 0.2, 0.28)], (5, 7)
    )
    assert star.sum() == 6 and star[:2, :3].all()
    assert circle.sum() == 2 and circle[4, 5:].all()
    assert not between.any()
    assert explain.cells_in([], (5, 7)).shape == (0, 5, 7)


def test_pointing_game_by_hand() -> None:
    maps = np.full((4, 5, 7), 0.1)
    for number, peak in enumerate([(1, 2), (4, 4), (4, 6), (0, 0)]):
        maps[number][peak] = 0.5
    star, circle, nothing = explain.cells_in(
        [(0.0, 0.0, 0.4, 0.35), (0.75, 0.85, 1.0, 1.0), (0.08, 0.12, 0.2, 0.28)], (5, 7)
    )
    found = explain.pointing_game(keras.ops.convert_to_tensor(maps), np.stack([star, circle, circle, nothing]))
    assert found.hit_rate == 0.5  # the star and the second circle
    assert found.chance == pytest.approx((6 + 2 + 2 + 0) / 35 / 4)
    assert found.best_fixed_cell == 0.5  # either cell of the circle
    assert found.ceiling == 0.75


def test_a_map_without_a_peak_points_as_well_as_chance() -> None:
    star = explain.cells_in([(0.0, 0.0, 0.4, 0.35)], (5, 7))
    even = explain.pointing_game(np.zeros((1, 5, 7)), star)
    assert even.hit_rate == pytest.approx(even.chance) == pytest.approx(6 / 35)


def test_pointing_game_of_wrong_use_is_one_clear_error() -> None:
    maps = np.ones((3, 5, 7))
    with pytest.raises(ValueError, match=r"need targets of the same shape, not \(3, 7, 5\)"):
        explain.pointing_game(maps, np.ones((3, 7, 5)))
    with pytest.raises(ValueError, match=r"maps of shape \(0, 5, 7\)"):
        explain.pointing_game(maps[:0], maps[:0])
    maps[1, 2, 3] = np.inf
    with pytest.raises(ValueError, match="map 1 is not finite: its weights are broken"):
        explain.pointing_game(maps, maps)


def test_what_a_classifier_learns_to_read_is_what_its_answer_rests_on() -> None:
    """One frame of 17 carries the class. Deleting by attention ruins the answer sooner than in any random order."""
    random = np.random.default_rng(0)
    frames = random.normal(size=(256, 17, 8)).astype("float32")
    labels, places = random.integers(0, 3, 256), random.integers(0, 17, 256)
    frames[np.arange(256), places, 0] += 6.0
    frames[np.arange(256), places, 1 + labels] += 4.0
    symbolic = keras.Input((17, 8))
    pooled, weights = AttentionPooling(num_queries=2)(symbolic, return_attention_scores=True)
    answer = keras.layers.Dense(3, activation="softmax")(pooled)
    model = keras.Model(symbolic, answer)
    model.compile(keras.optimizers.Adam(0.02), "sparse_categorical_crossentropy")
    model.fit(frames, labels, batch_size=64, epochs=12, verbose=0)
    maps = numpy(keras.Model(symbolic, weights)(frames[:7]))[:, 0].mean(1)
    for measure, sign in ((explain.deletion, -1), (explain.insertion, 1)):
        better = []
        for example, label, importance in zip(frames, labels, maps, strict=False):

            def predict(inputs: np.ndarray, label: int = label) -> keras.KerasTensor:
                return model(inputs)[:, label]

            area = measure(predict, example, importance, 0.0).area
            others = [c.area for c in explain.random_curves(measure, predict, example, importance, 0.0, orders=3)]
            better.append(sign * (area - np.mean(others)))
        assert np.mean(better) > 0.1
        assert np.mean(np.array(better) > 0) > 0.7
