"""The scores of a captioner beside what needs no model, as a picture: is the difference larger than the doubt?"""

from collections.abc import Mapping
from os import PathLike
from typing import Any

import numpy as np

from heedful.apps.errors import InputError
from heedful.apps.files import atomic_path

INK = "#22303c"
ROWS = (  # key, name, colour
    ("model", "model", "#d1495b"),
    ("nearest_image", "caption of the nearest image", "#6f8ea3"),
    ("random", "a random caption", "#b4c0ca"),
    ("most_frequent", "the most frequent caption", "#dde3e8"),
)


def scores_picture(metrics: Mapping, path: str | PathLike[str]) -> None:
    """Draws `metrics` of `evaluate` to `path` (.png, .svg, .pdf): BLEU-1 to 4 in percent, and CIDEr-D.

    Whiskers are the 95 % intervals. Raises `InputError` when matplotlib is not installed, or as `atomic_path` does.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise InputError("the picture needs matplotlib: pip install matplotlib") from None

    found = {"model": metrics, **metrics["baselines"]}
    rows = [(name, colour, found[key]) for key, name, colour in ROWS if found[key]]
    figure = Figure(figsize=(10, 4.2), dpi=130, layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(3, 1))
    for place, (name, colour, scores) in enumerate(rows):
        shift = (place - (len(rows) - 1) / 2) * 0.8 / len(rows)
        bleu = 100 * np.array([scores[f"bleu_{order}"] for order in range(1, 5)])
        left.bar(np.arange(4) + shift, bleu, 0.8 / len(rows), color=colour, label=name)
        _whisker(left, 3 + shift, bleu[3], 100 * np.array(scores["intervals"]["bleu_4"]))
        right.bar(place, scores["cider"], 0.8, color=colour)
        _whisker(right, place, scores["cider"], np.array(scores["intervals"]["cider"]))
        right.text(place, scores["intervals"]["cider"][1], f"{scores['cider']:.3f}\n", ha="center", va="center",
                   fontsize=8, color=INK)  # fmt: skip
    left.set_xticks(range(4), [f"BLEU-{order}" for order in range(1, 5)])
    left.set_ylabel("percent", fontsize=9, color=INK)
    figure.legend(fontsize=8, frameon=False, loc="outside lower center", ncols=len(rows))
    right.set_xticks([])
    right.set_xlabel("CIDEr-D", fontsize=9, color=INK)
    for panel in (left, right):
        panel.tick_params(labelsize=9, colors=INK)
        panel.tick_params(axis="x", length=0)
        panel.spines[["top", "right"]].set_visible(False)
    low, high = metrics["intervals"]["cider"]
    figure.suptitle(
        f"{metrics['split']}: CIDEr-D {metrics['cider']:.3f} [{low:.3f} to {high:.3f}], BLEU-4 "
        f"{100 * metrics['bleu_4']:.1f} % of {metrics['images']:,} images, beam {metrics['decoding']['beam']}",
        color=INK, fontsize=11,
    )  # fmt: skip
    with atomic_path(path) as temporary:
        figure.savefig(temporary, facecolor="white")


def _whisker(panel: Any, place: float, value: float, ends: np.ndarray) -> None:
    low, high = np.maximum([value - ends[0], ends[1] - value], 0)  # a percentile interval may leave the value out
    panel.errorbar(place, value, [[low], [high]], color=INK, linewidth=1, capsize=2)
