"""Summaries from an exported `.tflite`: a headline or a few sentences for a text, and what each word came from.

    model = load("model.tflite")
    answer = summarize(model, "The mayor of Oslo said on Monday that ...")
    answer.text, answer.copied            # the summary, and how likely each piece of it was copied

Needs LiteRT and NumPy; `run_one` draws pictures on request (matplotlib).
"""

import math
import os
from collections.abc import Collection, Sequence
from itertools import pairwise
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import numpy as np

from heedful.apps import decode_step
from heedful.apps.beam import Decoding, Written, add_beam_argument
from heedful.apps.errors import InputError
from heedful.apps.model_file import ModelFile, check_recipe, fitting
from heedful.apps.text_file import read_text
from heedful.apps.text_summarization.capitals import PLAIN, plain_words, recased
from heedful.apps.text_summarization.summary import Summary, joined, spelt
from heedful.apps.tokenizer import END, FILE, PAD, Piece, Tokenizer

RECIPE, INPUT = "text_summarization", "text file"
add_arguments = add_beam_argument


class Summarizer:
    """A `ModelFile` with its tokenizer. Raises `InputError` when it is a model of something else."""

    def __init__(self, file: ModelFile) -> None:
        check_recipe(file, RECIPE)
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
        # A model that writes capitals itself has no such list.
        self.plain = plain_words(file.attachment(PLAIN)) if PLAIN in file.attachments else frozenset()
        self.file = file

    def write(self, ids: Sequence[int], decoding: Decoding) -> Written:
        """The ids of a summary for those of a text, at most `source`.

        The score of a beam of 1 is NaN. Raises `ValueError` when the text is too long, and `InputError` when the model
        answers with NaN.
        """
        if len(ids) > self.source:
            raise ValueError(f"the model reads {self.source} tokens, not {len(ids)}")
        inputs = {"ids": np.array([[*ids, *[PAD] * (self.source - len(ids))]], np.int32)}
        return decode_step.written(self.file, inputs, decoding, ["attention", "copied"])


def load(path: str | PathLike[str], threads: int = 1) -> Summarizer:
    """The summarizer in a `.tflite`. Raises `InputError` when it is missing, damaged or of something else."""
    return Summarizer(ModelFile(path, threads))


def summarize(model: Summarizer, text: str | PathLike[str], beam: int | None = None) -> Summary:
    """The summary of a text, of which the first `model.source` tokens are read; a `Path` is that of a text file.

    `beam` summaries are followed at once (default: as the model's card says); more is slower and often better.
    Raises `InputError` when `beam` is less than 1, the file cannot be used, or the model answers with NaN.
    """
    if not isinstance(text, str):
        text = _read(model, text)
    decoding = model.decoding.with_beam(beam)
    written = model.write(model.tokenizer.encode(text, model.source), decoding)
    return said(model.tokenizer, model.plain, text, written, decoding.beam)


def ask(model: Summarizer, text: str | PathLike[str], beam: int | None = None) -> Summary:
    """What `heedful.apps.load` calls: `summarize`, but refuses no text, and a `str` that is the name of a file."""
    if isinstance(text, str):
        if os.path.isfile(text):
            raise InputError(f"{text} is a file, and a str is taken for the text itself: give pathlib.Path({text!r}).")
        if not text.strip():
            raise InputError("the text is empty: give what is to be summarized.")
    return summarize(model, text, beam)


def said(tokenizer: Tokenizer, plain: Collection[str], document: str, written: Written, beam: int) -> Summary:
    """What was written of a document, `attention` `(words, tokens that the model reads)`, in words.

    Where the tokenizer is lower-case, the summary gets the upper case of what was read, but for `plain` words.
    """
    source = tokenizer.pieces(document, written.attention.shape[1])
    kept = np.flatnonzero(written.tokens > END)
    pieces = joined(spelt(tokenizer.tokens[token] for token in written.tokens[kept]))
    text = "".join(pieces)
    copied = np.zeros(len(kept), np.float32) if written.copied is None else written.copied[kept]
    if tokenizer.lowercase:
        taken = [bool(share > 0.5) for piece, share in zip(pieces, copied, strict=True) for _ in piece]
        cased = recased(text, document[: source[-1].end if source else 0], taken, plain)
        if len(cased) == len(text):  # nearly always: a few letters become two
            ends = np.cumsum([len(piece) for piece in pieces]).tolist()
            pieces = [cased[start:end] for start, end in zip([0, *ends], ends, strict=False)]
        text = cased
    attention = written.attention[kept, : len(source)]
    score = None if math.isnan(written.score) else written.score
    return Summary(text.strip(), tuple(pieces), attention, copied, score, beam)


def run_one(
    model: Summarizer, given: str | PathLike[str], picture: Path | None = None, beam: int | None = None
) -> dict[str, Any]:
    """The summary of a text file.

    Keys: `file` (as given), `summary`, `pieces`: a list of `{"piece", "copied", "peak", "attention"}`, where
    `attention` is a list of numbers, one for each token that was read, `peak` the place of the greatest and `copied`
    the probability that the piece was copied; `source`: `[start, end]` of each token that was read, in characters of
    the text; `read` and `tokens`: how many were read, and how many there are; `score` (null when `beam` is 1) and
    `beam`. Raises `InputError` when the file or the picture's path cannot be used.
    """
    text = _read(model, given)
    source = model.tokenizer.pieces(text, model.source)
    answer = summarize(model, text, beam)
    result = {
        "file": fspath(given),
        "summary": answer.text,
        "pieces": [_entry(*parts) for parts in zip(answer.pieces, answer.copied, answer.attention, strict=True)],
        "source": [[piece.start, piece.end] for piece in source],
        "read": len(source),
        "tokens": len(source) if len(source) < model.source else len(model.tokenizer.encode(text)),
        "score": None if answer.score is None else round(answer.score, 4),
        "beam": answer.beam,
    }
    if picture is not None:
        from heedful.apps.text_summarization import pictures

        pictures.draw(picture, Path(given).name, texts(text, source), answer)
    return result


def texts(text: str, pieces: Sequence[Piece]) -> list[str]:
    """What each piece of a text adds to those before it, white space included."""
    ends = [0, *(piece.end for piece in pieces)]
    return [text[start : max(start, end)] for start, end in pairwise(ends)]


def describe(result: dict[str, Any]) -> str:
    """The answer in lines for people."""
    lines = [f"{result['file']}: {result['summary'] or '(no words)'}"]
    if result["read"] < result["tokens"]:
        share = math.floor(100 * result["read"] / result["tokens"])
        lines.append(
            f"  The model reads {result['read']:,} tokens (words or parts of them) and so read the beginning only, "
            f"{share or 'less than 1'} % of the {result['tokens']:,} in the text."
        )
    return "\n".join(lines)


def _read(model: Summarizer, path: str | PathLike[str]) -> str:
    """The text of a file. Raises `InputError` when there is none."""
    text = read_text(path, "save the text to be summarized as UTF-8")
    if not model.tokenizer.pieces(text, model.source):
        raise InputError(f"{fspath(path)} holds no text: write into it what is to be summarized.")
    return text


def _entry(piece: str, copied: float, looked: np.ndarray) -> dict[str, Any]:
    return {
        "piece": piece,
        "copied": round(float(copied), 4),
        "peak": int(looked.argmax()),
        "attention": [round(value, 4) for value in looked.tolist()],
    }
