"""Where the pictures of a list lie: each by its written path below one folder, and never outside of it."""

import os
import posixpath
import re
import unicodedata
from pathlib import Path

PICTURES = {".jpg", ".jpeg", ".png", ".gif", ".webp", ".bmp", ".ppm", ".tif", ".tiff", ".avif", ".jp2", ".tga", ".ico"}
DRIVE = re.compile(r"[A-Za-z]:/")


def inside(name: str) -> str | None:
    """A written path in its shortest form with `/`; None where it leads out of the folder, by `..` or from the root."""
    name = name.strip().replace("\\", "/")
    short = posixpath.normpath(name)
    return None if short.startswith(("/", "../")) or short == ".." or DRIVE.match(short) else short


class FilesBelow:
    """The files below a folder, each sub-folder listed once when it is first asked for.

    A path is looked for as it is written, and then below each of the folders `also`.
    """

    def __init__(self, root: Path, also: tuple[str, ...] = ("images", "Images")) -> None:
        self.root = root
        self._places = ["", *also]
        self._folders: dict[str, dict[str, str]] = {}

    def find(self, name: str) -> str | None:
        """The path relative to the root of a file written as `name` (`inside` of it); None where there is none."""
        folder, base = posixpath.split(name)
        for place in self._places:
            where = posixpath.join(place, folder)
            actual = self.names(where).get(unicodedata.normalize("NFC", base))
            if actual is not None:
                if place and place != self._places[1]:  # the others are likely there too
                    self._places.remove(place)
                    self._places.insert(1, place)
                return posixpath.join(where, actual)
        return None

    def names(self, folder: str) -> dict[str, str]:
        """The names in a sub-folder by their composed form: macOS writes letters and accents apart."""
        if folder not in self._folders:
            try:
                listed = os.listdir(self.root / folder)
            except (OSError, ValueError):  # missing, not a folder, or no name that a file can have
                listed = []
            self._folders[folder] = {unicodedata.normalize("NFC", name): name for name in listed}
        return self._folders[folder]

    def beside(self, paths: set[str]) -> list[str]:
        """Pictures that lie in the same sub-folders as `paths` but are none of them, in order."""
        return sorted(
            path
            for folder in {posixpath.dirname(path) for path in paths}
            for name in self.names(folder).values()
            if (path := posixpath.join(folder, name)) not in paths
            and posixpath.splitext(name)[1].lower() in PICTURES
            and not name.startswith(".")
        )
