"""The examples in the docstrings of `heedful.layers` print what they say."""

import doctest
import importlib
import pkgutil

import pytest

import heedful.layers

MODULES = [info.name for info in pkgutil.iter_modules(heedful.layers.__path__, "heedful.layers.")]


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_the_formula(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_the_worked_example_is_among_them() -> None:
    assert doctest.testmod(importlib.import_module("heedful.layers.attention")).attempted > 4
