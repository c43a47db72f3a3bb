"""Texts by an exported `.tflite`: the label of each, or none, and how much the model looked at each of its words.

model = load("model.tflite")
answer = classify(model, "why was my card declined")
answer.label, answer.words          # "card_declined", (("why", 0.02), (" was", 0.01), (" my", 0.03), ...)
"""

from itertools import pairwise
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from heedful.apps.calibration import tempered
from heedful.apps.errors import InputError
from heedful.apps.model_file import ModelFile, check_recipe, fitting
from heedful.apps.reading_length import how_far, how_much
from heedful.apps.rewritten import words
from heedful.apps.shaded_text import draw
from heedful.apps.text_classification.answer import NONE, UNTOLD, Answer, decided
from heedful.apps.text_file import given_text
from heedful.apps.tokenizer import FILE, PAD
from heedful.apps.tokenizer_file import opened

RECIPE, INPUT = "text_classification", "text"
TOP = 3  # labels and words that are shown
FIX = "save the text as UTF-8"


class Classifier:
    """A `ModelFile` with its tokenizer. Raises `InputError` when it is a model of something else."""

    def __init__(self, file: ModelFile) -> None:
        check_recipe(file, RECIPE)
        self.file = file
        with fitting(file):
            self.tokenizer = opened(file.attachment(FILE).decode())
            self.labels = [str(label) for label in file.facts["labels"]]
            self.outside: int | None = file.facts["outside"]  # the number of the label of "none of these"
            self.length = int(file.facts["length"])  # tokens of a text that are read
            self.point = {**UNTOLD, **file.card.get("file", {}).get("operating_point", {})}
            inputs, outputs = (file.signatures["classify"][side] for side in ("inputs", "outputs"))
            fits = inputs == {"ids": ((1, self.length), "int32")}
            fits = fits and outputs["probabilities"] == ((1, len(self.labels)), "float32")
            fits = fits and outputs["attention"][0][2:] == (self.length,)
            if not fits or self.outside not in (None, *range(len(self.labels))):
                raise ValueError


def load(path: str | PathLike[str], threads: int = 1) -> Classifier:
    """The classifier in a `.tflite`. Raises `InputError` when it is missing, damaged or of something else."""
    return Classifier(ModelFile(path, threads))


def classify(model: Classifier, text: str | PathLike[str]) -> Answer:
    """The label of a text, of which the first `model.length` tokens are read; a `Path` is that of a text file.

    Raises `InputError` when there is no text, or the model answers with NaN.
    """
    text = text if isinstance(text, str) else given_text(text, FIX)
    pieces = model.tokenizer.pieces(text, model.length)
    if not pieces:
        raise InputError("the text is empty: give at least a word.")
    ids = np.full((1, model.length), PAD, np.int32)
    ids[0, : len(pieces)] = [piece.id for piece in pieces]
    found = model.file.run("classify", ids=ids)
    if not all(np.isfinite(values).all() for values in found.values()):
        raise InputError(f"{model.file.path} answers with NaN: export the model again.")
    label = int(decided(found["probabilities"], model.outside, model.point)[0])
    values, attention = tempered(found["probabilities"][0], model.point["temperature"]), found["attention"][0]
    shares, ends = attention.mean(axis=0), [0, *(piece.end for piece in pieces)]
    spelt = [text[start : max(start, end)] for start, end in pairwise(ends)]  # with the white space before
    return Answer(
        None if label == NONE else model.labels[label],
        tuple((model.labels[place], float(values[place])) for place in np.argsort(-values, kind="stable")[:TOP]),
        tuple(("".join(spelt[word.start : word.stop]), float(shares[word].sum())) for word in words(spelt)),
        attention[:, : len(pieces)], values,
    )  # fmt: skip


ask = classify  # what `heedful.apps.load` calls


def run_one(model: Classifier, given: str | PathLike[str], picture: Path | None = None) -> dict[str, Any]:
    """The label of a text, or of what is in the file of that name; a name in `.txt` alone is that of a file, too.

    Raises `InputError` as `classify` does, and where there is no such file.

    Keys: `text` (as given), `label` (null: none of these), `top`: a list of `{"label", "probability"}`, best first,
    `words`: a list of `{"word", "attention"}`, and `read` and `tokens`: how many were read, and how many there are.
    """
    text = given_text(given, FIX)
    answer = classify(model, text)
    result = {
        "text": str(given), "label": answer.label,
        "top": [{"label": label, "probability": round(value, 4)} for label, value in answer.top],
        "words": [{"word": word, "attention": round(share, 4)} for word, share in answer.words],
        **how_far(model.tokenizer, text, model.length),
    }  # fmt: skip
    if picture is not None:
        draw(picture, titled(result), answer.words)
    return result


def describe(result: dict[str, Any]) -> str:
    """The answer in lines for people."""
    seen = [entry for entry in result["words"] if entry["word"].strip()]
    looked = sorted(seen, key=lambda entry: -entry["attention"])[:TOP]
    words = ", ".join(f"{entry['word'].strip()} {entry['attention']:.0%}" for entry in looked)
    return "\n".join([f"{result['text']}: {titled(result)}", f"  looked at: {words}", *how_much(result)])


def titled(result: dict[str, Any]) -> str:
    top = ", ".join(f"{entry['label']} {entry['probability']:.0%}" for entry in result["top"])
    return f"{result['label'] or 'none of these'} ({top})"
