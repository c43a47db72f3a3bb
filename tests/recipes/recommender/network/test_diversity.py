"""Diverse lists, against maximal marginal relevance written out in float64."""

import numpy as np
import pytest
from small_recommender import ITEMS, ROWS, float64, logsumexp, some_histories

from heedful.recipes.recommender.network.choose_and_explain import Choose
from heedful.recipes.recommender.network.diversity import POOL
from heedful.recipes.recommender.reading.item_catalogue import FIRST, PAD, UNKNOWN

BATCH, WIDTH, TOP, LENGTH = 19, 5, 4, 13


def some_scores(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=(BATCH, ROWS)).astype("float32") * 3
    scores[:, [PAD, UNKNOWN]] = 50  # would be chosen first, were they items
    return scores, some_histories(BATCH, LENGTH, seed), rng.normal(size=(ROWS, WIDTH)).astype("float32")


def marginal_relevance(scores: np.ndarray, free: np.ndarray, vectors: np.ndarray, top: int, diversity: float) -> list:
    """Rows out of `free` in the order in which Carbonell and Goldstein (1998) take them, one user."""
    pool = free[np.argsort(-scores[free], kind="stable")][: POOL * top]
    most, least = scores[pool].max(), scores[pool].min()
    taken: list[int] = []
    while len(taken) < min(top, len(pool)):
        worth = {}
        for row in pool:
            if row not in taken:
                unit = [vectors[r] / np.linalg.norm(vectors[r]) for r in (row, *taken)]
                nearest = max((unit[0] @ other for other in unit[1:]), default=0.0)
                worth[row] = (1 - diversity) * (scores[row] - least) / (most - least) - diversity * nearest
        taken.append(max(worth, key=lambda row: worth[row]))
    return taken


@pytest.mark.parametrize("diversity", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("repeats", [False, True])
def test_items_come_in_the_order_of_marginal_relevance_with_their_own_probabilities(diversity, repeats):
    scores, history, vectors = some_scores()
    chosen, shares = (float64(t) for t in Choose(TOP, repeats, diversity)(scores, history, vectors))
    plain = float64(Choose(TOP, repeats)(scores, history, vectors)[0])
    for row in range(BATCH):
        free = np.setdiff1d(np.arange(FIRST, ROWS), [] if repeats else history[row])
        wanted = marginal_relevance(scores[row].astype(float), free, vectors.astype(float), TOP, diversity)
        np.testing.assert_array_equal(chosen[row], wanted)
        logits = scores[row, free].astype(float)
        own = np.exp(scores[row, wanted].astype(float) - logsumexp(logits))
        np.testing.assert_allclose(shares[row], own, rtol=1e-5)
    assert (chosen[:, 0] == plain[:, 0]).all(), "the best item stands first"
    assert (chosen != plain).any()


def test_a_very_small_diversity_is_the_order_of_scores():
    scores, history, vectors = some_scores(1)
    found, plain = (float64(Choose(TOP, False, d)(scores, history, vectors)[0]) for d in (1e-6, 0.0))
    np.testing.assert_array_equal(found, plain)


def test_of_two_equal_items_one_is_put_off():
    scores, history, vectors = np.zeros((1, ROWS), "float32"), np.zeros((1, 3), "int32"), np.eye(ROWS, dtype="float32")
    scores[0, [5, 6, 7]] = 3, 2.9, 2
    vectors[6] = vectors[5] * 7  # the same direction
    found = float64(Choose(TOP, False, 0.5)(scores, history, vectors)[0])[0].tolist()
    # 6 is worth 0.5 * 2.9 / 3 - 0.5 beside 5, and 7 0.5 * 2 / 3; 6 then comes after the items that are worth 0.
    assert found[:2] == [5, 7] and 6 not in found


def test_what_was_seen_comes_last_where_nothing_else_is_left():
    scores, history, vectors = some_scores(2)
    scores[:, FIRST:] += np.linspace(0, 20, ITEMS)  # far apart: what may not be taken must not count for relevance
    chosen, shares = (float64(t) for t in Choose(ITEMS, False, 0.7)(scores, history, vectors))
    for row in range(BATCH):
        seen = np.isin(chosen[row], history[row])
        assert (np.diff(seen.astype(int)) >= 0).all() and len(set(chosen[row])) == ITEMS
        assert chosen[row].min() >= FIRST and (shares[row][seen] == 0).all() and (shares[row][~seen] > 0).all()
    everything = np.tile(np.arange(FIRST, ROWS, dtype=np.int32), (BATCH, 1))
    assert np.isfinite(float64(Choose(TOP, False, 0.7)(scores, everything, vectors)[1])).all()
