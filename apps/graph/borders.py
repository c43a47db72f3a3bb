"""What goes into a graph and comes out of it: the tensors of its signatures, and values made up for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from heedful.apps.graph.flatbuffer import names_of
from heedful.apps.graph.rules import numbers

INDICES = 4  # integers made up are below it, so that what they choose is there
LARGEST = 2**28  # bytes of what is made up for one tensor
SCALES = 8  # as many are shown of a tensor that has one for each channel
TYPES = frozenset(
    (
        *("float16", "float32", "float64", "int8", "int16", "int32", "int64"),
        *("uint8", "uint16", "uint32", "uint64", "bool", "complex64"),
    )
)


@dataclass(frozen=True)
class Border:
    """An input or output; `shape` has -1 where it is open."""

    name: str
    type: str
    shape: tuple[int, ...]
    scale: tuple[float, ...]  # of quantized values: real value = scale * (value - zero point)
    zero_point: tuple[int, ...]


@dataclass(frozen=True)
class Entrance:
    """A signature; without a key it is what a graph without signatures takes and gives."""

    key: str | None
    subgraph: int
    inputs: tuple[Border, ...]
    outputs: tuple[Border, ...]


def entrances(graph: Any) -> list[Entrance]:
    """The signatures of a graph in its order. Without any it is subgraph 0, by the names of its tensors."""
    found = [
        Entrance(text(signature.signatureKey), signature.subgraphIndex, *(
            tuple(border(tensors[item.tensorIndex], text(item.name)) for item in items or ())
            for items in (signature.inputs, signature.outputs)
        ))
        for signature in graph.signatureDefs or ()
        for tensors in (graph.subgraphs[signature.subgraphIndex].tensors,)
    ]  # fmt: skip
    if found:
        return found
    first = graph.subgraphs[0]
    inputs, outputs = (
        tuple(border(first.tensors[index], text(first.tensors[index].name)) for index in numbers(indices))
        for indices in (first.inputs, first.outputs)
    )
    return [Entrance(None, 0, inputs, outputs)]


def border(tensor: Any, name: str) -> Border:
    shape = numbers(tensor.shape if tensor.shapeSignature is None else tensor.shapeSignature)
    kind = names_of("TensorType").get(tensor.type, f"type {tensor.type}").lower()
    scales = getattr(tensor.quantization, "scale", None)
    zeros = getattr(tensor.quantization, "zeroPoint", None)
    scale = () if scales is None else tuple(float(value) for value in scales[:SCALES])
    zero_point = () if zeros is None else tuple(numbers(zeros[:SCALES]))
    return Border(name, kind, tuple(shape), scale, zero_point)


def text(name: bytes | None) -> str:
    return (name or b"").decode(errors="replace")


def obstacle(entrance: Entrance) -> str | None:
    """Why nothing can be made up for its inputs; None where something can."""
    for item in (*entrance.inputs, *entrance.outputs):
        if item.type not in TYPES:
            return f"{item.name or 'a tensor'} is {item.type}, for which nothing is made up"
    for item in entrance.inputs:
        if any(size < -1 for size in item.shape):
            return f"{item.name or 'an input'} has an impossible shape"
        count = 1
        for size in item.shape:
            count *= abs(size)
        if count * np.dtype(item.type).itemsize > LARGEST:
            return f"{item.name or 'an input'} is too large to make up"
    return None


def made_up(borders: Sequence[Border], seed: int = 0) -> list[np.ndarray]:
    """Random values, the same for the same seed: small indices, quantized values over their whole range, the rest as of
    a normal distribution. An open side is 1.
    """
    generator = np.random.default_rng(seed)
    return [_made_up(item, generator) for item in borders]


def _made_up(item: Border, generator: np.random.Generator) -> np.ndarray:
    shape, kind = [abs(size) for size in item.shape], np.dtype(item.type)
    if kind.kind == "b":
        return generator.integers(0, 2, shape).astype(kind)
    if kind.kind in "iu" and item.scale:
        return generator.integers(np.iinfo(kind).min, np.iinfo(kind).max, shape, kind, endpoint=True)
    if kind.kind in "iu":
        return generator.integers(0, INDICES, shape).astype(kind)
    return generator.standard_normal(shape).astype(kind)
