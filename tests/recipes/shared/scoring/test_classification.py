"""The scores of labels against scikit-learn, and their lines as they are read."""

import json

import numpy as np
import pytest
from sklearn import dummy, metrics

from heedful.recipes.shared.scoring.classification import (
    accuracy_line,
    confusion_matrix,
    macro_f1,
    majority,
    majority_line,
    measure,
    most_mistaken,
    most_probable,
    recall_lines,
)

LABELS = ("sport", "old news", "weather", "none")


def drawn(count=211):
    rng = np.random.default_rng(0)
    targets = rng.choice(3, count, p=[0.2, 0.5, 0.3])  # "none" never happens
    return targets, np.where(rng.random(count) < 0.7, targets, rng.integers(0, 4, count))


def test_measure_against_sklearn():
    targets, predicted = drawn()
    found = measure(targets, predicted, LABELS, 0, "texts")
    wanted = metrics.confusion_matrix(targets, predicted, labels=range(4))
    assert confusion_matrix(found).tolist() == wanted.tolist()
    assert sum(len(answers) for answers in found["confusion"].values()) == np.count_nonzero(wanted)
    assert found["accuracy"] == metrics.accuracy_score(targets, predicted)
    recall = metrics.recall_score(targets, predicted, labels=[0, 1, 2], average=None)
    assert list(found["recall"].values()) == [*recall, None]  # pyright: ignore
    assert found["texts"] == 211 and found["labels"] == list(LABELS)
    assert list(found["texts_per_label"].values()) == np.bincount(targets, minlength=4).tolist()
    low, high = found["accuracy_interval"]
    error = np.sqrt(found["accuracy"] * (1 - found["accuracy"]) / 211)
    np.testing.assert_allclose([low, high], found["accuracy"] + np.array([-1.96, 1.96]) * error, atol=error / 3)
    assert (found["interval_unit"], found["interval_units"]) == ("texts", 211)
    assert json.loads(json.dumps(found)) == found


def test_examples_of_a_group_stand_or_fall_together():
    targets, predicted = np.zeros(60, int), np.repeat([0, 1, 0, 0, 1, 0], 10)
    authors = np.repeat(list("uvwxyz"), 10).tolist()
    found = measure(targets, predicted, LABELS, 0, "texts", authors, "authors")
    alone = measure(targets, predicted, LABELS, 0, "texts")
    assert (found["interval_unit"], found["interval_units"]) == ("authors", 6)
    assert np.ptp(found["accuracy_interval"]) > 2 * np.ptp(alone["accuracy_interval"])


def test_majority_is_the_best_constant():
    targets, _ = drawn()
    constant = dummy.DummyClassifier(strategy="most_frequent").fit(targets, targets)
    assert majority(targets, LABELS) == {"label": "old news", "accuracy": constant.score(targets, targets)}
    assert majority(np.array([2, 1, 1, 0, 1]), LABELS) == {"label": "old news", "accuracy": 0.6}


def test_lines():
    found = {"split": "test", **measure(np.array([0, 1, 1, 2]), np.array([0, 1, 0, 2]), LABELS, 0, "texts")}
    low, high = (100 * end for end in found["accuracy_interval"])
    assert accuracy_line(found, "texts") == (
        f"accuracy 75.0 % of 4 texts (test) [95 % interval {low:.1f} to {high:.1f}, resampling 4 texts]"
    )
    assert recall_lines(found, "texts") == [
        "recall % (texts): sport 100.0 (1), old news 50.0 (2), weather 100.0 (1), none - (0)"
    ]
    assert majority_line({"label": "sport", "accuracy": 0.25}) == "baselines: always sport 25.0 %"


def test_many_labels_are_wrapped_between_them():
    labels = [f"a long label {number}" for number in range(17)]
    lines = recall_lines(measure(np.arange(17), np.arange(17), labels, 0, "texts"), "texts")
    assert len(lines) > 1 and max(map(len, lines)) <= 110
    assert " ".join(line.strip() for line in lines).count(" 100.0 (1)") == 17
    assert all(line.rstrip(",").endswith("(1)") for line in lines)


def test_most_probable():
    assert most_probable([[0.1, 0.7, 0.2], [0.5, 0.1, 0.4]], 2, "texts").tolist() == [1, 0]
    for wrong in (np.zeros((3, 2)), np.zeros(2)):
        with pytest.raises(ValueError, match="2 texts gave probabilities of shape"):
            most_probable(wrong, 2, "texts")
    with pytest.raises(ValueError, match="NaN or infinite"):
        most_probable([[np.nan, 1]], 1, "texts")


def test_macro_f1_is_the_mean_of_the_labels_that_are_there_or_answered():
    random = np.random.default_rng(4)
    targets, predicted = random.integers(5, size=83), random.integers(5, size=83)
    predicted = np.where(random.random(83) < 0.6, targets, predicted)
    found = macro_f1(targets, predicted, 7, seed=0)  # two labels are never there
    assert found["macro_f1"] == pytest.approx(metrics.f1_score(targets, predicted, average="macro"))
    low, high = found["macro_f1_interval"]
    assert low < found["macro_f1"] < high and 0.05 < high - low < 0.4


def test_the_most_mistaken_labels_keep_their_order_and_their_recall():
    targets = np.array([0, 0, 1, 1, 2, 2, 3, 3])
    predicted = np.array([0, 0, 3, 1, 2, 0, 3, 1])  # 1 and 3 three times, 0 and 2 once
    found = most_mistaken(measure(targets, predicted, LABELS, 0, "texts"), 2)
    assert found["labels"] == [LABELS[1], LABELS[3]] and confusion_matrix(found).tolist() == [[1, 1], [1, 1]]
    assert found["recall"] == {LABELS[1]: 0.5, LABELS[3]: 0.5} and found["texts"] == 8
