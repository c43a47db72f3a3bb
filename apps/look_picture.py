"""A picture of where a model looked for each word that it wrote: a heat map of its words and those of the text."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from heedful.apps import pictures
from heedful.apps.pictures import ACCENT, INK, SOFT
from heedful.apps.rewritten import Rewritten, words

COLUMN, ROW = 0.17, 0.2  # inches of a cell
WIDEST = 80  # columns of a panel; a longer text goes on in the next one
NARROWEST = 5.0  # inches of a panel
EDGE, ABOVE = 1.5, 1.0  # inches beside and over the cells, for words
LABEL = 18  # characters of a word there
SLIGHT = 0.1  # share of its look with which a word is left out of one of several panels
NAME, LINES = 60, 4
EVEN = 4.0  # times the even share: a map whose peak is lower is not stretched to full red, it says little
GRID = "#edf1f4"
COPIED = 0.5  # the probability from which on a word counts as copied


def draw(path: Path, name: str, source: Sequence[str], answer: Rewritten) -> None:
    """What was written, then a row for each of its words: how much of the look went to each word of the text `source`.

    `source` are the pieces of the text in order, with their white space. A word with a red name was copied rather than
    written. A long text takes several panels, in each of which are the words that looked there.
    Raises `InputError` when matplotlib is missing, or the picture's folder or format is not usable.
    """
    figure = pictures.figure(path, 9.0, 5.0)
    families = pictures.fonts()
    rows, columns, looked, copied = together(source, answer)
    count = max(1, math.ceil(len(columns) / WIDEST))
    wide = math.ceil(len(columns) / count)
    parts = [range(start, min(start + wide, len(columns))) for start in range(0, len(columns), wide)] if rows else []
    shown = [_shown(looked, part) if count > 1 else list(range(len(rows))) for part in parts]
    width = max(wide * COLUMN, NARROWEST) + EDGE
    title = pictures.lines(answer.text or "(no words)", round(8.5 * width), LINES, families)
    said = _legend(name, answer, len(rows) > 0, any(copied > COPIED))
    legend = pictures.lines(said, round(14 * width), LINES, families)
    heights = [max(len(places), 1) * ROW for places in shown]
    figure.set_size_inches(width, sum(heights) + ABOVE * len(parts) + 0.24 * len(title) + 0.2 * len(legend) + 0.3)
    figure.suptitle(pictures.escaped("\n".join(title)), color=INK, fontsize=12, fontfamily=families)
    limit = max(float(looked.max(initial=0.0)), EVEN / max(len(columns), 1))
    panels = figure.subplots(len(parts), 1, squeeze=False, height_ratios=heights)[:, 0] if parts else ()
    for panel, part, places in zip(panels, parts, shown, strict=True):
        _draw_cells(panel, looked[np.ix_(places, part)], limit, wide)
        names = [(rows[place], ACCENT if copied[place] > COPIED else INK) for place in places]
        _label(panel, names, [columns[column] for column in part], families)
    figure.supxlabel(pictures.escaped("\n".join(legend)), fontsize=8, color=SOFT, fontfamily=families)
    pictures.save(figure, path)


def together(source: Sequence[str], answer: Rewritten) -> tuple[list[str], list[str], np.ndarray, np.ndarray]:
    """The words of what was written and of the text; `(rows, columns)`: the mean look of the pieces of a word at all
    pieces of another; and for each row the mean probability that its pieces were copied.
    """
    mine, theirs = words(answer.pieces), words(source)
    names = ["".join(answer.pieces[piece] for piece in word) for word in mine]
    columns = ["".join(source[piece] for piece in word) for word in theirs]
    to_rows = np.zeros((len(mine), len(answer.pieces)))
    to_columns = np.zeros((len(source), len(theirs)))
    for row, word in enumerate(mine):
        to_rows[row, word] = 1 / len(word)
    for column, word in enumerate(theirs):
        to_columns[word, column] = 1
    return names, columns, to_rows @ answer.attention @ to_columns, to_rows @ answer.copied


def _shown(looked: np.ndarray, part: range) -> list[int]:
    """The rows that look at the columns of a panel."""
    return np.flatnonzero(looked[:, part].sum(axis=1) > SLIGHT * looked.sum(axis=1)).tolist()


def _draw_cells(panel: Any, looked: np.ndarray, limit: float, wide: int) -> None:
    """`looked` `(rows, columns)` in a panel that is `wide` columns wide, however many there are."""
    from matplotlib.colors import LinearSegmentedColormap

    reds = LinearSegmentedColormap.from_list("reds", ["#ffffff", ACCENT])
    if looked.size:
        panel.pcolormesh(looked, cmap=reds, vmin=0, vmax=limit, edgecolors=GRID, linewidth=0.6)
    panel.set_xlim(0, wide)
    panel.set_ylim(max(len(looked), 1), 0)
    panel.spines[:].set_visible(False)


def _label(panel: Any, rows: Sequence[tuple[str, str]], columns: Sequence[str], families: list[str]) -> None:
    """Names for the rows, each with its colour, and for the columns."""
    panel.tick_params(length=0, pad=2, top=False, labeltop=True, bottom=False, labelbottom=False)
    panel.set_xticks(np.arange(len(columns)) + 0.5, [_name(word, families) for word in columns], rotation=90)
    panel.set_yticks(np.arange(len(rows)) + 0.5, [_name(word, families) for word, _ in rows])
    for label in panel.get_xticklabels():
        label.set(fontsize=7.5, color=INK, fontfamily=families)
    for label, (_, colour) in zip(panel.get_yticklabels(), rows, strict=True):
        label.set(fontsize=9, color=colour, fontfamily=families)


def _name(word: str, families: list[str]) -> str:
    return pictures.escaped(pictures.plain(word, LABEL, families))


def _legend(name: str, answer: Rewritten, drawn: bool, red: bool) -> str:
    sure = "" if answer.score is None else f", score {round(answer.score, 2) + 0.0:.2f}"  # not -0.00
    look = f" - the redder, the more the word was read from there{'; red words were copied' * red}"
    return f"{pictures.shortened(name, NAME)} (beam {answer.beam}{sure}){look if drawn else ''}"
