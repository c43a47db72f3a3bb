"""`heedful enrol`: a trained model learns a word, and every command takes the file."""

import json
import shutil
from pathlib import Path

import pytest
from command_line import RECIPE, assert_sentence, heedful

from heedful.recipes import speech_commands

SAMPLE = Path(speech_commands.__file__).parent / "sample"


@pytest.fixture
def words(tmp_path):
    """Recordings of a word that the model knows as `_unknown_`, under a name of its own."""
    folder = tmp_path / "words" / "mine"
    folder.mkdir(parents=True)
    for path in (SAMPLE / "train" / "_unknown_").glob("*_nohash_nose.flac"):
        shutil.copy(path, folder)
    return tmp_path / "words"


def test_a_word_is_learnt_and_the_file_is_one_like_any_other(trained, words, tmp_path):
    model, out = trained.folder / "model.tflite", tmp_path / "mine.tflite"
    done = heedful("enrol", model, "--words", words, "--out", out)
    assert done.code == 0 and done.err == "", done
    lines = done.out.splitlines()
    assert lines[0].startswith("word") and lines[1].startswith("mine") and lines[-1] == f"written: {out}"
    card = json.loads((trained.folder / "card.json").read_text())
    ran = heedful(
        "run", RECIPE, words / "mine" / sorted(p.name for p in (words / "mine").iterdir())[0], "--model", out, "--json"
    )
    assert ran.code == 0 and len(json.loads(ran.out)[0]["top"]) == 3
    assert heedful("inspect", out).code == 0
    evaluated = heedful("evaluate", RECIPE, "--model", out, "--split", "validation", "--json", tmp_path / "scores.json")
    assert evaluated.code == 0, evaluated.err
    assert json.loads((tmp_path / "scores.json").read_text())["parameters"] == card["parameters"]


def test_wrong_input_is_one_sentence(trained, words, tmp_path):
    model = trained.folder / "model.tflite"
    assert_sentence(heedful("enrol", model), 2, "the following arguments are required: --words")
    assert_sentence(heedful("enrol", tmp_path / "no.tflite", "--words", words), 2, "no.tflite does not exist")
    assert_sentence(heedful("enrol", model, "--words", tmp_path / "none"), 2, "none is no folder")
    int8 = trained.folder / "model.int8.tflite"
    assert_sentence(heedful("enrol", int8, "--words", words), 2, "give the float32, float16 or dynamic file")
