"""From inputs to answers, the same for every app.

from heedful.apps import recommender
for result in run_each(recommender, ["541,1214"], "model.tflite"):
    print(describe(recommender, result))
"""

import json
from collections.abc import Callable, Iterator, Sequence
from os import PathLike
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

from heedful.apps.errors import InputError
from heedful.apps.model_file import ModelFile, check_recipe
from heedful.apps.pictures import numbered

Given = str | PathLike[str]


class App(Protocol):
    """A package or module that asks the files of one recipe: what it must have, and what it may.

    It may also have `describe(result)`, the answer in lines for people (default: JSON); `INPUT`, what one input is in a
    word (`recording`); `RECIPE`, the name on the card (default: that of its package); `load(path)`, which gives the
    model that `run_one` takes (default: the `ModelFile`), and may take `threads` as well; `ask(model, given)`, the
    answer to one input for programs, of a type of its own and with the attention (default: what `run_one` gives); and
    `add_arguments(parser)`, which adds its own options of `heedful run` to an `argparse` parser. Those that were given
    arrive in `run_one` by their names; what an option with `dest="inputs"` appends is one more input.
    """

    @property
    def run_one(self) -> Callable[..., dict[str, Any]]:
        """`run_one(model, given, picture, **options)`: the answer to one input, JSON-able, with stable keys.

        It is also drawn where `picture` is a path and not None. Raises `InputError` when an input cannot be used.
        """
        ...


def run(
    app: App | ModuleType, inputs: Sequence[Given], model_path: Given, picture: Given | None = None, **options: Any
) -> list[dict[str, Any]]:
    """The answers of `app.run_one`, one for each input, in order.

    With `picture` each is also drawn: its key `picture` is the path; of several inputs a number stands before the
    suffix. Raises `InputError` for the first input, model or picture path that cannot be used.
    """
    return list(run_each(app, inputs, model_path, picture, **options))


def run_each(
    app: App | ModuleType, inputs: Sequence[Given], model_path: Given, picture: Given | None = None, **options: Any
) -> Iterator[dict[str, Any]]:
    """The results of `run` one by one, so that those before a broken input are not lost."""
    if not inputs:
        raise InputError(f"there is nothing to run on: give at least one {input_of(app)}.")
    model = load(app, model_path)
    for number, given in enumerate(inputs, 1):
        target = None if picture is None else numbered(Path(picture), number, len(inputs))
        result = app.run_one(model, given, target, **options)
        yield result if target is None else {**result, "picture": str(target)}


def describe(app: App | ModuleType, result: dict[str, Any]) -> str:
    """A result of `run` in lines for people."""
    text = getattr(app, "describe", json.dumps)(result)
    return text + (f"\n  picture: {result['picture']}" if "picture" in result else "")


def ask(app: App | ModuleType, model: Any, given: Any, **options: Any) -> Any:
    """The answer to one input for programs."""
    if own := getattr(app, "ask", None):
        return own(model, given, **options)
    return app.run_one(model, given, None, **options)


def load(app: App | ModuleType, path: Given, threads: int = 1) -> Any:
    """The model of an app. Raises `InputError` when it is missing, damaged or of another recipe."""
    if own := getattr(app, "load", None):
        return own(path) if threads == 1 else own(path, threads)
    file = ModelFile(path, threads)
    package = getattr(app, "__name__", "").removesuffix(".app").rpartition(".")[2]
    check_recipe(file, getattr(app, "RECIPE", package))
    return file


def input_of(app: App | ModuleType) -> str:
    """What one input of an app is."""
    return getattr(app, "INPUT", "input")
