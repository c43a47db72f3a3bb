"""The bytes that the tensors of a graph share."""

from typing import Any


def share_buffers(graph: Any) -> None:
    """One buffer for all tensors of the same bytes, number 0, the empty one, for all that have none, which is about 2 %
    of a small file, and none that nobody uses.

    A constant of no elements, such as the shape of a scalar, is not one that has none: as number 0 it would be no
    constant, the shape would be unknown, and a GPU would refuse the graph.
    """
    new: dict[bytes | None, int] = {None: 0}
    kept = [graph.buffers[0]]
    users = [*(tensor for subgraph in graph.subgraphs for tensor in subgraph.tensors), *(graph.metadata or ())]
    for user in users:
        buffer = graph.buffers[user.buffer]
        data = None if buffer.data is None else bytes(bytearray(buffer.data))
        if data not in new:
            new[data] = len(kept)
            kept.append(buffer)
        user.buffer = new[data]
    graph.buffers = kept
