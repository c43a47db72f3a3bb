"""Lists of the pictures of a split, as Flickr8k has them: `Flickr_8k.trainImages.txt`, a name on each line."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from heedful.apps.errors import InputError
from heedful.recipes.image_captioning.reading.caption_tables import CAPTIONS
from heedful.recipes.shared.reading.splits import split_in_words
from heedful.recipes.shared.reading.text_file import read_lines, shown

LOOKED_AT = 50  # lines
Resolve = Callable[[str], str]  # the file of a written name; "" where there is none


@dataclass
class SplitLists:
    """The lists by split: the picture of each name, and those names that are no picture."""

    files: dict[Path, str] = field(default_factory=dict)
    splits: dict[str, str] = field(default_factory=dict)  # path of a picture -> split
    unknown: list[str] = field(default_factory=list)  # file, line and name
    twice: list[str] = field(default_factory=list)  # the same of those that another list has


def is_split_list(path: Path, resolve: Resolve) -> bool:
    """Whether a file is named for a split and its first lines are names of pictures."""
    if split_in_words(path.stem) is None:
        return False
    try:
        head = [line.decode(errors="replace").strip() for _, line in islice(read_lines(path, CAPTIONS), LOOKED_AT)]
    except InputError:
        return False
    filled = [line for line in head if line]
    return bool(filled) and sum(bool(resolve(line)) for line in filled) > 0.5 * len(filled)


def read_lists(paths: Sequence[Path], resolve: Resolve) -> SplitLists:
    """The splits that some lists give."""
    found = SplitLists()
    for path in paths:
        found.files[path] = split = split_in_words(path.stem) or "train"
        for number, content in read_lines(path, CAPTIONS):
            if name := content.decode(errors="replace").strip():
                where = f"{path.name}:{number} {shown(name)}"
                if not (picture := resolve(name)):
                    found.unknown.append(where)
                elif found.splits.setdefault(picture, split) != split:
                    found.twice.append(where)
    return found
