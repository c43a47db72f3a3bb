"""Paths as somebody wrote them, beside those that are there: which of these end most like a written one.

Lists and tables are written on other machines: below other folders, in another case, with letters and accents apart.
"""

import unicodedata
from collections.abc import Sequence


def composed(text: str) -> str:
    """With composed letters: the `ü` of a Mac's file system, two characters, is that of everybody else."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def common_tail(one: Sequence[str], other: Sequence[str]) -> int:
    """How many parts of two paths agree, from the last one on, in whatever case."""
    count = 0
    for mine, theirs in zip(reversed(one), reversed(other), strict=False):
        if mine != theirs and composed(mine).casefold() != composed(theirs).casefold():
            break
        count += 1
    return count


def longest_tails(written: Sequence[str], paths: Sequence[Sequence[str]]) -> tuple[int, list[int]]:
    """The most parts that any of the paths has in common with the end of a written one, and the places of those that
    have so many; all of them are parts.
    """
    tails = [common_tail(written, path) for path in paths]
    longest = max(tails, default=0)
    return longest, [place for place, tail in enumerate(tails) if tail == longest]
