"""Where the pictures of a list lie: below the folders that the user gave, and never outside of them.

A picture is looked for as it is written, beside the list and below the folders that were given. Where it is not there,
the one file is taken whose name fits best: its path ends like the written one, in another case, with another ending or
without any. Two files that fit equally well are no answer, unless they are the same to the byte.
"""

import hashlib
import os
import posixpath
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from heedful.apps.visible_files import visible_files
from heedful.recipes.shared.reading.split_folders import split_of_folders
from heedful.recipes.shared.reading.written_paths import composed, longest_tails

PICTURES = {
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".gif", ".webp", ".bmp", ".ppm", ".tif", ".tiff", ".avif", ".jp2", ".tga",
    ".ico", ".heic", ".heif", ".hif",
}  # fmt: skip
USUAL = ("images", "Images")  # folders that need no mention
DRIVE = re.compile(r"[A-Za-z]:/")
URL = re.compile(r"(https?|ftp|file|s3|gs)://", re.IGNORECASE)
NUMBERED = re.compile(r"#(\w+#)?\d+$")  # the number of the caption, in the token files of Flickr8k
PADDED = re.compile(r"(?:COCO_\w+_)?0*(\d+)")
COMPARED = 1 << 16  # bytes

EXACT, TAIL, CASE, ENDING, NUMBER = range(5)  # ways to fit, the best first
WAYS = {
    TAIL: "by the end of their paths",
    CASE: "in another case than written",
    ENDING: "with an ending that is not written, or another",
    NUMBER: "by their numbers",
}


class Found(NamedTuple):
    """The file of a written name, or why there is none."""

    path: str = ""
    way: int = EXACT
    tail: int = 0  # parts of the path that agree
    reason: str = ""


def inside(name: str) -> str | None:
    """A written path in its shortest form with `/`; None where it leads out of the folder, by `..` or from the root."""
    short = posixpath.normpath(name.strip().replace("\\", "/"))
    return None if short.startswith(("/", "../")) or short == ".." or DRIVE.match(short) else short


def is_picture(name: str) -> bool:
    """Whether a file is a picture by its name."""
    return posixpath.splitext(name)[1].lower() in PICTURES and not name.startswith(".")


class PictureFiles:
    """The files below some folders. Folders are listed when they are asked for, and all of them at most once."""

    def __init__(self, roots: Sequence[Path]) -> None:
        self.roots = [str(root) for root in roots]
        self._folders: dict[str, dict[str, str]] = {}
        self._same: dict[str, str] = {}

    def find(self, written: str, here: str = "", split: str | None = None) -> Found:
        """The file that is written so in a list that lies in the folder `here`, in rows of a split."""
        name = _plain(written)
        exact = inside(name) if not URL.match(written) else None
        for variant in dict.fromkeys((name, NUMBERED.sub("", name))):
            if exact and (path := self._as_written(posixpath.normpath(variant), here)):
                return Found(path, EXACT, 1 + posixpath.normpath(variant).count("/"))
        parts = [part for part in posixpath.normpath(NUMBERED.sub("", name)).split("/") if part not in ("..", "")]
        if parts and "\0" not in name:
            for way, candidates in self._fitting(parts[-1]):
                return self._best(parts, way, candidates, split)
        return Found(reason="missing picture" if exact or URL.match(written) else "picture outside of the folder")

    def names(self, folder: str) -> dict[str, str]:
        """The names in a folder by their composed form."""
        if folder not in self._folders:
            try:
                listed = os.listdir(folder)
            except (OSError, ValueError):  # missing, not a folder, or no name that a file can have
                listed = []
            self._folders[folder] = {composed(name): name for name in listed}
        return self._folders[folder]

    @cached_property
    def files(self) -> list[str]:
        """All files below the folders that no system left behind, in order."""
        return [path for root in self.roots for path in visible_files(root)]

    @cached_property
    def pictures(self) -> list[str]:
        return [path for path in self.files if is_picture(posixpath.basename(path))]

    @cached_property
    def others(self) -> list[str]:
        return [path for path in self.files if not is_picture(posixpath.basename(path))]

    def any_pictures(self) -> bool:
        """Whether there is a picture, without going on when one is found."""
        return any(is_picture(posixpath.basename(path)) for root in self.roots for path in visible_files(root))

    def shown(self, path: str) -> str:
        """A path relative to the folder that was given."""
        root = next((root for root in self.roots if path.startswith(root.rstrip("/") + "/")), None)
        return path if root is None else path[len(root.rstrip("/")) + 1 :]

    def split_of(self, path: str) -> str:
        """The split that the innermost folder of a path says, "" where none does."""
        return split_of_folders(reversed(self.shown(path).split("/")[:-1]))

    def _as_written(self, name: str, here: str) -> str | None:
        folder, base = posixpath.split(name)
        for root in dict.fromkeys((here, *self.roots)) if here else self.roots:
            for place in ("", *USUAL):
                where = posixpath.join(root, place, folder) if place or folder else root
                if (actual := self.names(where).get(composed(base))) is not None and base not in ("", "."):
                    path = posixpath.join(where, actual)
                    if is_picture(base) or not os.path.isdir(path):
                        return path
        return None

    def _fitting(self, name: str) -> Iterator[tuple[int, list[str]]]:
        """The ways in which files fit a name, the best first."""
        name = composed(name)
        if found := self._by_name.get(name):
            yield TAIL, found
        if found := self._by_case.get(name.casefold()):
            yield CASE, found
        for stem in (name.casefold(), posixpath.splitext(name.casefold())[0] if is_picture(name) else ""):
            if found := self._by_stem.get(stem):
                yield ENDING, found
        if name.isdecimal() and (found := self._by_number.get(name.lstrip("0") or "0")):
            yield NUMBER, found

    def _best(self, parts: Sequence[str], way: int, candidates: Sequence[str], split: str | None) -> Found:
        """The candidate whose folders agree with the written ones for longest."""
        longest, places = longest_tails(parts[:-1], [self.shown(path).split("/")[:-1] for path in candidates])
        best = [candidates[place] for place in places]
        if len(best) > 1 and split:
            best = [path for path in best if self.split_of(path) == split] or best
        if len({self._content(path) for path in best} if len(best) > 1 else best) > 1:
            return Found(reason="name of several pictures")
        return Found(best[0], way, 1 + longest)

    def _content(self, path: str) -> str:
        """What tells a picture from another one: its size and its beginning."""
        if path not in self._same:
            self._same[path] = fingerprint(path)
        return self._same[path]

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        return _index(self.files, composed)

    @cached_property
    def _by_case(self) -> dict[str, list[str]]:
        return _index(self.files, lambda name: composed(name).casefold())

    @cached_property
    def _by_stem(self) -> dict[str, list[str]]:
        return _index(self.pictures, lambda name: posixpath.splitext(composed(name).casefold())[0])

    @cached_property
    def _by_number(self) -> dict[str, list[str]]:
        def number(name: str) -> str:
            found = PADDED.fullmatch(posixpath.splitext(name)[0])
            return found[1] if found else ""

        return _index(self.pictures, number)


def fingerprint(path: str) -> str:
    """The size of a file and a digest of its beginning; its path where it cannot be read."""
    try:
        with open(path, "rb") as stream:
            return f"{os.path.getsize(path)} {hashlib.blake2b(stream.read(COMPARED), digest_size=16).hexdigest()}"
    except OSError:
        return path


def _plain(written: str) -> str:
    """A written path with `/`; of an address its last part."""
    name = written.strip().replace("\\", "/")
    if not URL.match(name):
        return name
    return unquote(posixpath.basename(re.split("[?#]", name)[0].rstrip("/")))


def _index(paths: Sequence[str], key: Callable[[str], str]) -> dict[str, list[str]]:
    found = defaultdict(list)
    for path in paths:
        found[key(posixpath.basename(path))].append(path)
    return found
