"""The guide of the layers: every snippet runs and prints what its comments say, and no public name is without one."""

import ast
import importlib.util
import io
import re
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import keras
import pytest

import heedful.layers

GUIDE = (Path(heedful.layers.__file__).parent / "README.md").read_text(encoding="utf-8")
FENCE = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
SECTIONS = {
    section.partition("\n")[0]: FENCE.findall(section) for section in re.split(r"^##? ", GUIDE, flags=re.MULTILINE)
}
(SETUP,) = SECTIONS.pop("The layers: a guide")
SNIPPETS = [snippet for snippets in SECTIONS.values() for snippet in snippets]
TITLES = [title.replace(" ", "_") for title, snippets in SECTIONS.items() for _ in snippets]
# What a reader has to install for a snippet, if it is not there already.
NEEDED = {"heedful.export": "tensorflow", "overlays": "matplotlib", "AttentionImages": "tensorboard"}


def promised(snippet: str) -> list[str]:
    """The comments behind the prints of a snippet."""
    lines = snippet.splitlines()
    ends = [
        statement.end_lineno
        for statement in ast.walk(ast.parse(snippet))
        if isinstance(statement, ast.Expr) and ast.unparse(statement).startswith("print(")
    ]
    return [lines[end - 1].partition("  # ")[2] for end in ends if end is not None]


def printed(snippet: str) -> list[str]:
    """The lines that a snippet prints, run after the first one; shapes as tuples on every backend."""
    names: dict[str, Any] = {"__name__": "guide"}
    with redirect_stdout(io.StringIO()) as text:
        exec(compile(SETUP, "the first snippet", "exec"), names)
        exec(compile(snippet, "snippet", "exec"), names)
    return re.sub(r"torch\.Size\(\[(.*?)\]\)", r"(\1)", text.getvalue()).splitlines()


def names_in(snippet: str) -> set[str]:
    return {node.id for node in ast.walk(ast.parse(snippet)) if isinstance(node, ast.Name)}


@pytest.mark.parametrize("snippet", SNIPPETS, ids=TITLES)
def test_snippet_prints_what_it_says(snippet: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for mark, package in NEEDED.items():
        if mark in snippet and importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed")
    if "heedful.export" in snippet and keras.backend.backend() != "tensorflow":
        pytest.skip("only the TensorFlow backend exports to TFLite")
    monkeypatch.chdir(tmp_path)
    assert printed(snippet) == promised(snippet)


def test_every_public_name_is_used() -> None:
    assert set(heedful.layers.__all__) - set().union(*map(names_in, SNIPPETS)) == set()


def test_promises_are_read() -> None:
    assert promised("print(1)  # 1\nprint(\n    2\n)  # 2\nx = 3  # not this\n") == ["1", "2"]
    assert sum(len(promised(snippet)) for snippet in SNIPPETS) > 20
