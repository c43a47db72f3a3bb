"""Whether a converted graph does what its model does, in both interfaces of LiteRT, and keeps the rules."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from heedful.apps.graph import flatbuffer, rules
from heedful.apps.graph.compiled import Compiled
from heedful.apps.quiet import quiet
from heedful.export.errors import ExportError
from heedful.export.signature import Arrays

TOLERANCE = 1e-4  # largest difference between LiteRT and Keras in a float32 file, of the largest number above 1
ROUNDING = 1e-5  # the same between LiteRT's interfaces where weights are quantized; without, they must be equal


def check_weights(model: keras.Model) -> None:
    """Raises `ExportError` when a weight is NaN or infinite."""
    for variable in model.variables:
        value = keras.ops.convert_to_numpy(variable.value)
        if np.issubdtype(value.dtype, np.floating) and not np.isfinite(value).all():
            raise ExportError(f"the weight {variable.path} holds NaN or infinite numbers: the training diverged")


def check_rules(content: bytes, main: str) -> None:
    """Raises `ExportError` with the first rule that the graph breaks."""
    if found := rules.breaches(flatbuffer.read(content), main):
        raise ExportError(found[0] + (f" (and {len(found) - 1} more)" if found[1:] else ""))


def check_size(content: bytes, parameters: int, quantize: str) -> None:
    """Raises `ExportError` when the file is too small to hold its parameters: most of them, for the converter folds
    those of normalizations into others, and those that only a training needs are not in the signatures.
    """
    smallest = parameters * {"none": 4, "float16": 2}.get(quantize, 1) * 0.5
    if len(content) < smallest:
        raise ExportError(
            f"the file has {len(content):,} bytes, {parameters:,} parameters need {smallest:,.0f}: weights are missing"
        )


def check_outputs(
    content: bytes, examples: Mapping[str, Sequence[Arrays]], expected: Mapping[str, Sequence[Arrays]], quantize: str
) -> None:
    """Runs every signature on `examples`, whose answers by Keras are `expected`, in both interfaces of LiteRT.

    Raises `ExportError` for outputs that are not finite, that differ from Keras by more than `TOLERANCE` in a file that
    is not quantized, or that the interfaces do not agree on.
    """
    run = interpreter(content)
    with compiled_model(content) as compiled:
        for name, rows in examples.items():
            runner = run.get_signature_runner(name)
            for row, wanted in zip(rows, expected[name], strict=True):
                found = runner(**row)
                check_answer(name, found, wanted, TOLERANCE if quantize == "none" else np.inf)
                check_compiled(compiled, name, row, found, 0.0 if quantize == "none" else ROUNDING)


def check_answer(name: str, found: Arrays, wanted: Arrays, tolerance: float) -> None:
    """Raises `ExportError` where LiteRT does not answer as Keras did, or with NaN."""
    for key, value in found.items():
        if not np.isfinite(value).all():
            raise ExportError(f"{name}: the output {key} is not finite on a real input")
        off, size = difference(value, wanted[key]), largest(wanted[key])
        if off > tolerance * size:
            raise ExportError(
                f"{name}: the output {key} differs from Keras by {off:.2g}, more than {tolerance:g} of {size:.3g}"
            )


def check_compiled(compiled: Compiled, name: str, row: Arrays, wanted: Arrays, tolerance: float) -> None:
    """Raises `ExportError` where `CompiledModel` does not answer as the Interpreter did."""
    try:
        found = compiled.run(name, row)
    except RuntimeError as error:
        raise ExportError(f"{name}: CompiledModel cannot run it: {reason(error)}") from error
    for key, value in wanted.items():
        off = difference(found[key], value) if key in found else np.inf
        if not off <= tolerance * largest(value):
            raise ExportError(f"{name}: the output {key} differs by {off:.2g} between CompiledModel and Interpreter")


def difference(a: np.ndarray, b: np.ndarray) -> float:
    """The largest difference between two arrays of one shape, whatever their type."""
    return float(np.max(np.abs(a.astype(np.float64) - b.astype(np.float64)), initial=0.0))


def largest(values: np.ndarray) -> float:
    """The largest number, at least 1: float32 has seven digits, whatever the size."""
    return max(1.0, float(np.max(np.abs(values.astype(np.float64)), initial=0.0)))


def interpreter(content: bytes) -> Any:
    """LiteRT's Interpreter on one thread, tensors allocated. Raises `ExportError`."""
    from ai_edge_litert.interpreter import Interpreter

    try:
        with quiet():
            run = Interpreter(model_content=content, num_threads=1)
            run.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        raise ExportError(f"LiteRT cannot run the file: {reason(error)}") from error
    return run


def compiled_model(content: bytes) -> Compiled:
    """LiteRT's CompiledModel. Raises `ExportError`."""
    try:
        return Compiled(content)
    except RuntimeError as error:
        raise ExportError(f"CompiledModel cannot load the file: {reason(error)}") from error


def reason(error: Exception) -> str:
    """The telling lines of an error of the converter or the runtime."""
    lines = [line.strip() for line in str(error).splitlines() if "error:" in line or "Flex" in line or "ops:" in line]
    return " ".join(lines[:2] or str(error).splitlines()[:1])[:300]
