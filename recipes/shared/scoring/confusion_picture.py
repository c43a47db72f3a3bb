"""The confusion matrix as a picture: which label is taken for which, and how often a label is found at all."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from heedful.apps.pictures import escaped, figure, save
from heedful.recipes.shared.scoring.classification import confusion_matrix, most_mistaken
from heedful.recipes.shared.scoring.percent import between, percent

MANY = 20  # classes from which on the numbers are set smaller
MOST = 40  # classes that are drawn


def confusion_picture(metrics: Mapping, path: Path, examples: str) -> Path:
    """Draws `metrics` of `classification.measure` and their split to `path`: rows are the truth, columns the answers.

    Colour is the share of the row, numbers are `examples` ("clips"), and on the right stands the recall of each row in
    percent. Of more than `MOST` labels those are drawn that are mistaken most. Raises `InputError` as `apps.pictures`
    does; returns `path`.
    """
    labels = most_mistaken(metrics, MOST)["labels"]
    counts = confusion_matrix({**metrics, "labels": labels})
    left = len(metrics["labels"]) - len(labels)
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    names, size = [escaped(label) for label in labels], len(labels)
    cell = 0.46 if size < MANY else 0.33  # inches
    font = 9 if size < MANY else 7
    margin = 0.085 * font / 9 * max(map(len, labels)) + 0.35  # room for the longest label
    width, height = max(margin + size * cell + 1.0, 4.0), 0.75 + size * cell + margin  # never narrower than the title
    drawn = figure(path, width, height)
    from matplotlib.colors import PowerNorm

    drawn.set_layout_engine("none")  # the place of every cell is known
    axes = drawn.add_axes((margin / width, margin / height, size * cell / width, size * cell / height))
    # the square root shows a single confusion beside a diagonal of hundreds
    axes.imshow(share, cmap="Blues", norm=PowerNorm(0.5, 0, 1), interpolation="nearest")
    for row, column in np.argwhere(counts):
        colour = "white" if share[row, column] > 0.35 else "black"
        small = font - 2 if counts[row, column] > 99 else font
        axes.text(column, row, str(counts[row, column]), ha="center", va="center", color=colour, fontsize=small)
    axes.set_xticks(range(size), names, rotation=90, fontsize=font)
    axes.set_yticks(range(size), names, fontsize=font)
    axes.set_xticks(np.arange(size + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(size + 1) - 0.5, minor=True)
    axes.grid(which="minor", color="0.9", linewidth=0.5)
    axes.tick_params(which="both", length=0)
    axes.spines[:].set_visible(False)
    for row, label in enumerate(labels):
        recall = metrics["recall"][label]
        text = f"no {examples}" if recall is None else percent(recall)
        axes.text(size - 0.35, row, text, ha="left", va="center", fontsize=font, color="0.25")
    axes.text(size - 0.35, -0.75, "recall %", ha="left", va="bottom", fontsize=font, color="0.25")
    axes.set_xlabel("answer", fontsize=font + 1)
    axes.set_ylabel("truth", fontsize=font + 1)
    title = f"{metrics['split']}: {percent(metrics['accuracy'])} % of {metrics[examples]} {examples}"
    interval = f"95 % interval {between(metrics['accuracy_interval'])}"
    interval += f"; the {len(labels)} labels of {left + len(labels)} that are mistaken most" * (left > 0)
    drawn.text(0.12 / width, 1 - 0.1 / height, title, fontsize=11, va="top")
    drawn.text(0.12 / width, 1 - 0.32 / height, interval, fontsize=8, va="top", color="0.35")
    save(drawn, path)
    return path
