"""What the tokenizers that come with a backbone of KerasHub have in common: a vocabulary, and a token before and after
each text.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import islice
from typing import Any, Self

from heedful.apps.json_text import parsed
from heedful.apps.tokenizer import Piece, check_whole


@dataclass(frozen=True, kw_only=True)
class MarkedTokenizer(ABC):
    """The vocabulary by ids, the padding first, and the tokens at the start and at the end of a text."""

    vocabulary: tuple[str, ...]
    start: str
    end: str
    kind: str

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Raises `ValueError` when the text is no JSON of `to_json`."""
        facts: Any = parsed(text)
        try:
            given: Any = {name: tuple(of) if isinstance(of, list) else of for name, of in facts.items()}
            return cls(**given)
        except (AttributeError, TypeError):
            kind = cls.kind.replace(" ", "-")
            raise ValueError(f"this is no {kind} tokenizer of heedful, or a damaged one") from None

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    @cached_property
    def ids(self) -> dict[str, int]:
        return {token: number for number, token in enumerate(self.vocabulary)}

    @property
    def marks(self) -> tuple[int, int]:
        """The ids of the start and the end of a text."""
        return self.ids[self.start], self.ids[self.end]

    @property
    def tokens(self) -> list[bytes]:
        """By their ids, as the vocabulary spells them."""
        return [token.encode() for token in self.vocabulary]

    def encode(self, text: str, most: int | None = None) -> list[int]:
        """The ids of a text, `most` of them where it is given, start and end among them."""
        return [piece.id for piece in self.pieces(text, most)]

    def pieces(self, text: str, most: int | None = None) -> list[Piece]:
        """The ids with the places in `text` that they stand for; start and end stand for nothing.

        Raises `InputError` for half of a character, which no encoding can write.
        """
        check_whole(text)
        found = [*islice(self.unmarked(text), None if most is None else max(0, most - 2))]
        after = found[-1].end if found else 0
        start, end = self.marks
        return [Piece(start, 0, 0), *found, Piece(end, after, after)]

    @abstractmethod
    def unmarked(self, text: str) -> Iterator[Piece]:
        """The pieces of a text, one after the other, without start and end."""
