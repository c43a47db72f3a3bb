"""Measures of lists, worked out by hand: four items, and who took them in training."""

from itertools import combinations

import numpy as np
import pytest
from small_recommender import log_of

from heedful.recipes.recommender.data import examples
from heedful.recipes.recommender.reading.item_catalogue import FIRST, PAD, UNKNOWN
from heedful.recipes.recommender.scoring.lists import TOP, distances, given_lists, measures, scored_lists
from heedful.recipes.recommender.scoring.takers import takers

A, B, C, D = range(FIRST, FIRST + 4)
ROWS = FIRST + 4
TRAINING = log_of([A, B, A], [A, B], [A, C], [A, UNKNOWN])  # D is in nobody's
COUNTS = np.array([0, 0, 5, 2, 1, 0])


def lists_of(*rows: list[int]) -> np.ndarray:
    return np.array([[*row, *[PAD] * (TOP - len(row))] for row in rows], np.int32)


def test_measures_worked_out_by_hand():
    found = measures(lists_of([A, B], [B, C, D]), np.array([B, A]), TRAINING, COUNTS)
    assert found["HR@10"] == 0.5
    assert found["NDCG@10"] == pytest.approx(0.5 / np.log2(3))
    assert found["coverage@10"] == 1
    # Of 8 actions A has 5, B 2 and C 1; D counts as if it had one.
    bits = [-np.log2(5 / 8), 2, 2, 3, 3]
    assert found["novelty@10"] == pytest.approx(np.mean(bits))
    # Cosine of sets: A and B share 2 of 4 and 2 users, B and C none, and D has none.
    first, second = 1 - 2 / np.sqrt(4 * 2), 1
    assert found["distance@10"] == pytest.approx((first + second) / 2)
    percentile = {A: 7 / 8, B: 5 / 8, C: 3 / 8, D: 1 / 8}
    assert found["popularity@10"] == pytest.approx(np.mean([percentile[row] for row in (A, B, B, C, D)]))
    # Of four items the first quarter ends below 50 %, and what was never taken is a band of its own.
    assert found["bands"] == pytest.approx(
        {"top 1 %": 0, "1-5 %": 0, "5-20 %": 0, "20-50 %": 0.6, "50-100 %": 0.2, "untrained": 0.2}
    )


def test_distances_are_means_over_pairs():
    rng = np.random.default_rng(0)
    log = log_of(*(rng.integers(FIRST, 31, rng.integers(1, 20)).tolist() for _ in range(40)))
    users = takers(log, 31)
    dense = users.toarray().astype(float)
    lists = np.stack([rng.permutation(np.arange(FIRST, 31))[:TOP] for _ in range(300)])  # more than a chunk
    lists[5, 1:], lists[7, 3:] = PAD, PAD
    wanted = []
    for rows in lists:
        vectors = [dense[:, row] / np.linalg.norm(dense[:, row]) for row in rows if row != PAD]
        pairs = [1 - one @ other for one, other in combinations(vectors, 2)]
        wanted += [np.mean(pairs)] if pairs else []
    assert len(wanted) == 299, "a list of one item has no pair"
    np.testing.assert_allclose(distances(lists, users), wanted, rtol=1e-5)


def test_lists_without_items_have_no_novelty():
    found = measures(lists_of([], []), np.array([A, B]), TRAINING, COUNTS)
    assert (found["HR@10"], found["coverage@10"]) == (0, 0)
    assert found["novelty@10"] is found["popularity@10"] is found["distance@10"] is None
    assert set(found["bands"].values()) == {0}


def test_what_was_seen_is_left_out_of_what_a_model_gives():
    split = examples(log_of([A, B, UNKNOWN, C], [B, B, B, D]), 1)
    users = np.arange(2)
    rows = np.array([[D, A, PAD, C], [A, B, C, D]])
    found = given_lists(lambda part: rows[part], split, users, repeats=False, chunk=1)
    np.testing.assert_array_equal(found, lists_of([D, C], [A, C, D]))
    found = given_lists(lambda part: rows[part], split, users, repeats=True)
    np.testing.assert_array_equal(found, lists_of([D, A, C], [A, B, C, D]))


def test_lists_of_scores_are_the_best_that_may_be_recommended():
    split = examples(log_of([A, B, UNKNOWN, C], [B, B, B, D]), 1)
    scores = np.array([[99, 99, 3, 4, 1, 2], [np.nan, 9, 1, 4, 3, 2]])
    users = np.arange(2)
    found = scored_lists(lambda part: scores[part], split, users, repeats=False, chunk=1)
    np.testing.assert_array_equal(found, lists_of([D, C], [C, D, A]))
    found = scored_lists(lambda part: scores[part], split, users, repeats=True)
    np.testing.assert_array_equal(found, lists_of([B, A, D, C], [B, C, D, A]))
