"""How well labels are found: accuracy with its uncertainty, each label by itself, and the commonest label beside them.

`examples` is what has a label, in the plural and as a key ("clips"); `grouped` is what several of them come from.
"""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from heedful.recipes.shared.scoring.interval import bootstrap, bootstrap_units, resampling_units
from heedful.recipes.shared.scoring.percent import between, percent


def most_probable(probabilities: Any, count: int, examples: str) -> np.ndarray:
    """The label of each of `count` examples, int (count,), from probabilities (count, labels).

    Raises ValueError when they are something else than finite numbers, one row an example.
    """
    probabilities = np.asarray(probabilities)
    if probabilities.ndim != 2 or len(probabilities) != count:
        raise ValueError(f"{count} {examples} gave probabilities of shape {probabilities.shape}")
    if not np.isfinite(probabilities).all():
        raise ValueError("the model gives NaN or infinite probabilities: its weights are broken")
    return probabilities.argmax(axis=1)


def measure(
    targets: np.ndarray, predicted: np.ndarray, labels: Sequence[str], seed: int, examples: str,
    groups: Sequence[str] | None = None, grouped: str = "",
) -> dict[str, Any]:  # fmt: skip
    """The scores of labels `predicted` int (n,) for `targets` int (n,), as a dict for JSON:

    EXAMPLES, labels               what was measured
    EXAMPLES_per_label             {label: examples}
    accuracy, accuracy_interval    share of right answers, and [low, high] of its 95 % bootstrap interval
    interval_unit, interval_units  `grouped` or `examples`: what was resampled, and how many there are; of `groups` (n,)
                                   at least two must have a name
    recall                         {label: share of its examples that were found, null where it has none}
    confusion                      {label: {answer: examples}}, without zeros: of many labels most pairs never occur
    """
    correct = predicted == targets
    units, count = resampling_units(groups or [""] * len(targets))
    confusion = np.zeros((len(labels), len(labels)), int)
    np.add.at(confusion, (targets, predicted), 1)
    found = zip(labels, np.diag(confusion).tolist(), confusion.sum(axis=1).tolist(), strict=True)
    recall = {label: right / of if of else None for label, right, of in found}
    return {
        examples: len(targets),
        "labels": list(labels),
        f"{examples}_per_label": dict(zip(labels, confusion.sum(axis=1).tolist(), strict=True)),
        "accuracy": float(correct.mean()),
        "accuracy_interval": bootstrap_units(correct, units, seed).tolist(),
        "interval_unit": grouped if count else examples,
        "interval_units": count or len(targets),
        "recall": recall,
        "confusion": {
            label: {labels[answer]: int(row[answer]) for answer in np.flatnonzero(row).tolist()}
            for label, row in zip(labels, confusion, strict=True)
        },
    }


def confusion_matrix(metrics: Mapping) -> np.ndarray:
    """The `confusion` of `measure`, int `(labels, labels)`: rows are the truth, columns the answers."""
    rows = (metrics["confusion"].get(label, {}) for label in metrics["labels"])
    return np.array([[row.get(answer, 0) for answer in metrics["labels"]] for row in rows])


def macro_f1(targets: np.ndarray, predicted: np.ndarray, labels: int, seed: int) -> dict[str, Any]:
    """The mean of the F1 of every label that is there or answered: {"macro_f1", "macro_f1_interval"} (95 %, bootstrap
    over the examples).
    """
    truth, answers = np.eye(labels)[targets], np.eye(labels)[predicted]

    def mean(sums: np.ndarray) -> np.ndarray:
        """Of sums `(n, 2 * labels)`: right answers of each label, and examples with it plus answers of it."""
        right, there = np.split(sums, 2, axis=1)
        return np.sum(2 * right / np.maximum(there, 1), axis=1) / np.sum(there > 0, axis=1)

    counts = np.concatenate([truth * answers, truth + answers], axis=1)
    value = mean(counts.sum(axis=0, keepdims=True))[0]
    return {"macro_f1": float(value), "macro_f1_interval": bootstrap(counts, mean, seed).tolist()}


def majority(targets: np.ndarray, labels: Sequence[str]) -> dict[str, Any]:
    """The best constant answer to `targets` int (n,): {"label", "accuracy"}."""
    counts = np.bincount(targets, minlength=len(labels))
    return {"label": labels[int(counts.argmax())], "accuracy": float(counts.max() / counts.sum())}


def accuracy_line(metrics: Mapping, examples: str) -> str:
    """What `measure` found of a split, in percent: accuracy and interval."""
    return (
        f"accuracy {percent(metrics['accuracy'])} % of {metrics[examples]} {examples} ({metrics['split']}) [95 % "
        f"interval {between(metrics['accuracy_interval'])}, resampling {metrics['interval_units']} "
        f"{metrics['interval_unit']}]"
    )


def most_mistaken(metrics: Mapping, most: int = 24) -> dict[str, Any]:
    """The `metrics` of `measure` with `most` labels at most: those that are taken for others, or others for them, most
    often.
    """
    confusion = confusion_matrix(metrics)
    mistakes = confusion.sum(axis=0) + confusion.sum(axis=1) - 2 * np.diag(confusion)
    kept = np.sort(np.argsort(-mistakes, kind="stable")[:most])
    labels = [metrics["labels"][place] for place in kept]
    recall = {label: metrics["recall"][label] for label in labels}
    return {**metrics, "labels": labels, "recall": recall}


def recall_lines(metrics: Mapping, examples: str) -> list[str]:
    """The recall of each label, in percent, and how many examples it has; a line breaks between labels only."""
    counts = metrics[f"{examples}_per_label"]
    cells = [f"{label} {percent(recall)} ({counts[label]})" for label, recall in metrics["recall"].items()]
    some = f" of the {len(cells)} labels that are mistaken most" * (len(cells) < len(counts))
    text = f"recall % ({examples}){some}: " + ", ".join(cell.replace(" ", "\0") for cell in cells)
    return [line.replace("\0", " ") for line in textwrap.wrap(text, 110, subsequent_indent="  ")]


def majority_line(found: Mapping) -> str:
    """What `majority` found."""
    return f"baselines: always {found['label']} {percent(found['accuracy'])} %"
