"""Ids that programs write in two ways: a column of whole numbers with an empty cell comes out as `12.0` and not `12`.

They are one id, in a file, between files, and between a log and its items. `007` and `7` remain two, and so do `2` and
`2.0` where the column has a `2.1`: these are no whole numbers.
"""

import re
from collections.abc import Collection, Container, Iterable
from dataclasses import dataclass

import numpy as np

POINTED = re.compile(r"(-?(?:0|[1-9]\d*))\.0+")
WHOLE = re.compile(r"-?(?:0|[1-9]\d*)")
FRACTION = re.compile(r"-?\d+\.\d*[1-9]\d*")


@dataclass(frozen=True, eq=False)
class OneSpelling:
    """What becomes of numbered ids when those that are one are made one."""

    code_of_code: np.ndarray  # int32 (old codes,)
    names: list[str]  # of the new codes
    pointed: list[tuple[str, str]]  # those that came with a point, with and without it

    def note(self, what: str) -> str:
        """What is to be said of it, of an `item` or `user`."""
        with_point, without = self.pointed[0]
        return (
            f"{len(self.pointed):,} {what}s are written with a point, such as {with_point}, and others without: "
            f"{with_point} and {without} are one {what}"
        )


def one_spelling(ids: Collection[str], fixed: int = 0) -> OneSpelling | None:
    """One code for each id, however it is spelt, in order of appearance; None where all are written in one way.

    The first `fixed` keep their code and their name; of others the name is the one without a point.
    """
    names = list(ids)
    pointed = {code: found[1] for code, name in _with_point(names) if (found := POINTED.fullmatch(name))}
    if not pointed or any(FRACTION.fullmatch(name) for _, name in _with_point(names)):
        return None
    if not any(WHOLE.fullmatch(name) for name in names):
        return None
    wanted = set(pointed.values())
    groups: dict[str, list[int]] = {}
    for code, name in enumerate(names):
        whole = pointed.get(code, name)
        if whole in wanted:
            groups.setdefault(whole, []).append(code)
    target, told = np.arange(len(names), dtype=np.int32), []
    for whole, (first, *others) in groups.items():
        others = [code for code in others if code >= fixed]
        if others or first >= fixed:
            told.append((next(names[code] for code in (first, *others) if names[code] != whole), whole))
            target[others], names[first] = first, names[first] if first < fixed else whole
    if not told:
        return None
    stays = target == np.arange(len(names))
    numbers = np.cumsum(stays, dtype=np.int32) - 1
    return OneSpelling(numbers[target], [name for name, kept in zip(names, stays, strict=True) if kept], told)


def _with_point(names: Iterable[str]) -> Iterable[tuple[int, str]]:
    return ((code, name) for code, name in enumerate(names) if "." in name)


def other_spelling(name: str) -> str | None:
    """`12.0` of `12` and the other way round; None of what is no whole number."""
    if found := POINTED.fullmatch(name):
        return found[1]
    return f"{name}.0" if WHOLE.fullmatch(name) else None


class AnySpelling(Container[str]):
    """Ids, each in both spellings."""

    def __init__(self, ids: Collection[str]) -> None:
        self.ids = ids
        self._exact = any(FRACTION.fullmatch(name) for _, name in _with_point(ids))
        pointed = any(POINTED.fullmatch(name) for _, name in _with_point(ids))
        self._plain = not self._exact and not pointed and any(map(WHOLE.fullmatch, ids))

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.find(name) is not None

    def find(self, name: str) -> str | None:
        """The id as it is written among them; None where it is not there."""
        if name in self.ids:
            return name
        other = None if self._exact else other_spelling(name)
        return other if other in self.ids else None

    def written(self, name: str) -> str:
        """An id as they are written, whether or not it is among them."""
        if (found := self.find(name)) is None and self._plain and (pointed := POINTED.fullmatch(name)):
            return pointed[1]
        return found or name
