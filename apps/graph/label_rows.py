"""The rows of a classifier: of the fully connected operator before the last softmax, one row for each label.

    rows = label_rows(graph, "probabilities")
    put_rows(graph, "probabilities", {7: Row(weights, bias)})  # of label 7 anew, or added as the eighth

All signatures that give an output of that name share the rows, and are changed together.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from heedful.apps.graph.buffers import share_buffers
from heedful.apps.graph.flatbuffer import is_constant, made, operator_name, schema
from heedful.apps.graph.rules import numbers

BETWEEN = ("SOFTMAX", "RESHAPE")  # operators that may stand between the rows and the output
LARGEST = 127  # of int8


@dataclass(frozen=True)
class Row:
    """A label's weights float `(width,)` and bias: its logit is their product with the embedding, plus the bias."""

    weights: np.ndarray
    bias: float


@dataclass(frozen=True)
class Classifier:
    """Where the rows of an output stand in one subgraph: its operators and tensors."""

    subgraph: Any
    operator: Any  # FULLY_CONNECTED
    constant: Any  # tensor `(labels, width)` whose values stand in the file
    tall: tuple[Any, ...]  # tensors whose first side is the number of labels, the constant among them
    wide: tuple[Any, ...]  # tensors whose last side is
    reshapes: tuple[Any, ...]  # operators whose shape ends in it


def label_rows(graph: Any, output: str) -> list[Row]:
    """The rows in the order of the labels. Raises `ValueError` where there are none that could be changed."""
    found = next(classifiers(graph, output))
    return [Row(*pair) for pair in zip(weights_of(graph, found), bias_of(graph, found).tolist(), strict=True)]


def put_rows(graph: Any, output: str, rows: Mapping[int, Row]) -> None:
    """Puts rows in place; those behind the last one are added, without a gap.

    The others stay as they are, to the bit, also where they are quantized: a new row of int8 has a scale of its own.
    Raises `ValueError` as `label_rows` does.
    """
    for found in list(classifiers(graph, output)):
        count = max(len(bias_of(graph, found)), 1 + max(rows))
        put_bias(graph, found, rows, count)
        put_weights(graph, found, rows, count)
        for tensor in found.tall:
            tensor.shape = [count, *numbers(tensor.shape)[1:]]
        for tensor in found.wide:
            tensor.shape = [*numbers(tensor.shape)[:-1], count]
        for operator in found.reshapes:
            put_shape(graph, found.subgraph, operator)
    share_buffers(graph)


def classifiers(graph: Any, output: str) -> Iterator[Classifier]:
    """Where the rows stand, in every subgraph of a signature that gives the output."""
    places = {
        (signature.subgraphIndex, item.tensorIndex)
        for signature in graph.signatureDefs or ()
        for item in signature.outputs or ()
        if item.name == output.encode()
    }
    if not places:
        raise ValueError(f"it has no output {output}")
    for subgraph, tensor in sorted(places):
        yield classifier(graph, graph.subgraphs[subgraph], tensor)


def classifier(graph: Any, subgraph: Any, output: int) -> Classifier:
    givers = {index: operator for operator in subgraph.operators for index in numbers(operator.outputs)}
    taken = [index for operator in subgraph.operators for index in numbers(operator.inputs)]
    operator, wide, reshapes = givers.get(output), [output], []
    while operator is not None and operator_name(graph, operator) in BETWEEN:
        reshapes += [operator] * (operator_name(graph, operator) == "RESHAPE")
        wide.append(numbers(operator.inputs)[0])
        operator = givers.get(wide[-1])
    if operator is None or operator_name(graph, operator) != "FULLY_CONNECTED":
        raise ValueError("its answer is no softmax of a fully connected operator in float")
    if any(taken.count(index) > 1 for index in wide[1:]):
        raise ValueError("what its answer is made of serves something else as well")
    tall = [numbers(operator.inputs)[1]]
    if tall[0] in givers:  # DEQUANTIZE of float16
        tall.append(numbers(givers[tall[0]].inputs)[0])
    constant = subgraph.tensors[tall[-1]]
    if not is_constant(graph, constant):
        raise ValueError("the rows of its labels do not stand in the file")
    tall, wide = (tuple(subgraph.tensors[index] for index in indices) for indices in (tall, wide))
    return Classifier(subgraph, operator, constant, tall, wide, tuple(reshapes))


def weights_of(graph: Any, found: Classifier) -> np.ndarray:
    """float32 `(labels, width)`, whatever they are stored as."""
    stored = values(graph, found.constant)
    scales = scales_of(found.constant)
    return stored.astype(np.float32) * scales[:, None] if scales is not None else stored.astype(np.float32)


def put_weights(graph: Any, found: Classifier, rows: Mapping[int, Row], count: int) -> None:
    old, scales = values(graph, found.constant), scales_of(found.constant)
    stored = np.zeros((count, old.shape[1]), old.dtype)
    stored[: len(old)] = old
    if scales is None:
        for index, row in rows.items():
            stored[index] = row.weights
    else:
        scale = np.ones(count, np.float32)
        scale[: len(old)] = scales
        for index, row in rows.items():
            scale[index] = max(float(np.abs(row.weights).max()), 1e-12) / LARGEST
            stored[index] = np.rint(row.weights / scale[index])
        found.constant.quantization = made(
            "QuantizationParametersT", scale=scale, zeroPoint=np.zeros(count, np.int64), quantizedDimension=0
        )
    put_values(graph, found.constant, stored)


def bias_of(graph: Any, found: Classifier) -> np.ndarray:
    """float32 `(labels,)`: zeros where the operator has none."""
    index = bias_index(found)
    if index < 0:
        return np.zeros(numbers(found.constant.shape)[0], np.float32)
    return values(graph, found.subgraph.tensors[index])


def put_bias(graph: Any, found: Classifier, rows: Mapping[int, Row], count: int) -> None:
    old, bias = bias_of(graph, found), np.zeros(count, "<f4")
    bias[: len(old)] = old
    for index, row in rows.items():
        bias[index] = row.bias
    tensors = found.subgraph.tensors
    if bias_index(found) < 0:
        found.operator.inputs = [*numbers(found.operator.inputs)[:2], len(tensors)]
        tensors.append(made("TensorT", name=str(len(tensors)).encode(), type=schema().TensorType.FLOAT32))
    tensor = tensors[bias_index(found)]
    tensor.shape = [count]
    put_values(graph, tensor, bias)


def bias_index(found: Classifier) -> int:
    inputs = numbers(found.operator.inputs)
    return inputs[2] if len(inputs) > 2 else -1


def put_shape(graph: Any, subgraph: Any, operator: Any) -> None:
    """The shape that a RESHAPE gives, as its output has it."""
    shape = numbers(subgraph.tensors[numbers(operator.outputs)[0]].shape)
    inputs = numbers(operator.inputs)
    if len(inputs) > 1:
        put_values(graph, subgraph.tensors[inputs[1]], np.array(shape, "<i4"))
    if operator.builtinOptions is not None and operator.builtinOptions.newShape is not None:
        operator.builtinOptions.newShape = shape


def values(graph: Any, tensor: Any) -> np.ndarray:
    """The values of a constant of two sides or one, in the type in which they are stored."""
    types = {"FLOAT32": "<f4", "FLOAT16": "<f2", "INT8": "<i1"}
    kinds = {getattr(schema().TensorType, name): kind for name, kind in types.items()}
    if tensor.type not in kinds:
        raise ValueError("the rows of its labels are of a type that is not known")
    data = bytes(bytearray(graph.buffers[tensor.buffer].data))
    return np.frombuffer(data, kinds[tensor.type]).reshape(numbers(tensor.shape))


def put_values(graph: Any, tensor: Any, array: np.ndarray) -> None:
    """Into a buffer of the tensor's own, because others may share the old one."""
    tensor.buffer = len(graph.buffers)
    graph.buffers.append(made("BufferT", data=np.frombuffer(array.tobytes(), np.uint8)))


def scales_of(tensor: Any) -> np.ndarray | None:
    """float32 `(labels,)`; None where the values are not quantized."""
    scales = getattr(tensor.quantization, "scale", None)
    if scales is None or not len(scales):
        return None
    return np.broadcast_to(np.asarray(scales, np.float32), (numbers(tensor.shape)[0],))
