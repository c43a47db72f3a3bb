"""Every recording below a folder, and every other file, which is named as passed over."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from heedful.apps.audio_names import SUFFIXES, is_sound
from heedful.apps.visible_files import LEFT_BY_SYSTEMS, visible_folders
from heedful.recipes.shared.reading.archives import is_archive, unpacked_together
from heedful.recipes.shared.reading.written_paths import composed
from heedful.recipes.speech_commands.reading.parquet_sounds import unpacked_sounds


class SoundFile(NamedTuple):
    """A file that is a recording by its name, or by its content where its name says nothing."""

    path: Path
    name: str  # relative to the source, as it is written on the disk
    given: int = 0  # so many folders of the name are of the path that was given, beside others

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders in which it lies, in composed letters: `("up", "anna")`."""
        return tuple(composed(part) for part in PurePosixPath(self.name).parent.parts)


@dataclass
class SoundFiles:
    """All that a source holds."""

    root: Path
    sounds: list[SoundFile] = field(default_factory=list)
    others: list[Path] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)  # folders without any file


def bare(name: str) -> str:
    """A relative name without its audio suffixes: `up/a_nohash_0.wav.wav` and `up/a_nohash_0.flac` are one clip."""
    path = PurePosixPath(name)
    while path.suffix.lower() in SUFFIXES:
        path = path.with_suffix("")
    return str(path)


def find_sounds(paths: Sequence[Path]) -> SoundFiles:
    """The recordings below one folder, or of several files and folders, by the folder that holds them all."""
    if len(paths) == 1 and paths[0].is_dir():
        root = paths[0]
    else:
        root = Path(
            os.path.commonpath([path.absolute() if path.is_dir() else path.absolute().parent for path in paths])
        )
        paths = [path.absolute() for path in paths]
    found = _sounds_of(root, paths)
    if not found.sounds and any(map(is_archive, found.others)):  # `yes.zip`, `no.zip`; `train.csv` beside `train.zip`
        root = unpacked_together(found.others, root)
        found = _sounds_of(root, [root])
    if not found.sounds and (folder := unpacked_sounds(found.others, root)):
        found = _sounds_of(folder, [folder])
    return found


def _sounds_of(root: Path, paths: Sequence[Path]) -> SoundFiles:
    found = SoundFiles(root)
    depths: dict[Path, int] = {}
    for given in paths:
        depth = len(given.relative_to(root).parts) if given.is_dir() else 0
        for path in [given] if given.is_file() else _files_below(given, found):
            depths.setdefault(path, depth)
    for path, depth in depths.items():
        if is_sound(path):
            found.sounds.append(SoundFile(path, path.relative_to(root).as_posix(), depth))
        elif path.name.lower() not in LEFT_BY_SYSTEMS:
            found.others.append(path)
    return found


def _files_below(top: Path, found: SoundFiles) -> Iterator[Path]:
    """The files below a folder; the folders in it that have none are noted."""
    for folder, folders, files in visible_folders(top):
        if not files and not folders and Path(folder) != top:
            found.empty.append(Path(folder).relative_to(found.root).as_posix())
        yield from (Path(folder, name) for name in files)
