"""What happens to a text before a tokenizer sees it: typos, case, words that nobody knows.

Each corruption takes a text, the words that are known (lower case), and a random generator; it gives a text with the
same white space, and so with as many words.
"""

import re
from collections.abc import Callable, Container
from functools import partial
from itertools import pairwise

import numpy as np

Corruption = Callable[[str, Container[str], np.random.Generator], str]

WORD = re.compile(r"[^\W\d_]{2,}")  # what can have a typo, or give way to another word: two letters or more
ROWS = (("qwertyuiop", 0.0), ("asdfghjkl", 0.25), ("zxcvbnm", 0.75))  # keys, and how far their row stands to the right
PLACES = {key: (column + shift, row) for row, (keys, shift) in enumerate(ROWS) for column, key in enumerate(keys)}
NEAR = 1.2  # widths of a key: the two beside it, and those above and below that it touches
SYLLABLES = [a + b for a in "bcdfghjklmnprstvwz" for b in "aeiou"]


def neighbours(key: str) -> str:
    """The letters whose keys touch that of a letter; none for what is not on an English keyboard."""
    if key not in PLACES:
        return ""
    column, row = PLACES[key]
    return "".join(k for k, (x, y) in PLACES.items() if k != key and abs(x - column) < NEAR and abs(y - row) <= 1)


def mistyped(word: str, generator: np.random.Generator) -> str:
    """The word with a letter replaced by a neighbouring key, or left out, or two letters swapped; it always differs."""
    near = [place for place, letter in enumerate(word) if neighbours(letter.lower())]
    unequal = [place for place, (first, second) in enumerate(pairwise(word)) if first != second]
    kind = generator.choice(["replace"] * bool(near) + ["swap"] * bool(unequal) + ["drop"])
    if kind == "replace":
        place = generator.choice(near)
        key = generator.choice([*neighbours(word[place].lower())])
        return word[:place] + (key.upper() if word[place].isupper() else key) + word[place + 1 :]
    if kind == "swap":
        place = generator.choice(unequal)
        return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    place = generator.integers(len(word))
    return word[:place] + word[place + 1 :]


def made_up(word: str, known: Container[str], generator: np.random.Generator) -> str:
    """A word that is not known, about as long, and with the same capital."""
    count = max(2, round(len(word) / 2))
    while (made := "".join(generator.choice(SYLLABLES, count))) in known:
        count += 1
    return made.capitalize() if word[0].isupper() else made


def replaced(
    text: str, share: float, by: Callable[[str, np.random.Generator], str], generator: np.random.Generator
) -> str:
    """The text with a share of the words that have letters changed, on average over many texts, drawn at random."""
    found = list(WORD.finditer(text))
    count = int(share * len(found) + generator.random())  # 0.4 words are one word in four of ten texts
    chosen = {int(place) for place in generator.choice(len(found), count, replace=False)} if found else set()
    parts, end = [], 0
    for place, word in enumerate(found):
        parts += [text[end : word.start()], by(word[0], generator) if place in chosen else word[0]]
        end = word.end()
    return "".join([*parts, text[end:]])


def typos(text: str, known: Container[str], generator: np.random.Generator, share: float) -> str:
    return replaced(text, share, mistyped, generator)


def unseen(text: str, known: Container[str], generator: np.random.Generator, share: float) -> str:
    return replaced(text, share, lambda word, drawn: made_up(word, known, drawn), generator)


def upper(text: str, known: Container[str], generator: np.random.Generator) -> str:
    return text.upper()


def lower(text: str, known: Container[str], generator: np.random.Generator) -> str:
    return text.lower()


CORRUPTIONS: dict[str, Corruption] = {
    **{f"typos in {100 * share:.0f} % of words": partial(typos, share=share) for share in (0.1, 0.3)},
    "upper case": upper,
    "lower case": lower,
    **{f"{100 * share:.0f} % of words unseen": partial(unseen, share=share) for share in (0.1, 0.3)},
}
