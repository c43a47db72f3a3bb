"""Captions brought together with the files of their pictures: `gather(...)`."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from posixpath import dirname

from heedful.recipes.image_captioning.reading.caption_files import CaptionFiles, Source
from heedful.recipes.image_captioning.reading.oddities import how_many
from heedful.recipes.image_captioning.reading.picture_files import (
    EXACT,
    NUMBERED,
    TAIL,
    WAYS,
    Found,
    PictureFiles,
    inside,
)
from heedful.recipes.image_captioning.reading.split_lists import SplitLists, read_lists
from heedful.recipes.shared.reading.rows import Row, add_skipped
from heedful.recipes.shared.reading.splits import split_of
from heedful.recipes.shared.reading.text_file import shown
from heedful.recipes.shared.reading.words import words

Asked = tuple[str, str, str | None]  # a name, the folder of its list, and the split of its row


@dataclass
class Picture:
    """A picture with its captions, in the order in which they are found."""

    split: str | None
    captions: list[str]


@dataclass(frozen=True)
class Gathered:
    """Usable captions by the path of their picture, and what there is to say about them."""

    pictures: dict[str, Picture]
    skipped: defaultdict[str, list[str]]  # reason -> what was left out
    notes: list[str]
    told_by: str  # what told the splits, "" where nothing did
    told: set[str]  # the splits that were told, also where none of their pictures can be used


def gather(found: CaptionFiles, files: PictureFiles) -> Gathered:
    """The captions of all files with their pictures."""
    skipped: defaultdict[str, list[str]] = defaultdict(list)
    notes: list[str] = []
    lists = read_lists(found.lists, lambda name: files.find(name, "").path)
    for source in found.sources:
        add_skipped(skipped, source.rows.skipped)
        notes += source.rows.notes
    asked = list(_asked(found, lists, skipped, notes))
    places = {key: files.find(*key) for key in dict.fromkeys(key for _, _, key, _ in asked)}
    _settle(places, files)
    notes += _ways(places, files)
    told_by = _told_by(found, lists, any(split for *_, split in asked), places, files)
    pictures: dict[str, Picture] = {}
    told: set[str] = set()
    for row, source, key, split in asked:
        place, caption = places[key], row.values["caption"].strip()
        split = _split(told_by, split, source, lists, place.path, files)
        told |= {split} if split else set()
        picture = pictures.get(place.path)
        if place.reason:
            reason = place.reason
        elif not caption:
            reason = "empty caption"
        elif not words(caption):
            reason = "caption without a word"
        elif told_by and split is None:
            reason = "picture in none of the lists of splits" if lists.splits else "unknown split"
        elif picture is None:
            pictures[place.path] = Picture(split, [caption])
            continue
        elif picture.split != split:
            reason = "picture that is in another split already"
        else:
            picture.captions.append(caption)
            continue
        skipped[reason].append(f"{row.where} {shown(key[0])}".rstrip())
    skipped["name in a list of a split, and no picture"] += lists.unknown
    skipped["picture in the lists of two splits"] += lists.twice
    return Gathered(pictures, skipped, notes, told_by, told)


def _asked(
    found: CaptionFiles, lists: SplitLists, skipped: Mapping[str, list[str]], notes: list[str]
) -> Iterator[tuple[Row, Source, Asked, str | None]]:
    """Every row, what is to be looked for, and the split that is written in it: None where none is, "" for nonsense."""
    for source in found.sources:
        written = {text for row in source.rows.rows if (text := row.values.get("split")) is not None}
        told = any(map(split_of, written))
        if not told and any(written):
            notes.append(f"the column of splits names none ({shown(min(written))}), so it is not used")
        for row in source.rows.rows:
            split = split_of(text) or "" if (text := row.values.get("split")) is not None and told else None
            for image in row.values["image"].split("\n"):  # several views of one thing, with one text
                yield row, source, (image, source.here, split or source.split), split


def _settle(places: dict[Asked, Found], files: PictureFiles) -> None:
    """A file that does not lie where it is written is of the one name that fits it best, and so is its folder: of
    `cats/1.jpg` and `dogs/1.jpg`, where only the folder dogs is there, that file is no cat.
    """
    names: dict[str, dict[str, tuple[int, int]]] = defaultdict(dict)  # of each file: written name -> how well it fits
    folders: dict[str, int] = {}
    for (written, *_), place in places.items():
        if place.path:
            whole = place.tail == files.shown(place.path).count("/") + 1
            fit = (EXACT if whole else -place.way, place.tail)
            names[place.path][_plain(written)] = fit
            folders[dirname(place.path)] = max(folders.get(dirname(place.path), 0), place.tail)
    for key, place in places.items():
        if not place.path or place.way == EXACT:
            continue
        fits = names[place.path]
        best = [name for name, fit in fits.items() if fit == max(fits.values())]
        elsewhere = "/" in _plain(key[0]) and place.tail < folders[dirname(place.path)]
        if elsewhere or best != [_plain(key[0])]:
            outside = inside(_plain(key[0])) is None
            places[key] = Found(reason="picture outside of the folder" if outside else "missing picture")


def _plain(written: str) -> str:
    return NUMBERED.sub("", written.replace("\\", "/"))


def _ways(places: Mapping[Asked, Found], files: PictureFiles) -> Iterator[str]:
    """What of the names is not as it is written."""
    for way, words_ in WAYS.items():
        found = {place.path: key[0] for key, place in places.items() if place.path and place.way == way}
        if way == TAIL:  # below a sub-folder is as publishers write it
            found = {path: name for path, name in found.items() if inside(_plain(name)) is None}
        if found:
            path, written = next(iter(found.items()))
            example = f"{shown(written)} is {shown(files.shown(path))}"
            yield f"{how_many(found, 'picture')} found {words_}: {example}"


def _told_by(
    found: CaptionFiles, lists: SplitLists, told: bool, places: Mapping[Asked, Found], files: PictureFiles
) -> str:
    """What gives the splits, in words; "" where nothing does."""
    if lists.splits and not told:
        return ", ".join(path.name for path in lists.files)
    if told or any(source.split for source in found.sources):
        return ", ".join(dict.fromkeys(path.name for path in found.files))
    folders = {files.split_of(place.path) for place in places.values() if place.path}
    return "the folders of the pictures" if "train" in folders and "" not in folders else ""


def _split(
    told_by: str, split: str | None, source: Source, lists: SplitLists, path: str, files: PictureFiles
) -> str | None:
    if not told_by or split is not None:
        return split or None
    if lists.splits:
        return lists.splits.get(path)
    return source.split or files.split_of(path) or None
