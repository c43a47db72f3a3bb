"""From a vector to recommendations: what is left out, that probabilities are a softmax, and whose word counted."""

import keras
import numpy as np
import pytest
from small_recommender import ITEMS, ROWS, float64, logsumexp, some_histories

from heedful.recipes.recommender.network.choose_and_explain import Choose, Explain, ScoreItems, no_items, taken
from heedful.recipes.recommender.reading.item_catalogue import FIRST, PAD, UNKNOWN

BATCH, WIDTH, TOP, LENGTH = 17, 5, 7, 13


def newest_table_history(seed=0, length=LENGTH):
    rng = np.random.default_rng(seed)
    newest, table = rng.normal(size=(BATCH, WIDTH)), rng.normal(size=(ROWS, WIDTH))
    table[[PAD, UNKNOWN]] *= 9  # would be chosen first, were they items
    return newest.astype("float32"), table.astype("float32"), some_histories(BATCH, length, seed)


def test_the_score_of_an_item_is_the_inner_product_of_its_vector():
    newest, table, _ = newest_table_history(5)
    wanted = np.einsum("bw,rw->br", newest.astype(float), table.astype(float))
    np.testing.assert_allclose(float64(ScoreItems()(newest, table)), wanted, rtol=1e-5, atol=1e-5)


def test_the_best_items_that_are_not_in_the_history_with_their_softmax():
    newest, table, history = newest_table_history()
    chosen, shares = (float64(tensor) for tensor in Choose(TOP)(newest @ table.T, history, table))
    for row in range(BATCH):
        left = np.setdiff1d(np.arange(FIRST, ROWS), history[row])
        logits = newest[row].astype(float) @ table[left].astype(float).T
        best = np.argsort(-logits)[:TOP]
        np.testing.assert_array_equal(chosen[row], left[best])
        np.testing.assert_allclose(shares[row], np.exp(logits[best] - logsumexp(logits)), rtol=1e-5)


def test_probabilities_of_all_items_that_are_left_add_up_to_one():
    newest, table, history = newest_table_history(1)
    chosen, shares = (float64(tensor) for tensor in Choose(ITEMS)(newest @ table.T, history, table))
    np.testing.assert_allclose(shares.sum(1), 1, atol=1e-5)
    # Where fewer are left than asked for, those that were seen fill up at the end, with a probability of 0.
    for row in range(BATCH):
        seen = np.isin(chosen[row], history[row])
        assert (np.diff(seen.astype(int)) >= 0).all()
        assert (shares[row][seen] == 0).all() and (shares[row][~seen] > 0).all()
        assert len(set(chosen[row])) == ITEMS and chosen[row].min() >= FIRST


def test_one_who_has_everything_gets_finite_answers():
    newest, table, _ = newest_table_history(2)
    history = np.tile(np.arange(FIRST, ROWS, dtype=np.int32), (BATCH, 1))
    chosen, shares = Choose(TOP)(newest @ table.T, history, table)
    assert np.isfinite(float64(shares)).all()
    assert ((float64(chosen) >= 0) & (float64(chosen) < ROWS)).all()


def test_what_is_taken_is_counted_once():
    history = np.array([[PAD, PAD, 5, 5, 5], [2, UNKNOWN, 3, 2, ROWS - 1], [PAD] * 5], np.int32)
    wanted = np.zeros((3, ROWS))
    wanted[0, 5] = wanted[1, [2, 3, ROWS - 1]] = 1
    found = float64(taken(history, ROWS))
    np.testing.assert_array_equal(found[:, FIRST:], wanted[:, FIRST:])
    np.testing.assert_array_equal(float64(no_items(ROWS)), [2, 2, *[0] * ITEMS])


def test_with_repeats_the_history_may_come_again_and_what_is_no_item_may_not():
    newest, table, history = newest_table_history(6)
    history[::3, -1] = UNKNOWN
    chosen, shares = (float64(t) for t in Choose(TOP, repeats=True)(newest @ table.T, history, table))
    logits = newest.astype(float) @ table[FIRST:].astype(float).T
    best = np.argsort(-logits, axis=1)[:, :TOP]
    np.testing.assert_array_equal(chosen, best + FIRST)
    wanted = np.exp(np.take_along_axis(logits, best, 1) - logsumexp(logits)[:, None])
    np.testing.assert_allclose(shares, wanted, rtol=1e-5)
    assert any(set(row) & set(past) for row, past in zip(chosen, history, strict=True))


def test_an_item_taken_over_and_over_is_no_more_than_taken():
    newest, table, history = newest_table_history(3)
    single = history.copy()
    history = np.concatenate([history[:, -1:]] * 4 + [history], axis=1)
    scores = newest @ table.T
    for found, wanted in zip(Choose(TOP)(scores, history, table), Choose(TOP)(scores, single, table), strict=True):
        np.testing.assert_array_equal(float64(found), float64(wanted))


@pytest.mark.parametrize("length", [1, 2, LENGTH])
def test_an_explanation_is_the_positive_part_of_each_word_in_shares(length):
    rng = np.random.default_rng(4)
    history = some_histories(BATCH, length, 4)
    vectors = rng.normal(size=(BATCH, TOP, WIDTH)).astype("float32")
    parts = rng.normal(size=(BATCH, length, WIDTH)).astype("float32")
    found = float64(Explain()(vectors, parts, history))
    assert found.shape == (BATCH, TOP, length)
    spoken = np.maximum(np.einsum("bkw,blw->bkl", vectors.astype(float), parts), 0) * (history != PAD)[:, None]
    total = spoken.sum(-1)
    wanted = spoken / np.maximum(total, 1e-3)[..., None]
    np.testing.assert_allclose(found[total > 0.01], wanted[total > 0.01], atol=2e-3)
    full = (history != PAD).any(1)
    np.testing.assert_allclose(found[full].sum(-1), 1, atol=1e-5)
    assert not found[~full].any()
    assert not found.transpose(0, 2, 1)[history == PAD].any()


def test_where_nothing_spoke_for_an_item_all_actions_share_evenly():
    history = np.array([[PAD, 3, 4, 5]], np.int32)
    found = float64(Explain()(np.ones((1, 1, 2), "float32"), -np.ones((1, 4, 2), "float32"), history))
    np.testing.assert_allclose(found, [[[0, 1 / 3, 1 / 3, 1 / 3]]], atol=1e-6)


def test_symbolic_shapes():
    history = keras.Input((LENGTH,), dtype="int32")
    chosen, shares = Choose(TOP)(keras.Input((ROWS,)), history, keras.Input((WIDTH,)))
    assert (tuple(chosen.shape), chosen.dtype) == ((None, TOP), "int32")
    assert (tuple(shares.shape), shares.dtype) == ((None, TOP), "float32")
    attention = Explain()(keras.Input((TOP, WIDTH)), keras.Input((LENGTH, WIDTH)), history)
    assert tuple(attention.shape) == (None, TOP, LENGTH)
