"""Many inputs by a Keras model, always as many at once: JAX compiles for every other number again."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from heedful.apps.model_file import ModelFile

Arrays = Sequence[np.ndarray] | Mapping[str, np.ndarray]
SIZE = 64


def ask(model: keras.Model | ModelFile, signature: str, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The outputs by name, `(n, ...)` each, for inputs by name, `(n, ...)` each: by Keras `SIZE` at once, by a file
    one after the other.
    """
    if isinstance(model, ModelFile):
        count = len(next(iter(inputs.values())))
        rows = ({name: values[row : row + 1] for name, values in inputs.items()} for row in range(count))
        answers = [model.run(signature, **row) for row in rows]
        return {name: np.concatenate([answer[name] for answer in answers]) for name in answers[0]}
    if len(inputs) == 1:  # Keras warns of a dictionary where it takes one tensor
        return in_fixed_batches(model.predict_on_batch, list(inputs.values()), SIZE)
    return in_fixed_batches(model.predict_on_batch, inputs, SIZE)


def in_fixed_batches(function: Callable[..., Any], arrays: Arrays, size: int) -> Any:
    """What `function` gives for the rows of `arrays`, `(n, ...)` each: one array `(n, ...)`, or several by name.

    It gets `size` rows at once, the last ones zeros: those of a sequence of arrays as so many arguments, those of a
    dictionary as one of the same names.
    """
    answers = []
    count = len(keras.tree.flatten(arrays)[0])
    for start in range(0, count, size):
        taken = slice(start, start + size)
        rows = keras.tree.map_structure(lambda array, taken=taken: padded(array[taken], size), arrays)
        answer = function(rows) if isinstance(rows, Mapping) else function(*rows)
        answers.append(keras.tree.map_structure(ops.convert_to_numpy, answer))
    return keras.tree.map_structure(lambda *parts: np.concatenate(parts)[:count], *answers)


def padded(rows: np.ndarray, size: int) -> np.ndarray:
    """`size` rows, zeros behind those that are there."""
    return np.pad(rows, [(0, size - len(rows)), *[(0, 0)] * (rows.ndim - 1)])
