"""What mends a converted graph changes nothing that the graph says."""

import numpy as np

from heedful.apps.graph.flatbuffer import read, schema, write
from heedful.export.mending import share_buffers


def test_a_constant_without_elements_stays_a_constant():
    """The shape of a scalar: LiteRT takes a tensor of buffer 0 for one that is computed."""
    buffers = [schema().BufferT() for _ in range(4)]
    buffers[2].data = np.zeros(0, np.uint8)
    buffers[3].data = np.arange(4, dtype=np.uint8)
    tensors = [schema().TensorT() for _ in range(4)]
    for tensor, buffer in zip(tensors, (1, 2, 3, 2), strict=True):
        tensor.buffer, tensor.shape = buffer, [0]
    graph, subgraph = schema().ModelT(), schema().SubGraphT()
    subgraph.tensors, graph.subgraphs, graph.buffers = tensors, [subgraph], buffers
    share_buffers(graph)
    again = read(write(graph))
    data = [again.buffers[tensor.buffer].data for tensor in again.subgraphs[0].tensors]
    assert [tensor.buffer for tensor in tensors] == [0, 1, 2, 1]
    assert data[0] is None
    assert data[1] is not None and len(data[1]) == 0
