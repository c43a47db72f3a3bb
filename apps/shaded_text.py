"""A picture of a text with its words shaded: the redder, the more a model looked there."""

from collections.abc import Sequence
from pathlib import Path

from heedful.apps import pictures
from heedful.apps.pictures import ACCENT, INK
from heedful.apps.text_width import width_of

WIDTH, LINES, LINE = 66, 40, 0.32  # columns of a line, lines at most, and inches from one to the next


def draw(path: Path, title: str, words: Sequence[tuple[str, float]]) -> None:
    """A title, and below it the `words`, at least one, each with the white space before it and its share of the look.

    Raises `InputError` when the picture cannot be drawn or written.
    """
    figure, families = pictures.figure(path, 7.5, 2.0), pictures.fonts()
    most, column, line = max(share for _, share in words), 0, 0
    axes = figure.subplots()
    for word, share in words:
        shown = pictures.plain(word, WIDTH, families)
        column += word[:1].isspace() and column > 0
        if column + width_of(shown) > WIDTH:
            column, line = 0, line + 1
        if line < LINES:
            box = {"facecolor": ACCENT, "alpha": 0.75 * share / most, "edgecolor": "none", "pad": 1.5}
            axes.text(column, line, pictures.escaped(shown), bbox=box, color=INK, fontsize=10, va="center",
                      fontfamily=["DejaVu Sans Mono", *families])  # fmt: skip
        column += width_of(shown)
    lines = min(line + 1, LINES)
    figure.set_size_inches(7.5, 0.9 + LINE * lines)
    axes.set(xlim=(0, WIDTH), ylim=(lines - 0.4, -0.6))
    axes.axis("off")
    axes.set_title(pictures.escaped(pictures.plain(title, 90, families)), color=INK, fontsize=11, loc="left",
                   fontfamily=families)  # fmt: skip
    pictures.save(figure, path)
