"""Train, validation and test: their names in columns and file names, and the hash that splits what says nothing.

The hash looks at one key at a time (a speaker, a path, a text), so adding data never moves what was there before from
training into the test. It is the rule of Speech Commands (Warden 2018, arXiv:1804.03209), to the letter.
"""

import hashlib
import re
from collections.abc import Container, Mapping, Sequence, Sized
from dataclasses import fields
from itertools import chain
from typing import Any

import numpy as np

from heedful.apps.errors import InputError

SPLITS = ("train", "validation", "test")
SPLIT_NAMES = {  # restval is Karpathy's: the rest of COCO's validation pictures
    **dict.fromkeys(("train", "training", "restval"), "train"),
    **dict.fromkeys(("validation", "valid", "val", "dev"), "validation"),
    **dict.fromkeys(("test", "testing"), "test"),
}
WORD = re.compile(rf"(?<![a-z])({'|'.join(SPLIT_NAMES)})(?![a-z])", re.IGNORECASE)
HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|_")  # trainImages, coco-cn_train
LARGEST = 2**27 - 1


def split_of(text: str) -> str | None:
    """The split that a cell of a column names; None where it is none of `SPLIT_NAMES`."""
    return SPLIT_NAMES.get(text.strip().lower())


def split_in_name(stem: str) -> tuple[str, str | None]:
    """`news_val2` -> `news_*2`, which all files of a data set have in common, and `validation`; None without any."""
    found = list(WORD.finditer(stem))
    if not found:
        return stem, None
    return stem[: found[-1].start()] + "*" + stem[found[-1].end() :], split_of(found[-1][1])


def split_in_words(stem: str) -> str | None:
    """The split in a name, also where its words are told apart by their capitals alone."""
    return split_in_name(stem)[1] or split_in_name(HUMP.sub("-", stem))[1]


def hash_percent(key: str | bytes) -> float:
    """The number from 0 to 100 that decides: small ones are validation, then test."""
    key = key.encode(errors="surrogatepass") if isinstance(key, str) else key  # names of files need not be UTF-8
    return int(hashlib.sha1(key).hexdigest(), 16) % (LARGEST + 1) * (100 / LARGEST)


def hash_split(key: str | bytes, validation: float = 0.1, test: float = 0.1) -> str:
    """The split of a key by its sha1 alone, where these are the shares of validation and test."""
    percent = hash_percent(key)
    if percent < 100 * validation:
        return "validation"
    return "test" if percent < 100 * (validation + test) else "train"


def hash_rule(of: str, validation: float = 0.1, test: float = 0.1) -> str:
    """In words: what `hash_split` does; `of` is what the keys are."""
    train, validation, test = (100 * share for share in (1 - validation - test, validation, test))
    return f"a hash of {of}: {train:g} % train, {validation:g} % validation, {test:g} % test"


def with_validation(splits: Sequence[str], keys: Sequence[str], of: str, share: float = 0.1) -> tuple[list[str], str]:
    """The splits of examples, with a share of train for validation by the hash of their keys, and the words about it,
    where `of` is what the keys are. Where that share has none of few keys, it is one of them.

    Where there is no train, a validation already, or none to be taken, they are as they were and the words are "".
    """
    if "train" not in splits or "validation" in splits:
        return list(splits), ""
    taken = [
        "validation" if split == "train" and hash_split(key, share) == "validation" else split
        for split, key in zip(splits, keys, strict=True)
    ]
    filled, words = at_least_one(taken, keys, of, free=("train", "validation"))
    return filled, words or f"; validation is {100 * share:g} % of train, by a hash of {of}" * (taken != list(splits))


def at_least_one(
    splits: Sequence[str], keys: Sequence[str], of: str, free: Sequence[str] = SPLITS
) -> tuple[list[str], str]:
    """The same splits, but where the hash left train or validation empty, the next key in its order goes there, out of
    the splits that are `free`; and the words about it, "" where nothing had to move.
    """
    found, words = list(splits), ""
    for wanted, end in (("train", max), ("validation", min)):
        donors = {key for key, split in zip(keys, found, strict=True) if split in free}
        if wanted not in found and len(donors) > 1:
            moved = end(donors, key=lambda key: (hash_percent(key), key))
            pairs = zip(keys, found, strict=True)
            found = [wanted if key == moved and split in free else split for key, split in pairs]
            words = f"; of so few, the ends of the order by a hash of {of} are train and validation"
    return found, words


def check_trainable(
    there: Container[str], what: str, source: str, skipped: Mapping[str, Sequence[str]] | None = None
) -> None:
    """Raise `InputError` where nothing is in train or in validation; `what` is what splits hold, in the plural, and
    `skipped` are names of what was left out by the reason.
    """
    left = sum(map(len, (skipped or {}).values()))
    first = "".join(f"{reason}: {names[0]}" for reason, names in [*(skipped or {}).items()][:1])
    told = f" ({left:,} were left out; the first reason is {first})" * bool(left)
    for split, purpose in (("train", "to train on"), ("validation", "to choose the best model by")):
        if split not in there:
            mend = f"give more, or mark some {split} in a column named split"
            raise InputError(f"{source} has no {what} {purpose}{told}: {mend}.")


def pick(splits: Mapping[str, Sized], name: str, what: str, source: str) -> list[Any]:
    """The split `name`, or the parts of `all` in order, without empty ones. Raises `InputError` when none is left.

    `what` is what they hold, in the plural.
    """
    parts = [splits[part] for part in SPLITS if name in (part, "all") and len(splits.get(part, ()))]
    if not parts:
        there = ", ".join(f"{part} ({len(split):,})" for part, split in splits.items() if len(split))
        raise InputError(
            f"{source} has no {name} {what}: choose a split that has some, {there}."
            if there
            else f"{source} has no {what}: give some."
        )
    return parts


def joined(parts: Sequence[Any]) -> Any:
    """Splits as one, of dataclasses whose fields are arrays and sequences of what is in them."""
    if len(parts) == 1:
        return parts[0]
    columns = ([getattr(part, field.name) for part in parts] for field in fields(parts[0]))
    arrays = (np.concatenate(c) if isinstance(c[0], np.ndarray) else [*chain.from_iterable(c)] for c in columns)
    return type(parts[0])(*arrays)
