"""What every picture of an app shares: colours, a figure that can be saved whole, and text that draws as it is written.

Drawn with matplotlib's Agg canvas through the object interface, so that nothing of a caller's own plots changes.
"""

from pathlib import Path
from typing import Any

from heedful.apps.errors import InputError
from heedful.apps.files import atomic_path

INK, SOFT, ACCENT = "#22303c", "#8fa1b0", "#d1495b"
DPI = 130


def figure(path: Path, width: float, height: float) -> Any:
    """An empty matplotlib figure, sizes in inches, that `save` can write to `path`.

    Raises `InputError` when matplotlib is missing or the name of `path` ends in no picture format.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise InputError("drawing a picture needs matplotlib: run `pip install matplotlib`.") from None
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
