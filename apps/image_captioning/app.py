"""Captions from an exported `.tflite`: a sentence for a picture, and where the model looked for each of its words.

    model = load("model.tflite")
    answer = caption(model, images.read("beach.jpg", model.size))
    answer.text, answer.attention[0]      # the sentence, and the map of its first word

Needs LiteRT and NumPy; `run` reads files too (Pillow) and draws pictures on request (matplotlib).
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import numpy as np

from heedful.apps import images
from heedful.apps.beam import Decoding, Written
from heedful.apps.decode_step import fits, numbers, searched
from heedful.apps.errors import InputError
from heedful.apps.image_captioning.caption import Caption
from heedful.apps.model_file import ModelFile
from heedful.apps.pictures import numbered

RECIPE = "image_captioning"
OPTIONS = ("beam",)  # of `heedful run`, beyond those that every recipe has
VOCABULARY = "vocabulary.txt"  # attached to the model: one token a line, line n (from 0) is id n
SPECIAL = ("<pad>", "<start>", "<end>", "<unknown>")


class Captioner:
    """A `ModelFile` with its vocabulary. Raises `InputError` when it is a model of something else."""

    def __init__(self, file: ModelFile) -> None:
        if file.card.get("recipe") != RECIPE:
            found = file.card.get("recipe", "an unnamed recipe")
            raise InputError(f"{file.path} is a model of {found}, not of {RECIPE}: give a captioning model.")
        self.vocabulary = _vocabulary(file)
        try:
            self.size = int(file.card["image_size"])
            self.grid = _grid(file.card["grid"])
            self.decoding = Decoding.from_card(file.card)
        except (KeyError, TypeError, ValueError):
            raise InputError(
                f"{file.path} has a card without its image_size, grid, max_words or decoding, or with wrong ones: "
                "export the model again."
            ) from None
        try:
            fitting = _fits(self, file.signatures)
        except (KeyError, ValueError):
            fitting = False
        if not fitting:
            raise InputError(f"{file.path} has a card and words that do not fit its graph: export the model again.")
        self.file = file

    def write(self, image: np.ndarray, decoding: Decoding) -> Written:
        """The ids of the words for a picture, uint8 `(size, size, 3)`.

        A beam of 1 is the graph's own greedy search, one call, whose score is NaN. A wider one asks the graph word by
        word; `max_words` can then be less than the model's, but not more.
        Raises `ValueError` when the picture is of another size, and `InputError` when the model answers with NaN.
        """
        picture = np.ascontiguousarray(image)[None]
        if decoding.beam == 1:
            answer = self.file.run("generate", image=picture)
            words = int(answer["length"][0])
            attention = numbers(self.file, answer["attention"][0, :words])
            return Written(answer["tokens"][0, :words], attention, math.nan)
        return searched(self.file, {"image": picture}, decoding, ["attention"])


def load(path: str | PathLike[str], threads: int = 1) -> Captioner:
    """The captioner in a `.tflite`. Raises `InputError` when it is missing, damaged or of something else."""
    return Captioner(ModelFile(path, threads))


def caption(model: Captioner, image: np.ndarray, beam: int | None = None) -> Caption:
    """The sentence for a picture, uint8 `(model.size, model.size, 3)`, as `images.read` and `images.resized` give it.

    `beam` sentences are followed at once (default: as the model's card says); more is slower and often better.
    Raises `InputError` when `beam` is less than 1, or the model answers with NaN, and `ValueError` when the picture
    has another shape or type.
    """
    image = np.asarray(image)
    if image.shape != (model.size, model.size, 3) or image.dtype != np.uint8:
        raise ValueError(f"the picture is uint8 ({model.size}, {model.size}, 3), not {image.dtype} {image.shape}")
    try:
        decoding = model.decoding if beam is None else replace(model.decoding, beam=beam)
    except ValueError:
        raise InputError(f"the beam is {beam}: give a whole number from 1.") from None
    written = model.write(image, decoding)
    words = tuple(model.vocabulary[token] for token in written.tokens.tolist())
    score = None if math.isnan(written.score) else written.score
    return Caption(words, written.attention.reshape(len(words), *model.grid), score, decoding.beam)


def run(
    inputs: Sequence[str | PathLike[str]],
    model_path: str | PathLike[str],
    picture: str | PathLike[str] | None = None,
    beam: int | None = None,
) -> list[dict[str, Any]]:
    """One JSON-ready result per picture, in order, with stable keys.

    `file` (as given), `caption`, `words`: a list of `{"word", "peak": [row, column], "attention"}`, where `attention`
    is the word's map as a list of rows, each a list of numbers, and `peak` the cell of the greatest; `score` (null when
    `beam` is 1) and `beam`. `picture` is the path of the picture when one is drawn; with several inputs a number is
    put before its suffix. Raises `InputError` for the first input, model or picture path that cannot be used.
    """
    return list(run_each(inputs, model_path, picture, beam))


def run_each(
    inputs: Sequence[str | PathLike[str]],
    model_path: str | PathLike[str],
    picture: str | PathLike[str] | None = None,
    beam: int | None = None,
) -> Iterator[dict[str, Any]]:
    """The results of `run` one by one, so that those before a broken picture are not lost."""
    if not inputs:
        raise InputError("there is nothing to run on: give at least one picture.")
    model = load(model_path)
    for number, name in enumerate(inputs, 1):
        target = None if picture is None else numbered(Path(picture), number, len(inputs))
        yield _run_one(model, name, target, beam)


def _run_one(model: Captioner, name: str | PathLike[str], picture: Path | None, beam: int | None) -> dict[str, Any]:
    answer = caption(model, images.read(name, model.size), beam)
    result = {
        "file": fspath(name),
        "caption": answer.text,
        "words": [_entry(word, looked) for word, looked in zip(answer.words, answer.attention, strict=True)],
        "score": None if answer.score is None else round(answer.score, 4),
        "beam": answer.beam,
    }
    if picture is not None:
        from heedful.apps.image_captioning import pictures

        pictures.draw(picture, Path(name).name, images.view(name, pictures.SIDE), answer)
        result["picture"] = str(picture)
    return result


def describe(result: dict[str, Any]) -> str:
    """A result of `run` in lines for people."""
    lines = [f"{result['file']}: {result['caption'] or '(no words)'}"]
    if "picture" in result:
        lines.append(f"  picture: {result['picture']}")
    return "\n".join(lines)


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


def _grid(sides: Any) -> tuple[int, int]:
    rows, columns = sides
    return int(rows), int(columns)


def _fits(model: Captioner, specs: Mapping[str, Any]) -> bool:
    """Whether the graph takes and gives what card and vocabulary promise."""
    words, cells = model.decoding.max_words, math.prod(model.grid)
    whole = {
        "tokens": ((1, words), "int32"),
        "length": ((1,), "int32"),
        "attention": ((1, words, cells), "float32"),
    }
    told = {"scores": ((1, len(model.vocabulary)), "float32"), "attention": ((1, cells), "float32")}
    return fits(specs, {"image": ((1, model.size, model.size, 3), "uint8")}, whole, told)
