"""`heedful inspect`: its exit codes, what it prints, and that nothing in a file makes a terminal act."""

import json
from pathlib import Path
from typing import Any

import pytest
from command_line import assert_sentence, heedful
from small_graph import small_graph

pytest.importorskip("ai_edge_litert")

from heedful.apps.graph.flatbuffer import write


def saved(path: Path, graph: Any) -> Path:
    path.write_bytes(write(graph))
    return path


def test_a_file_that_is_well(tmp_path: Path) -> None:
    path = saved(tmp_path / "model.tflite", small_graph())
    done = heedful("inspect", path)
    assert (done.code, done.err) == (0, "")
    assert "rules: all hold" in done.out and "combine  (signature 0, subgraph 0)" in done.out
    done = heedful("inspect", "--json", path)
    assert done.code == 0 and json.loads(done.out)["verdict"] is None


def test_a_broken_rule_is_exit_code_1_after_the_report(tmp_path: Path) -> None:
    graph = small_graph()
    graph.subgraphs[0].tensors[3].name = b"sum"
    path = saved(tmp_path / "model.tflite", graph)
    for options in ((), ("--json",)):
        done = heedful("inspect", path, *options)
        assert done.code == 1 and "several tensors are called 'sum'" in done.out
        assert done.err == f"heedful: {path} breaks the rules in 1 place.\n"


def test_bad_input_is_exit_code_2_and_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    assert_sentence(heedful("inspect", path), 2, "does not exist")
    path.write_text("no model")
    assert_sentence(heedful("inspect", path), 2, "is not a .tflite model")
    path.write_bytes(write(small_graph())[:300])
    assert_sentence(heedful("inspect", path), 2, "is damaged")
    assert_sentence(heedful("inspect"), 2, "FILE.tflite")


def test_names_in_a_file_do_not_act_on_the_terminal(tmp_path: Path) -> None:
    graph = small_graph()
    graph.subgraphs[0].tensors[0].name = graph.signatureDefs[0].inputs[0].name = "\x1b[2J\u202e".encode()
    done = heedful("inspect", saved(tmp_path / "model.tflite", graph))
    assert done.code == 0 and "\x1b" not in done.out and r"\x1b[2J\u202e" in done.out
