"""A backbone through `heedful train`: its weights move as asked, and its file answers alone as the Keras model does."""

import csv
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from command_line import assert_sentence, heedful
from small_backbones import LONGEST, TEXTS, made

from heedful.apps.byte_pair import BytePair
from heedful.apps.model_file import ModelFile
from heedful.apps.text_classification import Classifier
from heedful.apps.tokenizer import FILE
from heedful.recipes.shared.network.text_backbone import backbone_of
from heedful.recipes.suite.discovery import recipe
from heedful.recipes.suite.saved import open_saved

keras_hub = pytest.importorskip("keras_hub")
chosen = recipe("text_classification")

ALONE = """
import json, sys
sys.modules |= dict.fromkeys(("keras", "keras_hub", "tensorflow", "tensorflow_text", "tokenizers", "transformers"))
from heedful.apps.text_classification import classify, load
model = load(sys.argv[1])
print(json.dumps([[a.label, a.probabilities.tolist()] for a in (classify(model, text) for text in sys.argv[2:])]))
"""


@pytest.fixture(scope="module")
def table(tmp_path_factory) -> Path:
    """Texts of two labels, told apart by their words."""
    file = tmp_path_factory.mktemp("table") / "questions.csv"
    ends = ("", " today", " please", " at nine", ", café", " 日本", "  😀", " 2019", " now", "?")
    with open(file, "w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(("text", "label", "split"))
        for number, text in enumerate(TEXTS):
            for place, end in enumerate(ends):
                writer.writerow((text + end, ("money", "hours")[number // 2], "validation" if place < 3 else "train"))
    return file


def trained(table: Path, preset: Path, folder: Path, *settings: str) -> Path:
    done = heedful(
        "train", "text_classification", "--data", table, "--out", folder, "--epochs", 1,
        "--set", f"backbone={preset}", f"longest={LONGEST}", "batch_size=8", *settings,
    )  # fmt: skip
    assert done.code == 0, done
    return folder


@pytest.mark.long
@pytest.mark.parametrize(
    "name, settings",
    [
        ("Bert", ("frozen=yes",)),
        ("DistilBert", ("frozen=no", "learning_rate=5e-5")),
        ("Roberta", ("frozen=yes",)),
        ("Roberta", ("frozen=no", "learning_rate=5e-5")),
        ("Bart", ("frozen=yes",)),
    ],
)
def test_it_is_trained_and_runs_alone(name, settings, table, tmp_path):
    preset = made(tmp_path / "preset", name)
    folder = trained(table, preset, tmp_path / "model", *settings)
    saved = open_saved(chosen, folder)
    model: Any = saved.model
    weights = model.get_layer("classifier").get_layer("backbone").weights
    was = backbone_of(str(preset), True, LONGEST).weights
    moved = [not np.array_equal(*map(keras.ops.convert_to_numpy, pair)) for pair in zip(weights, was, strict=True)]
    assert not any(moved) if "frozen=yes" in settings else np.mean(moved) > 0.9

    file = folder / "model.tflite"
    runs = Classifier(ModelFile(file))
    ids = np.zeros((len(TEXTS), runs.length), np.int32)
    for row, text in zip(ids, TEXTS, strict=True):
        found = runs.tokenizer.encode(text, runs.length)
        row[: len(found)] = found
    theirs = model.predict_on_batch(ids)
    for row, probabilities, attention in zip(ids, theirs["probabilities"], theirs["attention"], strict=True):
        mine = runs.file.run("classify", ids=row[None])
        np.testing.assert_allclose(mine["probabilities"][0], probabilities, atol=1e-4)
        np.testing.assert_allclose(mine["attention"][0], attention, atol=1e-4)

    environment = {"PYTHONPATH": str(Path(__file__).parents[3] / ".src")}
    done = subprocess.run([sys.executable, "-c", ALONE, file, *TEXTS], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    labels = saved.card["facts"]["labels"]
    for (label, probabilities), expected in zip(json.loads(done.stdout), theirs["probabilities"], strict=True):
        assert label in (None, labels[int(expected.argmax())])  # None: below the threshold
        assert int(np.argmax(probabilities)) == int(expected.argmax())
    done = heedful("evaluate", "text_classification", "--model", folder)
    assert done.code == 0 and "accuracy" in done.out, done


def test_a_text_that_is_cut_keeps_its_end_as_in_the_app(tmp_path):
    """One of 200 is longer than what is read."""
    preset, file = made(tmp_path / "preset", "Roberta"), tmp_path / "texts.jsonl"
    texts = [{"text": f"card {number}", "label": number % 2, "split": "train"} for number in range(200)]
    texts += [{"text": "a card " * 9, "label": 0, "split": "train"}]
    texts += [{"text": f"card {number}, please", "label": number % 2, "split": "validation"} for number in range(9)]
    file.write_text("\n".join(map(json.dumps, texts)))
    data = chosen.data.load(str(file), replace(chosen.config.PRESETS["tiny"], backbone=str(preset)))
    train, tokenizer = data.splits["train"], BytePair.from_json(data.attachments[FILE].decode())
    assert (train.ids == tokenizer.marks[1]).sum(axis=1).tolist() == [1] * 201
    longest = train.texts.index(max(train.texts, key=len))
    assert train.ids[longest].tolist() == tokenizer.encode(train.texts[longest], data.facts["length"])


def test_a_rate_that_unlearns_the_backbone_is_one_sentence(table, tmp_path):
    done = heedful(
        "train", "text_classification", "--data", table, "--set", "backbone=x", "frozen=no", "--out", tmp_path
    )
    assert_sentence(done, 2, "learning_rate=0.004", "add learning_rate=5e-5")
    assert not [*tmp_path.iterdir()]


def test_a_tokenizer_that_no_phone_has_is_one_sentence_before_training(table, tmp_path):
    preset = made(tmp_path / "preset", "Albert")
    folder = tmp_path / "model"
    done = heedful("train", "text_classification", "--data", table, "--set", f"backbone={preset}", "--out", folder)
    assert_sentence(done, 2, "has a AlbertTokenizer: give a preset with a WordPiece tokenizer")
    assert not folder.exists()


@pytest.mark.long
def test_what_cannot_be_exported_is_not_trained(table, tmp_path, monkeypatch):
    """TensorFlow Lite has no inverse of the error function."""
    preset = made(tmp_path / "preset", "Bert")
    whole = keras_hub.models.Backbone.from_preset(str(preset))
    vectors = keras.ops.erfinv(keras.ops.tanh(whole.output["sequence_output"]))
    other = keras.Model(whole.input, {"sequence_output": vectors})
    monkeypatch.setattr(keras_hub.models.Backbone, "from_preset", lambda _: keras.models.clone_model(other))
    folder = tmp_path / "model"
    done = heedful("train", "text_classification", "--data", table, "--set", f"backbone={preset}", "--out", folder)
    assert_sentence(done, 2, "cannot be exported (the graph cannot be built from builtin operators", "another backbone")
    assert "epoch" not in done.out and not (folder / "model.keras").exists()
