"""The user's own pictures and captions: a folder with `captions.csv`, or with the JSON of Karpathy or COCO.

    image,caption,split
    images/1.jpg,"A dog, running.",train

Every caption that cannot be used is left out and named with its file and line; what is left goes to the splits that the
file gives, or to those that a hash of the picture's path gives, so that adding pictures never moves an old one from
training into the test.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from heedful.apps import images
from heedful.apps.errors import InputError
from heedful.recipes.image_captioning.reading.annotations import CAPTIONS, read_json
from heedful.recipes.image_captioning.reading.picture_check import readable, recognised
from heedful.recipes.image_captioning.reading.picture_files import FilesBelow, inside
from heedful.recipes.image_captioning.reading.pictures import Listing, Split
from heedful.recipes.shared.reading.columns import SPLIT, Column
from heedful.recipes.shared.reading.rows import Rows, add_skipped, read_rows
from heedful.recipes.shared.reading.splits import (
    SPLITS,
    check_trainable,
    hash_rule,
    hash_split,
    split_in_name,
    split_of,
    with_validation,
)
from heedful.recipes.shared.reading.text_file import shown
from heedful.recipes.shared.reading.words import words

FILE = "captions.csv"
COLUMNS = (Column("image"), Column("caption"), SPLIT)
MOST_LINES = 50  # of a quoted caption
KEY = "each picture's path"
HASHED = hash_rule(KEY)
EXPECTED = "expected a folder with captions.csv and its pictures, or a .csv or .json file of captions."


@dataclass
class Picture:
    """A picture with its captions, in the order in which they are found."""

    split: str
    captions: list[str]


def read_folder(source: str, size: int, training: bool) -> Listing:
    """Pictures of `size` pixels a side and their captions; with `training` each is decoded once to name the bad ones.

    Raises `InputError`, one sentence, when nothing can be used, most pictures cannot be read, or, with `training`,
    nothing is left to train on or to choose the best model by.
    """
    root, files = find(Path(source).expanduser())
    table = files[0].suffix.lower() != ".json"
    below = FilesBelow(root) if table else FilesBelow(root, _sub_folders(root))
    found = Rows()
    for part in [read_table(files[0])] if table else map(read_json, files):
        found.rows += part.rows
        add_skipped(found.skipped, part.skipped)
    pictures, rule = gather(found, below)
    skipped = found.skipped
    if table:
        skipped["picture without a usable caption"] += [shown(path) for path in below.beside(set(pictures))]
    _drop_unreadable(source, root, pictures, skipped, size, training)
    if not pictures:
        first = next(
            (f"{reason}: {names[0].rstrip('.')}" for reason, names in skipped.items() if names), "it lists none"
        )
        raise InputError(f"{source} has no picture with a caption that can be used; the first reason is {first}.")
    if training:
        check_trainable({picture.split for picture in pictures.values()}, "pictures", source)
    return Listing(
        source=source,
        splits={name: _split(root, pictures, name, size) for name in SPLITS},
        split_rule=rule if rule == HASHED else f"{', '.join(file.name for file in files)}{rule}",
        fingerprint=_fingerprint(root, pictures),
        skipped={reason: names for reason, names in skipped.items() if names},
    )


def find(path: Path) -> tuple[Path, list[Path]]:
    """The folder below which the pictures lie, and the files with their captions: one `.csv`, or several `.json`."""
    if path.is_file():
        return _root(path), [path]
    if not path.is_dir():
        raise InputError(f"{path} does not exist: {EXPECTED}")
    if (path / FILE).is_file():
        return path, [path / FILE]
    for pattern in ("dataset_*.json", "captions_*.json"):
        files = [file for folder in (path, path / "annotations") for file in sorted(folder.glob(pattern))]
        if files:
            splits = [split_in_name(file.stem)[1] for file in files]
            if len(files) > 1 and (pattern.startswith("dataset") or len(set(splits)) < len(files) or None in splits):
                names = ", ".join(file.name for file in files)
                raise InputError(
                    f"{path} holds {names}, which overlap: keep one of each split, or give one of the files."
                )
            return _root(files[0]), files
    raise InputError(f"{path} holds no captions.csv, dataset_*.json or captions_*.json: {EXPECTED}")


def read_table(path: Path) -> Rows:
    """Every caption of a table, once."""
    found = read_rows(path, COLUMNS, CAPTIONS, most_lines=MOST_LINES)
    rows, found.rows = found.rows, []
    seen: set[tuple[str, ...]] = set()
    for row in rows:
        if (content := tuple(row.values.values())) in seen:
            found.skipped["repeated row"].append(f"{row.where} {shown(row.values['image'])}")
        else:
            seen.add(content)
            found.rows.append(row)
    return found


def gather(found: Rows, below: FilesBelow) -> tuple[dict[str, Picture], str]:
    """Usable captions by the path of their picture, and a note on the splits; what is left out goes to `found.skipped`.

    The note is `HASHED` where no row names a split.
    """
    hashed = not any(SPLIT.name in row.values for row in found.rows)
    pictures: dict[str, Picture] = {}
    places: dict[str, str | None] = {}
    for row in found.rows:
        image, caption = row.values["image"], row.values["caption"].strip()
        written = inside(image)
        if image not in places:
            places[image] = None if written is None else below.find(written)
        path = places[image]
        split = hash_split(path) if hashed and path else split_of(row.values.get(SPLIT.name, ""))
        picture = pictures.get(path or "")
        if written is None:
            reason = "picture outside of the folder"
        elif path is None:
            reason = "missing picture"
        elif not caption:
            reason = "empty caption"
        elif not words(caption):
            reason = "caption without a word"
        elif split is None:
            reason = "unknown split"
        elif picture is None:
            pictures[path] = Picture(split, [caption])
            continue
        elif picture.split != split:
            reason = "picture that is in another split already"
        else:
            picture.captions.append(caption)
            continue
        found.skipped[reason].append(f"{row.where} {shown(image)}".rstrip())
    if hashed:
        return pictures, HASHED
    splits, taken = with_validation([picture.split for picture in pictures.values()], list(pictures), KEY)
    for picture, split in zip(pictures.values(), splits, strict=True):
        picture.split = split
    return pictures, taken


def _root(file: Path) -> Path:
    return file.parent.parent if file.absolute().parent.name == "annotations" else file.parent


def _sub_folders(root: Path) -> tuple[str, ...]:
    """`images` first, and every folder in it or in the root: publishers agree on no name."""
    found = ["images", "Images"]
    for top in (root, root / "images"):
        if top.is_dir():
            found += sorted(folder.relative_to(root).as_posix() for folder in _folders(top))
    return tuple(dict.fromkeys(found))


def _folders(top: Path) -> Iterable[Path]:
    return (folder for folder in top.iterdir() if folder.is_dir() and not folder.name.startswith((".", "__")))


def _drop_unreadable(
    source: str, root: Path, pictures: dict[str, Picture], skipped: dict[str, list[str]], size: int, training: bool
) -> None:
    """Leave out the pictures that cannot be read. Raises `InputError` when these are more than half of them."""
    refused = (readable if training else recognised)([root / path for path in pictures], size)
    if 2 * len(refused) > len(pictures):
        raise InputError(
            f"{source}: {len(refused)} of {len(pictures)} pictures cannot be read; the first reason is: "
            f"{next(iter(refused.values()))}"
        )
    for path, reason in refused.items():
        name = path.relative_to(root).as_posix()
        skipped["unreadable picture"].append(reason.replace(str(path), name))
        del pictures[name]


def _split(root: Path, pictures: Mapping[str, Picture], name: str, size: int) -> Split:
    paths = [path for path, picture in pictures.items() if picture.split == name]
    return Split(
        names=tuple(paths),
        captions=tuple(tuple(pictures[path].captions) for path in paths),
        read=partial(_read, root, paths, size),
    )


def _read(root: Path, paths: Sequence[str], size: int, number: int) -> np.ndarray:
    return images.read(root / paths[number], size)


def _fingerprint(root: Path, pictures: Mapping[str, Picture]) -> str:
    digest = hashlib.sha256()
    for path in pictures:
        status = (root / path).stat()
        digest.update(repr((path, status.st_size, status.st_mtime_ns)).encode())
    return digest.hexdigest()
