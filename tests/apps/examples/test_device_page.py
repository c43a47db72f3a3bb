"""The device page says what is: its tables are those of the shipped files, its snippets are lines of the examples."""

import io
import re
from contextlib import redirect_stdout
from pathlib import Path

import device_page
import pytest
from ai_edge_litert.compiled_model import CompiledModel

ROOT = Path(__file__).parents[3]
PAGE = device_page.PAGE.read_text(encoding="utf-8")
FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.DOTALL | re.MULTILINE)
LANGUAGES = ("cpp", "java", "javascript", "kotlin", "swift")


def snippets(language: str) -> list[str]:
    return [text for name, text in FENCE.findall(PAGE) if name == language]


def test_tables_are_those_of_the_files():
    assert device_page.fill(PAGE) == PAGE


@pytest.mark.parametrize("model", device_page.MODELS)
def test_order_is_that_of_the_runtime(model):
    """Swift counts inputs and outputs in the order of the table."""
    compiled = CompiledModel.from_file(str(ROOT / "saved_models" / model / "model.tflite"))
    rows = [row.split(" | ") for row in device_page.signatures(model)]
    assert [row[1].strip("`") for row in rows] == [
        compiled.get_signature_by_index(index)["key"] for index in range(compiled.get_num_signatures())
    ]
    found = compiled.get_signature_list()
    for _, key, inputs, outputs in rows:
        sides = found[key.strip("`")]
        assert re.findall(r"`(\w+)`", inputs) == sides["inputs"]
        assert re.findall(r"`(\w+)`", outputs) == sides["outputs"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_snippets_are_lines_of_the_examples(language):
    folder = ROOT / "apps" / "examples" / language
    files = [path for path in folder.glob("*.*") if path.suffix != ".json"]
    lines = {line.strip() for path in files for line in path.read_text(encoding="utf-8").splitlines()}
    shown = [line.strip() for text in snippets(language) for line in text.splitlines()]
    assert shown
    assert [line for line in shown if line not in lines] == []


def test_python_prints_what_it_says(monkeypatch):
    (text,) = snippets("python")
    monkeypatch.chdir(ROOT)
    with redirect_stdout(io.StringIO()) as printed:
        exec(compile(text, "the snippet", "exec"), {})
    assert printed.getvalue().strip() == text.strip().rpartition("  # ")[2]


def test_links_lead_somewhere():
    links = re.findall(r"\]\(([^)#:]+)\)", PAGE)
    assert links
    assert [link for link in links if not (device_page.PAGE.parent / link).exists()] == []
