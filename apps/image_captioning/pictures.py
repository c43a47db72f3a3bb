"""A picture of what each word of a caption was read from: a heat map over the photo for every word."""

import math
from pathlib import Path
from typing import Any

import numpy as np

from heedful.apps import pictures
from heedful.apps.image_captioning.caption import Caption
from heedful.apps.pictures import ACCENT, INK, SOFT

SIDE = 520  # pixels of the photo's longer side, as large as it is drawn
TILE = 1.55  # inches, of a square tile; others have the same area
SHAPES = (0.5, 2.0)  # height / width of a tile: a strip would be a line
COLUMNS = range(2, 9)  # of tiles; the photo takes 2 x 2 of them
LETTERS = 10  # to an inch above a tile
NAME = 40
LINES = 3  # of the caption
EVEN = 3.0  # times the even share: a map whose peak is lower is not stretched to full red, it says little
STRENGTH = 0.85  # of red at the peak: the photo stays to be seen
PALE = 0.35  # of white in the grey photo: red stands out on it, dark as the photo may be


def draw(path: Path, name: str, view: np.ndarray, answer: Caption) -> None:
    """The photo `view`, uint8 `(rows, columns, 3)`, with its caption, then a map for each word in reading order.

    Under a word stands the share of its most attended cell. Raises `InputError` when matplotlib is missing, or the
    picture's folder or format is not usable.
    """
    figure = pictures.figure(path, 9.0, 5.0)
    families = pictures.fonts()
    shape = float(np.clip(view.shape[0] / view.shape[1], *SHAPES))
    width, height = TILE / math.sqrt(shape), TILE * math.sqrt(shape)
    columns, rows = arranged(len(answer.words), width / height)
    lines = pictures.lines(answer.text or "(no words)", round(9.5 * columns * width), LINES, families)
    figure.set_size_inches(columns * (width + 0.12) + 0.2, rows * (height + 0.44) + 0.25 * len(lines) + 0.5)
    figure.suptitle(pictures.escaped("\n".join(lines)), color=INK, fontsize=13, fontfamily=families)
    grid = figure.add_gridspec(rows, columns)
    photo = figure.add_subplot(grid[:2, :2])
    _show(photo, view, shape)
    _name(photo, pictures.plain(name, NAME, families), 9, SOFT, families)
    places = [(row, column) for row in range(rows) for column in range(columns) if row > 1 or column > 1]
    for word, looked, place in zip(answer.words, answer.attention, places, strict=False):
        panel = figure.add_subplot(grid[place])
        _show(panel, heat(view, looked), shape)
        _name(panel, pictures.plain(word, int(LETTERS * width), families), 11, INK, families)
        panel.set_xlabel(f"{100 * looked.max():.0f} %", fontsize=8, color=SOFT, labelpad=2)
    figure.supxlabel(_legend(answer), fontsize=8, color=SOFT)
    pictures.save(figure, path)


def heat(view: np.ndarray, attention: np.ndarray) -> np.ndarray:
    """The photo in grey with `attention` `(rows, columns)` over it in red, uint8 as `view`; between cells it is cubic.

    Each map has its own scale: full red is its peak.
    """
    from PIL import Image

    rows, columns, _ = view.shape
    cells = Image.fromarray(attention.astype(np.float32))
    smooth = np.asarray(cells.resize((columns, rows), Image.Resampling.BICUBIC))  # may swing beyond the cells' values
    limit = max(float(smooth.max()), EVEN / attention.size)
    share = STRENGTH * np.clip(smooth / limit, 0.0, 1.0)[..., None]
    grey = 255.0 * PALE + (1.0 - PALE) * (view @ np.array([0.299, 0.587, 0.114]))[..., None]
    red = np.array([int(ACCENT[at : at + 2], 16) for at in (1, 3, 5)])
    return np.round(grey * (1.0 - share) + red * share).astype(np.uint8)


def arranged(words: int, wide: float) -> tuple[int, int]:
    """Columns and rows of tiles, each `wide` times as wide as high, for the photo (2 x 2) and so many words.

    Few tiles stay empty, and the whole is about twice as wide as high.
    """
    choices = [(columns, max(2, math.ceil((words + 4) / columns))) for columns in COLUMNS]

    def badness(choice: tuple[int, int]) -> float:
        columns, rows = choice
        return columns * rows - 4 - words + 3.0 * abs(math.log(columns * wide / rows / 2.0))

    return min(choices, key=badness)


def _show(panel: Any, pixels: np.ndarray, shape: float) -> None:
    """`pixels` in a frame of `shape`, height / width."""
    panel.imshow(pixels, extent=(0, 1, 1, 0), aspect=shape)
    panel.set_anchor("N")  # photo and first words start at one height
    panel.set_xticks([])
    panel.set_yticks([])
    panel.spines[:].set_visible(False)


def _name(panel: Any, text: str, size: float, colour: str, families: list[str]) -> None:
    panel.set_title(pictures.escaped(text), fontsize=size, color=colour, fontfamily=families, pad=3)


def _legend(answer: Caption) -> str:
    if not answer.words:
        return ""
    rows, columns = answer.attention.shape[1:]
    sure = "" if answer.score is None else f", score {answer.score:.2f}"
    look = f"red: where the model looked, and the share of the most attended of {rows} x {columns} cells"
    return f"{look}   (beam {answer.beam}{sure})"
