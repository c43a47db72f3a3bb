"""Chance for one report of the sample: names, numbers and dates that belong to the split of the report alone.

To which split a name or a number belongs is a hash of how it is written, so the same one can never be in two. Numbers
of a single digit are too few for that and belong to all; a date belongs as a whole, and its day too.
"""

import functools
import hashlib
import random
import re
from collections.abc import Callable, Sequence
from typing import TypeVar

from heedful.recipes.text_summarization.sample import names as names

T = TypeVar("T")

SEED = 54  # leaves some of every kind of number to each split
SHARES = {"train": 0.7, "validation": 0.85, "test": 1.0}  # where each ends among the hashes
CHOICE = re.compile(r"\[([^\[\]]*)\]")


@functools.cache
def split_of(word: str) -> str:
    """The one split that a name, a number or a date may stand in."""
    share = int.from_bytes(hashlib.sha1(f"{SEED}/{word}".encode()).digest()[:4]) / 2**32
    return next(split for split, end in SHARES.items() if share < end)


class Draw:
    """What report `number` of a split is made of; nothing is drawn twice within a report."""

    def __init__(self, split: str, number: int):
        self.split = split
        self._random = random.Random(f"{SEED}/{split}/{number}").random  # the same in every version of Python
        self._drawn: set[str] = set()

    def chance(self, share: float) -> bool:
        """True in that share of all reports."""
        return self._random() < share

    def pick(self, items: Sequence[T]) -> T:
        """One of them."""
        return items[int(self._random() * len(items))]

    def some(self, items: Sequence[T], count: int) -> list[T]:
        """`count` of them, in an order of chance."""
        return sorted(items, key=lambda _: self._random())[:count]

    def chosen(self, text: str) -> str:
        """`[one|other]` decided, from the inside out."""
        while CHOICE.search(text):
            text = CHOICE.sub(lambda found: self.pick(found[1].split("|")), text)
        return " ".join(text.split())

    def name(self, parts: tuple[Sequence[str], Sequence[str]]) -> str:
        """A name of two parts."""
        return self._new(lambda: self.pick(parts[0]) + self.pick(parts[1]))

    def town(self) -> str:
        return self.name(names.TOWNS)

    def company(self) -> str:
        return self.name(names.COMPANIES)

    def person(self) -> str:
        return f"{self._new(lambda: self.pick(names.FIRST_NAMES))} {self.name(names.SURNAMES)}"

    def number(self, low: int, high: int, round_to: int = 1) -> str:
        """An integer from `low` to `high`, with commas between thousands."""
        return self._new(lambda: f"{self._integer(low, high) // round_to * round_to:,}")

    def decimal(self, low: int, high: int) -> str:
        """A number with one digit after the point."""
        return self._new(lambda: f"{self._integer(10 * low, 10 * high) / 10:.1f}")

    def time(self) -> str:
        """Hours, minutes and seconds."""
        return self._new(lambda: f"{self._integer(2, 4)}:{self._integer(10, 59)}:{self._integer(10, 59)}")

    def score(self, low: int, high: int, drawn: bool) -> str:
        """The goals of two teams, the larger number first, or twice the same."""

        def goals() -> str:
            more, less = sorted((self._integer(low, high), self._integer(low, high - 1)), reverse=True)
            return f"{more}-{more}" if drawn else f"{more + (more == less)}-{less}"

        return self._new(goals)

    def date(self) -> str:
        """A day and a month."""

        def day() -> str:
            return f"{self._integer(1, 28)} {self.pick(names.MONTHS)}"

        return self._new(lambda: self._until(day, lambda date: self._belongs(date.partition(" ")[0])))

    def _integer(self, low: int, high: int) -> int:
        return low + int(self._random() * (high - low + 1))

    def _new(self, draw: Callable[[], str]) -> str:
        word = self._until(draw, lambda word: word not in self._drawn and self._belongs(word))
        self._drawn.add(word)
        return word

    def _belongs(self, word: str) -> bool:
        return len(word) == 1 or split_of(word) == self.split

    @staticmethod
    def _until(draw: Callable[[], str], right: Callable[[str], bool]) -> str:
        while not right(word := draw()):
            pass
        return word
