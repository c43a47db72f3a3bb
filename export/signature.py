"""An entry point of a file: a function of tensors with names, shapes and types."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import keras

Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Signature:
    """One entry point of a file: `function` takes tensors by the names in `inputs` and returns a dict of tensors, the
    answer first.
    """

    function: Callable[..., dict[str, Any]]
    inputs: dict[str, tuple[tuple[int, ...], str]]  # name to (static shape, type)


def of_model(model: "keras.Model") -> Signature:
    """A model asked for one example: inputs and outputs by their names, `output` where there is but one.

    Raises `ValueError` where the model does not say what it takes.
    """
    import keras

    if not getattr(model, "inputs", None):
        raise ValueError(f"{model.name} is not a functional model: give its signatures")

    def answer(*given: Any) -> dict[str, Any]:
        # A Sequential has no `input` before its first call.
        one = isinstance(model, keras.Sequential)
        outputs = model(given[0] if one else keras.tree.pack_sequence_as(model.input, given), training=False)
        if isinstance(outputs, dict):
            return outputs
        outputs = keras.tree.flatten(outputs)
        return {"output": outputs[0]} if len(outputs) == 1 else dict(zip(model.output_names, outputs, strict=True))

    inputs = {tensor.name: ((1, *tensor.shape[1:]), tensor.dtype) for tensor in model.inputs}
    return Signature(answer, inputs)
