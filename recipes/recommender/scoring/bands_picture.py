"""Where a recommender is good: by how much it knows of the user, and by how popular the item is that came next."""

from collections.abc import Mapping
from os import PathLike
from typing import Any

import numpy as np

from heedful.apps.errors import InputError
from heedful.apps.files import atomic_path

INK, SOFT, ACCENT = "#22303c", "#b4c0ca", "#d1495b"
PANELS = (
    ("by_history_length", "actions in the history, and how many users"),
    ("by_item_popularity", "popularity of the next item in the catalogue, and how many users"),
)


def bands_picture(metrics: Mapping, path: str | PathLike[str]) -> None:
    """Draws the NDCG@10 of `metrics` of `evaluate` to `path` (.png, .svg, .pdf), beside that of the best baseline.

    Raises `InputError` when matplotlib is not installed, or as `atomic_path` does.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise InputError("the picture needs matplotlib: pip install matplotlib") from None

    figure = Figure(figsize=(10, 4.2), dpi=130, layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    for panel, (key, label) in zip(panels, PANELS, strict=True):
        _draw(panel, metrics[key], metrics["best_baseline"])
        panel.set_xlabel(label, fontsize=9, color=INK)
    panels[0].set_ylabel("NDCG@10", fontsize=9, color=INK)
    panels[0].legend(fontsize=8, frameon=False, loc="upper left")
    low, high = metrics["intervals"]["NDCG@10"]
    figure.suptitle(
        f"{metrics['split']}: NDCG@10 {metrics['NDCG@10']:.4f} [{low:.4f} to {high:.4f}] of {metrics['users']:,} users",
        color=INK, fontsize=11,
    )  # fmt: skip
    with atomic_path(path) as temporary:
        figure.savefig(temporary, facecolor="white")


def _draw(panel: Any, bands: list[Mapping], baseline: str) -> None:
    place = np.arange(len(bands))
    mine = [band["NDCG@10"] for band in bands]
    other = [band["baseline"]["NDCG@10"] for band in bands]
    panel.bar(place - 0.2, mine, 0.4, color=ACCENT, label="model")
    panel.bar(place + 0.2, other, 0.4, color=SOFT, label=f"{baseline}, the best baseline")
    panel.set_xticks(place, [f"{band['band']}\n{band['users']:,}" for band in bands])
    panel.tick_params(labelsize=8, colors=INK)
    panel.tick_params(axis="x", labelsize=7, length=0)
    panel.spines[["top", "right"]].set_visible(False)
