"""Attention weights laid over what was attended to: pictures, sounds, tokens and histories as matplotlib figures.

Each function returns a `matplotlib.figure.Figure`, made without pyplot: nothing of a caller's own plots changes, no
window opens, and threads of a server may draw side by side. `figure.savefig("name.png")` writes it; in a notebook it
shows itself. Scripts that matplotlib's usual font lacks need one that has them in `matplotlib.rcParams["font.family"]`.

matplotlib is not among the dependencies of the layers: it is imported when the first figure is drawn.
"""

import math
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from keras import ops

from heedful.layers.tensor import Tensor

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK, SOFT, ACCENT, DEEP = "#22303c", "#8fa1b0", "#d1495b", "#5c1a2b"
FRAME = "#d5dde3"
RAMP = ("#ffffff", "#efb4bb", ACCENT, DEEP)  # from no weight to all of it
EVEN = 3.0  # times the even share: weights whose peak is lower are not stretched to the full colour, they say little
CELL = 0.22  # inches, of a cell with a name
LETTER = 0.075  # inches, of a letter of TEXT points
TEXT = 8  # points
LONGEST = 24  # letters of a name
TILE = 1.7  # inches, of a square picture; others have the same area
SHAPES = (0.4, 2.5)  # height / width of a picture: a strip would be a line
GREY = np.array([0.299, 0.587, 0.114])
PALE = 0.35  # of white in a grey picture: red stands out on it, dark as it may be
NARROWEST = 3.0  # inches, of a figure
WIDE = 1.6  # width / height that several panels come close to


def image(picture: Tensor, weights: Tensor, words: Sequence[str], title: str = "") -> "Figure":
    """The picture, and for each word or step a heat map over it, which is stretched from its grid to the picture.

    Args:
        picture: `(H, W, 3)`, `(H, W, 1)` or `(H, W)`, uint8 or shares 0 to 1.
        weights: `(T, rows, columns)`, or `(rows, columns)` for a single map.
        words: `T` names, written over the maps. Under each map stands the weight of its greatest cell; red there is
            that weight, or three times the even share if that is more.
        title: over everything.

    Raises ImportError without matplotlib, ValueError for shapes that do not fit.
    """
    pixels, maps = _pixels(picture), _numbers(weights)
    maps = maps[None] if maps.ndim == 2 else maps
    if maps.ndim != 3 or len(maps) != len(words):
        raise ValueError(f"weights of shape {maps.shape} need one (rows, columns) for each of {len(words)} words")
    shape = float(np.clip(pixels.shape[0] / pixels.shape[1], *SHAPES))
    width, height = TILE / math.sqrt(shape), TILE * math.sqrt(shape)
    rows, columns = _arranged(len(maps) + 1, width, height + 0.4)
    figure = _figure(columns * (width + 0.12), rows * (height + 0.4), title)
    photo, *tiles = figure.subplots(rows, columns, squeeze=False).ravel()
    place: dict[str, Any] = {"extent": (0, 1, 1, 0), "aspect": shape}
    shades: dict[str, Any] = {"cmap": _colours("#000000", "#ffffff"), "vmin": 0.0, "vmax": 1.0, **place}
    photo.imshow(pixels, **shades)
    grey = pixels if pixels.ndim == 2 else pixels @ GREY
    red = _colours(ACCENT + "00", ACCENT + "d9")  # from nothing to nearly opaque
    for tile, word, cells in zip(tiles, words, maps, strict=False):
        tile.imshow(PALE + (1.0 - PALE) * grey, **shades)
        limit = _limit(cells, cells.size)
        tile.imshow(cells, cmap=red, vmin=0.0, vmax=limit, interpolation="bicubic", **place)
        tile.set_title(_short(word, int(width / 0.09)), fontsize=10, color=INK, pad=3, parse_math=False)
        tile.set_xlabel(_tick(cells.max()), fontsize=TEXT, color=SOFT, labelpad=2)
    for panel in (photo, *tiles):
        panel.set(xticks=[], yticks=[], anchor="N")
        panel.spines[:].set_visible(False)
    return figure


def spectrogram(log_mel: Tensor, weights: Tensor, seconds: float | None = None, title: str = "") -> "Figure":
    """What a sound model listened to: the weights of each head and their mean above the spectrogram, on one time axis.

    Args:
        log_mel: `(frames, bands)`, the lowest band first.
        weights: `(heads, steps)` or `(steps,)`, evenly spread over the frames, however many steps there are.
        seconds: length of the sound; None: the axis counts frames.
        title: over everything.

    Raises ImportError without matplotlib, ValueError for shapes that do not fit.
    """
    bands, heads = _numbers(log_mel), np.atleast_2d(_numbers(weights))
    if bands.ndim != 2 or heads.ndim != 2:
        raise ValueError(
            f"log_mel is (frames, bands) and weights (heads, steps), not of shapes {bands.shape} and {heads.shape}"
        )
    length = float(len(bands) if seconds is None else seconds)
    figure = _figure(9.0, 4.0, title)
    top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=[1.0, 1.6])
    edges, mean = np.linspace(0.0, length, heads.shape[1] + 1), heads.mean(0)
    if len(heads) > 1:
        for number, head in enumerate(heads):
            top.stairs(head, edges, color=SOFT, linewidth=0.8, label="one head" if number == 0 else None)
    top.stairs(mean, edges, color=ACCENT, fill=True, alpha=0.25)
    top.stairs(mean, edges, color=ACCENT, linewidth=1.6, label=f"mean of {len(heads)}" if len(heads) > 1 else "weight")
    top.axhline(1.0 / heads.shape[1], color=INK, linewidth=0.7, linestyle=":", label="even share")
    top.set_ylim(0.0, 1.08 * _limit(heads, heads.shape[1]))
    top.set_ylabel("attention", fontsize=9, color=INK)
    top.legend(loc="upper left", bbox_to_anchor=(1.0, 1.05), fontsize=TEXT, frameon=False)
    bottom.imshow(
        bands.T, origin="lower", aspect="auto", extent=(0.0, length, 0.0, bands.shape[1]), cmap="magma",
        interpolation="nearest",
    )  # fmt: skip
    bottom.set_ylabel("mel band", fontsize=9, color=INK)
    bottom.set_xlabel("frame" if seconds is None else "time (s)", fontsize=9, color=INK)
    for panel in (top, bottom):
        _plain(panel)
        panel.spines[["left", "bottom"]].set_visible(True)
    figure.align_ylabels([top, bottom])
    figure.get_layout_engine().set(w_pad=0.1)  # the layout does not see that a label moves to align
    return figure


def token_pairs(
    weights: Tensor, queries: Sequence[str], keys: Sequence[str] | None = None, title: str = ""
) -> "Figure":
    """The weights between tokens: a row for each of `queries`, a column for each of `keys`, a panel for each head.

    Args:
        weights: `(heads, T, S)` or `(T, S)`.
        queries: `T` tokens, those that read.
        keys: `S` tokens that are read; None: the queries themselves (self-attention).
        title: over everything.

    Raises ImportError without matplotlib, ValueError for shapes that do not fit.
    """
    heads, keys = _numbers(weights), queries if keys is None else keys
    heads = heads[None] if heads.ndim == 2 else heads
    if heads.ndim != 3 or heads.shape[1:] != (len(queries), len(keys)):
        raise ValueError(f"weights of shape {heads.shape} do not fit {len(queries)} queries and {len(keys)} keys")
    rows, columns = _arranged(len(heads), CELL * len(keys), CELL * len(queries))
    beside, above = (LETTER * max(map(len, map(_short, names)), default=0) for names in (queries, keys))
    width = columns * max(CELL * len(keys), 0.6) + beside + 1.3
    height = rows * (max(CELL * len(queries), 0.4) + 0.25 * (len(heads) > 1)) + above + 0.3
    figure = _figure(max(width, 3.0), max(height, 2.0), title)
    panels = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
    limit = _limit(heads, len(keys))
    drawn = None
    for number, panel in enumerate(panels.ravel()):
        _plain(panel)
        panel.tick_params(length=0, top=False, bottom=False, labelbottom=False, labeltop=number < columns)
        if number >= len(heads):
            panel.set_axis_off()
            continue
        panel.spines[:].set(visible=True, color=FRAME)
        drawn = panel.imshow(heads[number], cmap=_colours(*RAMP), vmin=0.0, vmax=limit, interpolation="nearest")
        if len(heads) > 1:
            panel.set_xlabel(f"head {number + 1}", fontsize=9, color=INK)
    panels[0, 0].set_xticks(range(len(keys)), [_short(key) for key in keys])
    panels[0, 0].set_yticks(range(len(queries)), [_short(query) for query in queries])
    for label in (label for panel in panels[0] for label in panel.get_xticklabels()):
        label.set(rotation=90, parse_math=False)
    for label in (label for panel in panels[:, 0] for label in panel.get_yticklabels()):
        label.set_parse_math(False)
    thick = 0.13 / figure.get_figwidth()
    ticks = [0.0, limit / 2, limit]
    bar = figure.colorbar(drawn, ax=panels, fraction=thick, aspect=15, pad=thick, ticks=ticks, format=_tick)
    bar.ax.tick_params(labelsize=TEXT, colors=INK)
    bar.outline.set_visible(False)
    return figure


def behaviour(weights: Tensor, history: Sequence[str], candidates: Sequence[str] = ("",), title: str = "") -> "Figure":
    """What each candidate of a recommender read in a history: a bar for each past action, the newest at the top.

    Args:
        weights: `(candidates, actions)`, or `(actions,)` for one.
        history: names of the actions, the oldest first.
        candidates: their names, written over their bars.
        title: over everything.

    Raises ImportError without matplotlib, ValueError for shapes that do not fit.
    """
    bars = np.atleast_2d(_numbers(weights))
    if bars.shape != (len(candidates), len(history)):
        raise ValueError(
            f"weights of shape {bars.shape} do not fit {len(candidates)} candidates and {len(history)} actions"
        )
    names = [_short(name, 40) for name in history]
    beside = LETTER * max(map(len, names), default=0)
    figure = _figure(beside + 1.6 * len(bars) + 0.6, CELL * len(names) + 0.9, title)
    panels = figure.subplots(1, len(bars), squeeze=False, sharex=True, sharey=True)[0]
    for panel, candidate, row in zip(panels, candidates, bars, strict=True):
        _plain(panel)
        panel.tick_params(length=0, labelbottom=False)
        panel.barh(range(len(names)), row, color=[ACCENT if value == row.max() else SOFT for value in row])
        for place, value in enumerate(row):
            panel.text(value, place, f" {_percent(value)}", va="center", fontsize=TEXT, color=INK)
        panel.set_title(_short(candidate), fontsize=9, color=INK, parse_math=False)
        panel.set_xlabel("attention (%)", fontsize=TEXT, color=SOFT)
    panels[0].set_xlim(0.0, 1.3 * _limit(bars, len(names)))
    panels[0].set_ylim(-0.6, len(names) - 0.4)
    panels[0].set_yticks(range(len(names)), names)
    for label in panels[0].get_yticklabels():
        label.set_parse_math(False)
    return figure


def _matplotlib() -> tuple[Any, Any]:
    try:
        from matplotlib.colors import LinearSegmentedColormap
        from matplotlib.figure import Figure
    except ImportError:
        raise ImportError("heedful.layers.overlays draws with matplotlib: pip install matplotlib") from None
    return Figure, LinearSegmentedColormap


def _figure(width: float, height: float, title: str) -> Any:
    """An empty figure with room for `width` x `height` inches of panels under its title."""
    width = max(width, NARROWEST)
    lines = textwrap.wrap(title, max(1, int(width / 0.105)))
    figure = _matplotlib()[0](figsize=(width, height + 0.22 * len(lines) + 0.1), dpi=130, layout="constrained")
    if lines:
        figure.suptitle("\n".join(lines), fontsize=11, color=INK, parse_math=False)
    return figure


def _colours(*stops: str) -> Any:
    return _matplotlib()[1].from_list("heedful", list(stops))


def _arranged(count: int, width: float, height: float) -> tuple[int, int]:
    """Rows and columns for `count` panels of a size: few stay empty, and the whole is about `WIDE`."""

    def badness(columns: int) -> float:
        rows = math.ceil(count / columns)
        return (rows * columns - count) / count + abs(math.log(columns * width / (rows * height) / WIDE))

    columns = min(range(1, count + 1), key=badness)
    return math.ceil(count / columns), columns


def _plain(panel: Any) -> None:
    panel.tick_params(labelsize=TEXT, colors=INK)
    panel.spines[:].set_visible(False)


def _numbers(weights: Tensor) -> np.ndarray:
    numbers = ops.convert_to_numpy(weights).astype("float64")
    if not numbers.size or not np.isfinite(numbers).all():
        raise ValueError(f"numbers of shape {numbers.shape} are empty or not finite: there is nothing to draw")
    return numbers


def _pixels(picture: Tensor) -> np.ndarray:
    """Shares 0 to 1, `(H, W, 3)` or `(H, W)`."""
    pixels = ops.convert_to_numpy(picture)
    if pixels.ndim not in (2, 3) or (pixels.ndim == 3 and pixels.shape[2] not in (1, 3)):
        raise ValueError(f"a picture is (H, W, 3), (H, W, 1) or (H, W), not of shape {pixels.shape}")
    whole = np.issubdtype(pixels.dtype, np.integer)
    pixels = np.clip(_numbers(pixels) / (255.0 if whole else 1.0), 0.0, 1.0)
    return pixels[..., 0] if pixels.shape[2:] == (1,) else pixels


def _short(text: str, length: int = LONGEST) -> str:
    """In one line; a long text loses its end."""
    text = " ".join(text.split()) or "␣" * bool(text)
    return text if len(text) <= length else text[: max(length - 1, 1)] + "…"


def _limit(weights: np.ndarray, keys: int) -> float:
    """The weight that gets the full colour or length."""
    return max(float(weights.max()), min(1.0, EVEN / keys))


def _tick(share: float, _: int | None = None) -> str:
    return f"{_percent(share)} %"


def _percent(share: float) -> str:
    return f"{100 * share:.0f}"
