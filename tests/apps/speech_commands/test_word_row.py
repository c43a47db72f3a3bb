"""A word's row against the regression as SciPy solves it, and what it takes of foreign sounds."""

import numpy as np
import pytest

from heedful.apps.graph.label_rows import Row
from heedful.apps.speech_commands import word_row
from heedful.apps.speech_commands.foreign import Foreign
from heedful.apps.speech_commands.word_row import Background, discriminant, highest_but, regression

WIDTH = 7


SCATTER = np.array([1.0, 1.0, 0.3, 0.3, 0.3, 0.3, 0.3])
APART = np.array([0.9, 0.0, 1.1, 0.0, 0.0, 0.0, 0.0])  # of a word: in what scatters much, and in what scatters little


def drawn(seed, word=9, foreign=130):
    """A word and foreign sounds `(n, WIDTH)`, all of which scatter alike around their means."""
    rng = np.random.default_rng(seed)
    return tuple(
        0.5 + apart + SCATTER * rng.normal(size=(count, WIDTH))
        for apart, count in ((APART, word), (0 * APART, foreign))
    )


def test_the_regression_is_the_least_of_its_loss():
    optimize = pytest.importorskip("scipy.optimize")
    word, foreign = drawn(1)
    word, foreign = word - foreign.mean(axis=0), foreign - foreign.mean(axis=0)
    start = np.linspace(-2.0, 3.0, WIDTH)
    offset = -0.5 * np.mean(word @ start)

    def loss(values):
        weights, bias = values[:-1], values[-1]
        inside = np.mean(np.log1p(np.exp(-(word @ weights + bias))))
        outside = np.mean(np.log1p(np.exp(foreign @ weights + bias)))
        held = np.sum((weights - start) ** 2) + (bias - offset) ** 2
        return (inside + outside) / 2 + word_row.HOLD * held / 2

    wanted = optimize.minimize(loss, np.append(start, offset), method="BFGS", options={"gtol": 1e-8}).x[:-1]
    np.testing.assert_allclose(regression(word, foreign, start), wanted, atol=2e-2)


def test_held_fast_it_is_the_discriminant_by_its_formula(monkeypatch):
    monkeypatch.setattr(word_row, "HOLD", 1e9)
    word, foreign = drawn(2)
    covariance = np.cov(foreign.T, bias=True)
    ball = word_row.SHRINKAGE * np.trace(covariance) / WIDTH * np.eye(WIDTH)
    wanted = np.linalg.inv(covariance + ball) @ (word.mean(axis=0) - foreign.mean(axis=0))
    found = discriminant(word, foreign)
    np.testing.assert_allclose(found / np.linalg.norm(found), wanted / np.linalg.norm(wanted), atol=1e-6)
    assert np.std(foreign @ found) == pytest.approx(word_row.STEEPNESS)


def test_it_tells_a_word_better_than_the_mean_does():
    """What scatters much counts as much in the mean."""
    word, foreign = drawn(3)
    more, others = drawn(4, word=400, foreign=4000)

    def found(weights):  # at one in a hundred of the others
        return np.mean(more @ weights > np.quantile(others @ weights, 0.99))

    assert found(discriminant(word, foreign)) > found(word.mean(axis=0)) + 0.2


@pytest.mark.parametrize(("count", "above"), [(1, 0), (99, 0), (100, 1), (199, 1), (250, 2)])
def test_at_most_one_in_a_hundred_lies_above(count, above):
    margins = np.random.default_rng(count).permutation(np.arange(count) * 1.5)
    assert np.sum(margins > highest_but(margins)) == above


def background(seed, kinds=("word", "backwards", "spliced", "noise", "mine"), each=110):
    rng = np.random.default_rng(seed)
    _, sounds = drawn(seed, foreign=each * len(kinds))
    others = [Row(row.astype(np.float32), float(rng.normal())) for row in rng.normal(0, 4, (5, WIDTH))]
    return Background(Foreign(sounds, tuple(kinds) * each, ("",) * len(sounds)), others), others


def test_of_each_kind_at_most_one_in_a_hundred_is_taken():
    word, _ = drawn(5)
    found, _ = background(5)
    taken = found.learn(word).taken.reshape(-1, 5).sum(axis=0)
    assert taken[0] <= 1 and taken[1] + taken[2] <= 2 and taken[3] <= 1 and taken[4] <= 1
    assert taken.sum() >= 1


def test_a_row_takes_what_it_says_it_takes():
    """By the logits of all labels, the word's among them; new sounds are taken about as seldom."""
    word, fresh = drawn(6, foreign=5000)
    found, others = background(6)
    learnt = found.learn(word)
    rows = [*others, learnt.row]

    def answers(sounds):
        return np.stack([sounds @ row.weights + row.bias for row in rows], 1).argmax(axis=1)

    assert np.mean(answers(fresh) == 5) < 0.02
    assert np.mean(answers(drawn(7, word=500)[0]) == 5) > 0.3
    np.testing.assert_allclose(
        found.best_other(fresh), np.max([fresh @ r.weights + r.bias for r in others], 0), rtol=1e-5
    )


def test_each_recording_is_asked_of_a_row_that_it_had_no_part_in():
    word, _ = drawn(8, word=6)
    found, _ = background(8)
    limit = found.learn(word).limit
    logits = found.left_out(word, limit, parts=20)
    for number in range(6):
        row = found.row(np.delete(word, number, axis=0), limit)
        assert logits[number] == pytest.approx(word[number] @ row.weights + row.bias, rel=1e-5)
    halves = found.left_out(word, limit, parts=2)
    row = found.row(word[1::2], limit)
    np.testing.assert_allclose(halves[::2], word[::2] @ row.weights + row.bias, rtol=1e-5)


def test_without_other_labels_the_threshold_stands_alone():
    _, sounds = drawn(9)
    alone = Background(Foreign(sounds, ("noise",) * len(sounds), ("",) * len(sounds)), [])
    np.testing.assert_array_equal(alone.best_other(sounds), 0)
    assert np.isfinite(alone.learn(drawn(9)[0]).row.bias)
