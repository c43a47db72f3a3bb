"""`examples.npz`: a few real inputs that stay beside a model, so that it can be exported where its data is not."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from heedful.apps.errors import InputError
from heedful.apps.files import atomic_path
from heedful.recipes.contract import Arrays
from heedful.recipes.suite import arrays_file

FILE = "examples.npz"
MOST = 64  # inputs
LARGEST = 1_000_000  # bytes


def write(folder: Path, rows: Sequence[Arrays]) -> None:
    """Keeps at most `MOST` of `rows`, evenly spread, or as many as make a file of `LARGEST` bytes."""
    count = min(MOST, len(rows))
    content = packed(rows, count)
    while len(content) > LARGEST and count > 1:
        count = max(1, min(count - 1, int(0.95 * count * LARGEST / len(content))))
        content = packed(rows, count)
    with atomic_path(folder / FILE) as temporary:
        temporary.write_bytes(content)


def packed(rows: Sequence[Arrays], count: int) -> bytes:
    """The content of the file with so many of the rows."""
    chosen = [rows[place] for place in np.linspace(0, len(rows) - 1, count).astype(int)]
    buffer = io.BytesIO()
    arrays: Any = {name: np.concatenate([row[name] for row in chosen]) for name in chosen[0]}
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def read(folder: Path) -> list[Arrays]:
    """The inputs, batch 1. Raises `InputError` where the file is missing or damaged."""
    path = folder / FILE
    try:
        arrays = arrays_file.read(path)
        counts = {len(values) if values.ndim else 0 for values in arrays.values()}
        if len(counts) != 1 or not 0 < max(counts) <= MOST:
            raise ValueError(f"its arrays do not have 1 to {MOST} inputs each")
        return [{name: values[row : row + 1] for name, values in arrays.items()} for row in range(*counts)]
    except FileNotFoundError:
        raise InputError(f"{path} does not exist: give the folder of a whole run.") from None
    except ValueError as error:
        raise InputError(f"{path} cannot be read ({error}): give the folder of a whole run.") from None
