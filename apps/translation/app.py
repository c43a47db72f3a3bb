"""Translations from an exported `.tflite`, and where in the sentence the model looked for each word.

answer = ask(load("model.tflite"), "Ein Hund läuft durch den Schnee.")
answer.text, answer.attention         # the translation, and (its pieces, those of the sentence)
"""

from os import PathLike
from pathlib import Path
from typing import Any

from heedful.apps.beam import add_beam_argument
from heedful.apps.errors import InputError
from heedful.apps.model_file import ModelFile
from heedful.apps.reading_length import how_much
from heedful.apps.rewriter import Rewriter
from heedful.apps.rewritten import Rewritten
from heedful.apps.text_file import given_text

RECIPE, INPUT = "translation", "sentence"
add_arguments = add_beam_argument


def load(path: str | PathLike[str], threads: int = 1) -> Rewriter:
    """The translator in a `.tflite`. Raises `InputError` when it is missing, damaged or of something else."""
    return Rewriter(ModelFile(path, threads), RECIPE)


def ask(model: Rewriter, text: str, beam: int | None = None) -> Rewritten:
    """The translation of a sentence; see `Rewriter.answer`. Raises `InputError` where there is no word in it."""
    if not model.tokenizer.encode(text, 1):
        raise InputError("the sentence is empty: give what is to be translated.")
    return model.answer(text, beam)


def run_one(model: Rewriter, given: str, picture: Path | None = None, beam: int | None = None) -> dict[str, Any]:
    """`text` as given, which may be the name of a file of it, its `translation`, and what `Rewriter.told` gives.

    Raises `InputError` as `ask` and `given_text` do.
    """
    text = given_text(given, "save the sentence as UTF-8")
    answer = ask(model, text, beam)
    if picture is not None:
        model.draw(picture, given, text, answer)
    return {"text": given, "translation": answer.text, **model.told(text, answer)}


def describe(result: dict[str, Any]) -> str:
    """The answer in lines for people."""
    return "\n".join([result["translation"] or "(no words)", *how_much(result)])
