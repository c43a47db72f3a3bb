"""What a converted graph lacks for every runtime, mended: the same numbers, by the rules of `apps/graph/rules.py`."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from heedful.apps.graph.buffers import share_buffers
from heedful.apps.graph.flatbuffer import calls, made, schema
from heedful.apps.graph.rules import numbers, twin


def mend(graph: Any, outputs: Mapping[str, Sequence[str]]) -> Any:
    """Mends a graph in place and returns it.

    `outputs` are the names of the outputs by signature, the main one first, and in each the answer first.
    """
    put_in_order(graph, outputs)
    for signature in graph.signatureDefs:
        give_own_outputs(graph, signature)
    for subgraph in graph.subgraphs:
        part_twins(graph, subgraph)
        name_tensors(subgraph)
    for signature in graph.signatureDefs:
        name_borders(graph.subgraphs[signature.subgraphIndex], signature)
    share_buffers(graph)
    return graph


def put_in_order(graph: Any, outputs: Mapping[str, Sequence[str]]) -> None:
    """Signatures, their subgraphs and their outputs in the order of `outputs`."""
    by_name = {signature.signatureKey.decode(): signature for signature in graph.signatureDefs}
    graph.signatureDefs = [by_name[name] for name in outputs]
    first = [signature.subgraphIndex for signature in graph.signatureDefs]
    order = [*first, *(index for index in range(len(graph.subgraphs)) if index not in first)]
    new = {old: place for place, old in enumerate(order)}
    for subgraph in graph.subgraphs:
        for operator in subgraph.operators or ():
            for options, name in calls(operator):
                setattr(options, name, new[getattr(options, name)])
    graph.subgraphs = [graph.subgraphs[index] for index in order]
    for signature, names in zip(graph.signatureDefs, outputs.values(), strict=True):
        signature.subgraphIndex = new[signature.subgraphIndex]
        places = {name.encode(): place for place, name in enumerate(names)}
        signature.outputs.sort(key=lambda item: places[item.name])
        graph.subgraphs[signature.subgraphIndex].outputs = [item.tensorIndex for item in signature.outputs]


def give_own_outputs(graph: Any, signature: Any) -> None:
    """A tensor of its own to every output that is an input or another output as well."""
    subgraph = graph.subgraphs[signature.subgraphIndex]
    taken = set(numbers(subgraph.inputs))
    for place, item in enumerate(signature.outputs):
        if item.tensorIndex in taken:
            item.tensorIndex = copied(graph, subgraph, item.tensorIndex, len(subgraph.operators))
            subgraph.outputs[place] = item.tensorIndex
        taken.add(item.tensorIndex)


def part_twins(graph: Any, subgraph: Any) -> None:
    """A copy for an operator that takes an activation twice."""
    for operator in list(subgraph.operators or ()):
        while (place := twin(graph, subgraph, operator)) is not None:
            inputs = numbers(operator.inputs)
            inputs[place] = copied(graph, subgraph, inputs[place], subgraph.operators.index(operator))
            operator.inputs = inputs


def copied(graph: Any, subgraph: Any, index: int, place: int) -> int:
    """The index of a new tensor of the same values, by a RESHAPE to its own shape before operator number `place`.

    The runtimes take that for an operator, where they would see through an identity.
    """
    old = subgraph.tensors[index]
    shape = np.array(numbers(old.shape), np.int32)
    graph.buffers.append(made("BufferT", data=np.frombuffer(shape.tobytes(), np.uint8)))
    new_shape = made("TensorT", shape=[len(shape)], type=schema().TensorType.INT32, buffer=len(graph.buffers) - 1)
    copy = made("TensorT", shape=old.shape, type=old.type, buffer=0, quantization=old.quantization)
    subgraph.tensors += [new_shape, copy]
    size = len(subgraph.tensors)
    operator = made(
        "OperatorT", opcodeIndex=opcode(graph, "RESHAPE"), inputs=[index, size - 2], outputs=[size - 1],
        builtinOptionsType=schema().BuiltinOptions.ReshapeOptions,
        builtinOptions=made("ReshapeOptionsT", newShape=shape),
    )  # fmt: skip
    subgraph.operators.insert(place, operator)
    return size - 1


def opcode(graph: Any, name: str) -> int:
    """The index of a builtin operator of version 1 in the table of the graph, added where it is missing."""
    number = getattr(schema().BuiltinOperator, name)
    for index, code in enumerate(graph.operatorCodes):
        if max(code.builtinCode, code.deprecatedBuiltinCode) == number and code.version == 1:
            return index
    new = made("OperatorCodeT", builtinCode=number, deprecatedBuiltinCode=min(number, 127), version=1)
    graph.operatorCodes.append(new)
    return len(graph.operatorCodes) - 1


def name_tensors(subgraph: Any) -> None:
    """Short names instead of the converter's, which are a tenth of a small file."""
    for index, tensor in enumerate(subgraph.tensors):
        tensor.name = str(index).encode()


def name_borders(subgraph: Any, signature: Any) -> None:
    """The names of the signature for inputs and outputs; an output of the name of an input becomes `next_NAME`."""
    for item in signature.inputs:
        subgraph.tensors[item.tensorIndex].name = item.name
    inputs = {item.name for item in signature.inputs}
    for item in signature.outputs:
        subgraph.tensors[item.tensorIndex].name = (b"next_" if item.name in inputs else b"") + item.name
