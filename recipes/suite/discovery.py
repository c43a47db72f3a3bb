"""Finds the recipes: every folder beside this file that is a package with a `config.py` is one. Nothing is registered.

A recipe is these modules, each imported only when asked for, so that `heedful list` and `heedful run` stay light:

    config    Config (a frozen dataclass with `epochs` and `batch_size`), PRESETS
    data      load(source, config, *, data_dir, download, facts, init) -> data, with .facts, .attachments, .summary,
              .splits, .steps_per_epoch, .batch(seed, step) and .split(name); describe(summary); where the sample says
              nothing to a model of other data also stand_in(config, facts) -> data that verifies its export
    model     build(config, facts) -> the inference model; inherit(model, facts, old model, old facts)
    trainer   build_trainer(model, config, facts, steps_per_epoch, seed) -> a compiled model that shares its layers
    metrics   selection(config), score(predict, data), scored(data) -> how many examples that is, trivial_score(data),
              evaluate(predict, data, split) -> dict, describe(metrics), pictures(metrics, folder); SHARE = False
              where the score is no share of 1
    export    SIGNATURE, ALLOWED_DROP (by the quantizations that it has), FLOAT_LAYERS (in int8), INTENDED_USE, LIMITS,
              deployed(model) -> the model as it ships,
              signatures(deployed model), examples(data, model or ModelFile), predictor(the same)
    demo      inputs() -> (arguments of `heedful run` on the sample, what is expected)

`facts` is what the data decided and the model must remember (labels, say): a dict that goes onto the card. What is too
long for a card (a vocabulary) is an attachment, a file by name: it lies beside the model and rides in every `.tflite`.
Whoever gets `facts` finds the attachments in it, under that name. `facts` given to `load` are those of a model that is
to be evaluated, `init` those of one to continue from.
"""

import importlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType

from heedful.apps.errors import InputError

HERE = Path(__file__).parent.parent


@dataclass(frozen=True)
class Recipe:
    """A recipe by name; its modules are attributes that import on first use."""

    name: str

    def module(self, name: str) -> ModuleType:
        return importlib.import_module(f"heedful.recipes.{self.name}.{name}")

    @property
    def summary(self) -> str:
        """First line of the recipe's docstring."""
        package = importlib.import_module(f"heedful.recipes.{self.name}")
        return (package.__doc__ or "").strip().splitlines()[0]

    @cached_property
    def config(self) -> ModuleType:
        return self.module("config")

    @cached_property
    def data(self) -> ModuleType:
        return self.module("data")

    @cached_property
    def model(self) -> ModuleType:
        return self.module("model")

    @cached_property
    def trainer(self) -> ModuleType:
        return self.module("trainer")

    @cached_property
    def metrics(self) -> ModuleType:
        return self.module("metrics")

    @cached_property
    def export(self) -> ModuleType:
        return self.module("export")

    @cached_property
    def demo(self) -> ModuleType:
        return self.module("demo")

    @cached_property
    def app(self) -> ModuleType:
        """What runs the exported file: `heedful.apps.NAME`, without Keras."""
        return importlib.import_module(f"heedful.apps.{self.name}.app")


def recipes() -> list[Recipe]:
    """Every recipe, by name."""
    return [Recipe(folder.name) for folder in sorted(HERE.iterdir()) if (folder / "config.py").is_file()]


def recipe(name: str) -> Recipe:
    """The recipe of that name. Raises `InputError` that lists the names there are."""
    known = {item.name: item for item in recipes()}
    if name not in known:
        raise InputError(f"there is no recipe {name!r}: choose one of {', '.join(known)}.")
    return known[name]
