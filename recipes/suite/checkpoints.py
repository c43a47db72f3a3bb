"""The state of an unfinished run on the disk: the newest checkpoint, and the one before it in case that is damaged.

`state.npz` is the newest, and becomes `state.before.npz` by a rename when the next one is written, so that keeping two
costs no more than one. Wherever a save is killed, one of the two is whole.
"""

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from heedful.apps.errors import InputError
from heedful.apps.files import atomic_path
from heedful.apps.json_text import parsed
from heedful.recipes.suite import arrays_file


@dataclass
class Progress:
    """Where a run stands: steps done, seconds spent, the best score with its weights, and one entry an epoch."""

    step: int = 0
    seconds: float = 0.0
    best_score: float = -np.inf
    best_weights: list[np.ndarray] = field(default_factory=list)
    history: list[dict[str, float]] = field(default_factory=list)


def before(path: Path) -> Path:
    """Where the checkpoint before `path` is kept."""
    return path.with_name(f"{path.stem}.before{path.suffix}")


def exists(path: Path) -> bool:
    """Whether there is one to continue from."""
    return path.exists() or before(path).exists()


def save(path: Path, state: Sequence[np.ndarray], progress: Progress) -> None:
    """Writes the state of a run; what `path` was is the one before from now on."""
    arrays: dict[str, Any] = {f"state_{i}": value for i, value in enumerate(state)}
    arrays |= {f"best_{i}": value for i, value in enumerate(progress.best_weights)}
    record = {key: value for key, value in vars(progress).items() if key != "best_weights"}
    arrays["record"] = np.frombuffer(json.dumps(record).encode(), np.uint8)
    with atomic_path(path, keep=before(path)) as temporary, open(temporary, "wb") as file:
        np.savez(file, **arrays)


def read(path: Path) -> tuple[Progress, list[np.ndarray]]:
    """How far a saved run had come, and the variables that its trainer had. Raises `InputError` for a damaged file."""
    try:
        arrays = arrays_file.read(path)
        state, best = (
            [arrays[f"{kind}_{i}"] for i in range(sum(name.startswith(f"{kind}_") for name in arrays))]
            for kind in ("state", "best")
        )
        return Progress(best_weights=best, **parsed(arrays["record"].tobytes())), state
    except (OSError, ValueError, TypeError, KeyError):
        raise unusable(path, "it is damaged") from None


def settle(path: Path) -> None:
    """Makes `path` the newest checkpoint that is whole, and says so where that is the one before.

    Raises `InputError` where there are some, and none is whole.
    """
    older = before(path)
    if not older.exists() or (path.exists() and whole(path)):
        return  # one that is damaged and alone is told when it is read
    if path.exists():
        if not whole(older):
            reason = f"it and {older.name} are damaged"
            raise InputError(f"{path} cannot be resumed, {reason}: remove both, or give another --out.")
        print(f"{path} is damaged: going on from the checkpoint before it.", file=sys.stderr, flush=True)
    os.replace(older, path)  # also where a save was killed between its two renames


def whole(path: Path) -> bool:
    """Whether it can be read to its end."""
    try:
        read(path)
    except InputError:
        return False
    return True


def remove(path: Path) -> None:
    """Removes both; the newest at last, so that a run stays unfinished until nothing is left of it."""
    before(path).unlink(missing_ok=True)
    path.unlink(missing_ok=True)


def unusable(path: Path, reason: str) -> InputError:
    """A state that no run can continue from."""
    return InputError(f"{path} cannot be resumed, {reason}: remove it to start again, or give another --out.")
