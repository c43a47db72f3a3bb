"""The recipes that there are, by name. Nothing is registered."""

import importlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

from heedful.apps.errors import InputError
from heedful.recipes.contract import (
    ConfigHooks,
    DataHooks,
    DemoHooks,
    ExportHooks,
    Metric,
    MetricsHooks,
    ModelHooks,
    Package,
    TrainerHooks,
)  # fmt: skip


@dataclass(frozen=True)
class Recipe:
    """A recipe by name; its modules are attributes, imported on first use, so that `list` and `run` stay light."""

    name: str

    @property
    def folder(self) -> Path:
        return Path(self.module("__init__").__path__[0])

    def module(self, name: str) -> ModuleType:
        """The module as it is, without defaults."""
        if name == "app":
            return importlib.import_module(f"heedful.apps.{self.name}.app")
        package = f"heedful.recipes.{self.name}"
        return importlib.import_module(package if name == "__init__" else f"{package}.{name}")

    @property
    def summary(self) -> str:
        """First line of the recipe's docstring."""
        return (self.module("__init__").__doc__ or "").strip().splitlines()[0]

    @cached_property
    def package(self) -> Package:
        return Package(self, self.module("__init__"))

    @cached_property
    def config(self) -> ConfigHooks:
        return ConfigHooks(self, self.module("config"))

    @cached_property
    def data(self) -> DataHooks:
        return DataHooks(self, self.module("data"))

    @cached_property
    def model(self) -> ModelHooks:
        return ModelHooks(self, self.module("model"))

    @cached_property
    def trainer(self) -> TrainerHooks:
        return TrainerHooks(self, self.module("trainer"))

    @cached_property
    def metrics(self) -> MetricsHooks:
        return MetricsHooks(self, self.module("metrics"))

    @cached_property
    def export(self) -> ExportHooks:
        return ExportHooks(self, self.module("export"))

    @cached_property
    def demo(self) -> DemoHooks:
        return DemoHooks(self, self.module("demo"))

    @cached_property
    def app(self) -> ModuleType:
        return self.module("app")

    def metric(self, config: Any) -> Metric:
        """What `score` is under a configuration."""
        metric = self.metrics.METRIC
        return metric if isinstance(metric, Metric) else metric(config)


def recipes() -> list[Recipe]:
    """Every recipe, by name: a folder beside this file with a `config.py` is one. Nothing is registered."""
    folders = [
        folder for place in importlib.import_module("heedful.recipes").__path__ for folder in Path(place).iterdir()
    ]
    return [Recipe(name) for name in sorted(folder.name for folder in folders if (folder / "config.py").is_file())]


def recipe(name: str) -> Recipe:
    """The recipe of that name. Raises `InputError` that lists the names there are."""
    known = {item.name: item for item in recipes()}
    if name not in known:
        raise InputError(f"there is no recipe {name!r}: choose one of {', '.join(known)}.")
    return known[name]
