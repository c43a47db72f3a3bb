"""Scores of a model beside those of what needs no model, as bars: is the difference larger than the doubt?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from heedful.apps.pictures import ACCENT, INK, figure, save

COLOURS = (ACCENT, "#6f8ea3", "#b4c0ca", "#dde3e8", "#e8d9b5", "#cdbb8a")  # the model, then what it is compared with
WIDTH = 0.8  # of all bars of a score together; the rest divides the scores
ROOM = 0.68  # inches of a score, for its name
MANY = 5  # scores of a panel from which on their names are set smaller


@dataclass(frozen=True)
class Panel:
    """Scores that share an axis."""

    scores: Mapping[str, str]  # key of the metrics to name
    unit: str
    scale: float = 1  # what a value is drawn times
    written: str = ""  # how a value is written over its bar, as `format` takes it; empty: not at all
    label: str = ""  # what the scores are, below their names


def bars_picture(path: Path, title: str, panels: Sequence[Panel], rows: Mapping[str, Mapping]) -> Path:
    """Draws to `path` the `rows`: a name, and the metrics that hold the scores of every panel.

    Whiskers are their "intervals" [low, high], where they have some. Panels of the same unit share its axis.
    Raises `InputError` as `apps.pictures` does; returns `path`.
    """
    ratios = [len(panel.scores) for panel in panels]
    drawn = figure(path, max(10, ROOM * sum(ratios)), 4.2)
    places = drawn.subplots(1, len(panels), width_ratios=ratios, squeeze=False)[0]
    width = WIDTH / len(rows)
    first_of = {panel.unit: place for panel, place in reversed([*zip(panels, places, strict=True)])}
    for panel, place in zip(panels, places, strict=True):
        if place is not first_of[panel.unit]:
            place.sharey(first_of[panel.unit])
        for row, (name, metrics) in enumerate(rows.items()):
            shift = (row - (len(rows) - 1) / 2) * width
            for score, key in enumerate(panel.scores):
                label = name if place is places[0] and score == 0 else None
                top = value = panel.scale * metrics[key]
                place.bar(score + shift, value, width, color=COLOURS[row % len(COLOURS)], label=label)
                if ends := metrics.get("intervals", {}).get(key):
                    low, high = (panel.scale * end for end in ends)
                    span = [[max(value - low, 0)], [max(high - value, 0)]]  # the value may lie outside
                    place.errorbar(score + shift, value, span, color=INK, linewidth=1, capsize=2)
                    top = max(value, high)
                if panel.written:
                    place.annotate(format(value, panel.written), (score + shift, top), (0, 3), ha="center",
                                   textcoords="offset points", fontsize=8, color=INK)  # fmt: skip
        place.set_xticks(range(len(panel.scores)), panel.scores.values())
        place.set_xlabel(panel.label, fontsize=9, color=INK)
        place.set_ylabel(panel.unit if place is first_of[panel.unit] else "", fontsize=9, color=INK)
        place.tick_params(labelsize=9, colors=INK, labelleft=place is first_of[panel.unit])
        place.tick_params(axis="x", length=0, labelsize=7 if len(panel.scores) > MANY else 9)
        place.spines[["top", "right"]].set_visible(False)
    drawn.legend(fontsize=8, frameon=False, loc="outside lower center", ncols=len(rows))
    drawn.suptitle(title, color=INK, fontsize=11)
    save(drawn, path)
    return path
