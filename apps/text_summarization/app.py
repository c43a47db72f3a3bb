"""Summaries from an exported `.tflite`: a headline or a few sentences for a text, and what each word came from.

    model = load("model.tflite")
    answer = summarize(model, "The mayor of Oslo said on Monday that ...")
    answer.text, answer.copied            # the summary, and how likely each piece of it was copied

Needs LiteRT and NumPy; `run_one` draws pictures on request (matplotlib).
"""

import os
from collections.abc import Collection
from dataclasses import replace
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import numpy as np

from heedful.apps import rewriter
from heedful.apps.beam import Written, add_beam_argument
from heedful.apps.errors import InputError
from heedful.apps.model_file import ModelFile
from heedful.apps.reading_length import how_much
from heedful.apps.rewriter import Rewriter
from heedful.apps.rewritten import Rewritten
from heedful.apps.text_file import read_text
from heedful.apps.text_summarization.capitals import PLAIN, plain_words, recased
from heedful.apps.tokenizer import Tokenizer

RECIPE, INPUT = "text_summarization", "text file"
add_arguments = add_beam_argument


class Summarizer(Rewriter):
    """A `Rewriter` that gives a lower-case summary its capitals. Raises `InputError` when it is a model of something
    else.
    """

    def __init__(self, file: ModelFile) -> None:
        super().__init__(file, RECIPE)
        # A model that writes capitals itself has no such list.
        self.plain = plain_words(file.attachment(PLAIN)) if PLAIN in file.attachments else frozenset()

    def said(self, text: str, written: Written, beam: int) -> Rewritten:
        return said(self.tokenizer, self.plain, text, written, beam)


def load(path: str | PathLike[str], threads: int = 1) -> Summarizer:
    """The summarizer in a `.tflite`. Raises `InputError` when it is missing, damaged or of something else."""
    return Summarizer(ModelFile(path, threads))


def summarize(model: Summarizer, text: str | PathLike[str], beam: int | None = None) -> Rewritten:
    """A text, or the file that a `Path` names, summarized; see `Rewriter.answer`.

    Raises `InputError` when `beam` is less than 1, the file cannot be used, or the model answers with NaN.
    """
    return model.answer(text if isinstance(text, str) else _read(model, text), beam)


def ask(model: Summarizer, text: str | PathLike[str], beam: int | None = None) -> Rewritten:
    """What `heedful.apps.load` calls: `summarize`, but refuses no text, and a `str` that is the name of a file."""
    if isinstance(text, str):
        if os.path.isfile(text):
            raise InputError(f"{text} is a file, and a str is taken for the text itself: give pathlib.Path({text!r}).")
        if not text.strip():
            raise InputError("the text is empty: give what is to be summarized.")
    return summarize(model, text, beam)


def said(tokenizer: Tokenizer, plain: Collection[str], document: str, written: Written, beam: int) -> Rewritten:
    """What was written of a document, `attention` `(words, tokens that the model reads)`, in words.

    Where the tokenizer is lower-case, the summary gets the upper case of what was read, but for `plain` words.
    """
    answer = rewriter.said(tokenizer, document, written, beam)
    if not tokenizer.lowercase:
        return answer
    source = tokenizer.pieces(document, written.attention.shape[1])
    pieces, text = answer.pieces, "".join(answer.pieces)
    taken = [bool(share > 0.5) for piece, share in zip(pieces, answer.copied, strict=True) for _ in piece]
    cased = recased(text, document[: source[-1].end if source else 0], taken, plain)
    if len(cased) == len(text):  # nearly always: a few letters become two
        ends = np.cumsum([len(piece) for piece in pieces]).tolist()
        pieces = tuple(cased[start:end] for start, end in zip([0, *ends], ends, strict=False))
    return replace(answer, text=cased.strip(), pieces=pieces)


def run_one(
    model: Summarizer, given: str | PathLike[str], picture: Path | None = None, beam: int | None = None
) -> dict[str, Any]:
    """The summary of a text file: `file` (as given), `summary`, and what `Rewriter.told` gives.

    Raises `InputError` when the file or the picture's path cannot be used.
    """
    text = _read(model, given)
    answer = summarize(model, text, beam)
    if picture is not None:
        model.draw(picture, Path(given).name, text, answer)
    return {"file": fspath(given), "summary": answer.text, **model.told(text, answer)}


def describe(result: dict[str, Any]) -> str:
    """The answer in lines for people."""
    return "\n".join([f"{result['file']}: {result['summary'] or '(no words)'}", *how_much(result)])


def _read(model: Summarizer, path: str | PathLike[str]) -> str:
    """The text of a file. Raises `InputError` when there is none."""
    text = read_text(path, "save the text to be summarized as UTF-8")
    if not model.tokenizer.pieces(text, model.source):
        raise InputError(f"{fspath(path)} holds no text: write into it what is to be summarized.")
    return text
