"""Captions from an exported `.tflite`: a sentence for a picture, and where the model looked for each of its words.

    model = load("model.tflite")
    answer = caption(model, "beach.jpg")
    answer.text, answer.attention[0]      # the sentence, and the map of its first word

Needs LiteRT and NumPy, Pillow to read files, and matplotlib for the pictures that `run_one` draws on request.
"""

import math
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import numpy as np

from heedful.apps import images
from heedful.apps.beam import Decoding, Written, add_beam_argument
from heedful.apps.decode_step import fits, written
from heedful.apps.errors import InputError
from heedful.apps.image_captioning.caption import Caption
from heedful.apps.model_file import ModelFile, check_recipe, fitting

RECIPE, INPUT = "image_captioning", "picture"
add_arguments = add_beam_argument
VOCABULARY = "vocabulary.txt"  # attached to the model: one token a line, line n (from 0) is id n
SPECIAL = ("<pad>", "<start>", "<end>", "<unknown>")


class Captioner:
    """A `ModelFile` with its vocabulary. Raises `InputError` when it is a model of something else."""

    def __init__(self, file: ModelFile) -> None:
        check_recipe(file, RECIPE)
        self.vocabulary = _vocabulary(file)
        with fitting(file):
            self.size = int(file.facts["image_size"])
            rows, columns = (int(side) for side in file.facts["grid"])
            self.grid = rows, columns
            self.decoding = Decoding.from_facts(file.facts)
            inputs = {"image": ((1, self.size, self.size, 3), "uint8")}
            told = {"attention": (rows * columns,)}
            if not fits(file.signatures, inputs, self.decoding.max_words, len(self.vocabulary), told):
                raise ValueError
        self.file = file

    def write(self, image: np.ndarray, decoding: Decoding) -> Written:
        """The ids of the words for a picture, uint8 `(size, size, 3)`.

        The score of a beam of 1 is NaN. Raises `ValueError` when the picture is of another size, and `InputError` when
        the model answers with NaN.
        """
        return written(self.file, {"image": np.ascontiguousarray(image)[None]}, decoding, ["attention"])


def load(path: str | PathLike[str], threads: int = 1) -> Captioner:
    """The captioner in a `.tflite`. Raises `InputError` when it is missing, damaged or of something else."""
    return Captioner(ModelFile(path, threads))


def caption(model: Captioner, image: str | PathLike[str] | np.ndarray, beam: int | None = None) -> Caption:
    """The sentence for a picture: a path, or decoded, uint8 `(rows, columns, 3)` or whatever `images.resized` takes.

    `beam` sentences are followed at once (default: as the model's card says); more is slower and often better.
    Raises `InputError` when the file cannot be used, `beam` is less than 1, or the model answers with NaN, and
    `ValueError` when an array is no picture.
    """
    decoding = model.decoding.with_beam(beam)
    best = model.write(_square(model.size, image), decoding)
    words = tuple(model.vocabulary[token] for token in best.tokens.tolist())
    score = None if math.isnan(best.score) else best.score
    return Caption(words, best.attention.reshape(len(words), *model.grid), score, decoding.beam)


ask = caption  # what `heedful.apps.load` calls


def run_one(
    model: Captioner, given: str | PathLike[str], picture: Path | None = None, beam: int | None = None
) -> dict[str, Any]:
    """The caption of a picture.

    Keys: `file` (as given), `caption`, `words`: a list of `{"word", "peak": [row, column], "attention"}`, where
    `attention` is the word's map as a list of rows, each a list of numbers, and `peak` the cell of the greatest;
    `score` (null when `beam` is 1) and `beam`. Raises `InputError` when the picture or the path of the map drawn of it
    cannot be used.
    """
    answer = caption(model, given, beam)
    result = {
        "file": fspath(given),
        "caption": answer.text,
        "words": [_entry(word, looked) for word, looked in zip(answer.words, answer.attention, strict=True)],
        "score": None if answer.score is None else round(answer.score, 4),
        "beam": answer.beam,
    }
    if picture is not None:
        from heedful.apps.image_captioning import pictures

        pictures.draw(picture, Path(given).name, images.view(given, pictures.SIDE), answer)
    return result


def describe(result: dict[str, Any]) -> str:
    """The answer in a line for people."""
    return f"{result['file']}: {result['caption'] or '(no words)'}"


def _square(size: int, image: str | PathLike[str] | np.ndarray) -> np.ndarray:
    """uint8 `(size, size, 3)`; a picture that is so already needs no Pillow."""
    if isinstance(image, str | PathLike):
        return images.read(image, size)
    image = np.asarray(image)
    return image if image.shape == (size, size, 3) and image.dtype == np.uint8 else images.resized(image, size)


def _entry(word: str, looked: np.ndarray) -> dict[str, Any]:
    """`looked` `(rows, columns)`."""
    peak = [int(place) for place in np.unravel_index(int(looked.argmax()), looked.shape)]
    return {"word": word, "peak": peak, "attention": [[round(value, 4) for value in row] for row in looked.tolist()]}


def _vocabulary(file: ModelFile) -> tuple[str, ...]:
    try:
        tokens = tuple(file.attachment(VOCABULARY).decode().removesuffix("\n").split("\n"))
    except UnicodeDecodeError:
        tokens = ()
    if tokens[: len(SPECIAL)] != SPECIAL or not all(tokens):
        raise InputError(f"{file.path} carries a damaged {VOCABULARY}: export the model again.")
    return tokens
