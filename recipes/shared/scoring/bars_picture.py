"""Scores of a model beside those of what needs no model, as bars: is the difference larger than the doubt?"""

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike

from heedful.apps.errors import InputError
from heedful.apps.files import atomic_path

INK = "#22303c"
COLOURS = ("#d1495b", "#6f8ea3", "#b4c0ca", "#dde3e8", "#e8d9b5", "#cdbb8a")  # the model, then what it is compared with
WIDTH = 0.8  # of all bars of a score together; the rest divides the scores


@dataclass(frozen=True)
class Bar:
    """A score, and the ends of its 95 % interval where it has one."""

    value: float
    ends: Sequence[float] | None = None


@dataclass(frozen=True)
class Panel:
    """Scores that share an axis."""

    scores: Sequence[str]  # their names
    unit: str
    written: str = ""  # how a value is written over its bar, as `format` takes it; empty: not at all


def bars_picture(
    path: str | PathLike[str], title: str, panels: Sequence[Panel], rows: Sequence[tuple[str, Sequence[Sequence[Bar]]]]
) -> None:
    """Draws to `path` (.png, .svg, .pdf) the `rows`: a name, and the bars of each score of each panel.

    Whiskers are the 95 % intervals. Raises `InputError` when matplotlib is not installed, or as `atomic_path` does.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise InputError("the picture needs matplotlib: pip install matplotlib") from None

    figure = Figure(figsize=(10, 4.2), dpi=130, layout="constrained")
    places = figure.subplots(1, len(panels), width_ratios=[len(panel.scores) for panel in panels], squeeze=False)[0]
    width = WIDTH / len(rows)
    for number, (panel, place) in enumerate(zip(panels, places, strict=True)):
        for row, (name, bars) in enumerate(rows):
            shift = (row - (len(rows) - 1) / 2) * width
            for score, bar in enumerate(bars[number]):
                label = name if number == score == 0 else None
                place.bar(score + shift, bar.value, width, color=COLOURS[row % len(COLOURS)], label=label)
                if bar.ends is not None:
                    span = [[max(bar.value - bar.ends[0], 0)], [max(bar.ends[1] - bar.value, 0)]]  # it may lie outside
                    place.errorbar(score + shift, bar.value, span, color=INK, linewidth=1, capsize=2)
                if panel.written:
                    top = bar.value if bar.ends is None else max(bar.value, bar.ends[1])
                    place.annotate(format(bar.value, panel.written), (score + shift, top), (0, 3), ha="center",
                                   textcoords="offset points", fontsize=8, color=INK)  # fmt: skip
        place.set_xticks(range(len(panel.scores)), panel.scores)
        place.set_ylabel(panel.unit, fontsize=9, color=INK)
        place.tick_params(labelsize=9, colors=INK)
        place.tick_params(axis="x", length=0)
        place.spines[["top", "right"]].set_visible(False)
    figure.legend(fontsize=8, frameon=False, loc="outside lower center", ncols=len(rows))
    figure.suptitle(title, color=INK, fontsize=11)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, facecolor="white")
