"""Pictures in the cells of a table, unpacked once into the user's cache: parquet and Arrow of Hugging Face, whose cells
are `{"bytes", "path"}`, and lines with pictures in base64.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from heedful.recipes.image_captioning.reading.caption_tables import CAPTIONS
from heedful.recipes.image_captioning.reading.picture_files import is_picture
from heedful.recipes.shared.reading.archives import check_room, into_cache
from heedful.recipes.shared.reading.table import Table, open_table
from heedful.recipes.shared.reading.text_file import long_fields

BASE64 = ("/9j/", "iVBOR", "UklGR", "R0lGOD", "Qk0")  # how JPEG, PNG, WebP, GIF and BMP begin in it
ENDINGS = {b"\x89PNG": ".png", b"RIFF": ".webp", b"GIF8": ".gif", b"BM": ".bmp", b"II*\0": ".tif"}
LEAST = 60  # characters of a picture in base64


def picture_column(table: Table) -> str | None:
    """The column whose cells are pictures; None where there is none."""
    for place, name in enumerate(table.names):
        cells = [record.values[place] for record in table.head if place < len(record.values)]
        filled = [cell for cell in cells if cell not in (None, "")]
        if filled and sum(_content(cell) is not None for cell in filled) > 0.5 * len(filled):
            return name
    return None


def unpacked_table(path: Path, column: str) -> Path:
    """A table of JSON lines with the same name as `path` in a folder of the cache, with the pictures in a folder beside
    it; their paths are in the column `image`. Row n of one is line n of the other.

    Raises `InputError` where there is no room for it.
    """

    def fill(working: Path) -> bool:
        check_room(path, working, path.stat().st_size)
        _unpack(path, column, working)
        return True

    return (into_cache([path], fill, of=f"the pictures in {column}") or path.parent) / path.name


def _unpack(path: Path, column: str, folder: Path) -> None:
    with long_fields(), open(folder / path.name, "w", encoding="utf-8") as lines:
        table = open_table(path, lambda name: name == column, CAPTIONS)
        place, used, below = table.names.index(column), set(), path.name.split(".")[0] + "_pictures"
        (folder / below).mkdir()
        for number, record in enumerate(table.rows(), 1):
            row: dict[str, Any] = {}
            if not record.reason:
                row = {name: cell for name, cell in zip(table.names, record.values, strict=False) if name != column}
                content = _content(record.values[place])
                if content:
                    name = _name(record.values[place], number, content)
                    name = name if name not in used else f"{number:06d}-{name}"
                    used.add(name)
                    (folder / below / name).write_bytes(content)
                    row["image"] = f"{below}/{name}"
            lines.write(json.dumps({"image": None} | row, ensure_ascii=False, default=lambda value: None) + "\n")


def _content(cell: Any) -> bytes | None:
    """The file of a picture in a cell; None where there is none."""
    if isinstance(cell, Mapping):
        cell = cell.get("bytes")
    if isinstance(cell, str) and len(cell) > LEAST and cell.startswith(("data:image/", *BASE64)):
        try:
            return base64.b64decode(cell.split("base64,")[-1])
        except (binascii.Error, ValueError):
            return None
    return cell if isinstance(cell, bytes) and cell else None


def _name(cell: Any, number: int, content: bytes) -> str:
    """The name that the table gives a picture, or its number."""
    written = cell.get("path") if isinstance(cell, Mapping) else None
    name = PurePosixPath(str(written or "").replace("\\", "/")).name
    if name and is_picture(name) and "\0" not in name and len(name.encode(errors="replace")) < 200:
        return name
    ending = next((ending for mark, ending in ENDINGS.items() if content.startswith(mark)), ".jpg")
    return f"{number:06d}{ending}"
