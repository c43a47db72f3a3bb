"""Words and their numbers: what of a caption the model reads and writes, and nothing else.

    vocabulary = Vocabulary.from_captions(captions, min_count=5, most=10_000)

Punctuation and case go (`shared/reading/words.py`), because five people who describe one picture agree on neither.
`vocabulary.txt` in the model is one token on each line, line n being number n.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from heedful.apps.errors import InputError
from heedful.recipes.shared.reading.words import words

PAD, START, END, UNKNOWN = range(4)
SPECIAL = ("<pad>", "<start>", "<end>", "<unknown>")
FIRST = len(SPECIAL)  # number of the first word


@dataclass(frozen=True)
class Vocabulary:
    """Every token in the order of its number, the four special ones first."""

    tokens: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.tokens)

    @classmethod
    def from_captions(cls, captions: Iterable[str], min_count: int, most: int) -> "Vocabulary":
        """The words of `captions` by falling count: the `most` frequent ones (0: all) that are there at least
        `min_count` times. Raises `InputError` when no word is left.
        """
        found = Counter(word for caption in captions for word in words(caption))
        ranked = sorted((word for word in found if found[word] >= min_count), key=lambda word: (-found[word], word))
        kept = ranked[:most] if most else ranked
        if not kept:
            raise InputError(f"no word is in the training captions {min_count} times: set a smaller min_count.")
        return cls(SPECIAL + tuple(kept))

    @classmethod
    def from_text(cls, content: bytes) -> "Vocabulary":
        """What `to_text` wrote. Raises `InputError` where the content is no vocabulary."""
        try:
            tokens = tuple(content.decode().removesuffix("\n").split("\n"))
        except UnicodeDecodeError:
            raise InputError("vocabulary.txt is not UTF-8 text: take the model as it was exported.") from None
        if tokens[:FIRST] != SPECIAL or not all(tokens) or len(set(tokens)) < len(tokens):
            raise InputError(
                f"vocabulary.txt is not a vocabulary, {', '.join(SPECIAL)} and then different words, one on each line: "
                "take the model as it was exported."
            )
        return cls(tokens)

    def to_text(self) -> bytes:
        """`vocabulary.txt`: one token on each line, line n (from 0) being number n."""
        return "".join(f"{token}\n" for token in self.tokens).encode()

    @cached_property
    def _number(self) -> dict[str, int]:
        return {token: number for number, token in enumerate(self.tokens)}

    def ids(self, words: Iterable[str]) -> list[int]:
        """The number of each word, `UNKNOWN` where the model does not know it."""
        return [self._number.get(word, UNKNOWN) for word in words]
