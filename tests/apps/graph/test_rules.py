"""Each rule is kept by a sound graph and by what ships, and broken by a graph that was spoilt in one place."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import small_graph as small
from small_graph import PRODUCT, SUM, A, B, small_graph

pytest.importorskip("ai_edge_litert")

from heedful.apps.graph import rules
from heedful.apps.graph.container import open_container
from heedful.apps.graph.flatbuffer import read, schema, write

SHIPPED = sorted((Path(__file__).parents[3] / "saved_models").glob("*/*/*.tflite"))


def test_a_sound_graph_breaks_no_rule() -> None:
    graph = read(write(small_graph()))
    assert rules.breaches(graph) == rules.breaches(graph, "combine") == []


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: f"{path.parts[-3]}/{path.name}")
def test_what_ships_breaks_no_rule(path: Path) -> None:
    assert rules.breaches(read(open_container(path).content)) == []


def foreign_operator(graph: Any) -> None:
    graph.operatorCodes[1] = small.code("CUSTOM", b"FlexErf")


def variable(graph: Any) -> None:
    graph.operatorCodes.append(small.code("VAR_HANDLE"))
    graph.subgraphs[0].tensors.append(small.tensor(b"state", (), "RESOURCE"))
    graph.subgraphs[0].operators.append(small.operator(2, [], [5], "VarHandleOptions"))


def no_signature(graph: Any) -> None:
    graph.signatureDefs = None


def main_behind(graph: Any) -> None:
    graph.subgraphs.append(copy.deepcopy(graph.subgraphs[0]))
    graph.signatureDefs[0].subgraphIndex = 1


def input_given_back(graph: Any) -> None:
    graph.subgraphs[0].outputs[1] = graph.signatureDefs[0].outputs[1].tensorIndex = B
    graph.signatureDefs[0].outputs[1].name = b"b"


def output_twice(graph: Any) -> None:
    graph.subgraphs[0].outputs[1] = graph.signatureDefs[0].outputs[1].tensorIndex = PRODUCT
    graph.signatureDefs[0].outputs[1].name = b"again"


def other_names(graph: Any) -> None:
    graph.subgraphs[0].tensors[A].name = b"serving_default_a:0"
    graph.subgraphs[0].tensors[SUM].name = b"StatefulPartitionedCall:1"


def open_shape(graph: Any) -> None:
    graph.subgraphs[0].tensors[A].shapeSignature = [-1, 2, 2]


def type_of_few(graph: Any) -> None:
    graph.subgraphs[0].tensors[SUM].type = schema().TensorType.INT64


def twins(graph: Any) -> None:
    graph.subgraphs[0].operators[0].inputs = [A, A]


def no_name(graph: Any) -> None:
    graph.subgraphs[0].tensors[3].name = None


def same_name(graph: Any) -> None:
    graph.subgraphs[0].tensors[3].name = b"sum"


def long_name(graph: Any) -> None:
    graph.subgraphs[0].tensors[3].name = b"w" * (rules.LONGEST_NAME + 1)


BROKEN: dict[Any, tuple[Callable[..., Any], list[str]]] = {
    foreign_operator: (
        rules.foreign_operators,
        ["it needs operators that a stock runtime does not have: CUSTOM:FlexErf"],
    ),
    variable: (
        rules.foreign_operators,
        ["it holds variables (VAR_HANDLE): weights or state that no caller can see or reset"],
    ),
    no_signature: (rules.main_first, ["it has no signature, so nothing can be asked for by name"]),
    main_behind: (rules.main_first, ["signature 0, combine, is subgraph 1, not 0"]),
    input_given_back: (rules.own_outputs, ["combine: the output b is the input b itself"]),
    output_twice: (rules.outputs_once, ["combine: the outputs product and again are one tensor"]),
    other_names: (
        rules.named_borders,
        ["combine: the tensor of a is called 'serving_default_a:0', and 1 more bear names of their own"],
    ),
    open_shape: (
        rules.plain_borders,
        ["combine: a is float32 [-1, 2, 2], not of static shape and float32, int32, uint8"],
    ),
    type_of_few: (
        rules.plain_borders,
        ["combine: sum is int64 [1, 2, 2], not of static shape and float32, int32, uint8"],
    ),
    twins: (rules.no_twins, ["subgraph 0: operator 0, BATCH_MATMUL, takes the same activation twice"]),
    no_name: (rules.unique_names, ["subgraph 0: 1 of 5 tensors have no name"]),
    same_name: (rules.unique_names, ["subgraph 0: several tensors are called 'sum'"]),
    long_name: (rules.unique_names, ["subgraph 0: 1 of 5 tensors have names of more than 64 bytes"]),
}
ALSO: dict[Any, set[Any]] = {output_twice: {rules.named_borders}}  # the tensor cannot bear two names


@pytest.mark.parametrize("spoil", BROKEN, ids=lambda spoil: spoil.__name__)
def test_a_spoilt_graph_breaks_its_rule_and_no_other(spoil: Callable[[Any], None]) -> None:
    graph = small_graph()
    spoil(graph)
    rule, texts = BROKEN[spoil]
    found = rules.broken_rules(read(write(graph)))
    assert {breach.rule for breach in found} == {words(rule), *map(words, ALSO.get(spoil, ()))}
    assert [breach.text for breach in found if breach.rule == words(rule)] == texts


def words(rule: Callable[..., Any]) -> str:
    return " ".join((rule.__doc__ or "").replace("`", "").split())


def test_the_main_answer_comes_first_where_it_is_known() -> None:
    assert rules.breaches(small_graph(), "generate") == ["signature 0 is combine, not the main answer generate"]


def test_an_output_of_the_name_of_an_input_bears_another_one() -> None:
    graph = small_graph()
    graph.signatureDefs[0].outputs[1].name = b"a"
    graph.subgraphs[0].tensors[SUM].name = b"next_a"
    assert rules.breaches(graph) == []


def test_a_product_of_a_constant_with_itself_is_none_of_an_activation() -> None:
    graph = small_graph()
    graph.subgraphs[0].operators[0].inputs = [3, 3]
    assert rules.breaches(graph) == []


def test_every_rule_says_what_breaks_without_it() -> None:
    every = {rule for rule, _ in BROKEN.values()}
    assert len(every) == 8
    assert all(": " in (rule.__doc__ or "") and len((rule.__doc__ or "").split()) > 8 for rule in every)
