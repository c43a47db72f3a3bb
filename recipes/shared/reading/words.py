"""What counts as a word, in any script: of captions that are learnt, and of any text that is scored.

words("A man's DOG, 2 years old!")   # ["a", "man", "s", "dog", "2", "years", "old"]
"""

import re
import unicodedata
from collections.abc import Sequence

from heedful.apps.rewritten import ALONE

_ASCII_RUN = re.compile(r"[a-z0-9]+")
# Han and kana are written without spaces: there each character is a word of its own.
_ALONE = re.compile(
    "[\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)

SOME = 1000  # texts, about, that tell of their script
LONG = 1 << 20  # characters: a list of the words of such a text takes ten times its memory
LOOKED_AT = 200  # characters that tell whether a text is of such


def words(text: str) -> list[str]:
    """Runs of letters and digits of any script after NFKC, in lower case; each Han character and kana by itself."""
    if text.isascii():
        return _ASCII_RUN.findall(text.lower())
    found: list[str] = []
    run = ""
    for character in unicodedata.normalize("NFKC", text).lower():
        if not character.isalnum():
            category = unicodedata.category(character)
            if category in ("Mn", "Mc") and run and not run[-1].isnumeric():
                run += character  # the vowels of Hindi and the points of Arabic, but not the frame of an emoji digit
            elif category != "Cf":  # a soft hyphen or a joiner divides no word
                found.append(run)
                run = ""
        elif _ALONE.match(character):
            found += [run, character]
            run = ""
        else:
            run += character
    return [word for word in [*found, run] if word]


def unspaced(texts: Sequence[str]) -> bool:
    """Whether most letters of texts are of scripts without spaces between words: Chinese, Japanese, Thai."""
    some = "".join(texts[:: max(1, len(texts) // SOME)])
    return 2 * len(ALONE.findall(some)) > sum(map(str.isalnum, some))


def word_count(text: str) -> int:
    """How many words stand between spaces, where each Han character and kana is one by itself."""
    if text.isascii() or not _ALONE.search(text, 0, LOOKED_AT):
        if len(text) > LONG:
            return sum(1 for _ in re.finditer(r"\S+", text))
        return len(text.split())
    return len(_ALONE.findall(text)) + sum(any(map(str.isalnum, rest)) for rest in _ALONE.sub(" ", text).split())
