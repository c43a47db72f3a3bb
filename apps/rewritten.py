"""What a model writes of a text, a summary or a translation: shared by apps, metrics and pictures."""

import codecs
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

ALONE = re.compile(  # scripts without spaces between words, and emoji: a piece of them is a word
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\ua4cf\uf900-\ufaff\uff00-\uffef\U0001f000-\U0001faff\U00020000-\U0003ffff]"
)
LONGEST = 24  # characters of a word; what goes on is another one


@dataclass(frozen=True, eq=False)
class Rewritten:
    """What was written, and where in the text the model looked for each piece of it.

    A piece is what a token says: a word with the space before it, or a part of one; it is empty where it only goes on
    with the character that a piece before began.
    """

    text: str
    pieces: tuple[str, ...]
    attention: np.ndarray  # float32 (pieces, source pieces): how much of the look went to each piece of the text
    copied: np.ndarray  # float32 (pieces,): the probability that it was copied from there
    score: float | None  # log-probability, length-normalised: higher is surer; None where the beam is 1
    beam: int


def spelt(tokens: Iterable[bytes]) -> list[str]:
    """What each token says; a character of several tokens is said by its first one, what is no UTF-8 is replaced."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    said: list[str] = []
    begun: int | None = None  # the token in which the character begins that is not complete
    for number, token in enumerate([*tokens, None]):
        text = decoder.decode(token or b"", final=token is None)
        if text and begun is not None:
            said[begun] += text[0]
            text = text[1:]
            begun = None
        if token is not None:
            said.append(text)
        if begun is None and decoder.getstate()[0]:
            begun = number
    return said


def joined(pieces: Sequence[str]) -> list[str]:
    """The pieces without the space before the first word of the text and of its lines."""
    found, begins = [], True
    for piece in pieces:
        found.append(piece.removeprefix(" ") if begins else piece)
        begins = piece.endswith("\n") or (begins and not piece)
    return found


def words(pieces: Sequence[str]) -> list[range]:
    """The pieces of each word: one begins where there is white space, and alone are the signs of `ALONE`."""
    found, word = [0], ""
    for place, piece in enumerate(pieces):
        begins = piece[:1].isspace() or ALONE.match(piece) or ALONE.match(word[-1:]) or len(word + piece) > LONGEST
        if word.strip() and piece and begins:
            found.append(place)
            word = ""
        word += piece
    return [range(start, end) for start, end in zip(found, [*found[1:], len(pieces)], strict=True) if end > start]
