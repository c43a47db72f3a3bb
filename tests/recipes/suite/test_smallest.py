"""`heedful export --quantize auto`: what it tries, what it keeps, and when it keeps nothing."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import keras
import pytest
from command_line import RECIPE, assert_sentence, heedful

from heedful.apps.model_file import ModelFile
from heedful.recipes.contract import QUANTIZATIONS
from heedful.recipes.suite import cards
from heedful.recipes.suite.discovery import Recipe
from heedful.recipes.suite.export import file_name

if keras.backend.backend() != "tensorflow":
    pytest.skip("the export runs under TensorFlow", allow_module_level=True)

ALLOWED = {"none": 0.0, "float16": 0.01, "dynamic": 0.01, "int8": 0.05}


@pytest.fixture(scope="module")
def ready(tmp_path_factory) -> Path:
    """A model of `least`, as it was trained, with all of its files."""
    folder = tmp_path_factory.mktemp("least") / "model"
    assert heedful("train", "least", "--out", folder).code == 0
    return folder


@pytest.fixture
def folder(ready, tmp_path) -> Path:
    """The same without its files."""
    folder = shutil.copytree(ready, tmp_path / "model")
    for path in folder.glob("*.tflite"):
        path.unlink()
    return folder


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.tflite"))


def auto(folder: Path):
    return heedful("export", "least", "--model", folder, "--quantize", "auto")


def bytes_of(ready: Path) -> dict[str, int]:
    """Bytes of each file of the training by its quantization."""
    return {name: (ready / file_name(name)).stat().st_size for name in QUANTIZATIONS}


def test_only_the_smallest_file_is_written(ready, folder):
    done = auto(folder)
    assert (done.code, done.err) == (0, "")
    wanted = min(bytes_of(ready), key=lambda name: bytes_of(ready)[name])
    assert files(folder) == [file_name(wanted)]
    assert f"the smallest is {file_name(wanted)}" in done.out
    card = cards.read(folder)
    assert card["smallest"]["file"] == file_name(wanted) and set(card["smallest"]["tried"]) == set(QUANTIZATIONS)
    smallest = card["smallest"]["tried"][wanted]
    assert smallest["bytes"] == (folder / file_name(wanted)).stat().st_size == card["files"][file_name(wanted)]["bytes"]
    assert smallest["score"] == card["files"][file_name(wanted)]["score"]
    for name, line in zip(QUANTIZATIONS, done.out.splitlines(), strict=False):
        assert line.startswith(name) and "accuracy" in line and "kB" in line
    inside = ModelFile(folder / file_name(wanted)).card
    assert inside["file"]["quantization"] == wanted and "smallest" not in inside


def test_what_scores_too_little_is_told_and_the_next_is_taken(ready, folder, monkeypatch):
    """A file of it that was there stays as it was."""
    worse, better = sorted(QUANTIZATIONS, key=lambda name: bytes_of(ready)[name])[:2]
    shutil.copy(ready / file_name(worse), folder)
    monkeypatch.setattr(Recipe("least").export.module, "QUANTIZATIONS", ALLOWED | {worse: -1.0}, raising=False)
    done = auto(folder)
    assert done.code == 0 and files(folder) == sorted([file_name(worse), file_name(better)])
    assert (folder / file_name(worse)).read_bytes() == (ready / file_name(worse)).read_bytes()
    smallest = cards.read(folder)["smallest"]
    assert smallest["file"] == file_name(better) and "refused" not in smallest["tried"][better]
    assert smallest["tried"][worse]["refused"].startswith("accuracy falls from ")
    assert any(line.startswith(f"{worse:8} refused: accuracy falls") for line in done.out.splitlines())


def test_nothing_is_written_where_every_file_is_refused(folder, monkeypatch):
    monkeypatch.setattr(
        Recipe("least").export.module, "QUANTIZATIONS", dict.fromkeys(QUANTIZATIONS, -1.0), raising=False
    )
    card = (folder / "card.json").read_bytes()
    done = auto(folder)
    assert_sentence(done, 1, "the export was refused: none of these files does what the model does")
    assert done.out.count("refused: accuracy falls") == len(QUANTIZATIONS)
    assert files(folder) == [] and (folder / "card.json").read_bytes() == card


def test_nothing_is_chosen_without_data(folder):
    """The examples beside the model verify a file; what it costs they do not tell."""
    card = json.loads((folder / "card.json").read_text())
    card["data"]["source"] = "gone.csv"
    (folder / "card.json").write_text(json.dumps(card))
    assert_sentence(auto(folder), 2, "gone.csv")
    assert files(folder) == []


def test_a_wrong_name_is_told_of_auto(folder):
    assert_sentence(heedful("export", "least", "--model", folder, "--quantize", "int3"), 2, "for least, or auto")


def test_no_folder_is_one_sentence(tmp_path):
    assert_sentence(auto(tmp_path / "nowhere"), 2, "nowhere is not a folder")


@pytest.mark.long
@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_a_shipped_recipe_under_either_backend(trained, tmp_path, backend):
    folder = shutil.copytree(trained.folder, tmp_path / "model")
    sizes = {path.name: path.stat().st_size for path in folder.glob("*.tflite")}
    for name in sizes:
        (folder / name).unlink()
    command = [sys.executable, "-m", "heedful.recipes", "export", RECIPE, "--model", folder, "--quantize", "auto"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "KERAS_BACKEND": backend}
    done = subprocess.run(command, env=environment, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    smallest = cards.read(folder)["smallest"]
    passed = {name: facts for name, facts in smallest["tried"].items() if "refused" not in facts}
    assert files(folder) == [smallest["file"]] == [file_name(min(passed, key=lambda name: passed[name]["bytes"]))]
    assert all(done.stdout.count(f"\n{name} ") + done.stdout.startswith(f"{name} ") == 1 for name in QUANTIZATIONS)
