"""How well texts are sorted: accuracy and macro F1 with their doubt, calibration, and what is none of the labels.

`accuracy` is of all labels alike, whatever the threshold; `in_scope` and `out_of_scope` are at the operating point.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from heedful.apps.calibration import tempered
from heedful.apps.text_classification.answer import UNTOLD, best, decided
from heedful.recipes.contract import Metric
from heedful.recipes.shared.scoring import classification, deletion, open_set
from heedful.recipes.shared.scoring.calibration import calibration_error, temperature_of
from heedful.recipes.shared.scoring.confusion_picture import confusion_picture
from heedful.recipes.shared.scoring.linear_text import support_vectors
from heedful.recipes.shared.scoring.percent import between, percent
from heedful.recipes.text_classification.data import TextData

METRIC = Metric("accuracy")


def probabilities_of(predict: Any, ids: np.ndarray) -> np.ndarray:
    """`(texts, labels)`. Raises ValueError where they are no numbers."""
    classification.most_probable(found := predict({"ids": ids})["probabilities"], len(ids), "texts")
    return found


def score(predict: Any, data: TextData, split: str) -> float:
    rows = data.split(split)
    return float(np.mean(probabilities_of(predict, rows.ids).argmax(axis=1) == rows.targets))


def baseline(data: TextData) -> float:
    """Always the commonest label."""
    return classification.majority(data.split("validation").targets, data.facts["labels"])["accuracy"]


def operating_point(predict: Any, data: TextData) -> dict[str, float]:
    """The temperature, and the threshold that refuses `config.refused` of the right answers, on validation; at least 0,
    so that none is given where `outside` is more probable.
    """
    rows = data.split("validation")
    temperature = temperature_of(probabilities := probabilities_of(predict, rows.ids), rows.targets)
    labels, lead = best(tempered(probabilities, temperature), data.facts["outside"])
    threshold = open_set.threshold_of(lead[labels == rows.targets], data.config.refused)
    return {"temperature": temperature, "threshold": max(0.0, threshold)}


def evaluate(
    predict: Any, data: TextData, split: str, operating_point: Mapping[str, float] = UNTOLD, seed: int = 0
) -> dict[str, Any]:
    """All metrics of a split at an operating point, as a dict for JSON."""
    rows, labels, outside = data.split(split), data.facts["labels"], data.facts["outside"]
    targets, probabilities = rows.targets, probabilities_of(predict, rows.ids)
    predicted, scope = probabilities.argmax(axis=1), np.where(targets == outside, open_set.NONE, targets)
    baselines: dict[str, Any] = {"majority": classification.majority(targets, labels)}
    taught = data.splits["train"]
    if len(np.unique(taught.targets)) > 1:
        answers = support_vectors(taught.texts, taught.targets).predict(rows.texts)
        refused = np.where(answers == outside, open_set.NONE, answers)
        baselines["linear"] = {"accuracy": float(np.mean(answers == targets)), **open_set.measure(scope, refused, seed)}
    return {
        "split": split,
        **classification.measure(targets, predicted, labels, seed, "texts"),
        **classification.macro_f1(targets, predicted, len(labels), seed),
        "calibration_error": calibration_error(tempered(probabilities, operating_point["temperature"]), targets),
        "calibration_error_before": calibration_error(probabilities, targets),
        "operating_point": dict(operating_point),
        **open_set.measure(scope, decided(probabilities, outside, operating_point), seed),
        "baselines": baselines,
        "deletion": deletion.deletion(predict, rows.ids, seed),
    }


def describe(metrics: Mapping[str, Any]) -> str:
    """The metrics in lines of text; every share in percent."""
    point, baselines, hidden = metrics["operating_point"], metrics["baselines"], metrics["deletion"]
    lines = [
        classification.accuracy_line(metrics, "texts"),
        f"macro F1 {percent(metrics['macro_f1'])} % [{between(metrics['macro_f1_interval'])}]; calibration error "
        f"{percent(metrics['calibration_error'])} % at temperature {point['temperature']:.2f}, "
        f"{percent(metrics['calibration_error_before'])} % without",
        f"at the threshold of {percent(point['threshold'])} %: {open_set.line(metrics)}",
        *classification.recall_lines(classification.most_mistaken(metrics), "texts"),
        classification.majority_line(baselines["majority"]),
    ]
    if linear := baselines.get("linear"):
        lines[-1] += f", linear model of TF-IDF {percent(linear['accuracy'])} % ({open_set.line(linear)})"
    return "\n".join([*lines, *([deletion.line(hidden)] if hidden else [])])


def pictures(metrics: Mapping[str, Any], folder: Path) -> list[Path]:
    """Draws the confusion matrix into `folder`."""
    return [confusion_picture(metrics, folder / "confusion.png", "texts")]
