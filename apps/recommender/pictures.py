"""A picture of what each recommendation attended to: a heat map over the history."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from heedful.apps import pictures
from heedful.apps.pictures import ACCENT, INK
from heedful.apps.recommender.recommendation import Recommendation, aligned

ACTIONS = 30  # columns: more would be too narrow for their names
ROWS = 20
CELL = 0.3  # inches, the least side of a cell
NAME = 34  # characters of a title
TEXT = 8.5  # points
WRITTEN = 0.25  # of the greatest weight: from here on a weight is also written into its cell, in percent


def draw(path: Path, history: Sequence[str], titles: Sequence[str], answer: Sequence[Recommendation]) -> None:
    """Rows are `answer` (best first), columns the last actions (the newest at the right), colours their weights.

    `history` and `titles` hold ids and titles of the whole history, the oldest first. What is left out is said in the
    picture's title. Raises `InputError` when matplotlib is missing, or the picture's folder or format is not usable.
    """
    figure = pictures.figure(path, 9.0, 5.0)
    read = len(answer[0].attention) if answer else 0  # of the last actions, by the model
    shown, rows = min(ACTIONS, read), answer[:ROWS]
    past = [_name(*pair) for pair in zip(titles[-shown:], history[-shown:], strict=True)] if shown else []
    scores = aligned([entry.score for entry in rows])
    names = [
        f"{place}. {_name(entry.title, entry.item)}   {score}"
        for place, (entry, score) in enumerate(zip(rows, scores, strict=True), 1)
    ]
    width = CELL * max(shown, 12) + 0.075 * max([len(name) for name in names], default=0) + 1.6
    height = CELL * max(len(rows), 4) + 0.062 * max(map(len, past), default=0) + 1.5
    figure.set_size_inches(max(width, 7.5), height)  # the title's width
    panel = figure.subplots()
    figure.suptitle(_title(len(history), answer, read, shown, len(rows)), color=INK, fontsize=11)
    if rows:
        _draw_weights(figure, panel, np.stack([entry.attention[-shown:] for entry in rows]))
    panel.set_yticks(range(len(rows)), [pictures.escaped(name) for name in names])
    slant: dict[str, Any] = {"rotation": 50, "ha": "right", "rotation_mode": "anchor"}
    panel.set_xticks(range(len(past)), [pictures.escaped(name) for name in past], **slant)
    panel.tick_params(labelsize=TEXT, colors=INK, length=0)
    panel.spines[:].set_visible(False)
    panel.set_xlabel("past actions, the newest at the right", fontsize=9, color=INK)
    pictures.save(figure, path)


def _draw_weights(figure: Any, panel: Any, weights: np.ndarray) -> None:
    """`weights` `(rows, actions)`."""
    from matplotlib.colors import LinearSegmentedColormap

    colours = LinearSegmentedColormap.from_list("attention", ["#f6f7f9", "#efb4bb", ACCENT, "#5c1a2b"])
    limit = max(1e-6, float(weights.max()))
    image = panel.imshow(weights, cmap=colours, vmin=0.0, vmax=limit, aspect="auto", interpolation="nearest")
    for row, column in np.argwhere(weights >= max(0.005, WRITTEN * limit)):
        value = float(weights[row, column])
        colour = "white" if value > 0.5 * limit else INK
        panel.text(column, row, f"{100 * value:.0f}", ha="center", va="center", fontsize=7, color=colour)
    panel.set_xticks(np.arange(0.5, weights.shape[1] - 1), minor=True)
    panel.set_yticks(np.arange(0.5, len(weights) - 1), minor=True)
    panel.grid(which="minor", color="white", linewidth=1.0)
    panel.tick_params(which="minor", length=0)
    bar = figure.colorbar(
        image, ax=panel, fraction=0.02, aspect=40, pad=0.01, format=lambda value, _: f"{100 * value:.0f} %"
    )
    bar.set_label("attention", fontsize=9, color=INK)
    bar.ax.tick_params(labelsize=TEXT, colors=INK)
    bar.outline.set_visible(False)


def _title(actions: int, answer: Sequence[Recommendation], read: int, shown: int, rows: int) -> str:
    """What the picture shows, and what it leaves out."""
    if not rows:
        return f"nothing is left to recommend after {actions:,} actions"
    text = f"what the best {rows} of {len(answer)} items" if rows < len(answer) else "what each item"
    if shown == actions:
        return f"{text} attended to in " + (f"the {actions} past actions" if actions > 1 else "the one past action")
    text += f" attended to in the last {shown} of {actions:,} actions"
    if shown == read:
        return f"{text}, all that the model read"
    shares = [100 * float(entry.attention[-shown:].sum() / max(1e-9, entry.attention.sum())) for entry in answer[:rows]]
    return f"{text},\nwhich hold {min(shares):.0f} to {max(shares):.0f} % of the attention (the model read {read:,})"


def _name(title: str, item: str) -> str:
    """The title as far as the font can draw it, else the id: boxes in place of letters name nothing."""
    title, item = (" ".join(text.split()) for text in (title, item))
    name = title if title and all(map(pictures.drawable, title)) else item
    return pictures.shortened("".join(c if pictures.drawable(c) else "\N{REPLACEMENT CHARACTER}" for c in name), NAME)
