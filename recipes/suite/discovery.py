"""The recipes that there are, by name. Nothing is registered."""

import importlib
from pathlib import Path
from types import ModuleType
from typing import Any

from heedful.apps.errors import InputError
from heedful.recipes import contract
from heedful.recipes.contract import MODULES, Metric


class Recipe:
    """A recipe by name; its modules are attributes, imported on first use, so that `list` and `run` stay light."""

    package: contract.Package
    config: contract.ConfigHooks
    data: contract.DataHooks
    model: contract.ModelHooks
    trainer: contract.TrainerHooks
    metrics: contract.MetricsHooks
    export: contract.ExportHooks
    demo: contract.DemoHooks

    def __init__(self, name: str) -> None:
        self.name = name

    def __getattr__(self, name: str) -> Any:
        if name not in MODULES:
            raise AttributeError(f"a recipe has no {name}")
        hooks = MODULES[name](self, self.module(name))
        setattr(self, name, hooks)
        return hooks

    def module(self, name: str) -> ModuleType:
        """A module as it is, without defaults."""
        return importlib.import_module(self.place(name))

    def place(self, name: str) -> str:
        """The full name of a module."""
        places = {"package": f"heedful.recipes.{self.name}", "app": f"heedful.apps.{self.name}.app"}
        return places.get(name, f"heedful.recipes.{self.name}.{name}")

    @property
    def app(self) -> ModuleType:
        """What runs the exported file; `apps/run.py` knows its defaults."""
        return self.module("app")

    @property
    def folder(self) -> Path:
        return Path(self.module("package").__path__[0])

    @property
    def summary(self) -> str:
        """First line of the recipe's docstring."""
        return (self.module("package").__doc__ or "").strip().splitlines()[0]

    def metric(self, config: Any) -> Metric:
        """What `score` is under a configuration."""
        metric = self.metrics.METRIC
        return metric if isinstance(metric, Metric) else metric(config)


def recipes() -> list[Recipe]:
    """Every recipe, by name: a folder beside `contract.py` with a `config.py` is one."""
    places = importlib.import_module("heedful.recipes").__path__
    return [Recipe(name) for name in sorted(file.parent.name for at in places for file in Path(at).glob("*/config.py"))]


def recipe(name: str) -> Recipe:
    """The recipe of that name. Raises `InputError` that lists the names there are."""
    known = {item.name: item for item in recipes()}
    if name not in known:
        raise InputError(f"there is no recipe {name!r}: choose one of {', '.join(known)}.")
    return known[name]
