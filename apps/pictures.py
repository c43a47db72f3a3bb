"""What every picture of an app shares: colours, a figure that can be saved whole, and text that draws as it is written.

Drawn with matplotlib's Agg canvas through the object interface, so that nothing of a caller's own plots changes.
"""

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from heedful.apps.errors import InputError
from heedful.apps.files import atomic_path

INK, SOFT, ACCENT = "#22303c", "#8fa1b0", "#d1495b"
DPI = 130
SCRIPTS = (
    "Noto Sans CJK JP", "Noto Sans CJK SC", "Noto Sans JP", "Noto Sans SC", "Noto Sans KR", "Source Han Sans",
    "WenQuanYi Zen Hei", "Droid Sans Fallback", "Hiragino Sans", "PingFang SC", "Apple SD Gothic Neo", "Yu Gothic",
    "Microsoft YaHei", "Malgun Gothic", "Noto Sans Devanagari", "Nirmala UI", "Noto Sans Thai", "Leelawadee UI",
    "Arial Unicode MS", "Unifont",
)  # fmt: skip


def figure(path: Path, width: float, height: float) -> Any:
    """An empty matplotlib figure, sizes in inches, that `save` can write to `path`.

    Raises `InputError` when matplotlib is missing or the name of `path` ends in no picture format.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise InputError('drawing a picture needs matplotlib: run `pip install "heedful[run]"`.') from None
    empty = Figure(figsize=(width, height), layout="constrained", dpi=DPI)
    formats = FigureCanvasAgg(empty).get_supported_filetypes()
    if path.suffix.lower().lstrip(".") not in formats:
        raise InputError(f"{path} has no picture format that can be written: give a name that ends in .png.")
    return empty


def save(drawn: Any, path: Path) -> None:
    """Writes a figure, whole or not at all. Raises `InputError` when the folder cannot be written."""
    with atomic_path(path) as temporary:
        drawn.savefig(temporary, facecolor="white")


def numbered(path: Path, number: int, count: int) -> Path:
    """The path of picture `number` (from 1) of `count`: a number before the suffix as soon as there are several."""
    return path if count == 1 else path.with_name(f"{path.stem}-{number}{path.suffix}")


def shortened(text: str, length: int) -> str:
    """At most `length` characters: a long text loses its middle, because names tend to differ at their ends."""
    if len(text) <= length:
        return text
    head = length // 2
    return text[:head] + "…" + text[len(text) - (length - 1 - head) :]


def escaped(text: str) -> str:
    """Text that matplotlib draws literally: a `$` would start a formula."""
    return text.replace("$", r"\$")


def fonts() -> list[str]:
    """Families for a text of any script: the usual one, and those of `SCRIPTS` that are installed."""
    from matplotlib.font_manager import FontProperties, fontManager

    installed = {entry.name for entry in fontManager.ttflist}
    return [FontProperties().get_name(), *(name for name in SCRIPTS if name in installed)]


def drawable(character: str, families: Sequence[str] | None = None) -> bool:
    """Whether one of the fonts has the character; without `families` it is the usual font alone."""
    from matplotlib.font_manager import FontProperties, findfont, get_font

    found = [FontProperties()] if families is None else [FontProperties(family=name) for name in families]
    return character.isprintable() and any(get_font(findfont(font)).get_char_index(ord(character)) for font in found)


def plain(text: str, length: int, families: Sequence[str]) -> str:
    """In one line, not endless, and without letters that no font has: they are shown as missing."""
    drawn = (c if drawable(c, families) else "\N{REPLACEMENT CHARACTER}" for c in " ".join(text.split()))
    return shortened("".join(drawn), length)


def lines(text: str, width: int, most: int, families: Sequence[str]) -> list[str]:
    """The same in a few lines of at most `width` characters; of a longer text the last line loses its middle."""
    found = textwrap.wrap(plain(text, most * width, families), width)
    return found if len(found) <= most else [*found[: most - 1], shortened(" ".join(found[most - 1 :]), width)]
