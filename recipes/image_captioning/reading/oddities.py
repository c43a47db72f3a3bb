"""What looks wrong in pictures and captions that can be read: the same picture twice, captions that are file names."""

import os
import posixpath
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sized

from heedful.recipes.image_captioning.reading.picture_files import fingerprint
from heedful.recipes.image_captioning.reading.pictures import Split
from heedful.recipes.shared.reading.splits import SPLITS
from heedful.recipes.shared.reading.text_file import shown
from heedful.recipes.shared.reading.words import words

FEW = 200  # pictures to train on
TINY = 32  # pixels of the shorter side


def of_pictures(places: Mapping[str, tuple[str, str]], sizes: Mapping[str, tuple[int, int]]) -> list[str]:
    """Warnings about files, of which the name and the split are known."""
    found, by_size = [], defaultdict(list)
    for path in places:
        by_size[os.path.getsize(path)].append(path)
    alike = defaultdict(list)
    for paths in by_size.values():
        for path in paths if len(paths) > 1 else ():
            alike[fingerprint(path)].append(path)
    groups = [[places[path] for path in paths] for paths in alike.values() if len(paths) > 1]
    crossing = [group for group in groups if len({split for _, split in group}) > 1]
    if crossing:
        (one, split), (other, another) = (
            crossing[0][0],
            next(item for item in crossing[0] if item[1] != crossing[0][0][1]),
        )
        found.append(
            f"{how_many(crossing, 'picture')} in two splits under other names ({shown(one)} in {split}, {shown(other)} "
            f"in {another}): what is measured on them flatters the model"
        )
    twice = [group for group in groups if group not in crossing]
    if twice:
        names = " and ".join(shown(name) for name, _ in twice[0][:2])
        found.append(f"{how_many(twice, 'picture')} there more than once under other names ({names})")
    tiny = [path for path in places if min(sizes[path]) < TINY]
    if tiny:
        width, height = sizes[tiny[0]]
        found.append(
            f"{how_many(tiny, 'picture')} smaller than {TINY} pixels ({shown(places[tiny[0]][0])}: {width} x {height})"
        )
    return found


def of_captions(splits: Mapping[str, Split]) -> list[str]:
    """Warnings about what is said of the pictures, and how many there are."""
    found = []
    pairs = [(name, text) for split in splits.values() for name, texts in zip(split.names, split.captions, strict=True)
             for text in texts]  # fmt: skip
    named = [name for name, text in pairs if words(text) == words(posixpath.splitext(posixpath.basename(name))[0])]
    if named:
        found.append(f"{how_many(named, 'caption')} as the name of the file ({shown(named[0])})")
    texts = Counter(text for _, text in pairs)
    text, count = texts.most_common(1)[0] if texts else ("", 0)
    if len(pairs) > 1 and count > 0.5 * len(pairs):
        found.append(
            f"{count:,} of {len(pairs):,} captions are the same, {shown(text)!r}: the model will say nothing else"
        )
    train = len(splits.get("train", ()))
    if 0 < train < FEW:
        found.append(
            f"{train:,} pictures are few to train on: the model learns them by heart, and what it says of others will "
            "mostly be wrong; give some hundreds, or go on from a trained model with --init"
        )
    return found


def how_many(things: Sized, what: str) -> str:
    return f"1 {what} is" if len(things) == 1 else f"{len(things):,} {what}s are"


def of_splits(splits: Mapping[str, Split], told: Collection[str]) -> list[str]:
    """Warnings about splits that the source names and that hold nothing."""
    return [f"no picture of {name} can be used" for name in SPLITS if name in told and not len(splits.get(name, ()))]
