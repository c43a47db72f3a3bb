"""A model takes over what an older one has learnt, though it may know other words or labels."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from heedful.apps.errors import InputError

DIFFERENT = "the model to continue from is built differently: give --preset and --set as it was trained."


@dataclass(frozen=True, eq=False)
class Named:
    """Weights with an axis whose places have names: rows are words, say, or columns labels."""

    weights: Sequence[Any]  # of the new model
    axis: int
    names: Sequence[Hashable]  # of the places in the new model
    old_names: Sequence[Hashable]


def copy_equal_shapes(model: keras.Model, old: keras.Model) -> None:
    """Gives `model` the weights of `old`. Raises `InputError` when they have other shapes."""
    take_over(model, old)


def take_over(model: keras.Model, old: keras.Model, *named: Named) -> None:
    """Gives `model` the weights of `old`; of `named` ones the places that both have, while the others start anew.

    Raises `InputError` when the models are built differently.
    """
    named_by = {id(weight): group for group in named for weight in group.weights}
    pairs = list(zip(model.weights, old.weights, strict=False))
    same = len(model.weights) == len(old.weights) and all(
        fixed_shape(weight, named_by.get(id(weight))) == fixed_shape(was, named_by.get(id(weight)))
        for weight, was in pairs
    )
    if not same:
        raise InputError(DIFFERENT)
    for weight, was in pairs:
        group = named_by.get(id(weight))
        weight.assign(was.value if group is None else renamed(weight, was, group))


def fixed_shape(weight: Any, group: Named | None) -> list[int]:
    """The shape, without the axis that may differ."""
    shape = list(weight.shape)
    if group is not None:
        del shape[group.axis]
    return shape


def renamed(weight: Any, was: Any, group: Named) -> np.ndarray:
    """The values of a weight, with those of the older one at the names that both have."""
    values, trained = (np.array(ops.convert_to_numpy(variable)) for variable in (weight, was))
    place_of = {name: place for place, name in enumerate(group.old_names)}
    known = [place for place, name in enumerate(group.names) if name in place_of]
    before = [place_of[group.names[place]] for place in known]
    np.moveaxis(values, group.axis, 0)[known] = np.moveaxis(trained, group.axis, 0)[before]
    return values
