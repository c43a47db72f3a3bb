"""`inspect` knows of any file what is in it and whether it runs alike, and damage becomes one sentence."""

import copy
import json
import random
import struct
import sys
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
import pytest
import small_graph as small
from small_graph import PRODUCT, SUM, B, small_graph

pytest.importorskip("ai_edge_litert")

from heedful.apps.errors import InputError
from heedful.apps.graph import comparison
from heedful.apps.graph.comparison import difference
from heedful.apps.graph.entries import add_entry
from heedful.apps.graph.flatbuffer import schema, write
from heedful.apps.graph.gpu import refusals
from heedful.apps.graph.inspection import as_json, inspect
from heedful.apps.graph.report import report
from heedful.apps.graph.rules import broken_rules
from heedful.apps.graph.soundness import flaw
from heedful.apps.graph.tflite_metadata import ENTRY, IDENTIFIER, File, FileType, Model, Subgraph, Tensor
from heedful.apps.graph.trial import TASK
from heedful.apps.model_file import attach, split

MODELS = Path(__file__).parents[3] / "saved_models"
SPEECH = MODELS / "speech_commands/five-words/model.dynamic.tflite"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.tflite"


def saved(path: Path, graph: Any) -> Path:
    path.write_bytes(write(graph))
    return path


def refused(path: Path, part: str) -> None:
    with pytest.raises(InputError) as caught:
        inspect(path)
    message = str(caught.value)
    assert str(path) in message and part in message and message.count("\n") == 0 and message.endswith(".")


def test_a_sound_file_is_well_and_told_whole(path: Path) -> None:
    found = inspect(saved(path, small_graph()))
    assert found.verdict is None and found.breaches == ()
    (entrance,) = found.signatures
    assert (entrance.key, [item.name for item in entrance.inputs]) == ("combine", ["a", "b"])
    assert [(item.name, item.type, item.shape) for item in entrance.outputs] == [
        ("product", "float32", (1, 2, 2)), ("sum", "float32", (1, 2, 2)),
    ]  # fmt: skip
    assert found.operators[0].count == {"ADD": 1, "BATCH_MATMUL": 1} and found.operators[0].refused == ()
    assert found.constants == {"float32": 16} and found.structure_size == path.stat().st_size - 16
    (comparison,) = found.comparisons
    assert comparison.agrees and [(item.output, item.largest) for item in comparison.differences] == [
        ("product", 0.0), ("sum", 0.0),
    ]  # fmt: skip
    text = report(found)
    assert "rules: all hold" in text and "agree on random inputs" in text and "equal to the last bit" in text
    assert max(map(len, text.splitlines()[1:])) <= 100


def test_json_holds_all_of_it(path: Path) -> None:
    found = json.loads(json.dumps(as_json(inspect(saved(path, small_graph())))))
    assert found["verdict"] is None and found["comparisons"][0]["agrees"] is True
    assert found["signatures"][0]["inputs"][1] == {
        "name": "b", "type": "float32", "shape": [1, 2, 2], "scale": [], "zero_point": [],
    }  # fmt: skip
    assert found["operators"][0]["count"] == {"ADD": 1, "BATCH_MATMUL": 1}


@pytest.mark.parametrize("shipped", sorted(MODELS.glob("*/*/model.tflite")), ids=lambda path: path.parts[-3])
def test_what_ships_is_well(shipped: Path) -> None:
    found = inspect(shipped)
    assert found.verdict is None, report(found)
    assert found.card is not None and f"card: {found.card['recipe']}" in report(found)
    assert all(item.largest == 0.0 for comparison in found.comparisons for item in comparison.differences)
    parts = sum(found.constants.values()) + found.metadata_size + found.structure_size + found.attachments_size
    assert parts == found.size == shipped.stat().st_size


def test_weights_are_told_by_type() -> None:
    found = inspect(SPEECH)
    assert found.constants["int8"] > 0.7 * sum(found.constants.values())
    assert found.attachments.keys() >= {"card.json", "labels.txt", "model.sha256"}
    assert "labels        up, down, left" in report(found)


def test_interfaces_that_differ_are_told(path: Path) -> None:
    """An output that is an input: `CompiledModel` answers with what lay in its memory."""
    graph = small_graph()
    graph.subgraphs[0].outputs[1] = graph.signatureDefs[0].outputs[1].tensorIndex = B
    found = inspect(saved(path, graph))
    assert found.disagrees and [item.agrees for item in found.comparisons] == [False]
    assert found.verdict == f"{path} breaks the rules in 2 places and answers differently in LiteRT's two interfaces"
    assert "runtimes: Interpreter and CompiledModel DIFFER" in report(found)


def test_an_interface_that_refuses_is_told_with_its_reason(path: Path) -> None:
    graph = small_graph()
    graph.subgraphs[0].outputs[1] = graph.signatureDefs[0].outputs[1].tensorIndex = PRODUCT
    graph.signatureDefs[0].outputs[1].name = b"again"
    found = inspect(saved(path, graph))
    assert found.disagrees and "it knows no 'product'" in dict(found.comparisons[0].refusals)["CompiledModel"]


def test_a_file_without_signatures_is_run_by_its_order(path: Path) -> None:
    graph = small_graph()
    graph.signatureDefs = None
    found = inspect(saved(path, graph))
    assert [item.text for item in found.breaches] == ["it has no signature, so nothing can be asked for by name"]
    assert [item.key for item in found.signatures] == [None] and found.comparisons[0].agrees
    assert "subgraph 0 (no signature)" in report(found)


def test_open_shapes_are_tried_with_ones(path: Path) -> None:
    graph = small_graph()
    for tensor in graph.subgraphs[0].tensors[:3]:
        tensor.shape, tensor.shapeSignature = [1, 2, 2], [-1, 2, 2]
    found = inspect(saved(path, graph))
    assert found.signatures[0].inputs[0].shape == (-1, 2, 2)
    assert found.comparisons[0].agrees, found.comparisons


def test_a_foreign_operator_is_reported(path: Path) -> None:
    graph = small_graph()
    graph.operatorCodes[1] = small.code("CUSTOM", b"FlexErf")
    graph.subgraphs[0].operators[1] = small.operator(1, [PRODUCT, 3], [SUM])
    found = inspect(saved(path, graph))
    assert found.operators[0].count == {"BATCH_MATMUL": 1, "CUSTOM:FlexErf": 1}
    (refused,) = found.operators[0].refused
    assert (refused.operator, refused.reason) == ("CUSTOM:FlexErf", "unknown to GPUs")
    assert len(found.comparisons[0].refusals) == 2 and found.comparisons[0].agrees is None
    assert "Interpreter refuses: " in report(found)
    graph.operatorCodes[1] = small.code("CUSTOM", b"Landmarks")
    found = inspect(saved(path, graph))
    assert dict(found.comparisons[0].refusals)["Interpreter"] == "Encountered unresolved custom op: Landmarks"


def test_texts_are_not_made_up(path: Path) -> None:
    graph = small_graph()
    graph.subgraphs[0].tensors[0].type = schema().TensorType.STRING
    found = inspect(saved(path, graph))
    assert found.comparisons[0].skipped == "a is string, for which nothing is made up"
    assert found.comparisons[0].agrees is None and "not run: a is string" in report(found)


def test_quantized_values_have_scale_and_zero_point(path: Path) -> None:
    graph = small_graph()
    graph.subgraphs[0].tensors[SUM].quantization = small.made(
        "QuantizationParametersT", scale=np.array([0.5], np.float32), zeroPoint=np.array([3], np.int64)
    )
    assert "sum      float32  [1, 2, 2]  scale 0.5, zero point 3" in report(inspect(saved(path, graph)))


def test_loops_are_counted_and_what_no_gpu_takes_is_told(path: Path) -> None:
    found = inspect(saved(path, looping(times=3)))
    assert found.operators[0].count == {"ADD": 1, "LESS": 1, "WHILE": 1}
    assert [(item.operator, item.reason, item.count) for item in found.operators[0].refused] == [
        ("WHILE", "unknown to GPUs", 1)
    ]
    assert found.comparisons[0].agrees


def test_a_graph_that_never_ends_is_stopped(path: Path) -> None:
    found = inspect(saved(path, looping(times=None)), longest=3)
    assert dict(found.comparisons[0].refusals)["Interpreter"] == "it did not end within 3 s"


def looping(times: int | None) -> Any:
    """`count(n)`: adds 1 while `n` is below `times`, or below itself plus 1 and so for ever."""
    graph = small_graph()
    one = np.array([1 if times is not None else 0], np.int32)
    limit = np.array([times or 2**30], np.int32)
    graph.buffers = [small.made("BufferT")] + [
        small.made("BufferT", data=np.frombuffer(value.tobytes(), np.uint8)) for value in (one, limit)
    ]
    graph.operatorCodes = [small.code(name) for name in ("WHILE", "LESS", "ADD")]

    def part(name: bytes, operator: Any, result: tuple[bytes, str], constant: tuple[bytes, int]) -> Any:
        found = small.made("SubGraphT", name=name, inputs=[0], outputs=[1], operators=[operator])
        found.tensors = [small.tensor(b"n", (1,), "INT32"), small.tensor(result[0], (1,), result[1])]
        found.tensors.append(small.tensor(constant[0], (1,), "INT32", constant[1]))
        return found

    loop = small.operator(0, [0], [1], "WhileOptions", condSubgraphIndex=1, bodySubgraphIndex=2)
    graph.subgraphs = [
        part(b"count", loop, (b"counted", "INT32"), (b"unused", 1)),
        part(b"below", small.operator(1, [0, 2], [1], "LessOptions"), (b"is_below", "BOOL"), (b"limit", 2)),
        part(b"more", small.operator(2, [0, 2], [1], "AddOptions"), (b"next", "INT32"), (b"one", 1)),
    ]
    graph.signatureDefs = [small.signature(b"count", 0, {b"n": 0}, {b"counted": 1})]
    return graph


def test_metadata_of_the_convention_is_read(path: Path) -> None:
    graph = small_graph()
    add_entry(graph, ENTRY, convention())
    found = inspect(saved(path, graph))
    assert found.metadata is not None
    assert (found.metadata.name, found.metadata.description) == ("Tones", "Names a tone.")
    (output,) = found.metadata.outputs
    assert output.name == "probability" and [(f.name, f.kind) for f in output.files] == [("labels.txt", "axis labels")]
    assert "probability, labels.txt (axis labels)" in report(found)
    assert found.entries[ENTRY] == len(convention()) == found.metadata_size


@pytest.mark.parametrize("spoil", ["identifier", "offset", "end"])
def test_metadata_that_cannot_be_read_is_no_crash(path: Path, spoil: str) -> None:
    content = bytearray(convention())
    if spoil == "identifier":
        content[4:8] = b"XXXX"
    elif spoil == "offset":
        content[:4] = struct.pack("<I", 2**31)
    else:
        content = content[: len(content) // 3]
    graph = small_graph()
    add_entry(graph, ENTRY, bytes(content))
    found = inspect(saved(path, graph))
    assert found.metadata is None and "TFLITE_METADATA cannot be read" in report(found)


def convention() -> bytes:
    """Metadata as MediaPipe reads it: a name, and labels of an output."""
    builder = flatbuffers.Builder(64)

    def vector(*items: int) -> int:
        builder.StartVector(4, len(items), 4)
        for item in reversed(items):
            builder.PrependUOffsetTRelative(item)
        return builder.EndVector()

    def table(*fields: tuple[int, int], kind: FileType | None = None) -> int:
        builder.StartObject(8)
        for number, value in fields:
            builder.PrependUOffsetTRelativeSlot(number, value, 0)
        if kind is not None:
            builder.PrependInt8Slot(File.TYPE, kind, 0)
        return builder.EndObject()

    labels = table((File.NAME, builder.CreateString("labels.txt")), kind=FileType.AXIS_LABELS)
    output = table((Tensor.NAME, builder.CreateString("probability")), (Tensor.FILES, vector(labels)))
    subgraph = table((Subgraph.OUTPUTS, vector(output)))
    told = {Model.NAME: "Tones", Model.DESCRIPTION: "Names a tone."}
    texts = [(field, builder.CreateString(text)) for field, text in told.items()]
    builder.Finish(table(*texts, (Model.SUBGRAPHS, vector(subgraph))), file_identifier=IDENTIFIER)
    return bytes(builder.Output())


def test_what_is_no_tflite_is_one_sentence(path: Path) -> None:
    refused(path, "does not exist")
    path.write_bytes(b"")
    refused(path, "is not a .tflite model")
    path.write_bytes(b"PK\3\4 something else altogether")
    refused(path, "is not a .tflite model")
    refused(path.parent, "is a folder")


def test_what_points_nowhere_is_one_sentence(path: Path) -> None:
    for spoil, part in ((beyond_tensors, "a tensor of an operator"), (beyond_buffers, "a buffer of subgraph 0")):
        graph = small_graph()
        spoil(graph)
        refused(saved(path, graph), f"{part} is out of range" if "tensor" not in part else "is out of range")
    for spoil in (beyond_codes, beyond_signatures, beyond_subgraphs, beyond_borders, nameless):
        graph = small_graph()
        spoil(graph)
        refused(saved(path, graph), "is damaged (")


def beyond_tensors(graph: Any) -> None:
    graph.subgraphs[0].operators[0].inputs = [0, 2**30]


def beyond_buffers(graph: Any) -> None:
    graph.subgraphs[0].tensors[0].buffer = 2**31


def beyond_codes(graph: Any) -> None:
    graph.subgraphs[0].operators[0].opcodeIndex = 77


def beyond_signatures(graph: Any) -> None:
    graph.signatureDefs[0].inputs[0].tensorIndex = 5


def beyond_subgraphs(graph: Any) -> None:
    graph.signatureDefs[0].subgraphIndex = 1


def beyond_borders(graph: Any) -> None:
    graph.subgraphs[0].outputs = [-2, 3]


def nameless(graph: Any) -> None:
    graph.signatureDefs[0].inputs[0].name = None


def test_a_file_of_ours_that_was_cut_or_changed_is_one_sentence(path: Path) -> None:
    content = attach(write(small_graph()), {"card.json": b'{"recipe": "none"}'})
    graph, _ = split(content)
    for cut in (len(graph) + 40, len(content) - 1, len(content) - 60):
        path.write_bytes(content[:cut])
        refused(path, "is truncated")
    path.write_bytes(content[: len(graph) - 100])
    refused(path, "is damaged")
    for place in (200, len(graph) - 5, len(graph) + 50):
        path.write_bytes(content[:place] + bytes([content[place] ^ 4]) + content[place + 1 :])
        refused(path, "is damaged")


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in (1, 2, 3))])
def test_no_damage_is_more_than_a_sentence(path: Path, seed: int) -> None:
    """Cuts and flipped bits in the bare graph, which no checksum guards: a verdict, or one sentence."""
    draw = random.Random(seed)
    graph, _ = split((MODELS / "recommender/shop/model.dynamic.tflite").read_bytes())
    for number in range(6):
        content = bytearray(graph)
        if number < 2:
            content = content[: draw.randrange(8, len(content))]
        else:  # the structure lies at both ends
            for place in (draw.randrange(8, 4000), draw.randrange(len(content) - 50_000, len(content))):
                content[place] ^= 1 << draw.randrange(8)
        path.write_bytes(content)
        try:
            assert report(inspect(path, longest=20))
        except InputError as error:
            assert "is damaged" in str(error) and "\n" not in str(error)


def test_differences_know_nan_infinity_and_integers() -> None:
    nan, inf = np.array([np.nan, np.inf, 1.0]), np.array([np.nan, np.inf, 1.0 + 1e-7])
    assert difference("x", nan, inf).agrees
    assert not difference("x", nan, np.array([0.0, np.inf, 1.0])).agrees
    assert not difference("x", np.array([3]), np.array([4])).agrees
    assert not difference("x", np.array([1.0]), np.array([1.001])).agrees
    assert not difference("x", np.zeros(2), np.zeros(3)).agrees
    assert difference("x", np.array([1e6]), np.array([1e6 + 1.0])).agrees


def test_the_same_file_gives_the_same_report(path: Path) -> None:
    saved(path, copy.deepcopy(small_graph()))
    assert report(inspect(path)) == report(inspect(path))


def test_a_graph_that_ends_the_process_is_told(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether a wrong address ends a process is chance, so this one does it by itself, in the Interpreter's place."""
    deadly = tmp_path / "python"
    text = f'#!/bin/sh\ngrep -q Interpreter "$3/{TASK}" && kill -SEGV $$\nexec "{sys.executable}" "$@"\n'
    deadly.write_text(text, encoding="utf-8")
    deadly.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(deadly))
    found = inspect(saved(path, small_graph()))
    assert found.comparisons[0].refusals == (("Interpreter", "it ended the process (SIGSEGV)"),)
    assert "Interpreter refuses: it ended the process (SIGSEGV)" in report(found)


def test_a_signature_that_ends_the_process_is_told_from_the_others(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process that dies is stood in for by what it would leave: what it ran before."""
    graph = small_graph()
    for name in (b"deadly", b"after"):
        graph.subgraphs.append(copy.deepcopy(graph.subgraphs[0]))
        graph.signatureDefs.append(copy.deepcopy(graph.signatureDefs[0]))
        graph.signatureDefs[-1].signatureKey, graph.signatureDefs[-1].subgraphIndex = name, len(graph.subgraphs) - 1
    run_trial = comparison.run_trial

    def dying(folder: Path, longest: float) -> str | None:
        task = json.loads((folder / TASK).read_text())
        keys = [item["key"] for item in task["signatures"].values()]
        if task["runtime"] != comparison.COMPILED or "deadly" not in keys:
            return run_trial(folder, longest)
        before = list(task["signatures"].items())[: keys.index("deadly")]
        (folder / TASK).write_text(json.dumps({**task, "signatures": dict(before)}))
        run_trial(folder, longest)
        return "it ended the process (SIGABRT)"

    monkeypatch.setattr(comparison, "run_trial", dying)
    first, deadly, after = inspect(saved(path, graph)).comparisons
    assert first.agrees and after.agrees
    assert deadly.refusals == (("CompiledModel", "it ended the process (SIGABRT)"),)


@pytest.mark.parametrize("name", ["ADD", "BATCH_MATMUL", "GATHER", "SELECT_V2", "STRIDED_SLICE", "SUB", "TOPK_V2"])
@pytest.mark.parametrize("inputs", [[], [-1, -1]], ids=["none", "optional"])
def test_operators_without_operands_are_looked_at(name: str, inputs: list[int]) -> None:
    graph = small_graph()
    graph.operatorCodes[1] = small.code(name)
    graph.subgraphs[0].operators[1] = small.operator(1, inputs, inputs[:1])
    assert flaw(graph) is None and refusals(graph, [0]) == [] and broken_rules(graph) == []


def test_how_a_process_ends_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def program(source: str) -> None:
        script = tmp_path / "python"
        script.write_text(f"#!/bin/sh\n{source}\n")
        script.chmod(0o755)
        monkeypatch.setattr(comparison.sys, "executable", str(script))

    program("echo 'model.cc:218] Check failed: !IsInput(consumer, value)' >&2; kill -ABRT $$")
    told = comparison.run_trial(tmp_path, 60)
    assert told == "it ended the process (SIGABRT): model.cc:218] Check failed: !IsInput(consumer, value)"
    program("exec sleep 60")
    assert comparison.run_trial(tmp_path, 0.5) == "it did not end within 0.5 s"
    program("exit 0")
    assert comparison.run_trial(tmp_path, 60) is None


def test_shapes_that_ask_for_all_memory_are_a_refusal(path: Path) -> None:
    """64 GB, broadcast of two small inputs."""
    graph, wide = small_graph(), 131_072
    tensors = graph.subgraphs[0].tensors
    tensors[0].shape, tensors[1].shape, tensors[SUM].shape = [1, 1, wide], [1, wide, 1], [1, wide, wide]
    graph.subgraphs[0].operators = [small.operator(1, [0, 1], [SUM], "AddOptions")]
    graph.subgraphs[0].outputs, graph.signatureDefs[0].outputs = [SUM], graph.signatureDefs[0].outputs[1:]
    found = inspect(saved(path, graph))
    assert [name for name, _ in found.comparisons[0].refusals] == ["Interpreter", "CompiledModel"]
