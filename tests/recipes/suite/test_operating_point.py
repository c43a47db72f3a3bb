"""What a recipe says of how a model is best used, how it selects an epoch, and its own options of `evaluate`."""

import json
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest
from command_line import assert_sentence, heedful

from heedful.apps.model_file import ModelFile
from heedful.recipes.suite import cards
from heedful.recipes.suite.discovery import Recipe
from heedful.recipes.suite.export import export

FILES = ("model.tflite", "model.float16.tflite", "model.dynamic.tflite", "model.int8.tflite")
tensorflow_only = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="the export runs under TensorFlow")


def point_of(predict, data):
    """An operating point that differs between a model and its quantized files."""
    rows = data.split("validation")
    return {"surest": float(np.sort(predict({"numbers": rows.numbers})["probabilities"].max(axis=1))[-1])}


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    """A model of `least`, without any of these hooks."""
    folder = tmp_path_factory.mktemp("least") / "model"
    assert heedful("train", "least", "--epochs", 1, "--out", folder).code == 0
    card = cards.read(folder)
    assert not [facts for facts in (card, *card["files"].values()) if "operating_point" in facts]
    return folder


@pytest.fixture
def gone(trained, tmp_path) -> Path:
    """The same with an operating point, after its data has gone."""
    folder = shutil.copytree(trained, tmp_path / "model")
    card = cards.read(folder)
    card["data"]["source"] = str(tmp_path / "gone")
    cards.write(folder, {**card, "operating_point": {"surest": 0.5}})
    return folder


@pytest.fixture
def add(monkeypatch):
    """Gives the metrics of `least` a hook."""
    module = Recipe("least").module("metrics")
    return lambda name, hook: monkeypatch.setattr(module, name, hook, raising=False)


@tensorflow_only
def test_every_file_has_its_own_and_is_evaluated_at_it_and_the_epoch_is_selected_as_the_recipe_says(add, tmp_path):
    asked, values = [], iter([0.1, 0.7, 0.4])

    def evaluate(predict, data, split, *, operating_point=None):
        asked.append(operating_point)
        return {"split": split, "examples": len(data.split(split)), "accuracy": 0.5}

    add("operating_point", point_of)
    add("evaluate", evaluate)
    add("selection", lambda predict, data: next(values))
    add("SELECTION", "luck")
    folder = tmp_path / "model"
    assert heedful("train", "least", "--epochs", 3, "--out", folder).code == 0
    card = cards.read(folder)
    assert card["operating_point"] and asked == [card["operating_point"]] * len(card["metrics"])
    points = {name: card["files"][name]["operating_point"] for name in FILES}
    assert points["model.tflite"]["surest"] == pytest.approx(card["operating_point"]["surest"], abs=1e-5)
    assert len({point["surest"] for point in points.values()}) > 1
    for name, point in points.items():
        inside = ModelFile(folder / name).card
        assert inside["file"]["operating_point"] == point and "operating_point" not in inside
    for name, point in {"": card["operating_point"], **points}.items():
        asked.clear()
        assert heedful("evaluate", "least", "--model", folder / name).code == 0
        assert asked == [point]
    training = card["training"]
    assert training["best_epoch"] == 2 and [entry["score"] for entry in training["history"]] == [0.1, 0.7, 0.4]
    assert training["selection"] == "the epoch of the best validation luck of the averaged weights"


@tensorflow_only
def test_without_data_it_stays_as_it_was(gone):
    card = cards.read(gone)
    card["files"]["model.int8.tflite"]["operating_point"] = {"surest": 0.25}
    cards.write(gone, card)
    assert export(Recipe("least"), gone, ("dynamic", "int8")) == {}
    for name, expected in (("int8", 0.25), ("dynamic", 0.5)):
        file = f"model.{name}.tflite"
        assert cards.read(gone)["files"][file]["operating_point"] == {"surest": expected}
        assert ModelFile(gone / file).card["file"]["operating_point"] == {"surest": expected}


@pytest.fixture
def own(add):
    """Two own options, and what `evaluate_given` was called with."""
    calls = []

    def evaluate_given(predict, facts, operating_point, loud=0, sound=()):
        calls.append((facts, operating_point, loud, sound))
        return {"loudness": loud, "sounds": len(sound)}

    def add_arguments(parser):
        parser.add_argument("--loud", type=int)
        parser.add_argument("--sound", nargs="+", action="extend")

    add("add_arguments", add_arguments)
    add("evaluate_given", evaluate_given)
    add("evaluate", lambda predict, data, split, operating_point=None: {"split": split, "point": operating_point})
    add("describe", lambda metrics: ", ".join(metrics))
    return calls


def test_own_options_alone_need_no_data(own, gone, tmp_path):
    target = tmp_path / "result.json"
    done = heedful("evaluate", "--loud", 7, "--sound", "a", "b", "least", "--model", gone, "--json", target)
    assert (done.code, done.err) == (0, "")
    card = cards.read(gone)
    assert own == [(card["facts"], card["operating_point"], 7, ["a", "b"])]
    result = json.loads(target.read_text())
    assert result["metrics"] == {"loudness": 7, "sounds": 2}
    assert result.keys() == {"recipe", "model", "parameters", "bytes", "metrics"}
    head, text = done.out.splitlines()
    assert head.startswith(f"{gone / 'model.keras'}: ") and head.endswith(" kB") and text == "loudness, sounds"


def test_with_data_they_come_on_top(own, gone, tmp_path):
    target = tmp_path / "result.json"
    done = heedful("evaluate", "least", "--model", gone, "--data", "sample", "--loud", 3, "--json", target)
    assert done.code == 0
    result = json.loads(target.read_text())
    measured = {"split": "test", "point": {"surest": 0.5}}
    assert result["metrics"] == {**measured, "loudness": 3, "sounds": 0} and result["latency_ms"] > 0
    done = heedful("evaluate", "least", "--model", gone, "--loud", 3, "--split", "validation")
    assert_sentence(done, 2, str(tmp_path / "gone"))


def test_options_of_another_recipe_are_none(own):
    assert_sentence(
        heedful("evaluate", "recommender", "--model", "m", "--loud", 7), 2, "unrecognized arguments: --loud"
    )
    assert_sentence(heedful("evaluate", "least", "--model", "m", "--loud", "x"), 2, "invalid int value: 'x'")
