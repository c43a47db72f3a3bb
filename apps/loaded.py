"""Any file of heedful as a function of its inputs; which app it takes stands on its card.

model = load("saved_models/image_captioning/scenes/model.tflite")
answer = model("beach.jpg")
answer.text, answer.attention[0]  # the sentence, and the map of its first word
"""

import importlib
import reprlib
from dataclasses import dataclass
from os import PathLike
from types import ModuleType
from typing import Any

from heedful.apps import run
from heedful.apps.errors import InputError
from heedful.apps.model_file import card_of


@dataclass(frozen=True, eq=False)
class Loaded:
    """A model with the app that knows its inputs and answers; one serves one thread at a time."""

    recipe: str  # what it is a model of, as its card says
    app: ModuleType  # `heedful.apps.RECIPE.app`
    model: Any  # what the functions of the app take

    def __call__(self, given: Any, **options: Any) -> Any:
        """The answer to one input with its attention, as the app's `ask` gives it; `options` are that function's own.

        A recording is a path or float `(samples,)` at the model's rate, and gives `Heard`; a picture is a path or uint8
        `(rows, columns, 3)`, and gives `Caption`; a history is a list of ids, a text of ids or titles between commas,
        or the path of a file of them, and gives a list of `Recommendation`; a text is a `str`, or the `Path` of a file,
        and gives `Rewritten`. An app without `ask` gives what its `run_one` does.
        Raises `InputError` when the input cannot be used, `ValueError` when an array has another shape or type.
        """
        return run.ask(self.app, self.model, given, **options)


def load(path: str | PathLike[str], threads: int = 1) -> Loaded:
    """The model in a `.tflite` of any recipe, to run on so many CPU threads.

    Raises `InputError` when it is missing, damaged, of another program, or of a recipe that has no app here.
    """
    recipe = card_of(path).get("recipe")
    app = _app(str(path), recipe)
    return Loaded(str(recipe), app, run.load(app, path, threads))


def enrol(path: str | PathLike[str], words: str | PathLike[str], out: str | PathLike[str] | None = None) -> Any:
    """Writes a copy of the model in a `.tflite` that has learnt more from a few examples, as the `enrol` of its app
    does; what that gives, `str` makes lines for people of.

    Raises `InputError` for a recipe whose models cannot, and as that function does.
    """
    recipe = card_of(path).get("recipe")
    own = getattr(_app(str(path), recipe), "enrol", None)
    if own is None:
        raise InputError(f"{path} is a model of {recipe}, which learns nothing without training: run `heedful train`.")
    return own(path, words, out)


def _app(path: str, recipe: object) -> ModuleType:
    package = f"heedful.apps.{recipe}"
    try:
        if not isinstance(recipe, str) or not recipe.isidentifier():
            raise ModuleNotFoundError(name=package)
        return importlib.import_module(f"{package}.app")
    except ModuleNotFoundError as error:
        if error.name not in (package, f"{package}.app"):
            raise
        raise InputError(
            f"{path} is a model of {reprlib.repr(recipe)}, for which there is no app here: install or write one "
            "(see apps/run.py)."
        ) from None
