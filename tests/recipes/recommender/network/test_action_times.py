"""What the clock says of an action, against the calendar of Python."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from small_recommender import float64, shake

from heedful.recipes.recommender.network.action_times import ActionTimes

WIDTH = 11
START = datetime(2000, 1, 1, tzinfo=UTC)
ROWS = [
    ["2024-05-31 09:30:00", "2024-05-31 09:30:00", "2024-05-31 09:30:01", "2024-06-02 23:59:59", "2024-06-03 00:00:00"],
    [None, None, "1987-02-28 07:00:00", None, "2061-12-25 12:00:00"],
    [None, "2024-02-28 23:00:00", "2024-02-29 23:00:00", "2024-02-29 22:00:00", None],  # one is earlier than before it
]


def moment(text):
    return text and datetime.fromisoformat(text).replace(tzinfo=UTC)


def seconds(row):
    return [int((moment(text) - START) / timedelta(seconds=1)) if text else 0 for text in row]


def expected(layer, row):
    """Sum of the embeddings of gap, hour and weekday; number 0 is for what is not known."""
    found = []
    for before, after in zip(map(moment, row), list(map(moment, row))[1:], strict=False):
        numbers = [0, after.hour + 1 if after else 0, after.isoweekday() if after else 0]
        if before and after:
            gap = (after - before).total_seconds()
            numbers[0] = 1 + sum(gap >= 2**power for power in range(28))
        tables = (layer.gap, layer.hour, layer.weekday)
        found.append(sum(float64(table)[number] for table, number in zip(tables, numbers, strict=True)))
    return found


@pytest.fixture(scope="module")
def layer():
    layer = ActionTimes(WIDTH)
    layer.build((None, 5))
    return shake(layer)


def test_it_is_the_gap_the_hour_and_the_weekday_of_the_next_moment(layer):
    found = float64(layer(np.array([seconds(row) for row in ROWS], np.int32)))
    assert found.shape == (3, 4, WIDTH)
    np.testing.assert_allclose(found, [expected(layer, row) for row in ROWS], atol=1e-6)


def test_gaps_of_a_second_an_hour_and_a_year_are_told_apart(layer):
    for gap, power in ((1, 0), (3599, 11), (4096, 12), (365 * 86400, 24), (2**27, 27), (2**31 - 9, 27)):
        times = np.array([[8, 8 + gap]], np.int32)
        alone = float64(layer(np.array([[0, 8 + gap]], np.int32)))
        wanted = float64(layer.gap)[1 + power + 1] - float64(layer.gap)[0]
        np.testing.assert_allclose(float64(layer(times)) - alone, wanted[None, None], atol=1e-6)


def test_every_weight_is_named_and_starts_without_effect():
    layer = ActionTimes(WIDTH)
    layer.build((None, 5))
    assert {weight.name: tuple(weight.shape) for weight in layer.weights} == {
        "gap": (30, WIDTH), "hour": (25, WIDTH), "weekday": (8, WIDTH),
    }  # fmt: skip
    assert not any(float64(weight).any() for weight in layer.weights)
