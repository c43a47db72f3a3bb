"""The arrays of an `.npz`, which may be damaged or hostile: nothing in it is unpickled."""

import warnings
from pathlib import Path

import numpy as np

from heedful.recipes.shared.reading.text_file import shown


def read(path: Path) -> dict[str, np.ndarray]:
    """The arrays by name. Raises `FileNotFoundError`, and `ValueError` with a reason in a line for a damaged file."""
    try:
        with warnings.catch_warnings(action="ignore"), np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except FileNotFoundError:
        raise
    except Exception as error:  # NumPy, zipfile, zlib and tokenize have an exception each
        raise ValueError(shown(str(error)) or type(error).__name__) from None
    if odd := [name for name, value in arrays.items() if not isinstance(value, np.ndarray)]:
        raise ValueError(f"{odd[0]} is no array")
    return arrays
