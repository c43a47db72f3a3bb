"""The splits that folders are named for: `train2017/1.jpg`, `testing_set/up/3.wav`."""

import re
from collections.abc import Iterable

from heedful.recipes.shared.reading.splits import SPLIT_NAMES

SET = re.compile(r"[\W_\d]*(?:clean|other)?[\W_\d]*(?:data)?(?:set|split|folder|data|images?|imgs?)?[\W_\d]*$")
LONGEST_FIRST = sorted(SPLIT_NAMES, key=len, reverse=True)


def split_of_folder(name: str) -> str:
    """`Train`, `val`, `testing_set`, `01-dev`, `train2017` -> the split; "" for any other folder."""
    plain = name.casefold().lstrip("0123456789_-. ")
    for known in LONGEST_FIRST:
        if plain.startswith(known) and SET.fullmatch(plain[len(known) :]):
            return SPLIT_NAMES[known]
    return ""


def split_of_folders(names: Iterable[str]) -> str:
    """The split of the first of some folders that is named for one; "" where none is."""
    return next((split for name in names if (split := split_of_folder(name))), "")
