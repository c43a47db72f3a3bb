"""The tokens of a BERT, in plain Python: those that the `WordPieceTokenizer` of KerasHub gives.

    tokenizer = WordPiece.from_json(text)
    tokenizer.encode("Rain in Łódź", most=32)     # the start and the end of a text are tokens, too

A text loses its accents where `strip_accents` says so, is cut at white space, signs and Chinese characters, folded
where `lowercase` says so, and each word becomes the longest pieces of the vocabulary from left to right (Song et al.
2021, arXiv:2012.15524); a word that has none, or more than 100 bytes, is unknown.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from heedful.apps.marked_tokenizer import MarkedTokenizer
from heedful.apps.tokenizer import PAD, Piece

KIND = "wordpiece"
LONGEST = 100  # bytes of a word
HAN = re.compile("[\u4e00-\u9fff\u3400-\u4dbf\U00020000-\U0002ceaf\uf900-\ufaff\U0002f800-\U0002fa1f]")
IGNORED = re.compile(  # what Unicode lets be ignored
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


@dataclass(frozen=True, kw_only=True)
class WordPiece(MarkedTokenizer):
    """The vocabulary by ids, the padding first, and how a text is cut."""

    lowercase: bool
    strip_accents: bool
    unknown: str  # token
    kind: str = KIND

    @property
    def padding(self) -> int:
        """Its id in KerasHub."""
        return PAD

    def unmarked(self, text: str) -> Iterator[Piece]:
        return (piece for word in words(text, self.strip_accents) for piece in self._word(word))

    def _word(self, word: list[tuple[str, int]]) -> list[Piece]:
        """The pieces of a word, of which each letter has its place in the text."""
        spelt = "".join(letter for letter, _ in word)
        folded = fold(spelt) if self.lowercase else spelt
        places = [place for _, place in word]
        whole = (places[0], places[-1] + 1)
        found: list[Piece] = []
        start = 0
        while start < len(folded) and len(folded.encode()) <= LONGEST:
            prefix = "##" if start else ""
            ends = (end for end in range(len(folded), start, -1) if prefix + folded[start:end] in self.ids)
            if (end := next(ends, None)) is None:
                break
            reach = (places[start], places[end - 1] + 1) if len(folded) == len(places) else whole
            found.append(Piece(self.ids[prefix + folded[start:end]], *reach))
            start = end
        return found if start == len(folded) else [Piece(self.ids[self.unknown], *whole)]


def words(text: str, strip_accents: bool) -> list[list[tuple[str, int]]]:
    """The letters of each word with their places in `text`."""
    found: list[list[tuple[str, int]]] = [[]]
    for place, given in enumerate(text):
        for letter in unicodedata.normalize("NFD", given) if strip_accents else given:
            kind = unicodedata.category(letter)
            if kind == "Mn" and strip_accents:
                continue
            if letter in " \t\n\r\f" or kind in ("Cc", "Cf"):
                found.append([])
            elif kind[0] == "P" or ("!" <= letter <= "~" and not letter.isalnum()) or HAN.match(letter):
                found += [[(letter, place)], []]
            else:
                found[-1].append((letter, place))
    return [word for word in found if word]


def fold(word: str) -> str:
    """Without case: NFKC_Casefold of Unicode."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", word).casefold())
    return IGNORED.sub("", folded)
