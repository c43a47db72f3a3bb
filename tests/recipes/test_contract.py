"""What every recipe promises, tested on every recipe that is found: a new folder is tested without touching this
file.
"""

import dataclasses
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest

from heedful.apps.errors import InputError
from heedful.apps.graph import flatbuffer, rules
from heedful.apps.graph.compiled import Compiled
from heedful.apps.model_file import ModelFile
from heedful.export import exporter as exporter_module
from heedful.export.exporter import Exporter
from heedful.recipes.contract import QUANTIZATIONS, check, check_data, knowledge_of
from heedful.recipes.suite import cards, train
from heedful.recipes.suite.configuration import replace
from heedful.recipes.suite.discovery import Recipe, recipes
from heedful.recipes.suite.evaluate import evaluate
from heedful.recipes.suite.export import data_of, export, file_name
from heedful.recipes.suite.saved import open_saved

HERE = Path(__file__).parent
NAMES = [recipe.name for recipe in recipes()]
BACKEND = keras.backend.backend()
tensorflow_only = pytest.mark.skipif(BACKEND != "tensorflow", reason="the export runs under TensorFlow")


class Built:
    """A recipe with its sample loaded, and its smallest model a few steps away from its initial values."""

    def __init__(self, name: str):
        self.recipe = Recipe(name)
        self.config = self.recipe.config.PRESETS["tiny"]
        self.data = self.recipe.data.load("sample", self.config)
        self.knowledge = knowledge_of(self.data)
        keras.utils.set_random_seed(7)
        self.model = self.recipe.model.build(self.config, self.knowledge)
        steps = self.data.steps_per_epoch
        trainer = self.recipe.trainer.build_trainer(self.model, self.config, self.knowledge, steps, seed=7)
        trainer.optimizer.build(trainer.trainable_variables)  # else TensorFlow traces the step twice
        self.before = [keras.ops.convert_to_numpy(v) for v in self.model.trainable_variables]
        for step in range(3):
            self.loss = trainer.train_on_batch(*self.data.batch(7, step))
        self.score = self.score_of(self.model)
        attachments = train.attachments_of(self.recipe, self.data, self.model)
        self.kept = dataclasses.replace(self.knowledge, attachments=attachments)  # what an opened model knows

    def score_of(self, model: keras.Model) -> float:
        return self.recipe.metrics.score(self.recipe.export.predictor(model), self.data, "validation")


@pytest.fixture(scope="module", params=NAMES)
def built(request) -> Built:
    return Built(request.param)


@pytest.fixture(scope="module")
def folder(built, tmp_path_factory) -> Path:
    """The model as `heedful train` leaves it, on data that is gone by now."""
    place = tmp_path_factory.mktemp(built.recipe.name)
    attachments = train.attachments_of(built.recipe, built.data, built.model)
    train.keep(built.recipe, built.data, place, built.model, attachments)
    metrics = built.recipe.metrics.evaluate(built.recipe.export.predictor(built.model), built.data, "validation")
    progress = SimpleNamespace(step=3, seconds=1.0, history=[{"epoch": 1, "score": built.score}])
    request = train.Request(source=str(place / "gone"), columns={"label": "tag"})
    card = train.make_card(
        built.recipe, request, built.config, built.data, place, built.model, progress, {"validation": metrics},
        attachments,
    )  # fmt: skip
    cards.write(place, card)
    return place


def test_the_recipe_is_whole(built):
    check(built.recipe)
    check_data(built.recipe, built.data)
    assert built.recipe.summary.endswith(".")


def test_a_look_says_what_the_data_is(built):
    found = built.recipe.data.look("sample", built.config)
    json.dumps(found.summary)
    text = built.recipe.data.describe({**found.summary, "source": "sample"})
    assert isinstance(text, str) and text.strip()
    for text in found.examples:
        assert isinstance(text, str) and text.strip() and text.count("\n") <= 1
    assert len(found.examples) in (0, 3)


def test_a_training_step_changes_every_weight(built):
    assert np.isfinite(built.loss).all()
    after = [keras.ops.convert_to_numpy(v) for v in built.model.trainable_variables]
    names = [v.path for v in built.model.trainable_variables]
    assert [n for n, a, b in zip(names, built.before, after, strict=True) if np.array_equal(a, b)] == []


def test_a_batch_is_a_function_of_seed_and_step(built):
    first, again, other = (built.data.batch(*key) for key in ((5, 2), (5, 2), (5, 3)))
    flat = [
        np.concatenate([np.ravel(x).astype(float) for x in keras.tree.flatten(item)]) for item in (first, again, other)
    ]
    assert np.array_equal(flat[0], flat[1])
    assert not np.array_equal(flat[0], flat[2])


def test_splits_are_there_together_and_alone(built):
    assert set(built.data.splits) == {"train", "validation", "test"}
    for name, part in built.data.splits.items():
        assert not len(part) or len(built.data.split(name))
    assert len(built.data.split("all")) > len(built.data.split("validation"))


def test_the_data_is_described(built):
    lines = built.recipe.data.describe({"source": "somewhere", **built.data.summary})
    assert isinstance(lines, str) and lines.strip()


def test_the_score_is_a_number_beside_a_baseline_and_of_so_many_examples(built):
    assert np.isfinite(built.score) and np.isfinite(built.recipe.metrics.baseline(built.data))
    assert 0 < built.recipe.metrics.scored(built.data) <= len(built.data.split("validation"))


def test_keras_file_gives_the_same_answers(built, folder):
    again = open_saved(built.recipe, folder)
    model: Any = again.model
    assert built.score_of(model) == built.score
    for a, b in zip(built.model.weights, model.weights, strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(a), keras.ops.convert_to_numpy(b))
    assert again.config == built.config and again.knowledge == built.kept


def test_the_card_says_what_the_model_scores(built, folder, tmp_path):
    card = cards.read(folder)
    metrics = card["metrics"]["validation"]
    assert metrics["split"] == "validation" and len(metrics) > 2
    text = built.recipe.metrics.describe(metrics)
    assert isinstance(text, str) and text.strip()
    drawn = built.recipe.metrics.pictures(metrics, tmp_path)
    assert sorted(path.name for path in drawn) == sorted(path.name for path in tmp_path.iterdir())
    assert card["facts"] == json.loads(json.dumps(built.data.facts))
    assert card["intended_use"] and card["limits"]
    late = built.recipe.export.attachments(built.model, built.data)
    assert set(card["attachments"]) == {*built.knowledge.attachments, *late}


def test_a_model_inherits_from_itself_and_refuses_another(built):
    again = built.recipe.model.build(built.config, built.knowledge)
    built.recipe.model.inherit(again, built.knowledge, built.model, built.knowledge)
    assert built.score_of(again) == built.score

    other = another_preset(built)
    with pytest.raises(InputError) as error:
        built.recipe.model.inherit(other, built.knowledge, built.model, built.knowledge)
    assert "\n" not in str(error.value)


def another_preset(built: Built) -> keras.Model:
    """A model of the same data that is built differently: some size of it is twice as large."""
    shapes = [weight.shape for weight in built.model.weights]
    sizes = [item.name for item in dataclasses.fields(built.config) if item.type in (int, "int")]
    for name in sorted(sizes, key=lambda name: name not in ("width", "hidden", "units")):
        config = replace(built.config, {name: 2 * getattr(built.config, name)})
        model = built.recipe.model.build(config, built.knowledge)
        if [weight.shape for weight in model.weights] != shapes:
            return model
    raise AssertionError("no setting changes the model")


@pytest.fixture(scope="module")
def exporter(built, folder) -> Exporter:
    """What exported the folder, whose data is gone, into every kind of file that the recipe has."""
    made: list[Exporter] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exporter_module, "Exporter", lambda *given: made.append(Exporter(*given)) or made[0])
        assert export(built.recipe, folder, tuple(built.recipe.export.QUANTIZATIONS)) == {}
    return made[0]


@pytest.fixture(scope="module")
def exported(folder, exporter) -> Path:
    return folder / file_name("none")


@tensorflow_only
@pytest.mark.parametrize("quantize", QUANTIZATIONS)
def test_exported_file_is_builtin_and_answers_like_keras(built, folder, exporter, quantize):
    if quantize not in built.recipe.export.QUANTIZATIONS:
        pytest.skip(f"{built.recipe.name} has no {quantize} file")
    file = ModelFile(folder / file_name(quantize))
    assert built.recipe.export.SIGNATURE in file.signatures
    found = cards.read(folder)["files"][file_name(quantize)]["operators"]
    graph = flatbuffer.read((folder / file_name(quantize)).read_bytes())
    assert found == flatbuffer.operators(graph)
    assert rules.breaches(graph, built.recipe.export.SIGNATURE) == []
    compiled = Compiled((folder / file_name(quantize)).read_bytes())
    for name, rows in exporter.examples.items():
        largest = 0.0
        for row, expected in zip(rows, exporter.expected[name], strict=True):
            answer = file.run(name, **row)
            for key, value in compiled.run(name, row).items():
                np.testing.assert_array_equal(value, answer[key])
            chosen = [key for key in expected if expected[key].dtype == np.int32]
            if all(np.array_equal(answer[key], expected[key]) for key in chosen):  # else it speaks of something else
                largest = max(largest, *(np.abs(answer[key] - expected[key]).max() for key in expected))
        assert largest < {"none": 1e-4, "float16": 2e-2, "dynamic": 0.2, "int8": 0.5}[quantize]


@tensorflow_only
def test_an_export_whose_data_is_gone_is_verified_and_not_scored(built, folder, exported):
    assert (folder / "examples.npz").stat().st_size <= 1_000_000
    facts = cards.read(folder)["files"][exported.name]
    assert "score" not in facts and "baseline" not in facts and facts["latency_ms"] > 0
    saved = open_saved(built.recipe, exported)
    assert saved.knowledge == built.kept


@tensorflow_only
def test_a_file_is_evaluated_as_the_model_is(built, exported):
    result = evaluate(built.recipe, exported, "sample", "validation", None, False)
    metrics = cards.read(exported.parent)["metrics"]["validation"]
    assert result["metrics"].keys() == metrics.keys() and result["latency_ms"] > 0
    json.dumps(result)


def test_the_data_of_the_training_is_read_as_it_was_then(built, folder, monkeypatch):
    """By `evaluate` without other data and by `export`: with the columns of the training."""
    asked = []

    def load(source, config, **how):
        asked.append((source, how["columns"]))
        return built.data

    monkeypatch.setattr(built.recipe.data, "load", load)
    gone, columns = str(folder / "gone"), {"label": "tag"}
    result = evaluate(built.recipe, folder, None, "validation", None, False)
    assert result["data"] == gone and data_of(built.recipe, open_saved(built.recipe, folder)) is built.data
    evaluate(built.recipe, folder, "elsewhere", "validation", None, False)
    evaluate(built.recipe, folder, gone, "validation", None, False, {"label": "kind"})
    assert asked == [(gone, columns), (gone, columns), ("elsewhere", None), (gone, {"label": "kind"})]


def test_a_run_is_resumed_with_its_own_columns_only(built, tmp_path):
    def claim(columns):
        train.claim(tmp_path, train.record(built.recipe, train.Request(columns=columns), built.config, built.data))

    claim({"label": "tag"})
    (tmp_path / train.STATE_FILE).touch()
    claim({"label": "tag"})
    with pytest.raises(InputError, match=r"was started with columns=\{'label': 'tag'\}: resume with the same"):
        claim(None)


RUN = """
import json, sys
sys.path[:0] = {path!r}
import mounted
from heedful.apps.run import describe, run
from heedful.recipes.suite.discovery import Recipe
app = Recipe({name!r}).app
inputs, model, picture = json.loads(sys.stdin.read())
results = run(app, inputs, model, picture)
print(json.dumps([results, [describe(app, result) for result in results]]))
assert not set(sys.modules) & {{"keras", "tensorflow", "jax", "torch"}}
"""


@tensorflow_only
def test_the_app_answers_the_demo_with_a_picture_and_without_keras(built, exported, tmp_path):
    inputs, expected = built.recipe.demo.inputs()
    assert expected
    program = RUN.format(path=[str(HERE), *sys.path], name=built.recipe.name)
    given = json.dumps([inputs, str(exported), str(tmp_path / "seen.png")])
    done = subprocess.run([sys.executable, "-c", program], input=given, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    results, texts = json.loads(done.stdout.splitlines()[-1])
    assert len(results) == len(texts) == len(inputs)
    for result, text in zip(results, texts, strict=True):
        assert Path(result["picture"]).read_bytes().startswith(b"\x89PNG") and result["picture"] in text


@pytest.mark.parametrize("name", NAMES)
def test_wrong_data_is_one_clear_sentence(name, tmp_path):
    recipe = Recipe(name)
    config = recipe.config.PRESETS["tiny"]
    (tmp_path / "empty").mkdir()
    (tmp_path / "file.txt").write_text("not data")
    for source in ("nowhere", "empty", "file.txt"):
        path = tmp_path / source
        with pytest.raises(InputError) as error:
            recipe.data.load(str(path), config)
        assert str(path) in str(error.value) and "\n" not in str(error.value)
