"""What no GPU takes, each as the accelerator said it of a model."""

from typing import Any

import numpy as np
import pytest
import small_graph as small
from small_graph import PRODUCT, SUM, A, B, small_graph

pytest.importorskip("ai_edge_litert")

from heedful.apps.graph.flatbuffer import names_of, read, schema, write
from heedful.apps.graph.gpu import TAKEN, Refusal, refusals

WEIGHTS = 3


def refused(graph: Any) -> list[tuple[str, str]]:
    found = refusals(read(write(graph)), [0])
    assert all(isinstance(item, Refusal) and item.count == 1 for item in found)
    return [(item.operator, item.reason) for item in found]


def second(name: str, inputs: list[int], options: str | None = None, **values: Any) -> Any:
    """The small graph with another second operator."""
    graph = small_graph()
    graph.operatorCodes[1] = small.code(name)
    graph.subgraphs[0].operators[1] = small.operator(1, inputs, [SUM], options, **values)
    return graph


def test_common_operators_are_taken() -> None:
    assert refused(small_graph()) == []
    known = names_of("BuiltinOperator").values()
    assert {name for name in TAKEN if not name.startswith("CUSTOM:")} <= set(known)


@pytest.mark.parametrize("name", ["WHILE", "RFFT2D", "LOG_SOFTMAX", "SCATTER_ND", "GATHER_ND", "BROADCAST_TO", "IF"])
def test_operators_that_no_gpu_knows(name: str) -> None:
    assert refused(second(name, [A, B])) == [(name, "unknown to GPUs")]


def test_dimensions_and_types() -> None:
    graph = small_graph()
    graph.subgraphs[0].tensors[SUM].shape = [1, 1, 1, 2, 2]
    assert refused(graph) == [("ADD", "more than 4 dimensions")]
    graph = small_graph()
    graph.subgraphs[0].tensors[SUM].type = schema().TensorType.COMPLEX64
    assert refused(graph) == [("ADD", "complex64")]


def test_indices_of_several_dimensions() -> None:
    graph = second("GATHER", [A, B], "GatherOptions")
    assert refused(graph) == [("GATHER", "indices of several dimensions")]
    graph.subgraphs[0].tensors[B].shape = [4]
    assert ("GATHER", "indices of several dimensions") not in refused(graph)


def test_a_slice_that_drops_an_axis() -> None:
    inputs = [A, WEIGHTS, WEIGHTS, WEIGHTS]
    assert refused(second("STRIDED_SLICE", inputs, "StridedSliceOptions")) == []
    dropping = second("STRIDED_SLICE", inputs, "StridedSliceOptions", shrinkAxisMask=1)
    assert refused(dropping) == [("STRIDED_SLICE", "drops an axis")]


def test_a_choice_that_is_broadcast() -> None:
    graph = second("SELECT_V2", [A, B, PRODUCT], "SelectV2Options")
    assert refused(graph) == []
    graph.subgraphs[0].tensors[B].shape = [1, 1, 2]
    assert ("SELECT_V2", "broadcasts a choice") in refused(graph)


def test_the_same_tensor_twice() -> None:
    assert refused(second("SUB", [A, A], "SubOptions")) == [("SUB", "takes a tensor twice")]


def test_a_constant_times_an_activation_stored_in_any_type() -> None:
    graph = small_graph()
    graph.subgraphs[0].operators[0].inputs = [WEIGHTS, B]
    assert refused(graph) == [("BATCH_MATMUL", "constant times activation")]
    graph.buffers.append(small.made("BufferT", data=np.zeros(8, np.uint8)))
    graph.operatorCodes.append(small.code("DEQUANTIZE"))
    graph.subgraphs[0].tensors += [small.tensor(b"half", kind="FLOAT16", buffer=2), small.tensor(b"whole")]
    graph.subgraphs[0].operators.insert(0, small.operator(2, [5], [6], "DequantizeOptions"))
    graph.subgraphs[0].operators[1].inputs = [6, B]
    assert refused(graph) == [("BATCH_MATMUL", "constant times activation")]


def test_a_newer_choice_of_the_largest() -> None:
    graph = second("TOPK_V2", [A, WEIGHTS], "TopKV2Options")
    assert refused(graph) == []
    graph.operatorCodes[1].version = 2
    assert refused(graph) == [("TOPK_V2", "version 2")]
