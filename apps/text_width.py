"""Columns of a terminal that are straight whatever the language: letters of East Asia take two cells each."""

import unicodedata


def width_of(text: str) -> int:
    """Cells that a text takes; accents that stand by themselves take none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.category(letter) in ("Mn", "Me", "Cf") else 1 + (unicodedata.east_asian_width(letter) in "WF")
        for letter in text
    )


def left(text: str, width: int) -> str:
    """The text at the beginning of so many cells."""
    return text + " " * (width - width_of(text))


def right(text: str, width: int) -> str:
    """The text at the end of so many cells."""
    return " " * (width - width_of(text)) + text
