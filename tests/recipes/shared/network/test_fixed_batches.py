"""Rows go through a function in batches of one size and come back as if all had gone at once."""

import keras
import numpy as np
import pytest

from heedful.recipes.shared.network.fixed_batches import in_fixed_batches

SIZE, WIDTH = 7, 3


@pytest.fixture
def seen() -> list[int]:
    """How many rows were given at a time."""
    return []


@pytest.mark.parametrize("count", [1, SIZE - 1, SIZE, SIZE + 1, 3 * SIZE])
def test_rows_come_back_whatever_their_number(count, seen):
    array, more = np.arange(WIDTH * count).reshape(count, WIDTH), np.arange(count)

    def added(rows, others):
        seen.append(len(rows))
        return rows + others[:, None]

    found = in_fixed_batches(added, (array, more), SIZE)
    np.testing.assert_array_equal(found, array + more[:, None])
    assert set(seen) == {SIZE} and len(seen) == -(-count // SIZE)


def test_names_go_in_and_come_out(seen):
    arrays = {"left": np.arange(11.0), "right": np.ones((11, 2, WIDTH))}

    def both(rows):
        seen.append(len(rows["right"]))
        return {"sum": keras.ops.convert_to_tensor(rows["left"] + rows["right"].sum((1, 2))), "right": rows["right"]}

    found = in_fixed_batches(both, arrays, SIZE)
    assert list(found) == ["sum", "right"] and seen == [SIZE, SIZE]
    np.testing.assert_array_equal(found["sum"], np.arange(11.0) + 2 * WIDTH)
    np.testing.assert_array_equal(found["right"], arrays["right"])
