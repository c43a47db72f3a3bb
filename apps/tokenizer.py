"""Text to the ids of tokens and back, in plain Python: byte-level byte-pair encoding (Sennrich et al. 2016).

    tokenizer = Tokenizer.from_json(path.read_text(encoding="utf-8"))
    tokenizer.decode(tokenizer.encode("Rain in Łódź"))     # what was given, but for white space

A tokenizer is the JSON of the library `tokenizers`, which gives the same ids and reads it as transformers.js does too.
There is no unknown token: what no merge covers is written in bytes. A text is cleaned first (`CLEANING`, with Unicode
composition in between), then cut into a word, one digit, a run of signs or a line's end, each with the space before it,
and no token reaches over such a cut. The first word of a text or a line gets a space, too: a name has the same tokens
wherever it stands, or it could not be copied to the beginning of a summary. Categories and composition are those of
Python's own `unicodedata`: other implementations may know less of marks that are younger than Unicode 9.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from itertools import pairwise

from heedful.apps.errors import InputError
from heedful.apps.json_text import parsed

PAD, START, END = 0, 1, 2
SPECIAL = ("<pad>", "<start>", "<end>")  # never found in a text: they would be cut
FILE = "tokenizer.json"  # attached to a model

CONTROLS = "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]"
LINES = "\n\x0b\x0c\r\x85\u2028\u2029"
SPACES = "\t \xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
CLEANING = (  # what is written for what, one after the other; after the first comes the composition of characters
    (CONTROLS, ""),
    (f"[{LINES[1:]}]", "\n"),
    (f"[{SPACES.replace(' ', '')}]", " "),
    ("  +", " "),
    (" ?\n[\n ]*", "\n"),
)
PATTERN = r" ?[\p{L}\p{M}]+| ?\p{N}| ?[^\p{L}\p{M}\p{N} \n]+|\n"  # of the pieces, for Oniguruma and JavaScript
KEPT = 200_000  # words whose ids are remembered

_REPLACED = tuple((re.compile(pattern), text) for pattern, text in CLEANING)
_SURROGATES = re.compile("[\ud800-\udfff]")
_DROPPED = re.compile(f"{CONTROLS}|{_SURROGATES.pattern}")
_PIECES = re.compile(" ?L+| ?N| ?O+|\n")  # `PATTERN` on what `CLASSES` gives


class _Classes(dict[int, str]):
    """The class of a character by its number: L letter or mark, N number, O other, space and line end themselves."""

    def __missing__(self, code: int) -> str:
        category = unicodedata.category(chr(code))[0]
        self[code] = {"L": "L", "M": "L", "N": "N"}.get(category, "O")
        return self[code]


CLASSES = _Classes({ord(" "): " ", ord("\n"): "\n"})


@dataclass(frozen=True)
class Piece:
    """A token, and which characters of the text it stands for: `text[start:end]`, without the space before them.

    Tokens that are parts of one character have its range.
    """

    id: int
    start: int
    end: int


class Tokenizer:
    """Made by `from_json`."""

    def __init__(self, tokens: list[bytes], merges: list[tuple[int, int, int]], lowercase: bool) -> None:
        """`tokens` by id, `SPECIAL` first; `merges` are two ids and that of both together, in their order.

        They are kept by the two ids, each with its number: `merges[left, right] == (number, both)`; `bytes` are the ids
        of single bytes.
        """
        self.lowercase = lowercase
        self.tokens = tokens
        self.merges = {(left, right): (rank, both) for rank, (left, right, both) in enumerate(merges)}
        self.bytes = {token[0]: number for number, token in enumerate(tokens) if len(token) == 1}
        self._known: dict[str, tuple[int, ...]] = {}

    @classmethod
    def from_json(cls, text: str) -> "Tokenizer":
        """Raises `ValueError` when the text is no JSON, or no tokenizer of this kind, or a damaged one."""
        facts = parsed(text)
        try:
            steps = [step["type"] for step in facts["normalizer"]["normalizers"]]
            vocabulary: dict[str, int] = facts["model"]["vocab"]
            names = sorted(vocabulary, key=vocabulary.__getitem__)
            byte_of = {character: byte for byte, character in byte_characters().items()}
            tokens = [*map(str.encode, SPECIAL)]
            tokens += [bytes(byte_of[character] for character in name) for name in names[3:]]
            pairs = (pair.split(" ") if isinstance(pair, str) else pair for pair in facts["model"]["merges"])
            merges = [(vocabulary[left], vocabulary[right], vocabulary[left + right]) for left, right in pairs]
            fits = (
                "Prepend" in steps
                and facts["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"] == PATTERN
                and not facts["added_tokens"]
                and names[:3] == list(SPECIAL)
                and [vocabulary[name] for name in names] == list(range(len(names)))
                and sorted(tokens[3:259]) == [bytes([byte]) for byte in range(256)]
            )
        except (KeyError, IndexError, TypeError, AttributeError, ValueError):
            fits, tokens, merges, steps = False, [], [], []
        if not fits:
            raise ValueError("this is no tokenizer of heedful, or a damaged one")
        return cls(tokens, merges, "Lowercase" in steps)

    def __len__(self) -> int:
        """How many tokens there are, those of `SPECIAL` included."""
        return len(self.tokens)

    def clean(self, text: str) -> str:
        """The text as it is cut into tokens."""
        text = _SURROGATES.sub("", text)
        for number, (pattern, replacement) in enumerate(_REPLACED):
            text = pattern.sub(replacement, text)
            if not number:
                text = unicodedata.normalize("NFC", text)
        text = text.strip(" \n")
        return lower(text) if self.lowercase else text

    def encode(self, text: str, most: int | None = None) -> list[int]:
        """The ids of a text, without START and END; the first `most` of them, if given."""
        ids: list[int] = []
        for word in self.clean(text).replace("\n", "\n ").split(" "):
            if most is not None and len(ids) >= most:
                break
            ids += self._word(" " + word) if word else ()
        return ids[:most]

    def pieces(self, text: str, most: int | None = None) -> list[Piece]:
        """The ids of `encode` with the places in `text` from which they come; the first `most` of them, if given."""
        found: list[Piece] = []
        for word in _words(self._aligned(text)):
            if most is not None and len(found) >= most:
                break
            owners = [number for number, (part, _, _) in enumerate(word) for _ in range(len(part.encode()))]
            at = 0
            for token in self._word("".join(part for part, _, _ in word)):
                after = at + len(self.tokens[token])
                first, last = owners[at], owners[after - 1]
                first += word[first][0] == " " and last > first
                found.append(Piece(token, word[first][1], word[last][2]))
                at = after
        return found[:most]

    def decode(self, ids: Iterable[int]) -> str:
        """The text of ids; those of `SPECIAL` say nothing, and what is no UTF-8 becomes a replacement character."""
        text = b"".join(self.tokens[token] for token in ids if token > END).decode(errors="replace")
        return text.strip().replace("\n ", "\n")

    def _word(self, word: str) -> tuple[int, ...]:
        """The ids of what stands between two spaces, the space before it included."""
        ids = self._known.get(word)
        if ids is None:
            cuts = [cut.span() for cut in _PIECES.finditer(word.translate(CLASSES))]
            pieces = ([self.bytes[byte] for byte in word[start:end].encode()] for start, end in cuts)
            ids = tuple(token for piece in pieces for token in merged(piece, self.merges))
            if len(self._known) >= KEPT:
                self._known.clear()
            self._known[word] = ids
        return ids

    def _aligned(self, text: str) -> Iterator[tuple[str, int, int]]:
        """What is cut into words, in parts, each with the range of `text` that it comes from.

        A space that is no part of the text has the range of what it stands before.
        """
        begun, space = False, None
        for unit, start, end in _units(text):
            if unit[0] in LINES + SPACES:
                space = ("\n" if any(character in LINES for character in unit) else " "), start, end
                continue
            if begun and space:
                yield space
            if not begun or (space and space[0] == "\n"):
                yield " ", start, end
            begun, space = True, None
            part = unicodedata.normalize("NFC", unit)
            yield (lower(part) if self.lowercase else part), start, end


def _units(text: str) -> Iterator[tuple[str, int, int]]:
    """What cleaning changes as one, with its range: a run of white space, or a character and the marks on it."""
    unit, start, end = "", 0, 0
    for place, character in enumerate(text):
        if _DROPPED.match(character):
            continue
        space = character in LINES or character in SPACES
        if unit and space == (unit[0] in LINES + SPACES) and (space or _joins(character)):
            unit += character
        else:
            if unit:
                yield unit, start, end
            unit, start = character, place
        end = place + 1
    if unit:
        yield unit, start, end


def _joins(character: str) -> bool:
    """Whether composition may put it together with the character before: marks, and parts of Korean syllables."""
    return "\u1160" <= character <= "\u11ff" or unicodedata.category(character)[0] == "M"


def _words(parts: Iterable[tuple[str, int, int]]) -> Iterator[list[tuple[str, int, int]]]:
    """Cut before every space."""
    word: list[tuple[str, int, int]] = []
    for part in parts:
        if part[0] == " " and word:
            yield word
            word = []
        word.append(part)
    if word:
        yield word


def merged(ids: list[int], ranks: Mapping[tuple[int, int], tuple[int, int]]) -> list[int]:
    """Byte-pair encoding: the pair of the first merge is put together, again and again, the leftmost of equals.

    `ranks` gives for a pair of ids the number of its merge and the id of both together. The queue holds merges with
    their places, some outdated, so that a megabyte without a space takes seconds only.
    """
    ids = list(ids)
    before, after = list(range(-1, len(ids) - 1)), list(range(1, len(ids) + 1))
    queue = [(ranks[pair][0], place) for place, pair in enumerate(pairwise(ids)) if pair in ranks]
    heapify(queue)
    while queue:
        rank, place = heappop(queue)
        right = after[place]
        if right == len(ids) or ranks.get((ids[place], ids[right]), (None,))[0] != rank:
            continue
        ids[place] = ranks[ids[place], ids[right]][1]
        ids[right] = -1
        after[place] = after[right]
        if after[place] < len(ids):
            before[after[place]] = place
        for left in (before[place], place):
            if left >= 0 and after[left] < len(ids) and (ids[left], ids[after[left]]) in ranks:
                heappush(queue, (ranks[ids[left], ids[after[left]]][0], left))
    return [token for token in ids if token >= 0]


def check_whole(text: str) -> None:
    """Raises `InputError` for half of a character (a lone surrogate). A `Tokenizer` leaves it out instead."""
    if half := _SURROGATES.search(text):
        raise InputError(f"character {half.start() + 1} of a text is half a character: save the text as UTF-8.")


def lower(text: str) -> str:
    """Character by character, as the library does it: Python alone would write another sigma at the end of a word."""
    return text.replace("Σ", "σ").lower()


def byte_characters() -> dict[int, str]:
    """The character that stands for each byte in the JSON: itself if it can be seen, else one from 256 on (GPT-2)."""
    seen = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    hidden = [byte for byte in range(256) if byte not in seen]
    return {byte: chr(byte) for byte in seen} | {byte: chr(256 + number) for number, byte in enumerate(hidden)}
