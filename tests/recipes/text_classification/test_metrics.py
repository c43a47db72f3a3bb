"""The operating point and the metrics of a model whose probabilities are known."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from heedful.recipes.text_classification import metrics
from heedful.recipes.text_classification.data import Split

LABELS = ["a", "b", "c", "oos"]


def made(count=400, seed=0):
    """Data of `count` texts whose ids say which row of the probabilities is theirs, and what predicts these."""
    random = np.random.default_rng(seed)
    targets = random.integers(4, size=count)
    logits = random.normal(0, 1, (count, 4)) + 3 * np.eye(4)[targets] * (random.random((count, 1)) < 0.9)
    values = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    ids = np.stack([np.arange(count) + 1, np.full(count, 7), np.zeros(count, int)], axis=1).astype(np.int32)
    split = Split([f"text {n}" for n in range(count)], ids, targets.astype(np.int32))
    data: Any = SimpleNamespace(
        split=lambda name: split,
        splits={"train": Split([], ids[:0], targets[:0])},
        facts={"labels": LABELS, "outside": 3},
        config=SimpleNamespace(refused=0.05),
    )

    def predict(given):
        rows = np.maximum(given["ids"][:, 0], 1) - 1
        return {"probabilities": values[rows], "attention": np.full((len(rows), 2, 3), 1 / 3)}

    return data, predict, values, targets


def test_the_threshold_refuses_the_share_of_right_answers_that_was_asked_for():
    data, predict, values, targets = made()
    point = metrics.operating_point(predict, data)
    raised = values ** (1 / point["temperature"])
    calibrated = raised / raised.sum(axis=1, keepdims=True)
    right = (calibrated[:, :3].argmax(axis=1) == targets) & (targets < 3)
    lead = calibrated[:, :3].max(axis=1) - calibrated[:, 3]
    refused = np.mean(lead[right] < point["threshold"])
    assert 0.05 - 1 / right.sum() <= refused <= 0.05 + 1e-9


def test_the_metrics_are_those_of_their_definitions():
    data, predict, values, targets = made()
    point = {"temperature": 1.0, "threshold": 0.5}
    found = metrics.evaluate(predict, data, "validation", point)
    scope, lead = targets < 3, values[:, :3].max(axis=1) - values[:, 3]
    assert found["accuracy"] == pytest.approx(np.mean(values.argmax(axis=1) == targets))
    hits = (values[:, :3].argmax(axis=1) == targets) & (lead >= 0.5)
    assert found["in_scope"] == pytest.approx(hits[scope].mean())
    assert found["out_of_scope"] == pytest.approx(np.mean(lead[~scope] < 0.5))
    assert found["calibration_error"] == found["calibration_error_before"] < 0.2
    assert found["deletion"]["texts"] == 100 and "linear" not in found["baselines"]
    text = metrics.describe(found)
    assert "at the threshold of 50.0 %: in scope" in text and "while words are hidden" in text


def test_a_model_that_gives_no_numbers_is_an_error():
    data, _, _, _ = made()
    with pytest.raises(ValueError, match="NaN"):
        metrics.score(lambda given: {"probabilities": np.full((len(given["ids"]), 4), np.nan)}, data, "validation")
