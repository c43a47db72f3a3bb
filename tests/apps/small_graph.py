"""A small graph that keeps every rule, built of the objects of the format, to be broken by tests."""

from typing import Any

import numpy as np

from heedful.apps.graph.flatbuffer import schema

SHAPE = (1, 2, 2)
A, B, PRODUCT, WEIGHTS, SUM = range(5)  # tensors


def small_graph() -> Any:
    """`combine(a, b) -> product, sum`: product = a @ b, and sum = product + weights."""
    graph = made("ModelT", version=3, description=b"by hand", metadata=[])
    weights = np.arange(4, dtype=np.float32)
    graph.buffers = [made("BufferT"), made("BufferT", data=np.frombuffer(weights.tobytes(), np.uint8))]
    graph.operatorCodes = [code("BATCH_MATMUL"), code("ADD")]
    subgraph = made("SubGraphT", name=b"combine", inputs=[A, B], outputs=[PRODUCT, SUM])
    subgraph.tensors = [tensor(b"a"), tensor(b"b"), tensor(b"product"), tensor(b"weights", buffer=1), tensor(b"sum")]
    subgraph.operators = [
        operator(0, [A, B], [PRODUCT], "BatchMatMulOptions"),
        operator(1, [PRODUCT, WEIGHTS], [SUM], "AddOptions"),
    ]
    graph.subgraphs = [subgraph]
    graph.signatureDefs = [signature(b"combine", 0, {b"a": A, b"b": B}, {b"product": PRODUCT, b"sum": SUM})]
    return graph


def made(kind: str, **values: Any) -> Any:
    item = getattr(schema(), kind)()
    for name, value in values.items():
        setattr(item, name, value)
    return item


def code(name: str, custom: bytes | None = None) -> Any:
    number = getattr(schema().BuiltinOperator, name)
    return made(
        "OperatorCodeT", builtinCode=number, deprecatedBuiltinCode=min(number, 127), version=1, customCode=custom
    )


def tensor(name: bytes, shape: tuple[int, ...] = SHAPE, kind: str = "FLOAT32", buffer: int = 0) -> Any:
    return made("TensorT", name=name, shape=list(shape), type=getattr(schema().TensorType, kind), buffer=buffer)


def operator(place: int, inputs: list[int], outputs: list[int], options: str | None = None, **values: Any) -> Any:
    found = made("OperatorT", opcodeIndex=place, inputs=inputs, outputs=outputs)
    if options is not None:
        found.builtinOptionsType = getattr(schema().BuiltinOptions, options)
        found.builtinOptions = made(f"{options}T", **values)
    return found


def signature(key: bytes, subgraph: int, inputs: dict[bytes, int], outputs: dict[bytes, int]) -> Any:
    maps = [[made("TensorMapT", name=n, tensorIndex=i) for n, i in items.items()] for items in (inputs, outputs)]
    return made("SignatureDefT", signatureKey=key, subgraphIndex=subgraph, inputs=maps[0], outputs=maps[1])
