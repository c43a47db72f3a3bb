"""Live sound on its way to the model and to its picture."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from node_bridge import Bridge


@settings(max_examples=40, deadline=None)
@given(turns=st.integers(1, 6), size=st.integers(1, 50), count=st.integers(1, 30), least=st.integers(1, 120))
def test_every_sample_is_sent_once_in_order(node: Bridge, turns: int, size: int, count: int, least: int) -> None:
    sent, lost = node.call("pump", turns, size, count, least, 10**6)
    assert lost == []
    place = 0
    for first, length in sent:
        assert first == place and length >= least
        place += length
    assert size * count - place < least  # but for less than the least chunk


def test_what_comes_while_the_model_is_busy_is_joined(node: Bridge) -> None:
    quick, _ = node.call("pump", 1, 10, 30, 10, 10**6)
    slow, _ = node.call("pump", 5, 10, 30, 10, 10**6)
    assert len(quick) >= 14 and len(slow) <= 8
    assert max(length for _, length in slow) == 50


def test_a_model_that_is_far_behind_goes_on_with_what_is_said_now(node: Bridge) -> None:
    sent, lost = node.call("pump", 1000, 10, 30, 10, 45)
    assert lost == [50] * 5
    assert sent == [[0, 10], [260, 40]]


@settings(max_examples=40, deadline=None)
@given(width=st.integers(1, 3), capacity=st.integers(1, 9), sizes=st.lists(st.integers(0, 7), max_size=8))
def test_the_last_rows_are_kept(node: Bridge, width: int, capacity: int, sizes: list[int]) -> None:
    rows = np.arange(1, 1 + width * sum(sizes), dtype=np.float32).reshape(-1, width)
    parts = np.split(rows, np.cumsum(sizes))[:-1]
    first, kept = node.call("rolling", width, capacity, [part.ravel() for part in parts])
    assert first == max(0, len(rows) - capacity)
    np.testing.assert_array_equal(kept, rows[-capacity:].ravel())


@pytest.mark.parametrize("sizes", [[1000], [7, 1, 30]], ids=str)
def test_the_envelope_is_the_least_and_the_greatest(node: Bridge, sizes: list[int]) -> None:
    samples = np.random.default_rng(0).normal(0, 0.1, 205).astype(np.float32)
    wanted = [[part.min(), part.max()] for part in np.split(samples, range(10, 205, 10))]
    np.testing.assert_array_equal(node.call("envelope", samples, 10, sizes), np.ravel(wanted).astype(np.float32))
