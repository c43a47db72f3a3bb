"""`export_tflite`: any Keras model as one file that has been run."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from heedful.apps.graph import flatbuffer
from heedful.apps.graph.entries import min_runtime
from heedful.export.about import About, Picture, Sound
from heedful.export.exporter import QUANTIZATIONS, Exporter
from heedful.export.packing import packed, write_verified
from heedful.export.signature import Arrays, Signature, of_model

LABELS = "labels.txt"


def export_tflite(
    path: str | os.PathLike[str], model: keras.Model, examples: Any, *,
    signatures: Mapping[str, Signature] | None = None, inputs: Mapping[str, Sound | Picture] | None = None,
    labels: Sequence[str] | None = None, card: Mapping[str, Any] | None = None,
    files: Mapping[str, bytes] | None = None, quantize: str = "none", float_layers: Sequence[str] = (),
) -> dict[str, Any]:  # fmt: skip
    """Writes a Keras model as one `.tflite` that LiteRT has run on `examples` and that keeps every runtime's rules.

    The conversion runs under the TensorFlow backend. Without `signatures` the file has one, `predict`, of a functional
    model with batch 1. With them, the first is the main answer, and in each the first output is the answer; their
    functions may use any layer of `model`.

    Args:
        path: where the file goes; nothing is left there when it is refused.
        model: whose weights go into the file.
        examples: real inputs, a dozen or more: an array of many for a model of one input, a dict of such arrays by
            name, or, with `signatures`, lists of dicts with arrays of batch 1 by signature. They go through Keras and
            LiteRT, and calibrate `int8`.
        inputs: what the inputs of the main answer are, where they are sounds or pictures.
        labels: names of the places of the last axis of the answer; they ride in the file as `labels.txt`.
        card: anything that can be JSON and should be known of the model.
        files: more files to ride along, by name.
        quantize: `none` (float32), `float16`, `dynamic` (weights in 8 bits), or `int8` (activations, too).
        float_layers: names of layers that `int8` leaves in float.

    Returns:
        Facts of the file: `bytes`, `min_runtime` (the oldest TensorFlow Lite that takes it), `operators`.

    Raises:
        ExportError: the file would not do what the model does.
        ValueError: an argument does not fit the others.
    """
    if quantize not in QUANTIZATIONS:
        raise ValueError(f"quantize is {quantize!r}: choose one of {', '.join(QUANTIZATIONS)}")
    signatures = signatures or {"predict": of_model(model)}
    exporter = Exporter(model, signatures, examples_of(signatures, examples), float_layers)
    content = exporter.export(quantize)
    answer, value = next(iter(exporter.expected[exporter.main][0].items()))
    if several := next((label for label in labels or () if len(str(label).splitlines()) != 1), None):
        raise ValueError(f"the label {several!r} has more than one line")
    if labels is not None and value.dtype.kind == "f" and len(labels) != value.shape[-1]:
        raise ValueError(f"there are {len(labels)} labels, and {answer} has {value.shape[-1]} places")
    carried = dict(files or {})
    if labels is not None:
        carried[LABELS] = "".join(f"{label}\n" for label in labels).encode()
    card = {"quantization": quantize, **(card or {})}
    about = About(
        str(card.get("name", model.name)),
        str(card.get("description", "")),
        inputs or {},
        {answer: LABELS} if labels else {},
    )
    write_verified(Path(path), packed(content, card, carried, about), exporter, quantize)
    graph = flatbuffer.read(content)
    return {
        "bytes": Path(path).stat().st_size,
        "min_runtime": min_runtime(graph),
        "operators": flatbuffer.operators(graph),
    }


def examples_of(signatures: Mapping[str, Signature], examples: Any) -> dict[str, list[Arrays]]:
    """Examples of batch 1 by signature, of whatever form they were given in. Raises `ValueError`."""
    if isinstance(examples, Mapping) and set(examples) == set(signatures):
        return {name: list(rows) for name, rows in examples.items()}
    if len(signatures) > 1:
        raise ValueError(f"examples are needed for each of {', '.join(signatures)}")
    ((name, signature),) = signatures.items()
    arrays = examples if isinstance(examples, Mapping) else {next(iter(signature.inputs)): examples}
    if set(arrays) != set(signature.inputs):
        raise ValueError(f"{name} takes {', '.join(signature.inputs)}, and the examples have {', '.join(arrays)}")
    given = {key: np.asarray(arrays[key], dtype) for key, (_, dtype) in signature.inputs.items()}
    for key, (shape, _) in signature.inputs.items():
        if None in shape:
            raise ValueError(f"{key} has the shape {tuple(shape)}, and a file none that changes: give it a fixed size")
        if given[key].shape[1:] != tuple(shape[1:]):
            raise ValueError(
                f"{key} of the examples is {given[key].shape}, and {name} takes {tuple(shape[1:])} of each"
            )
    counts = {len(array) for array in given.values()}
    if len(counts) != 1 or counts == {0}:
        raise ValueError(f"the examples of {name} are not equally many, or none")
    return {name: [{key: array[row : row + 1] for key, array in given.items()} for row in range(counts.pop())]}
