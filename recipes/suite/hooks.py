"""How the modules of a recipe meet `contract.py`: what a module gives stands in front of the default of its class."""

import inspect
from collections.abc import Iterator
from types import ModuleType
from typing import Any


def obligatory(function: Any) -> Any:
    """Marks a hook that has no default."""
    function.obligatory = True
    return function


NOTHING = obligatory(lambda: None)  # what a name without a value has for a default


class Hooks:
    """A module of a recipe; where it gives nothing, the default of the class stands."""

    def __init__(self, recipe: Any, module: ModuleType) -> None:
        self.recipe, self.module = recipe, module
        for name in self.names():
            if hasattr(module, name):
                setattr(self, name, getattr(module, name))

    @classmethod
    def names(cls) -> list[str]:
        """Every hook of the module, in the order of the class."""
        own = (name for name in vars(cls) if not name.startswith("_") and name != "more_problems")
        return list(dict.fromkeys([*inspect.get_annotations(cls), *own]))

    @classmethod
    def needed(cls) -> list[str]:
        """Those that have no default."""
        return [name for name in cls.names() if getattr(getattr(cls, name, NOTHING), "obligatory", False)]

    def more_problems(self) -> Iterator[str]:
        """What is wrong beyond missing names and parameters."""
        yield from ()


def problems(recipe: Any, name: str, kind: type[Hooks]) -> Iterator[str]:
    """All that is missing or wrong in one module of a recipe."""
    try:
        module = recipe.module(name)
    except ModuleNotFoundError as error:
        place = recipe.place(name)
        if not (error.name and place.startswith(error.name)):  # it is there, and imports what is not
            raise
        yield f"{place.removeprefix('heedful.').replace('.', '/')}.py is missing"
        return
    where = "" if name == "package" else f"{name}."
    wrong = [f"{where}{hook} is missing" for hook in kind.needed() if not hasattr(module, hook)]
    wrong += [f"{where}{hook} {why}" for hook in kind.names() if (why := _wrong_kind(kind, module, hook))]
    yield from wrong
    if not wrong:
        yield from kind(recipe, module).more_problems()


def _wrong_kind(kind: type[Hooks], module: ModuleType, hook: str) -> str:
    """What is wrong with a hook of a module; empty where it is right, or not there."""
    declared, given = vars(kind).get(hook), getattr(module, hook, None)
    if given is None:
        return ""
    if not inspect.isfunction(declared):
        return "is no text" if kind.__annotations__[hook] is str and not (isinstance(given, str) and given) else ""
    if not callable(given):
        return "is no function"
    parameters = list(inspect.signature(declared).parameters.values())[1:]
    keywords = [parameter.name for parameter in parameters if parameter.kind is parameter.KEYWORD_ONLY]
    try:
        inspect.signature(given).bind(*parameters[: len(parameters) - len(keywords)], **dict.fromkeys(keywords))
    except TypeError:
        return f"does not take ({', '.join(parameter.name for parameter in parameters)})"
    return ""
