"""LiteRT's `CompiledModel`, the interface of Kotlin, Swift, C++ and the browser, from Python, on the CPU."""

import atexit
import os
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from os import PathLike
from typing import Any

import numpy as np

from heedful.apps.quiet import quiet


class Compiled:
    """The signatures of a `.tflite`, its content or a path, as `CompiledModel` runs them, on one thread.

    It tells of all that it prepares and ends, also when the program ends, which is kept off the screen.

    Raises `RuntimeError` where it refuses the file or an input, as `run` does.
    """

    def __init__(self, model: bytes | PathLike[str]) -> None:
        atexit.register(_no_last_words)
        self._content = model  # the model reads it where it lies
        with quiet():
            from ai_edge_litert.compiled_model import CompiledModel

            load = CompiledModel.from_buffer if isinstance(model, bytes) else CompiledModel.from_file
            self._model: Any = load(model if isinstance(model, bytes) else str(model))  # pyright: ignore

    def __enter__(self) -> "Compiled":
        return self

    def __exit__(self, *_: object) -> None:
        with quiet():
            self._model = None

    def run(self, signature: str, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The outputs of one call by name. An input of another shape than the graph's is a new shape."""
        with quiet():
            return self._run(signature, arrays)

    def _run(self, signature: str, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        names = self._model.get_signature_list()[signature]
        self._resize(signature, arrays)
        given: dict[str, Any] = {}
        for name in names["inputs"]:
            given[name] = self._model.create_input_buffer_by_name(signature, name)
            given[name].write(np.ascontiguousarray(arrays[name]))
        details = self._model.get_output_tensor_details(signature)
        found = {name: self._model.create_output_buffer_by_name(signature, name) for name in names["outputs"]}
        self._model.run_by_name(signature, given, found)
        return {name: _read(buffer, details[name]) for name, buffer in found.items()}

    def run_first(self, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        """The outputs of one call of a graph that may lack signatures, all in its order."""
        with quiet():
            return self._run_first(arrays)

    def _run_first(self, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        key, names = next(iter(self._model.get_signature_list().items()))
        self._resize(key, dict(zip(names["inputs"], arrays, strict=True)))
        given, found = self._model.create_input_buffers(0), self._model.create_output_buffers(0)
        for buffer, array in zip(given, arrays, strict=True):
            buffer.write(np.ascontiguousarray(array))
        self._model.run_by_index(0, given, found)
        return [_read(buffer, buffer.get_tensor_details()) for buffer in found]

    def _resize(self, signature: str, arrays: Mapping[str, np.ndarray]) -> None:
        for name, detail in self._model.get_input_tensor_details(signature).items():
            if name in arrays and list(detail["shape"]) != list(np.shape(arrays[name])):
                self._model.resize_input_tensor_by_name(signature, name, np.shape(arrays[name]))


def _read(buffer: Any, detail: Mapping[str, Any]) -> np.ndarray:
    shape = [int(size) for size in detail["shape"]]
    return np.array(buffer.read(int(np.prod(shape)), np.dtype(detail["dtype"]))).reshape(shape)


@cache
def _no_last_words() -> None:
    """Ends standard error with the program: C++ drops what LiteRT keeps for all models after Python, and says so."""
    sys.stderr.flush()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
