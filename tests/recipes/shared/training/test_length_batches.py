"""Batches of about one length go through all rows, each time in another order."""

import numpy as np

from heedful.recipes.shared.training.length_batches import rows_of_batch

LENGTHS = np.random.default_rng(0).integers(1, 90, 1007)


def test_an_epoch_has_nearly_all_rows_once_and_little_padding():
    batches = [rows_of_batch(LENGTHS, 23, 5, step) for step in range(43)]
    rows = np.concatenate(batches)
    assert len(set(rows.tolist())) > 980 and np.bincount(rows).max() == 1
    spans = [np.ptp(LENGTHS[batch]) for batch in batches]
    assert np.median(spans) < 12
    assert not np.array_equal(rows, np.concatenate([rows_of_batch(LENGTHS, 23, 5, step) for step in range(43, 86)]))


def test_a_batch_is_a_function_of_seed_and_step_also_where_there_are_few_rows():
    np.testing.assert_array_equal(rows_of_batch(LENGTHS, 23, 5, 7), rows_of_batch(LENGTHS, 23, 5, 7))
    assert not np.array_equal(rows_of_batch(LENGTHS, 23, 5, 7), rows_of_batch(LENGTHS, 23, 6, 7))
    few = rows_of_batch(np.array([3, 1, 2]), 7, 0, 0)
    assert len(few) == 7 and set(few.tolist()) == {0, 1, 2}
