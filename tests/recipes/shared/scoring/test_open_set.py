"""What has a label and what has none are counted apart."""

import numpy as np
import pytest

from heedful.recipes.shared.scoring.open_set import NONE, line, measure, threshold_of


def test_both_kinds_are_counted_apart():
    targets = np.array([0, 1, 2, 2, 1, NONE, NONE, NONE])
    answers = np.array([0, 1, 2, NONE, 0, NONE, 1, NONE])
    found = measure(targets, answers, seed=0)
    assert found["in_scope"] == 3 / 5 and found["out_of_scope"] == pytest.approx(2 / 3)
    low, high = found["in_scope_interval"]
    assert 0 <= low < 3 / 5 < high <= 1
    assert line(found).startswith("in scope 60.0 % right [") and ", out of scope 66.7 % refused [" in line(found)


def test_what_is_not_there_is_null_and_not_told():
    found = measure(np.array([0, 1, 1]), np.array([0, 1, NONE]), seed=0)
    assert found["out_of_scope"] is None and found["out_of_scope_interval"] is None
    assert "refused" not in line(found)


def test_the_threshold_refuses_no_more_of_what_is_right_than_asked_for():
    right = np.random.default_rng(0).random(401)
    for refused in (0.0, 0.02, 0.3):
        below = np.mean(right < threshold_of(right, refused))
        assert refused - 1 / 401 <= below <= refused
    assert threshold_of(right[:0], 0.1) == 0
