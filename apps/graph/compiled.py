"""LiteRT's `CompiledModel`, the interface of Kotlin, Swift, C++ and the browser, from Python, on the CPU."""

from collections.abc import Mapping
from typing import Any

import numpy as np


class Compiled:
    """The signatures of a `.tflite` as `CompiledModel` runs them, on one thread.

    Raises `RuntimeError` where it refuses the file or an input, as `run` does.
    """

    def __init__(self, content: bytes) -> None:
        from ai_edge_litert.compiled_model import CompiledModel

        self._content = content  # the model reads it where it lies
        self._model = CompiledModel.from_buffer(content)

    def run(self, signature: str, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The outputs of one call by name."""
        names = self._model.get_signature_list()[signature]
        given: dict[str, Any] = {}
        for name in names["inputs"]:
            given[name] = self._model.create_input_buffer_by_name(signature, name)
            given[name].write(np.ascontiguousarray(arrays[name]))
        details = self._model.get_output_tensor_details(signature)
        found = {name: self._model.create_output_buffer_by_name(signature, name) for name in names["outputs"]}
        self._model.run_by_name(signature, given, found)
        return {name: _read(buffer, details[name]) for name, buffer in found.items()}


def _read(buffer: Any, detail: Mapping[str, Any]) -> np.ndarray:
    shape = [int(size) for size in detail["shape"]]
    return np.array(buffer.read(int(np.prod(shape)), np.dtype(detail["dtype"]))).reshape(shape)
