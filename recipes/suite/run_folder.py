"""The folder of an unfinished run: `run.json` (what was asked for), and how far it came (`checkpoints.py`).

One process works in it; what another one left that was killed is removed.
"""

import contextlib
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from heedful.apps.errors import InputError
from heedful.apps.files import atomic_path, make_folder, remove_left_in
from heedful.apps.json_text import parsed
from heedful.apps.locks import only_one
from heedful.recipes.suite import checkpoints
from heedful.recipes.suite.saved import KERAS_FILE

RUN_FILE = "run.json"
STATE_FILE = "state.npz"


def check_folder(folder: Path, resume: bool) -> None:
    """Raises `InputError` when training into `folder` would destroy something.

    A run that died before its first state was saved has nothing to lose, so it protects nothing.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file: give a folder with --out.")
    unfinished = checkpoints.exists(folder / STATE_FILE)
    if unfinished and not resume:
        with only_one(folder):  # else the run is not unfinished, but at work
            raise InputError(f"{folder} holds an unfinished run: add --resume to continue it, or give another --out.")
    if not unfinished and (folder / KERAS_FILE).exists():
        (folder / RUN_FILE).unlink(missing_ok=True)  # of a training that was killed when all was done
        raise InputError(f"{folder} already holds a finished model: give another --out, or remove it.")


@contextlib.contextmanager
def working_in(folder: Path, resume: bool) -> Iterator[None]:
    """Makes the folder and holds it for one training. Where nothing was written into it, it goes again.

    Raises `InputError` as `check_folder` does, and where another process works in it.
    """
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    make_folder(folder)
    try:
        with only_one(folder):
            check_folder(folder, resume)  # another training may have begun meanwhile
            remove_left_in(folder)
            yield
    finally:
        for place in missing:
            with contextlib.suppress(OSError):
                place.rmdir()


def claim(folder: Path, settings: dict[str, Any]) -> None:
    """Makes the folder that of this run, or checks that the unfinished run in it is this one. Raises `InputError`."""
    path = folder / RUN_FILE
    if not checkpoints.exists(folder / STATE_FILE):
        with atomic_path(path) as temporary:
            temporary.write_text(json.dumps(settings, indent=1))
        return
    try:
        before = parsed(path.read_text())
        changed = [key for key in settings if settings[key] != before.get(key)]
    except (OSError, ValueError, AttributeError):
        raise InputError(f"{path} is missing or damaged: remove {folder}, or give another --out.") from None
    if changed:
        was = ", ".join(f"{key}={before.get(key)!r}" for key in changed)
        raise InputError(f"{folder} was started with {was}: resume with the same settings, or give another --out.")


def state_digest(folder: Path) -> bytes:
    """Of the state that a run continues from; empty where it begins."""
    path = folder / STATE_FILE
    return hashlib.sha256(path.read_bytes()).digest() if path.exists() else b""
