"""What a threshold costs: words missed against false alarms, one curve for noise and one for other words."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from heedful.apps.pictures import ACCENT, INK, SOFT, figure, save

KINDS = {"foreign": ("other words", ACCENT), "noise": ("noise", "#00798c")}
TICKS = (0, *(base * 10**power for power in range(5) for base in (1, 3)))
APART = 0.2  # powers of ten between two thresholds that are written
NAMED = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)  # thresholds that are written at the curve


def drawable(found: Mapping[str, Any]) -> bool:
    """Whether there are words to miss, and something else to be silent at."""
    return bool(found["curve"]["missed"]) and any(found[kind] for kind in KINDS)


def streams_picture(found: Mapping[str, Any], path: Path) -> Path:
    """Draws the streams of a split, as `streams.measure` gives them, to `path`; the operating point is a large dot.

    The axis is logarithmic from one event in the whole stream on, and linear from there to none. Raises `InputError`
    as `apps.pictures` does; returns `path`.
    """
    drawn = figure(path, 8, 4.6)
    panel = drawn.subplots()
    curve, detection = found["curve"], found["operating_point"]["detection"]
    missed = [100 * share for share in curve["missed"]]
    used = 100 * found["commands"]["missed"] / found["commands"]["words"]
    top = min(100.0, max(25.0, 2 * used))
    kinds = {kind: told for kind, told in KINDS.items() if found[kind]}
    rates = {kind: curve[f"{kind}_per_hour"] for kind in kinds}
    one_event = max(3600 / found[kind]["seconds"] for kind in kinds)
    budget = found["operating_point"].get("budget", {})
    for kind, (name, colour) in kinds.items():
        panel.plot(rates[kind], missed, color=colour, linewidth=1.6, marker=".", markersize=4, label=name)
        if kind in budget:
            panel.axvline(budget[kind], color=colour, linewidth=0.9, linestyle=":")
        panel.plot(
            found[kind]["per_hour"],
            used,
            marker="o",
            markersize=9,
            color=colour,
            markeredgecolor=INK,
            linestyle="none",
            zorder=3,
            clip_on=False,
        )
    first = next(iter(kinds))
    written = -math.inf
    for threshold in NAMED:
        place = curve["threshold"].index(threshold)
        x, y = rates[first][place], missed[place]
        if abs(position(x, one_event) - written) > APART and y < top:
            panel.annotate(f"{threshold:.1f}", (x, y), (4, 5), textcoords="offset points", fontsize=8, color=INK)
            written = position(x, one_event)
    most = max(value for values in rates.values() for value in values)
    panel.set_xscale("symlog", linthresh=one_event)
    panel.set_xlim(-0.2 * one_event, 1.5 * max(most, 10 * one_event))
    panel.set_xticks([tick for tick in TICKS if tick == 0 or one_event / 2 <= tick <= max(most, 10 * one_event)])
    panel.set_ylim(0, top)
    panel.xaxis.set_major_formatter(lambda value, _: f"{value:,g}")
    panel.set_xlabel("false events an hour" + " (dotted: the budget)" * bool(budget), fontsize=9, color=INK)
    panel.set_ylabel("words missed (%)", fontsize=9, color=INK)
    panel.set_title(
        f"thresholds over an average of {detection['average']:.1f} s; dots: {detection['threshold']:.2f}, as used",
        fontsize=10, color=INK,
    )  # fmt: skip
    panel.grid(color=SOFT, alpha=0.25, linewidth=0.6)
    panel.tick_params(labelsize=8, colors=INK)
    panel.spines[["top", "right"]].set_visible(False)
    panel.legend(fontsize=9, frameon=False)
    save(drawn, path)
    return path


def position(rate: float, one_event: float) -> float:
    """Where a rate lies on the axis, in powers of ten."""
    return math.log10(max(rate, one_event))
