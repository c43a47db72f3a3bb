"""Temperature and calibration error, by their formulas in loops."""

import math

import numpy as np
import pytest

from heedful.apps.calibration import tempered
from heedful.recipes.shared.scoring.calibration import calibration_error, temperature_of


def softmax(logits):
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


def test_tempered_probabilities_are_those_of_divided_logits():
    logits = np.random.default_rng(1).normal(0, 3, (7, 5))
    np.testing.assert_allclose(tempered(softmax(logits), 2.5), softmax(logits / 2.5), atol=1e-9)
    np.testing.assert_allclose(tempered(np.array([1.0, 0.0, 0.0]), 1.0), [1, 0, 0], atol=1e-9)  # no NaN of a zero


@pytest.mark.parametrize("true", [0.5, 1.0, 3.0])
def test_the_temperature_is_found_by_which_the_answers_were_drawn(true):
    random = np.random.default_rng(2)
    logits = random.normal(0, 2, (20_000, 4))
    targets = (softmax(logits / true).cumsum(axis=1) < random.random((20_000, 1))).sum(axis=1)
    assert temperature_of(softmax(logits), targets) == pytest.approx(true, rel=0.07)


def test_the_calibration_error_is_that_of_the_definition():
    random = np.random.default_rng(3)
    values = softmax(random.normal(0, 2, (301, 6)))
    targets = random.integers(6, size=301)
    error = 0.0
    for place in range(15):
        rows = [row for row in range(301) if place == min(14, math.floor(values[row].max() * 15))]
        if rows:
            right = sum(values[row].argmax() == targets[row] for row in rows) / len(rows)
            error += len(rows) / 301 * abs(right - sum(values[row].max() for row in rows) / len(rows))
    assert calibration_error(values, targets) == pytest.approx(error, abs=1e-12)
    assert calibration_error(np.eye(6)[targets], targets) == 0
