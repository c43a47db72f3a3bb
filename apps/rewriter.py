"""Files that write one text of another, a summary or a translation, token by token, and what each token looked at."""

import math
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from heedful.apps import decode_step
from heedful.apps.beam import Decoding, Written
from heedful.apps.errors import InputError
from heedful.apps.model_file import ModelFile, check_recipe, fitting
from heedful.apps.reading_length import how_far
from heedful.apps.rewritten import Rewritten, joined, spelt
from heedful.apps.tokenizer import END, FILE, PAD, Piece, Tokenizer


class Rewriter:
    """A `ModelFile` with its tokenizer. Raises `InputError` when it is a model of something else than `recipe`."""

    def __init__(self, file: ModelFile, recipe: str) -> None:
        check_recipe(file, recipe)
        content = file.attachment(FILE)
        try:
            self.tokenizer = Tokenizer.from_json(content.decode())
        except ValueError:
            raise InputError(f"{file.path} carries a damaged {FILE}: export the model again.") from None
        with fitting(file):
            self.source = int(file.facts["max_source"])  # tokens of a text that are read
            self.decoding = Decoding.from_facts(file.facts)
            inputs = {"ids": ((1, self.source), "int32")}
            told = {"attention": (self.source,), "copied": ()}
            if not decode_step.fits(file.signatures, inputs, self.decoding.max_words, len(self.tokenizer), told):
                raise ValueError
        self.file = file

    def answer(self, text: str, beam: int | None = None) -> Rewritten:
        """What the model writes of a text, of which it reads the first `source` tokens.

        A beam of 1 takes the likeliest token at each step; None is what the model was made for. Raises `InputError`
        when `beam` is less than 1, or the model answers with NaN.
        """
        decoding = self.decoding.with_beam(beam)
        written = self.write(self.tokenizer.encode(text, self.source), decoding)
        return self.said(text, written, decoding.beam)

    def write(self, ids: Sequence[int], decoding: Decoding) -> Written:
        """The ids of what is written for those of a text, at most `source`.

        The score of a beam of 1 is NaN. Raises `ValueError` when the text is too long, and `InputError` when the model
        answers with NaN.
        """
        if len(ids) > self.source:
            raise ValueError(f"the model reads {self.source} tokens, not {len(ids)}")
        inputs = {"ids": np.array([[*ids, *[PAD] * (self.source - len(ids))]], np.int32)}
        return decode_step.written(self.file, inputs, decoding, ["attention", "copied"])

    def said(self, text: str, written: Written, beam: int) -> Rewritten:
        """What was written of a text, in words."""
        return said(self.tokenizer, text, written, beam)

    def told(self, text: str, answer: Rewritten) -> dict[str, Any]:
        """The answer to a text as JSON.

        Keys: `pieces`: a list of `{"piece", "copied", "peak", "attention"}`, where `attention` is a list of numbers,
        one for each token that was read, `peak` the place of the greatest and `copied` the probability that the piece
        was copied; `source`: `[start, end]` of each token that was read, in characters of the text; `read` and
        `tokens`: how many were read, and how many there are; `score` (null when `beam` is 1) and `beam`.
        """
        source = self.tokenizer.pieces(text, self.source)
        return {
            "pieces": [_entry(*parts) for parts in zip(answer.pieces, answer.copied, answer.attention, strict=True)],
            "source": [[piece.start, piece.end] for piece in source],
            **how_far(self.tokenizer, text, self.source),
            "score": None if answer.score is None else round(answer.score, 4),
            "beam": answer.beam,
        }

    def draw(self, picture: Path, name: str, text: str, answer: Rewritten) -> None:
        """The answer to a text as a picture; see `look_picture.draw`."""
        from heedful.apps import look_picture

        look_picture.draw(picture, name, texts(text, self.tokenizer.pieces(text, self.source)), answer)


def said(tokenizer: Tokenizer, text: str, written: Written, beam: int) -> Rewritten:
    """What was written of a text, `attention` `(words, tokens that the model reads)`, in words."""
    source = tokenizer.pieces(text, written.attention.shape[1])
    kept = np.flatnonzero(written.tokens > END)
    pieces = joined(spelt(tokenizer.tokens[token] for token in written.tokens[kept]))
    copied = np.zeros(len(kept), np.float32) if written.copied is None else written.copied[kept]
    attention = written.attention[kept, : len(source)]
    score = None if math.isnan(written.score) else written.score
    return Rewritten("".join(pieces).strip(), tuple(pieces), attention, copied, score, beam)


def texts(text: str, pieces: Sequence[Piece]) -> list[str]:
    """What each piece of a text adds to those before it, white space included."""
    ends = [0, *(piece.end for piece in pieces)]
    return [text[start : max(start, end)] for start, end in pairwise(ends)]


def _entry(piece: str, copied: float, looked: np.ndarray) -> dict[str, Any]:
    return {
        "piece": piece,
        "copied": round(float(copied), 4),
        "peak": int(looked.argmax()),
        "attention": [round(value, 4) for value in looked.tolist()],
    }
