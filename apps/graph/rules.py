"""The rules that a `.tflite` has to keep so that every runtime runs it alike.

Each was learnt from a runtime that a file without it broke: `CompiledModel`, which Kotlin, Swift, C++ and the browser
use, gives every output memory of its own, tells outputs apart by their tensor, and its GPU accelerator ends the process
where an operator takes an activation twice; runtimes without signatures reach subgraph 0 alone, and by tensor names.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from heedful.apps.graph.flatbuffer import is_constant, names_of, operator_name, operators

BORDER_TYPES = ("FLOAT32", "INT32", "UINT8")  # what every runtime takes and gives, the browser's included
VARIABLE_OPERATORS = {"VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE", "CALL_ONCE"}
LONGEST_NAME = 64  # bytes


@dataclass(frozen=True)
class Breach:
    """Where a graph breaks a rule."""

    rule: str  # the rule, and what breaks where it is not held to
    text: str  # a sentence without a full stop


def breaches(graph: Any, main: str | None = None) -> list[str]:
    """What of the rules a graph breaks, a sentence without a full stop each; none is well.

    `main` is the signature of the main answer, where that is known.
    """
    return [breach.text for breach in broken_rules(graph, main)]


def broken_rules(graph: Any, main: str | None = None) -> list[Breach]:
    """The same with the rules."""
    found = [*broken(foreign_operators, graph), *broken(main_first, graph, main)]
    for signature in graph.signatureDefs or ():
        name = signature.signatureKey.decode(errors="replace")
        subgraph = graph.subgraphs[signature.subgraphIndex]
        for rule in (own_outputs, outputs_once, named_borders, plain_borders):
            found += broken(rule, graph, subgraph, signature, where=f"{name}: ")
    for index, subgraph in enumerate(graph.subgraphs):
        found += broken(no_twins, graph, subgraph, where=f"subgraph {index}: ")
        found += broken(unique_names, subgraph, where=f"subgraph {index}: ")
    return found


def broken(rule: Callable[..., Iterator[str]], *given: Any, where: str = "") -> list[Breach]:
    """What of one rule is broken. The rule in words is the docstring of its function."""
    words = " ".join((rule.__doc__ or rule.__name__).replace("`", "").split())
    return [Breach(words, where + text) for text in rule(*given)]


def foreign_operators(graph: Any) -> Iterator[str]:
    """Builtin operators alone, and no variables: stock runtimes have no others, and no caller can see or reset what a
    variable holds.
    """
    found = operators(graph)
    if custom := [name for name in found if name.startswith("CUSTOM")]:
        yield f"it needs operators that a stock runtime does not have: {', '.join(custom)}"
    if variables := sorted(VARIABLE_OPERATORS & set(found)):
        yield f"it holds variables ({', '.join(variables)}): weights or state that no caller can see or reset"


def main_first(graph: Any, main: str | None) -> Iterator[str]:
    """Signature 0 is subgraph 0, and the main answer: plain `invoke`, Flutter and React Native run no other."""
    signatures = graph.signatureDefs or ()
    if not signatures:
        yield "it has no signature, so nothing can be asked for by name"
        return
    first = signatures[0].signatureKey.decode(errors="replace")
    if signatures[0].subgraphIndex != 0:
        yield f"signature 0, {first}, is subgraph {signatures[0].subgraphIndex}, not 0"
    if main is not None and first != main:
        yield f"signature 0 is {first}, not the main answer {main}"


def own_outputs(graph: Any, subgraph: Any, signature: Any) -> Iterator[str]:
    """No output is an input: `CompiledModel` (Kotlin, Swift, C++, browser) gives it memory that nothing writes to."""
    inputs = {item.tensorIndex: item.name.decode(errors="replace") for item in signature.inputs or ()}
    for item in signature.outputs or ():
        if item.tensorIndex in inputs:
            yield f"the output {item.name.decode(errors='replace')} is the input {inputs[item.tensorIndex]} itself"


def outputs_once(graph: Any, subgraph: Any, signature: Any) -> Iterator[str]:
    """No tensor is two outputs: `CompiledModel` (Kotlin, Swift, C++, browser) knows one of the names alone."""
    seen: dict[int, str] = {}
    for item in signature.outputs or ():
        name = item.name.decode(errors="replace")
        if item.tensorIndex in seen:
            yield f"the outputs {seen[item.tensorIndex]} and {name} are one tensor"
        seen.setdefault(item.tensorIndex, name)


def named_borders(graph: Any, subgraph: Any, signature: Any) -> Iterator[str]:
    """Inputs and outputs bear the names of the signature: runtimes without signatures know those of tensors alone."""
    # An output of the name of an input has another one.
    inputs = {item.name for item in signature.inputs or ()}
    items = (*(signature.inputs or ()), *(item for item in signature.outputs or () if item.name not in inputs))
    wrong = [item for item in items if (subgraph.tensors[item.tensorIndex].name or b"") != item.name]
    if wrong:
        name, found = wrong[0].name, subgraph.tensors[wrong[0].tensorIndex].name or b""
        text = f"the tensor of {name.decode(errors='replace')} is called {found.decode(errors='replace')!r}"
        yield text + (f", and {len(wrong) - 1} more bear names of their own" if wrong[1:] else "")


def plain_borders(graph: Any, subgraph: Any, signature: Any) -> Iterator[str]:
    """Static shapes, and float32, int32 or uint8: LiteRT.js knows no other types; an open shape must be set first."""
    types = names_of("TensorType")
    for item in (*(signature.inputs or ()), *(signature.outputs or ())):
        tensor = subgraph.tensors[item.tensorIndex]
        shape = numbers(tensor.shape if tensor.shapeSignature is None else tensor.shapeSignature)
        kind = types.get(tensor.type, "unknown")
        if -1 in shape or kind not in BORDER_TYPES:
            name, allowed = item.name.decode(errors="replace"), ", ".join(BORDER_TYPES).lower()
            yield f"{name} is {kind.lower()} {shape}, not of static shape and {allowed}"


def no_twins(graph: Any, subgraph: Any) -> Iterator[str]:
    """No product of a tensor with itself: the GPU accelerator ends the process over it."""
    for number, operator in enumerate(subgraph.operators or ()):
        if twin(graph, subgraph, operator) is not None:
            yield f"operator {number}, {operator_name(graph, operator)}, takes the same activation twice"


def twin(graph: Any, subgraph: Any, operator: Any) -> int | None:
    """The place of an input of a BATCH_MATMUL that is an activation which it takes already; None without one."""
    if operator_name(graph, operator) != "BATCH_MATMUL":
        return None
    inputs = numbers(operator.inputs)
    for place, index in enumerate(inputs):
        if index >= 0 and index in inputs[:place] and not is_constant(graph, subgraph.tensors[index]):
            return place
    return None


def unique_names(subgraph: Any) -> Iterator[str]:
    """Names that are there, short, and differ: some runtimes and tools tell tensors apart by them."""
    names = [tensor.name or b"" for tensor in subgraph.tensors or ()]
    count = Counter(names)
    if unnamed := count[b""]:
        yield f"{unnamed} of {len(names)} tensors have no name"
    if seen := [name for name in count if name and count[name] > 1]:
        yield f"several tensors are called {seen[0].decode(errors='replace')!r}"
    if longest := [name for name in names if len(name) > LONGEST_NAME]:
        yield f"{len(longest)} of {len(names)} tensors have names of more than {LONGEST_NAME} bytes"


def numbers(values: Any) -> list[int]:
    """A vector of the flatbuffer as plain numbers; it may be missing."""
    return [] if values is None else np.asarray(values).astype(int).tolist()
