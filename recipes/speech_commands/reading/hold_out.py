"""Which recordings are held out where nobody says it: by speaker where speakers are known, else file by file.

The hash of a speaker, or of word and name, decides, so that more recordings do not move the old ones. Where there are
few, it must not leave a word without training or validation: then the next in the order of the hash is taken.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import NamedTuple

from heedful.recipes.shared.reading.splits import LARGEST, hash_split

FEW_FILES = 5  # of a word; fewer leave one out for validation and none for the test
FEW_SPEAKERS = 10  # fewer are held out one by one, in the order of their hash
WITH_TEST = 5  # speakers; fewer leave none for the test
MOST = 0.5  # of all recordings; a speaker who has more is not held out where there are few


class Item(NamedTuple):
    """A recording that is to be given a split."""

    word: str
    speaker: str  # "" where it is not known
    key: str  # of its own: word and name


def draw(key: str) -> int:
    """The number that `hash_split` decides by: small ones are validation, then test."""
    return int(hashlib.sha1(key.encode(errors="surrogatepass")).hexdigest(), 16) % (LARGEST + 1)


def by_file(items: Sequence[Item], test: bool = True) -> list[str]:
    """Splits word by word; each word keeps a training recording and, of two or more, one for validation."""
    splits = [""] * len(items)
    words: defaultdict[str, list[int]] = defaultdict(list)
    for index, item in enumerate(items):
        words[item.word].append(index)
    for rows in words.values():
        rows.sort(key=lambda index: draw(items[index].key))
        found = [_plain(hash_split(items[index].key), test) for index in rows]
        if len(rows) < FEW_FILES:
            found = ["train"] * len(rows)
        if "train" not in found:
            found[-1] = "train"
        if "validation" not in found and found.count("train") > 1:
            found[found.index("train")] = "validation"
        for index, split in zip(rows, found, strict=True):
            splits[index] = split
    return splits


def by_speaker(items: Sequence[Item], test: bool = True, few: int = FEW_SPEAKERS) -> tuple[list[str], list[str]]:
    """Splits by speaker, and the words that only one speaker says, whose recordings are split one by one.

    With fewer than `few` speakers those are held out that come first by their hash.
    """
    units: defaultdict[str, list[int]] = defaultdict(list)
    for index, item in enumerate(items):
        units[item.speaker or item.key].append(index)
    order = sorted(units, key=draw)
    words = {unit: {items[index].word for index in units[unit]} for unit in order}
    if len(order) < few:
        light = [unit for unit in order if len(units[unit]) <= MOST * len(items)] or order[:1]
        chosen = dict.fromkeys(order, "train") | {light[0]: "validation"} if len(order) > 1 else {order[0]: "train"}
        if test and len(order) >= WITH_TEST and len(light) > 1:
            chosen[light[1]] = "test"
    else:
        chosen = {unit: _plain(hash_split(unit), test) for unit in order}
    _cover(order, words, chosen)
    splits = [chosen[item.speaker or item.key] for item in items]
    alone = {word for word in {item.word for item in items} if sum(word in words[unit] for unit in order) == 1}
    rows = [index for index, item in enumerate(items) if item.word in alone]
    for index, split in zip(rows, by_file([items[index] for index in rows], test), strict=True):
        splits[index] = split
    return splits, sorted(alone)


def _plain(split: str, test: bool) -> str:
    return "train" if split == "test" and not test else split


def _cover(order: Sequence[str], words: dict[str, set[str]], chosen: dict[str, str]) -> None:
    """Moves speakers until every word is in train, and in validation where several say it."""

    def lacking(split: str) -> set[str]:
        there = {word for unit in order if chosen[unit] == split for word in words[unit]}
        return {word for unit in order for word in words[unit]} - there

    def spare(unit: str) -> bool:
        others = {word for other in order if other != unit and chosen[other] == "train" for word in words[other]}
        return chosen[unit] != "train" or words[unit] <= others

    _move(order[::-1], words, chosen, "train", lacking, lambda unit: True)
    _move(
        sorted(order, key=lambda unit: chosen[unit] != "test"), words, chosen, "validation", lacking,
        lambda unit: chosen[unit] != "validation" and spare(unit),
    )  # fmt: skip


def _move(
    order: Sequence[str], words: dict[str, set[str]], chosen: dict[str, str], split: str,
    lacking: Callable[[str], set[str]], movable: Callable[[str], bool],
) -> None:  # fmt: skip
    """Into `split` the first in order who say what is lacking there."""
    missing = lacking(split)
    for unit in order:
        if not missing:
            return
        if words[unit] & missing and movable(unit):
            chosen[unit] = split
            missing = lacking(split)
