"""The confusion matrix as a picture: which word is taken for which, and how often a word is recognised at all."""

from collections.abc import Mapping
from os import PathLike

import numpy as np

from heedful.apps.errors import InputError
from heedful.apps.files import atomic_path

MANY = 20  # classes from which on the numbers are set smaller


def confusion_picture(metrics: Mapping, path: str | PathLike[str]) -> None:
    """Draws `metrics` of `evaluate` to `path` (.png, .svg, .pdf): rows are the truth, columns the answers.

    Colour is the share of the row, numbers are clips, and on the right stands the recall of each row in percent.
    Raises `InputError` when matplotlib is not installed, or as `atomic_path` does.
    """
    try:
        from matplotlib.colors import PowerNorm
        from matplotlib.figure import Figure
    except ImportError:
        raise InputError("the picture needs matplotlib: pip install matplotlib") from None

    labels = list(metrics["labels"])
    counts = np.array(metrics["confusion"])
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    size = len(labels)
    cell = 0.46 if size < MANY else 0.33  # inches
    font = 9 if size < MANY else 7
    margin = 0.085 * font / 9 * max(map(len, labels)) + 0.35  # room for the longest label
    width, height = max(margin + size * cell + 1.0, 4.0), 0.75 + size * cell + margin  # never narrower than the title
    figure = Figure(figsize=(width, height), dpi=150)
    axes = figure.add_axes((margin / width, margin / height, size * cell / width, size * cell / height))
    # the square root shows a single confusion beside a diagonal of hundreds
    axes.imshow(share, cmap="Blues", norm=PowerNorm(0.5, 0, 1), interpolation="nearest")
    for row, column in np.argwhere(counts):
        colour = "white" if share[row, column] > 0.35 else "black"
        small = font - 2 if counts[row, column] > 99 else font
        axes.text(column, row, str(counts[row, column]), ha="center", va="center", color=colour, fontsize=small)
    axes.set_xticks(range(size), labels, rotation=90, fontsize=font)
    axes.set_yticks(range(size), labels, fontsize=font)
    axes.set_xticks(np.arange(size + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(size + 1) - 0.5, minor=True)
    axes.grid(which="minor", color="0.9", linewidth=0.5)
    axes.tick_params(which="both", length=0)
    axes.spines[:].set_visible(False)
    for row, label in enumerate(labels):
        recall = metrics["recall"][label]
        text = "no clips" if recall is None else f"{100 * recall:.1f}"
        axes.text(size - 0.35, row, text, ha="left", va="center", fontsize=font, color="0.25")
    axes.text(size - 0.35, -0.75, "recall %", ha="left", va="bottom", fontsize=font, color="0.25")
    axes.set_xlabel("answer", fontsize=font + 1)
    axes.set_ylabel("truth", fontsize=font + 1)
    low, high = metrics["accuracy_interval"]
    title = f"{metrics['split']}: {100 * metrics['accuracy']:.1f} % of {metrics['clips']} clips"
    interval = f"95 % interval {100 * low:.1f} to {100 * high:.1f}"
    figure.text(0.12 / width, 1 - 0.1 / height, title, fontsize=11, va="top")
    figure.text(0.12 / width, 1 - 0.32 / height, interval, fontsize=8, va="top", color="0.35")
    with atomic_path(path) as temporary:
        figure.savefig(temporary)
