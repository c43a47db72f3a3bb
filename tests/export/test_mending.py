"""What mends a converted graph changes nothing that the graph says."""

import keras
import numpy as np
import pytest
from tflite_graph import converted

from heedful.apps.graph.buffers import share_buffers
from heedful.apps.graph.compiled import Compiled
from heedful.apps.graph.flatbuffer import operators, read, schema, write
from heedful.apps.graph.rules import breaches
from heedful.export import Exporter, ExportError, Signature, exporter, mending
from heedful.export.mending import mend
from heedful.export.verification import interpreter

tf = pytest.importorskip("tensorflow")
X = np.random.default_rng(4).normal(size=(1, 3, 5)).astype("float32")


def function(body):
    return tf.function(body, input_signature=[tf.TensorSpec((1, 3, 5), name="x")])


def looped(x):
    """A loop with branches in its body: subgraphs that must be found again when others move."""
    return tf.while_loop(
        lambda i, y: i < 3, lambda i, y: (i + 1, tf.cond(i > 0, lambda: y * 2, lambda: y + 1)), (0, x)
    )[1]


BROKEN = {  # by rule: what breaks it, and the breach
    "an output is an input": (lambda x: {"same": x, "more": x + 1}, "the output same is the input x itself"),
    "a tensor is two outputs": (lambda x: (lambda y: {"one": y, "two": y})(x * 3), "one and two are one tensor"),
    "a product with itself": (
        lambda x: {"y": tf.matmul(tf.nn.relu(x), tf.nn.relu(x), transpose_b=True)}, "takes the same activation twice",
    ),
    "names": (lambda x: {"y": tf.exp(x)}, "the tensor of x is called"),
}  # fmt: skip


@pytest.mark.parametrize("rule", BROKEN)
def test_a_broken_rule_is_kept_afterwards_and_every_number_stays(rule: str) -> None:
    body, sentence = BROKEN[rule]
    content = converted(ask=function(body))
    graph = read(content)
    assert [text for text in breaches(graph, "ask") if sentence in text]
    outputs = {"ask": [item.name.decode() for item in graph.signatureDefs[0].outputs]}
    mended = write(mend(graph, outputs))
    assert breaches(read(mended), "ask") == []
    same_answers(content, mended, ["ask"])


def test_signatures_and_outputs_take_their_order_and_loops_find_their_bodies() -> None:
    content = converted(
        one=function(lambda x: {"z": tf.exp(x), "a": looped(x)}),
        other=function(lambda x: {"a": x + 1, "z": looped(-x)}),
    )
    graph = read(content)
    last, first = (item.signatureKey.decode() for item in graph.signatureDefs)
    assert operators(graph)["WHILE"] == 2
    assert [text for text in breaches(graph, first) if f"not the main answer {first}" in text]
    mended = write(mend(graph, {first: ["z", "a"], last: ["a", "z"]}))
    again = read(mended)
    assert breaches(again, first) == []
    assert [(item.signatureKey.decode(), item.subgraphIndex) for item in again.signatureDefs] == [(first, 0), (last, 1)]
    assert [again.subgraphs[0].tensors[index].name for index in again.subgraphs[0].outputs] == [b"z", b"a"]
    same_answers(content, mended, [first, last])


def same_answers(old: bytes, new: bytes, signatures: list[str]) -> None:
    """By the Interpreter from both, and by CompiledModel from the mended one."""
    with Compiled(new) as compiled:
        for name in signatures:
            wanted = interpreter(old).get_signature_runner(name)(x=X)
            for found in (interpreter(new).get_signature_runner(name)(x=X), compiled.run(name, {"x": X})):
                assert found.keys() == wanted.keys()
                for key, value in wanted.items():
                    np.testing.assert_array_equal(found[key], value)


OFF = {  # a step of the mending that is left out, and what the exporter then says
    "give_own_outputs": "ask: the output same is the input x itself",
    "part_twins": "takes the same activation twice",
    "name_tensors": "tensors have no name",
    "name_borders": "the tensor of x is called",
}


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="the export runs under TensorFlow")
@pytest.mark.parametrize("step", OFF)
def test_the_exporter_refuses_what_is_not_mended(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model = keras.Sequential([keras.Input((3, 5)), keras.layers.Dense(5)])

    def ask(x):
        y = keras.ops.relu(model(x))
        return {"product": keras.ops.matmul(y, keras.ops.swapaxes(y, 1, 2)), "same": x}

    made = Exporter(model, {"ask": Signature(ask, {"x": ((1, 3, 5), "float32")})}, {"ask": [{"x": X}]})
    assert breaches(read(made.export()), "ask") == []
    monkeypatch.setattr(mending, step, lambda *_: None)
    with pytest.raises(ExportError, match=OFF[step]):
        made.export()


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="the export runs under TensorFlow")
def test_the_exporter_refuses_another_order(monkeypatch: pytest.MonkeyPatch) -> None:
    model = keras.Sequential([keras.Input((3, 5)), keras.layers.Dense(5)])
    given = {"x": ((1, 3, 5), "float32")}
    signatures = {name: Signature(lambda x: {"y": model(x)}, given) for name in ("main", "also")}
    made = Exporter(model, signatures, {name: [{"x": X}] for name in signatures})
    assert [item.signatureKey for item in read(made.export()).signatureDefs] == [b"main", b"also"]
    monkeypatch.setattr(exporter, "mend", lambda graph, outputs: mend(graph, dict(sorted(outputs.items()))))
    with pytest.raises(ExportError, match="signature 0 is also, not the main answer main"):
        made.export()


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
