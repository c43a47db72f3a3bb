"""`heedful data`: what was understood, the summary, examples and the command to go on with, on any terminal."""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import assert_sentence, heedful

from heedful.apps.errors import InputError
from heedful.recipes.contract import Look
from heedful.recipes.suite.discovery import Recipe
from heedful.recipes.suite.look import quoted

LEAST = Recipe("least")
MOUNTED = "import mounted, sys; from heedful.recipes.suite.cli import main; code = main(sys.argv[1:])\n"


@pytest.fixture
def table(tmp_path) -> Path:
    """Rows of `numbers` and `label`, the labels of two languages."""
    numbers = np.random.default_rng(3).normal(size=(120, 7)).round(3)
    labels = ["grün", "开灯"] * 60
    path = tmp_path / "my table.csv"
    lines = [f"{' '.join(map(str, row))},{label}\n" for row, label in zip(numbers, labels, strict=True)]
    path.write_text("numbers,label\n" + "".join(lines), encoding="utf-8")
    return path


def with_look(monkeypatch, look: Callable[..., Look]) -> None:
    monkeypatch.setattr(LEAST.module("data"), "look", look, raising=False)


def test_a_recipe_that_says_nothing_of_its_own_shows_its_summary_and_the_command(table):
    done = heedful("data", "least", table)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0] == "read as:" and lines[1].startswith("  my table.csv: ")
    assert lines[3] == str(table) and "labels: grün, 开灯" in lines
    assert lines[-2:] == ["to train on it:", f"  heedful train least --data '{table}'"]
    assert "examples:" not in lines


def test_a_look_has_what_was_understood_first_and_examples_last(monkeypatch, table):
    def look(source, config, *, data_dir=None, download=False, columns=None):
        summary = {"read": ["a table in UTF-8", "label: tag"], "rows": {"train": 3}, "warnings": ["few rows"]}
        return Look(summary, ["1 2 3\ngrün", "two", "three", "four"])

    with_look(monkeypatch, look)
    done = heedful("data", "least", table)
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        f"read as:\n  a table in UTF-8\n  label: tag\n\n{table}\nrows:\n  train: 3\nwarning: few rows\n\n"
        "examples:\n  1. 1 2 3\n     grün\n  2. two\n  3. three\n\n"
        f"to train on it:\n  heedful train least --data '{table}'\n"
    )


def test_all_that_was_asked_for_reaches_the_recipe_and_the_command(monkeypatch):
    asked: dict[str, Any] = {}

    def look(source, config, *, data_dir=None, download=False, columns=None):
        asked.update(source=source, width=config.width, data_dir=data_dir, download=download, columns=columns)
        return Look({}, ())

    with_look(monkeypatch, look)
    done = heedful(
        "data", "least", "a.csv", "b c.csv", "--columns", "numbers=my values", "label=tag", "--preset", "base",
        "--set", "width=3", "--data-dir", "prepared", "--download", "--json",
    )  # fmt: skip
    assert (done.code, done.err) == (0, "")
    columns = {"numbers": "my values", "label": "tag"}
    assert asked == {
        "source": "a.csv\nb c.csv", "width": 3, "data_dir": "prepared", "download": True, "columns": columns,
    }  # fmt: skip
    found = json.loads(done.out)
    assert found == {"summary": {"source": "a.csv\nb c.csv"}, "examples": [], "train": found["train"]}
    assert found["train"] == (
        "heedful train least --data a.csv 'b c.csv' --columns 'numbers=my values' label=tag --preset base "
        "--set width=3 --data-dir prepared"
    )


def test_several_files_are_read_with_the_columns_of_the_user(table, tmp_path):
    other = tmp_path / "other.csv"
    other.write_text(table.read_text(encoding="utf-8").replace("label", "tag of mine"), encoding="utf-8")
    table.write_text(other.read_text(encoding="utf-8"), encoding="utf-8")
    done = heedful("data", "least", table, other, "--columns", "label=tag of mine", "--json")
    assert (done.code, done.err) == (0, "")
    summary = json.loads(done.out)["summary"]
    assert sum(summary["rows"].values()) == 240 and len(summary["read"]) == 2


def test_several_paths_are_named_on_one_line(monkeypatch):
    with_look(monkeypatch, lambda *_, **__: Look({"rows": 3}, ()))
    assert heedful("data", "least", "a.csv", "b.csv").out.startswith("a.csv, b.csv\nrows: 3\n")

    def look(source, config, *, data_dir=None, download=False, columns=None):
        raise InputError(f"{source} hold nothing: give more.")

    with_look(monkeypatch, look)
    done = heedful("data", "least", "a.csv", "b.csv")
    assert (done.code, done.out, done.err) == (2, "", "heedful: a.csv, b.csv hold nothing: give more.\n")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("least",), "the following arguments are required: SRC"),
        (("least", "nowhere.csv"), "nowhere.csv does not exist"),
        (("least", "sample", "--columns", "label"), "--columns label: expected name=header"),
        (("least", "sample", "--preset", "huge"), "there is no preset 'huge'"),
        (("least", "sample", "--set", "colour=red"), "--set colour=red: expected key=value"),
        (("cooking", "sample"), "there is no recipe 'cooking'"),
        (("least", "my\nfile.csv"), "my\\nfile.csv has a line break in its name"),
        (("least", "my  \x1b[31m.csv"), "my  \\x1b[31m.csv does not exist"),
    ],
    ids=["no source", "missing", "columns", "preset", "key", "recipe", "line break", "control characters"],
)
def test_what_is_wrong_is_one_sentence(arguments, reason):
    done = heedful("data", *arguments)
    assert_sentence(done, 2, reason)
    assert done.out == ""


def test_a_recipe_that_is_not_whole_is_one_sentence(monkeypatch):
    monkeypatch.delattr(LEAST.module("data"), "load")
    assert_sentence(heedful("data", "least", "sample"), 1, "the recipe least is not whole: data.load is missing")


def test_a_look_that_is_not_json_is_one_sentence(monkeypatch):
    with_look(monkeypatch, lambda *_, **__: Look({"path": Path("here")}, ()))
    assert_sentence(heedful("data", "least", "sample"), 1, "what the recipe least says of its data is not JSON")


def test_nothing_in_data_makes_a_terminal_act(monkeypatch):
    summary = {"read": ["column \x1b[2J"], "labels": {"a\x07b": 3}, "notes": ["\u202eabc"]}
    with_look(monkeypatch, lambda *_, **__: Look(summary, ["x\x9b\ny\r"]))
    done = heedful("data", "least", "my\tdata")
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        "read as:\n  column \\x1b[2J\n\nmy\\tdata\nlabels:\n  a\\x07b: 3\n\\u202eabc\n\n"
        "examples:\n  1. x\\x9b\n     y\\r\n\nto train on it:\n  heedful train least --data $'my\\tdata'\n"
    )


@pytest.mark.parametrize(
    "word", ["a.csv", "my file.csv", "it's", "a\tb\\c'd\x1b", "$HOME `x`", "开灯.csv", "a\udcffb\udc80", ""]
)
def test_a_shell_reads_the_command_as_it_is_meant(word):
    done = subprocess.run(["bash", "-c", f"printf %s {quoted(word)}"], capture_output=True)
    assert os.fsdecode(done.stdout) == word


def process(*arguments: object, program: str = MOUNTED, **environment: str) -> subprocess.CompletedProcess[bytes]:
    path = os.pathsep.join(filter(None, [str(Path(__file__).parents[1]), *sys.path]))
    command = [sys.executable, "-c", program + "sys.exit(code)", *map(str, arguments)]
    return subprocess.run(command, env={**os.environ, "PYTHONPATH": path, **environment}, capture_output=True)


C_LOCALE = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}


@pytest.mark.parametrize(
    ("environment", "label"),
    [
        ({"PYTHONIOENCODING": "ascii"}, rb"gr\xfcn, \u5f00\u706f"),
        ({"PYTHONIOENCODING": "cp1252"}, b"gr\xfcn, \\u5f00\\u706f"),
        (C_LOCALE, rb"gr\xfcn, \u5f00\u706f"),
        ({"PYTHONIOENCODING": "utf-8"}, "grün, 开灯".encode()),
    ],
    ids=["ascii", "cp1252", "C locale", "UTF-8"],
)
def test_output_that_a_terminal_cannot_encode_does_not_crash(table, environment, label):
    done = process("data", "least", table, **environment)
    assert (done.returncode, done.stderr) == (0, b"") and b"labels: " + label in done.stdout
    done = process("data", "least", table, "--json", **environment)
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["summary"]["labels"] == ["grün", "开灯"]


def test_a_complaint_that_a_terminal_cannot_encode_does_not_crash():
    done = process("data", "least", "开灯.csv", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(rb"heedful: \u5f00\u706f.csv does not exist") and done.stderr.count(b"\n") == 1


def test_data_is_read_without_keras_where_the_recipe_needs_none(table):
    program = MOUNTED + "print([name for name in ('keras', 'tensorflow', 'jax', 'torch') if name in sys.modules])\n"
    done = process("data", "least", table, program=program)
    assert (done.returncode, done.stderr) == (0, b"") and done.stdout.splitlines()[-1] == b"[]"


def test_the_sample_is_looked_at():
    done = heedful("data", "least", "sample", "--json")
    assert (done.code, done.err) == (0, "")
    found = json.loads(done.out)
    assert found["summary"]["source"] == "sample" and sum(found["summary"]["rows"].values()) == 2000
    assert shlex.split(found["train"]) == ["heedful", "train", "least", "--data", "sample"]
