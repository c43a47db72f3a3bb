"""Summaries from an exported `.tflite`: a headline or a few sentences for a text, and what each word came from.

    model = load("model.tflite")
    answer = summarize(model, "The mayor of Oslo said on Monday that ...")
    answer.text, answer.copied            # the summary, and how likely each piece of it was copied

Needs LiteRT and NumPy; `run` draws pictures on request (matplotlib).
"""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import numpy as np

from heedful.apps.beam import Decoding, Written
from heedful.apps.decode_step import fits, numbers, searched
from heedful.apps.errors import InputError
from heedful.apps.model_file import ModelFile
from heedful.apps.pictures import numbered
from heedful.apps.text_file import read_text
from heedful.apps.text_summarization.capitals import PLAIN, plain_words, recased
from heedful.apps.text_summarization.summary import Summary, joined, spelt
from heedful.apps.tokenizer import END, FILE, PAD, Piece, Tokenizer

RECIPE = "text_summarization"
OPTIONS = ("beam",)  # of `heedful run`, beyond those that every recipe has


class Summarizer:
    """A `ModelFile` with its tokenizer. Raises `InputError` when it is a model of something else."""

    def __init__(self, file: ModelFile) -> None:
        if file.card.get("recipe") != RECIPE:
            found = file.card.get("recipe", "an unnamed recipe")
            raise InputError(f"{file.path} is a model of {found}, not of {RECIPE}: give a summarizer.")
        try:
            self.tokenizer = Tokenizer.from_json(file.attachment(FILE).decode())
        except InputError:
            raise
        except ValueError:
            raise InputError(f"{file.path} carries a damaged {FILE}: export the model again.") from None
        try:
            self.source = int(file.card["max_source"])  # tokens of a text that are read
            self.decoding = Decoding.from_card(file.card)
        except (KeyError, TypeError, ValueError):
            raise InputError(
                f"{file.path} has a card without its max_source, max_words or decoding, or with wrong ones: "
                "export the model again."
            ) from None
        try:
            fitting = _fits(self, file.signatures)
        except (KeyError, ValueError):
            fitting = False
        if not fitting:
            raise InputError(
                f"{file.path} has a card and a tokenizer that do not fit its graph: export the model again."
            )
        # A model that writes capitals itself has no such list.
        self.plain = plain_words(file.attachment(PLAIN)) if PLAIN in file.attachments else frozenset()
        self.file = file

    def write(self, ids: Sequence[int], decoding: Decoding) -> Written:
        """The ids of a summary for those of a text, at most `source`.

        A beam of 1 is the graph's own greedy search, one call, whose score is NaN. A wider one asks the graph token by
        token; `max_words` can then be less than the model's, but not more.
        Raises `ValueError` when the text is too long, and `InputError` when the model answers with NaN.
        """
        if len(ids) > self.source:
            raise ValueError(f"the model reads {self.source} tokens, not {len(ids)}")
        inputs = {"ids": np.array([[*ids, *[PAD] * (self.source - len(ids))]], np.int32)}
        if decoding.beam > 1:
            return searched(self.file, inputs, decoding, ["attention", "copied"])
        answer = self.file.run("generate", **inputs)
        length = int(answer["length"][0])
        attention, copied = (numbers(self.file, answer[name][0, :length]) for name in ("attention", "copied"))
        return Written(answer["tokens"][0, :length], attention, math.nan, copied)


def load(path: str | PathLike[str], threads: int = 1) -> Summarizer:
    """The summarizer in a `.tflite`. Raises `InputError` when it is missing, damaged or of something else."""
    return Summarizer(ModelFile(path, threads))


def summarize(model: Summarizer, text: str, beam: int | None = None) -> Summary:
    """The summary of a text, of which the first `model.source` tokens are read.

    `beam` summaries are followed at once (default: as the model's card says); more is slower and often better.
    Raises `InputError` when `beam` is less than 1, or the model answers with NaN.
    """
    try:
        decoding = model.decoding if beam is None else replace(model.decoding, beam=beam)
    except ValueError:
        raise InputError(f"the beam is {beam}: give a whole number from 1.") from None
    written = model.write(model.tokenizer.encode(text, model.source), decoding)
    return said(model.tokenizer, model.plain, text, written, decoding.beam)


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


def run(
    inputs: Sequence[str | PathLike[str]],
    model_path: str | PathLike[str],
    picture: str | PathLike[str] | None = None,
    beam: int | None = None,
) -> list[dict[str, Any]]:
    """One JSON-ready result per text file, in order, with stable keys.

    `file` (as given), `summary`, `pieces`: a list of `{"piece", "copied", "peak", "attention"}`, where `attention` is a
    list of numbers, one for each token that was read, `peak` the place of the greatest and `copied` the probability
    that the piece was copied; `source`: `[start, end]` of each token that was read, in characters of the text; `read`
    and `tokens`: how many were read, and how many there are; `score` (null when `beam` is 1) and `beam`. `picture` is
    the path of the picture when one is drawn; with several inputs a number is put before its suffix. Raises
    `InputError` for the first input, model or picture path that cannot be used.
    """
    return list(run_each(inputs, model_path, picture, beam))


def run_each(
    inputs: Sequence[str | PathLike[str]],
    model_path: str | PathLike[str],
    picture: str | PathLike[str] | None = None,
    beam: int | None = None,
) -> Iterator[dict[str, Any]]:
    """The results of `run` one by one, so that those before a broken file are not lost."""
    if not inputs:
        raise InputError("there is nothing to run on: give at least one text file.")
    model = load(model_path)
    for number, name in enumerate(inputs, 1):
        target = None if picture is None else numbered(Path(picture), number, len(inputs))
        yield _run_one(model, name, target, beam)


def _run_one(model: Summarizer, name: str | PathLike[str], picture: Path | None, beam: int | None) -> dict[str, Any]:
    text = read_text(name, "save the text to be summarized as UTF-8")
    source = model.tokenizer.pieces(text, model.source)
    if not source:
        raise InputError(f"{fspath(name)} holds no text: write into it what is to be summarized.")
    answer = summarize(model, text, beam)
    result = {
        "file": fspath(name),
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

        pictures.draw(picture, Path(name).name, texts(text, source), answer)
        result["picture"] = str(picture)
    return result


def texts(text: str, pieces: Sequence[Piece]) -> list[str]:
    """What each piece of a text adds to those before it, white space included."""
    ends = [0, *(piece.end for piece in pieces)]
    return [text[start : max(start, end)] for start, end in pairwise(ends)]


def describe(result: dict[str, Any]) -> str:
    """A result of `run` in lines for people."""
    lines = [f"{result['file']}: {result['summary'] or '(no words)'}"]
    if result["read"] < result["tokens"]:
        share = math.floor(100 * result["read"] / result["tokens"])
        lines.append(
            f"  The model reads {result['read']:,} tokens (words or parts of them) and so read the beginning only, "
            f"{share or 'less than 1'} % of the {result['tokens']:,} in the text."
        )
    if "picture" in result:
        lines.append(f"  picture: {result['picture']}")
    return "\n".join(lines)


def _entry(piece: str, copied: float, looked: np.ndarray) -> dict[str, Any]:
    return {
        "piece": piece,
        "copied": round(float(copied), 4),
        "peak": int(looked.argmax()),
        "attention": [round(value, 4) for value in looked.tolist()],
    }


def _fits(model: Summarizer, specs: Mapping[str, Any]) -> bool:
    """Whether the graph takes and gives what card and tokenizer promise."""
    words, source = model.decoding.max_words, model.source
    whole = {
        "tokens": ((1, words), "int32"),
        "length": ((1,), "int32"),
        "attention": ((1, words, source), "float32"),
        "copied": ((1, words), "float32"),
    }
    told = {
        "scores": ((1, len(model.tokenizer)), "float32"),
        "attention": ((1, source), "float32"),
        "copied": ((1,), "float32"),
    }
    return fits(specs, {"ids": ((1, source), "int32")}, whole, told)
