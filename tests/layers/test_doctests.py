"""The examples in the docstrings of `heedful.layers` print what they say."""

import doctest
import importlib
import inspect
import pkgutil
from collections.abc import Callable

import keras
import pytest

import heedful.layers

MODULES = [info.name for info in pkgutil.iter_modules(heedful.layers.__path__, "heedful.layers.")]


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_the_formula(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_the_worked_example_is_among_them() -> None:
    assert doctest.testmod(importlib.import_module("heedful.layers.attention")).attempted > 4


PUBLIC = [getattr(heedful.layers, name) for name in heedful.layers.__all__]
LAYERS = [it for it in PUBLIC if isinstance(it, type) and issubclass(it, keras.layers.Layer)]
FUNCTIONS = [it for it in PUBLIC if inspect.isfunction(it)]


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.__name__)
def test_every_public_layer_has_arguments_and_an_example_and_says_what_a_call_returns(layer: type) -> None:
    about, call = inspect.getdoc(layer) or "", inspect.getdoc(layer.call) or ""  # type: ignore[attr-defined]
    assert "Args:" in about and "Example:" in about and ">>>" in about
    assert "Args:" in call and "Returns:" in call


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
def test_every_public_function_has_arguments_an_example_and_says_what_it_returns(function: Callable) -> None:
    about = inspect.getdoc(function) or ""
    assert all(part in about for part in ("Args:", "Returns:", "Example:", ">>>"))
