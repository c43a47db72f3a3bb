"""Masks against their definition, position by position."""

import itertools

import keras
import numpy as np
import pytest

from heedful.layers import all_of, causal_mask, padding_mask, window_mask
from heedful.layers.masks import per_head

T, S = 3, 7


def boolean(tensor: object) -> np.ndarray:
    array = keras.ops.convert_to_numpy(tensor)
    assert array.dtype == bool
    return array


def test_padding_mask_keeps_the_first_positions() -> None:
    mask = boolean(padding_mask(np.array([0, 5, 7]), S))
    np.testing.assert_array_equal(mask, [[s < length for s in range(S)] for length in (0, 5, 7)])


@pytest.mark.parametrize("offset", [0, 4])
def test_causal_mask_hides_later_keys(offset: int) -> None:
    expected = [[s <= t + offset for s in range(S)] for t in range(T)]
    np.testing.assert_array_equal(boolean(causal_mask(T, S, offset)), [expected])


@pytest.mark.parametrize(("left", "right", "offset"), [*itertools.product((0, 1, 2), (0, 1, 2), (0, 2))])
def test_window_mask_keeps_the_neighbourhood(left: int, right: int, offset: int) -> None:
    expected = [[-left <= s - (t + offset) <= right for s in range(S)] for t in range(T)]
    np.testing.assert_array_equal(boolean(window_mask(T, S, left, right, offset)), [expected])


@pytest.mark.parametrize(
    ("left", "right", "offset", "sinks"), [*itertools.product((None, 0, 2), (0, 1), (0, 3), (0, 2))]
)
def test_window_mask_keeps_sinks_and_needs_no_left_end(left: int | None, right: int, offset: int, sinks: int) -> None:
    """A sink is seen from any later query, but never further on than `right` allows."""
    expected = [
        [s - (t + offset) <= right and (left is None or s < sinks or s - (t + offset) >= -left) for s in range(S)]
        for t in range(T)
    ]
    np.testing.assert_array_equal(boolean(window_mask(T, S, left, right, offset, sinks)), [expected])


@pytest.mark.parametrize("name", ["left", "right", "sinks"])
def test_window_mask_refuses_a_negative_number(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name}=-1"):
        window_mask(T, S, **{"left": 0, name: -1})


def test_all_of_aligns_ranks_and_ignores_none() -> None:
    random = np.random.default_rng(0)
    keys, pairs, heads = (random.random(shape) < 0.5 for shape in ((2, S), (2, T, S), (2, 5, T, S)))
    np.testing.assert_array_equal(boolean(all_of(keys, None, pairs)), keys[:, None] & pairs)
    np.testing.assert_array_equal(boolean(all_of(pairs, keys, heads)), keys[:, None, None] & pairs[:, None] & heads)
    np.testing.assert_array_equal(boolean(all_of(keys.astype("int32"))), keys[:, None])
    assert all_of(None, None) is None
    with pytest.raises(ValueError, match="a mask is"):
        all_of(np.ones(S, bool))


def test_per_head_adds_only_axes_of_size_one() -> None:
    for shape, expected in (((2, S), (2, 1, 1, S)), ((2, T, S), (2, 1, T, S)), ((2, 5, T, S), (2, 5, T, S))):
        assert tuple(per_head(np.ones(shape, bool)).shape) == expected
