"""What lies below a folder, without what systems leave behind: `.git`, `._clip.wav`, `__MACOSX`."""

import os
from collections.abc import Iterator
from pathlib import Path

HIDDEN = (".", "__")  # how the names of folders begin that are not entered
LEFT_BY_SYSTEMS = ("thumbs.db", "desktop.ini", "icon\r")


def visible_folders(top: str | Path) -> Iterator[tuple[str, list[str], list[str]]]:
    """Each folder from the top one on, and the names of the folders and files in it, in order.

    Links to folders are followed, but into no folder twice.
    """
    seen = set()
    for folder, folders, files in os.walk(top, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if not name.startswith(HIDDEN))
        yield folder, folders, sorted(name for name in files if not name.startswith("."))


def visible_files(top: str | Path) -> Iterator[str]:
    """The paths of the files below a folder, in order."""
    for folder, _, files in visible_folders(top):
        yield from (os.path.join(folder, name) for name in files)
