"""A caption in a file of its own, named like its picture: `beach.jpg` and `beach.txt`, as trainers of image generators
and img2dataset write them, and as the shards of WebDataset have them. The texts may lie in a folder of their own.
"""

import json
import os
import posixpath
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from heedful.apps.errors import InputError
from heedful.recipes.image_captioning.reading.caption_tables import CAPTIONS
from heedful.recipes.image_captioning.reading.picture_files import PictureFiles
from heedful.recipes.shared.reading.rows import Row, Rows
from heedful.recipes.shared.reading.text_file import read_text
from heedful.recipes.shared.reading.written_paths import composed

ENDINGS = (".txt", ".caption", ".captions", ".cap", ".text", ".json")  # the best first
KEYS = ("caption", "captions", "text", "description", "title", "txt", "alt")


def find_sidecars(files: PictureFiles) -> dict[str, str]:
    """The best caption file of each picture that has some."""
    stems = defaultdict(list)
    if not any(path.lower().endswith(ENDINGS) for path in files.others):
        return {}
    for path in files.pictures:
        stems[_stem(path)].append(path)
    texts: dict[str, list[str]] = defaultdict(list)
    for path in files.others:
        stem, ending = posixpath.splitext(path)
        if ending.lower() not in ENDINGS:
            continue
        beside = [picture for picture in stems.get(_stem(path), ()) if posixpath.splitext(picture)[0] == stem]
        if beside:
            texts[beside[0]].append(path)
        elif ending.lower() != ".json" and _stem(path) in stems:
            match = files.find(f"{files.shown(stem)}.jpg")
            if match.path:
                texts[match.path].append(path)
    order = {ending: place for place, ending in enumerate(ENDINGS)}
    return {
        picture: min(found, key=lambda path: order[posixpath.splitext(path)[1].lower()])
        for picture, found in texts.items()
    }


def read_sidecars(sidecars: dict[str, str], files: PictureFiles) -> Rows:
    """The captions, of a text each line."""
    found, several = Rows(), 0
    for picture, path in sorted(sidecars.items()):
        where, name = files.shown(path), files.shown(picture)
        try:
            captions = _captions(Path(path))
        except InputError as error:
            found.skip("caption that cannot be read", str(error).replace(path, where))
            continue
        if captions and not any(letter.isalpha() for text in captions for letter in text):
            found.skip("numbers beside a picture, and no caption", where)
            continue
        several += len(captions) > 1
        found.rows += [Row({"image": name, "caption": caption}, where) for caption in captions]
        if not captions:
            found.skip("empty caption", where)
    kinds = sorted({os.path.splitext(path)[1] for path in sidecars.values()})
    found.read = f"{', '.join(kinds)} files: captions of the pictures of the same names"
    if several:
        found.notes.append(f"every line of {', '.join(kinds)} files is read as a caption of its own")
    return found


def _captions(path: Path) -> Sequence[str]:
    text = read_text(path, CAPTIONS)
    if path.suffix.lower() != ".json":
        return [line.strip() for line in text.splitlines() if line.strip()]
    try:
        content: Any = json.loads(text)
    except (ValueError, RecursionError):
        raise InputError(f"{path} is not JSON.") from None
    if isinstance(content, dict):
        content = next((content[key] for key in KEYS if content.get(key)), [])
    values = content if isinstance(content, list) else [content]
    return [value.strip() for value in values if isinstance(value, str) and value.strip()]


def _stem(path: str) -> str:
    return composed(posixpath.splitext(posixpath.basename(path))[0]).casefold()
