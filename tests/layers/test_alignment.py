"""Functions of alignments, at the rows that their formulas do not name."""

import numpy as np
import pytest
from attention_reference import numpy
from keras import ops

from heedful.layers import alignment


@pytest.mark.parametrize("places", [-6, -2, 0, 2, 6])
def test_a_row_is_moved(places: int) -> None:
    row, wanted = np.arange(1, 6, dtype="float32"), np.zeros(5)
    for j in range(5):
        if 0 <= j - places < 5:
            wanted[j] = row[j - places]
    np.testing.assert_array_equal(numpy(alignment.later(ops.convert_to_tensor(row), places)), wanted)


def test_what_comes_later_than_an_alignment() -> None:
    rows = ops.convert_to_tensor(np.array([[0, 0.5, 0, 0.5], [0, 0, 1, 0], [0, 0, 0, 0]], "float32"))
    wanted = [[0, 1, 1, 1], [0, 0, 1, 1], [1, 1, 1, 1]]
    np.testing.assert_array_equal(numpy(alignment.not_before(rows)), wanted)


def test_the_first_of_some_and_of_none() -> None:
    rows = ops.convert_to_tensor(np.array([[0, 1, 0, 1], [1, 1, 1, 1], [0, 0, 0, 0]], "float32"))
    np.testing.assert_array_equal(numpy(alignment.first_of(rows)), [[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]])


def test_a_scan_is_the_recurrence() -> None:
    factors, inputs = np.random.default_rng(0).random((2, 3, 11)).astype("float32")
    wanted = np.zeros(factors.shape)
    for j in range(11):
        wanted[:, j] = inputs[:, j] + (factors[:, j] * wanted[:, j - 1] if j else 0.0)
    found = alignment.linear_scan(ops.convert_to_tensor(factors), ops.convert_to_tensor(inputs))
    np.testing.assert_allclose(numpy(found), wanted, atol=1e-6)
