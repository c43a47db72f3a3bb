"""The user's own pictures and captions, in whatever way they are published: files, folders, archives.

    image,caption,split
    images/1.jpg,"A dog, running.",train

Every caption that cannot be used is left out and named with its file and line. What is left goes to the splits that the
table, the lists beside it, the names of the files or the folders give, or to those that a hash of the picture's path
gives, so that adding pictures never moves an old one from training into the test.
"""

import hashlib
import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from heedful.apps import images
from heedful.apps.errors import InputError
from heedful.recipes.image_captioning.reading import oddities
from heedful.recipes.image_captioning.reading.caption_files import FORM, CaptionFiles, given, search
from heedful.recipes.image_captioning.reading.captioned_pictures import Picture, gather
from heedful.recipes.image_captioning.reading.picture_check import Sizes, readable, recognised
from heedful.recipes.image_captioning.reading.picture_files import PictureFiles, is_picture
from heedful.recipes.image_captioning.reading.pictures import Listing, Split
from heedful.recipes.shared.reading import archives
from heedful.recipes.shared.reading.sources import paths_of
from heedful.recipes.shared.reading.splits import (
    SPLITS,
    at_least_one,
    check_trainable,
    hash_rule,
    hash_split,
    with_validation,
)
from heedful.recipes.shared.reading.summary import source_name
from heedful.recipes.shared.reading.text_file import shown

KEY = "each picture's path"
HASHED = hash_rule(KEY)


def read_folder(source: str, size: int, training: bool, columns: Mapping[str, str] | None = None) -> Listing:
    """Pictures of `size` pixels a side and their captions; with `training` each is decoded once to name the bad ones.

    `columns` says which columns of a table hold what. Raises `InputError`, one sentence, when nothing can be used, most
    pictures cannot be read, or, with `training`, nothing is left to train on or to choose the best model by.
    """
    name = source_name(source)
    files, found = _opened(source, columns or {}, name)
    gathered = gather(found, files)
    pictures, skipped = gathered.pictures, gathered.skipped
    _name_the_rest(files, found, pictures, skipped)
    names = _names(files, found, pictures)
    sizes = _drop_unreadable(name, names, pictures, skipped, size, training)
    if not pictures:
        first = next((f"{why}: {them[0].rstrip('.')}" for why, them in skipped.items() if them), "it lists none")
        raise InputError(f"{name} has no picture with a caption that can be used; the first reason is {first}.")
    rule = _fill_splits(pictures, names, gathered.told_by)
    if training:
        check_trainable({picture.split for picture in pictures.values()}, "pictures", name)
    splits = {split: _split(names, pictures, sizes, split, size) for split in SPLITS}
    places = {path: (names[path], picture.split or "") for path, picture in pictures.items()}
    return Listing(
        source=source,
        splits=splits,
        split_rule=rule,
        fingerprint=_fingerprint(names, pictures),
        skipped={reason: them for reason, them in skipped.items() if them},
        read=tuple(part.rows.read for part in found.sources if part.rows.read),
        notes=tuple(dict.fromkeys([*gathered.notes, *found.notes(files)])),
        warnings=(*oddities.of_pictures(places, sizes), *oddities.of_splits(splits, gathered.told)),
    )


def _opened(source: str, chosen: Mapping[str, str], name: str) -> tuple[PictureFiles, CaptionFiles]:
    """The files of a source, and its captions; archives in a folder are looked into where it needs them."""
    paths = paths_of(source, FORM)
    tables = [path for path in paths if path.is_file() and not is_picture(path.name)]
    roots = [path if path.is_dir() else _root(path) for path in paths]
    roots = [root for root in dict.fromkeys(roots) if not any(other in root.parents for other in roots)]
    files = PictureFiles(roots)
    if tables:
        if not files.any_pictures():  # Flickr8k_text/ lies beside its pictures
            files = PictureFiles([root.absolute().parent for root in roots])
        return files, given(tables, files, chosen)
    packed = [Path(path) for path in files.files if path.lower().endswith(archives.SUFFIXES)]
    try:
        if files.pictures or not packed:
            found = search(files, chosen, name)
            found.passed_over += packed
            return files, found
    except InputError:
        if not packed:
            raise
    files = PictureFiles([*roots, *map(archives.unpacked, packed)])
    return files, search(files, chosen, name)


def _root(file: Path) -> Path:
    return file.parent.parent if file.absolute().parent.name == "annotations" else file.parent


def _name_the_rest(
    files: PictureFiles, found: CaptionFiles, pictures: Mapping[str, Picture], skipped: defaultdict[str, list[str]]
) -> None:
    """Pictures without a caption: all in a folder that was given; where a list was, those in the same folders."""
    folders = {os.path.dirname(path) for path in pictures}
    listed = {str(path.parent) for path in found.files}
    rest = files.pictures if found.whole else [
        f"{folder}/{name}" for folder in sorted(folders | listed) for name in sorted(files.names(folder).values())
        if is_picture(name)
    ]  # fmt: skip
    skipped["picture without a usable caption"] += [shown(files.shown(path)) for path in rest if path not in pictures]


def _names(files: PictureFiles, found: CaptionFiles, pictures: Mapping[str, Picture]) -> dict[str, str]:
    """The names of pictures relative to the folder of their list, or to that which was given where they lie elsewhere:
    the same where a folder is given that wraps it."""
    tops = {str(_root(path)) for path in found.files}
    top = next(iter(tops)).rstrip("/") + "/" if len(tops) == 1 else None
    if top and all(path.startswith(top) for path in pictures):
        return {path: path[len(top) :] for path in pictures}
    return {path: files.shown(path) for path in pictures}


def _drop_unreadable(
    source: str, names: Mapping[str, str], pictures: dict[str, Picture], skipped: dict[str, list[str]], size: int,
    training: bool,
) -> Sizes:  # fmt: skip
    """Leave out the pictures that cannot be read. Raises `InputError` when these are more than half of them."""
    sizes, refused = (readable if training else recognised)(list(pictures), size)
    if 2 * len(refused) > len(pictures):
        raise InputError(
            f"{source}: {len(refused)} of {len(pictures)} pictures cannot be read; the first reason is: "
            f"{next(iter(refused.values()))}"
        )
    for path, reason in refused.items():
        skipped["unreadable picture"].append(reason.replace(path, names[path]))
        del pictures[path]
    return sizes


def _fill_splits(pictures: Mapping[str, Picture], names: Mapping[str, str], told_by: str) -> str:
    """Give every picture a split, and say by what rule."""
    keys = [names[path] for path in pictures]
    if told_by:
        splits, taken = with_validation([picture.split or "" for picture in pictures.values()], keys, KEY)
        rule = told_by + taken
    else:
        splits, taken = at_least_one([hash_split(key) for key in keys], keys, KEY)
        rule = HASHED + taken
    for picture, split in zip(pictures.values(), splits, strict=True):
        picture.split = split
    return rule


def _split(names: Mapping[str, str], pictures: Mapping[str, Picture], sizes: Sizes, split: str, size: int) -> Split:
    paths = [path for path, picture in pictures.items() if picture.split == split]
    return Split(
        names=tuple(names[path] for path in paths),
        captions=tuple(tuple(pictures[path].captions) for path in paths),
        read=partial(_read, paths, size),
        sizes=tuple(sizes[path] for path in paths),
    )


def _read(paths: Sequence[str], size: int, number: int) -> np.ndarray:
    return images.read(paths[number], size)


def _fingerprint(names: Mapping[str, str], pictures: Mapping[str, Picture]) -> str:
    digest = hashlib.sha256()
    for path in pictures:
        status = os.stat(path)
        digest.update(repr((names[path], status.st_size, status.st_mtime_ns)).encode())
    return digest.hexdigest()
