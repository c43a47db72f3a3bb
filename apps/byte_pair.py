"""The tokens of a RoBERTa or a BART, in plain Python: those that the `BytePairTokenizer` of KerasHub gives.

    tokenizer = BytePair.from_json(text)
    tokenizer.encode("Rain in Łódź", most=32)     # the start and the end of a text are tokens, too

A text is cut as GPT-2 cuts it (Radford et al. 2019), but for some white space at which KerasHub differs, and the bytes
of each part are merged (Sennrich et al. 2016). KerasHub marks spaces with the Devanagari digit six while it cuts, and
loses such a digit at the end of a part, and what follows a NUL: so does this. What KerasHub does in a pipeline of
`tf.data`, and so in `fit`, is meant: called directly, its version 0.32 cuts nothing, and merges across the cuts that
the backbones were trained with. It also takes a "Ĵ" before a capital for a mark of its own: this does not. The
categories of characters are those of Python's `unicodedata`.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from heedful.apps.marked_tokenizer import MarkedTokenizer
from heedful.apps.tokenizer import KEPT, Piece, byte_characters, merged

KIND = "byte pair"
MARK = "६"
_OTHER_SPACES = "\xa0\u2009\u202f\u3000"
_SPACES = f" \t\n\f\r{_OTHER_SPACES}"
_PARTS = re.compile(  # on what `_CLASSES` gives
    f"'s|'t|'re|'ve|'m|'ll|'d|[{_SPACES}]+[\n\r\t\f{MARK}{_OTHER_SPACES}]"
    f"| ?[A-Za-zé]+| ?[0-9²{MARK}]+| ?[^{_SPACES}A-Za-zé0-9²{MARK}]+"
)
_MARKED = re.compile(f" (?=[^{_SPACES}])")
_LAST = f" \t\r\f\v{MARK}{_OTHER_SPACES}"  # a part of its own where it ends one


class _Classes(dict[int, str]):
    """ASCII, spaces and the mark as they are; of the rest é for a letter, ² for a number, § for others."""

    def __missing__(self, code: int) -> str:
        self[code] = {"L": "é", "N": "²"}.get(unicodedata.category(chr(code))[0], "§")
        return self[code]


_CLASSES = _Classes({ord(letter): letter for letter in [*map(chr, range(128)), *_OTHER_SPACES, MARK]})


@dataclass(frozen=True, kw_only=True)
class BytePair(MarkedTokenizer):
    """The vocabulary by ids, the padding first, in the letters that stand for bytes, and how a text is cut.

    KerasHub has the padding at `padding`; what it has at 0 is there in our vocabulary, and all else where it was.
    """

    merges: tuple[str, ...]  # two tokens with a space between
    special: tuple[str, ...]  # tokens that are taken out of a text before it is cut
    space: bool  # before the text
    padding: int
    kind: str = KIND

    def unmarked(self, text: str) -> Iterator[Piece]:
        return (piece for part, places in self._parts(text) for piece in self._pieces(part, places))

    def _parts(self, text: str) -> Iterator[tuple[str, list[int]]]:
        """What no token reaches over, each with the places of its characters in the text."""
        given = " " * self.space + text.split("\0")[0]
        before = {found.start() for found in _MARKED.finditer(given)}
        marked, places = "", []
        for place, letter in enumerate(given):
            letters = MARK + letter if place in before else letter
            marked += letters
            places += [max(0, place - self.space)] * len(letters)
        for start, end in spans(self._special, marked):
            special = marked[start:end] in self.special
            for first, last in [(0, end - start)] if special else cut(marked[start:end]):
                if (part := marked[start + first : start + last]) != MARK:
                    yield part, places[start + first : start + last]

    def _pieces(self, part: str, places: list[int]) -> Iterator[Piece]:
        owners = [number for number, letter in enumerate(part) for _ in range(len(letter.encode()))]
        at = 0
        for token in self._merged(part):
            after = len(owners) if part in self.special else at + len(self.vocabulary[token])
            first, last = owners[at], owners[after - 1]
            first += part[first] == " " and last > first
            yield Piece(token, places[first], places[last] + 1)
            at = after

    def _merged(self, part: str) -> tuple[int, ...]:
        """The ids of a part."""
        ids = self._known.get(part)
        if ids is None:
            spelt = [part] if part in self.special else [self._letters[byte] for byte in part.encode()]
            ids = tuple(merged([self.ids[letter] for letter in spelt], self._ranks))
            if len(self._known) >= KEPT:
                self._known.clear()
            self._known[part] = ids
        return ids

    @cached_property
    def _special(self) -> re.Pattern[str]:
        return re.compile("|".join(map(re.escape, self.special)) or "(?!)")

    @cached_property
    def _known(self) -> dict[str, tuple[int, ...]]:
        return {}

    @cached_property
    def _letters(self) -> dict[int, str]:
        return byte_characters()

    @cached_property
    def _ranks(self) -> dict[tuple[int, int], tuple[int, int]]:
        both = [(*merge.split(" "), merge.replace(" ", "")) for merge in self.merges]
        ids = [tuple(self.ids[token] for token in tokens) for tokens in both]
        return {(left, right): (rank, together) for rank, (left, right, together) in enumerate(ids)}


def spans(pattern: re.Pattern[str], text: str) -> Iterator[tuple[int, int]]:
    """Where the pattern is in a text, and what is between."""
    end = 0
    for found in pattern.finditer(text):
        if found.start() > end:
            yield end, found.start()
        yield found.span()
        end = found.end()
    if len(text) > end:
        yield end, len(text)


def cut(text: str) -> Iterator[tuple[int, int]]:
    """The parts of what holds no special token."""
    for start, end in spans(_PARTS, text.translate(_CLASSES)):
        if end - start > 1 and text[end - 1] in _LAST:
            yield start, end - 1
            start = end - 1
        yield start, end
