"""What the bytes of a graph are: constants by type, metadata, and the structure that holds them."""

from typing import Any

from heedful.apps.graph.flatbuffer import names_of


def bytes_by_type(graph: Any) -> dict[str, int]:
    """Bytes of constants by the type of their tensors, the most first; a buffer that several tensors share once."""
    types = names_of("TensorType")
    kinds: dict[int, str] = {}
    for subgraph in graph.subgraphs:
        for tensor in subgraph.tensors or ():
            kinds.setdefault(tensor.buffer, types.get(tensor.type, f"type {tensor.type}").lower())
    for index in metadata_buffers(graph):
        kinds.pop(index, None)
    found: dict[str, int] = {}
    for index, kind in kinds.items():
        if size := buffer_size(graph.buffers[index]):
            found[kind] = found.get(kind, 0) + size
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def metadata_bytes(graph: Any) -> int:
    return sum(buffer_size(graph.buffers[index]) for index in metadata_buffers(graph))


def metadata_buffers(graph: Any) -> set[int]:
    return {item.buffer for item in graph.metadata or ()}


def buffer_size(buffer: Any) -> int:
    """Bytes of a buffer; those of files above 2 GB lie behind the flatbuffer."""
    return len(buffer.data) if buffer.data is not None else buffer.size if buffer.offset > 1 else 0
