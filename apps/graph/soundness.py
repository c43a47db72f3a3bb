"""Whether what a graph points at is there: a damaged or hostile file points anywhere, and native code follows it."""

from collections.abc import Iterable, Iterator
from typing import Any

from heedful.apps.graph.flatbuffer import calls
from heedful.apps.graph.rules import numbers

OPTIONAL = -1  # the index of an input or output that an operator goes without


def flaw(graph: Any) -> str | None:
    """What is wrong with a graph that was read, in words that follow "in it"; None for a sound one."""
    return next(flaws(graph), None)


def flaws(graph: Any) -> Iterator[str]:
    if not graph.subgraphs or None in graph.subgraphs:
        yield "there is no graph"
        return
    buffers, codes = len(graph.buffers or ()), len(graph.operatorCodes or ())
    if None in (graph.buffers or ()) or None in (graph.operatorCodes or ()):
        yield "a buffer or an operator code is missing"
        return
    for index, subgraph in enumerate(graph.subgraphs):
        tensors, operators = subgraph.tensors or (), subgraph.operators or ()
        if None in tensors or None in operators:
            yield f"subgraph {index} lacks a tensor or an operator"
            return
        yield from outside(f"a buffer of subgraph {index}", (tensor.buffer for tensor in tensors), buffers)
        yield from outside(f"an operator code of subgraph {index}", (item.opcodeIndex for item in operators), codes)
        borders = (*numbers(subgraph.inputs), *numbers(subgraph.outputs))
        yield from outside(f"an input or output of subgraph {index}", borders, len(tensors))
        for operator in operators:
            taken = (*numbers(operator.inputs), *numbers(operator.outputs))
            named = (tensor for tensor in taken if tensor != OPTIONAL)
            yield from outside(f"a tensor of an operator of subgraph {index}", named, len(tensors))
            called = (getattr(options, name) for options, name in calls(operator))
            yield from outside(f"a subgraph that subgraph {index} calls", called, len(graph.subgraphs))
    yield from outside("a buffer of the metadata", (item.buffer for item in graph.metadata or () if item), buffers)
    if None in (graph.metadata or ()):
        yield "an entry of the metadata is missing"
    yield from signature_flaws(graph)


def signature_flaws(graph: Any) -> Iterator[str]:
    for signature in graph.signatureDefs or ():
        items = (*(signature.inputs or ()), *(signature.outputs or ())) if signature else ()
        if signature is None or signature.signatureKey is None or any(item is None or not item.name for item in items):
            yield "a signature, an input or an output has no name"
            return
        if signature.subgraphIndex >= len(graph.subgraphs):
            yield "a signature is of no subgraph"
            return
        tensors = graph.subgraphs[signature.subgraphIndex].tensors or ()
        yield from outside("an input or output of a signature", (item.tensorIndex for item in items), len(tensors))


def outside(what: str, places: Iterable[int], size: int) -> Iterator[str]:
    """One flaw when a place is outside of what there is."""
    if any(not 0 <= place < size for place in places):
        yield f"{what} is out of range"
