"""A `.tflite` of any maker as it lies on disk: the flatbuffer, and the zip of files that may follow it.

Nothing is copied: the file is mapped into memory. What ours promises of itself, its checksum, is held to.
"""

import hashlib
import mmap
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

from heedful.apps.errors import InputError
from heedful.apps.files import reading
from heedful.apps.graph.flatbuffer import IDENTIFIER
from heedful.apps.json_text import parsed
from heedful.apps.model_file import CARD, DAMAGED_ZIP, DIGEST, check_size

LARGEST_CARD = 4_000_000  # bytes
LOCAL_HEADER, NAME_AT = b"PK\3\4", 30  # a file in a zip begins with one, its name stands behind


@dataclass(frozen=True)
class Container:
    """A file that begins like a `.tflite`; the graph in it may still be damaged."""

    path: str
    content: Any  # what reads like bytes
    graph_size: int  # bytes before the zip
    attachments: dict[str, int]  # bytes by name
    card: dict[str, Any] | None  # of a file of ours

    @property
    def size(self) -> int:
        return len(self.content)


def open_container(path: str | PathLike[str]) -> Container:
    """Raises `InputError` for a file that is missing, no `.tflite`, truncated or damaged."""
    with reading(path, ".tflite file"):
        content = _mapped(Path(path))
    if content[4:8] != IDENTIFIER:
        raise InputError(f"{path} is not a .tflite model: give a file that LiteRT or TensorFlow Lite can run.")
    entries = _entries(path)
    if not entries:
        if any(_begins_entry(content, name.encode()) for name in (CARD, DIGEST)):
            raise InputError(f"{path} is truncated: copy or export it again.")
        return Container(str(path), content, len(content), {}, None)
    start = min(entry.header_offset for entry in entries)
    names = {entry.filename: entry.file_size for entry in entries}
    card, digest = _read(path, entries, CARD), _read(path, entries, DIGEST)
    if digest is not None:
        found = hashlib.sha256(memoryview(content)[:start]).hexdigest()
        if digest.decode(errors="replace").strip() != f"{found} {start}":
            raise InputError(f"{path} is damaged: its checksum is wrong; copy or export it again.")
    return Container(str(path), content, start, names, _card(card))


def _mapped(path: Path) -> Any:
    with path.open("rb") as file:
        try:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError:  # an empty file
            return b""


def _entries(path: str | PathLike[str]) -> list[zipfile.ZipInfo]:
    """What the zip holds, each entry read once; none where there is no zip."""
    try:
        if not zipfile.is_zipfile(path):
            return []
        with zipfile.ZipFile(path) as archive:
            check_size(archive.infolist(), Path(path).stat().st_size)
            if archive.testzip() is not None:
                raise zipfile.BadZipFile
            return archive.infolist()
    except DAMAGED_ZIP:
        raise InputError(f"{path} is damaged: its attached files cannot be read; copy or export it again.") from None


def _read(path: str | PathLike[str], entries: list[zipfile.ZipInfo], name: str) -> bytes | None:
    entry = next((entry for entry in entries if entry.filename == name), None)
    if entry is None or entry.file_size > LARGEST_CARD:
        return None
    with zipfile.ZipFile(path) as archive:
        return archive.read(entry)


def _card(content: bytes | None) -> dict[str, Any] | None:
    try:
        card = parsed(content or b"")
    except ValueError:
        return None
    return card if isinstance(card, dict) else None


def _begins_entry(content: Any, name: bytes) -> bool:
    """Whether an entry of a zip begins somewhere, whose list of entries is gone."""
    return any(content[place - NAME_AT : place - NAME_AT + 4] == LOCAL_HEADER for place in _places(content, name))


def _places(content: Any, text: bytes) -> Iterator[int]:
    place = content.find(text)
    while place >= 0:
        if place >= NAME_AT:
            yield place
        place = content.find(text, place + 1)
