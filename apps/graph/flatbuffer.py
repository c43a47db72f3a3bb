"""The flatbuffer of a `.tflite` as objects, and back."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import flatbuffers

IDENTIFIER = b"TFL3"  # bytes 4 to 8 of a TFLite flatbuffer
ALIGNMENT = 16  # bytes; the schema wants the data of every tensor on such a border


def schema() -> Any:
    """The classes of the format, imported when they are needed: they are 20,000 lines."""
    from ai_edge_litert import schema_py_generated

    return schema_py_generated


def read(content: bytes) -> Any:
    """The graph as objects (`ModelT` of the schema). What follows the flatbuffer is left out."""
    return schema().ModelT.InitFromObj(schema().Model.GetRootAsModel(content, 0))


def write(graph: Any) -> bytes:
    """The flatbuffer of a graph."""
    builder = AlignedBuilder(1024)
    builder.Finish(graph.Pack(builder), file_identifier=IDENTIFIER)
    return bytes(builder.Output())


class AlignedBuilder(flatbuffers.Builder):
    """Puts the data of tensors where the schema wants them; the generated code forgets it."""

    def StartVector(self, elemSize: int, numElems: int, alignment: int) -> int:
        return super().StartVector(elemSize, numElems, ALIGNMENT if elemSize == 1 else alignment)


def made(kind: str, **values: Any) -> Any:
    """An object of the schema with these attributes."""
    item = getattr(schema(), kind)()
    for name, value in values.items():
        setattr(item, name, value)
    return item


def operator_name(graph: Any, operator: Any) -> str:
    """`CONV_2D`, or `CUSTOM:Name`."""
    code = graph.operatorCodes[operator.opcodeIndex]
    number = max(code.builtinCode, code.deprecatedBuiltinCode)
    if number == schema().BuiltinOperator.CUSTOM:
        return f"CUSTOM:{(code.customCode or b'').decode(errors='replace')}"
    return names_of("BuiltinOperator").get(number, f"OPERATOR {number}")


@cache
def names_of(enumeration: str) -> dict[int, str]:
    """The names of an enumeration of the schema, by number."""
    members = vars(getattr(schema(), enumeration)).items()
    return {number: name for name, number in members if not name.startswith("_")}


def operators(graph: Any) -> dict[str, int]:
    """How often each operator occurs, over all subgraphs: loop bodies and every signature included."""
    return counted(graph, range(len(graph.subgraphs)))


def counted(graph: Any, subgraphs: Any) -> dict[str, int]:
    """How often each operator occurs in these subgraphs, by name."""
    count: dict[str, int] = {}
    for index in subgraphs:
        for operator in graph.subgraphs[index].operators or ():
            name = operator_name(graph, operator)
            count[name] = count.get(name, 0) + 1
    return dict(sorted(count.items()))


def calls(operator: Any) -> Iterator[tuple[Any, str]]:
    """Where an operator keeps the indices of the subgraphs that it calls: object and attribute."""
    for options in filter(None, (operator.builtinOptions, operator.builtinOptions2)):
        yield from ((options, name) for name in vars(options) if name.endswith("SubgraphIndex") or name == "subgraph")


def reached(graph: Any, start: int) -> list[int]:
    """A subgraph and all that it calls: loops and branches."""
    found = [start]
    for index in found:
        for operator in graph.subgraphs[index].operators or ():
            found += [at for options, name in calls(operator) if (at := getattr(options, name)) not in found]
    return found


def is_constant(graph: Any, tensor: Any) -> bool:
    """Whether the values of a tensor stand in the file."""
    buffer = graph.buffers[tensor.buffer]
    return (buffer.data is not None and len(buffer.data) > 0) or buffer.offset > 1


def operators_of(content: bytes) -> dict[str, int]:
    """The same of a file."""
    return operators(read(content))
