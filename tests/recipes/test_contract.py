"""What every recipe promises, tested on every recipe that is found: a new folder is tested without touching this
file.
"""

import importlib.util
import os
import signal
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from heedful.apps.errors import InputError
from heedful.apps.model_file import CARD, ModelFile, attach
from heedful.recipes.suite import litert
from heedful.recipes.suite.discovery import Recipe, recipes

NAMES = [recipe.name for recipe in recipes()]
BACKEND = keras.backend.backend()
# The loop is the same for all: every recipe shows it under the running backend, and one under each of the others.
RESUMED = [(name, BACKEND) for name in NAMES] + [
    ("speech_commands", other)
    for other in ("tensorflow", "jax", "torch")
    if other != BACKEND and importlib.util.find_spec(other)
]
SHORT_RUN = Path(__file__).with_name("short_run.py")
tensorflow_only = pytest.mark.skipif(BACKEND != "tensorflow", reason="the export runs under TensorFlow")


class Built:
    """A recipe with its sample loaded and its smallest model built and nudged away from its initial values."""

    def __init__(self, name: str):
        self.recipe = Recipe(name)
        self.config = self.recipe.config.PRESETS["tiny"]
        self.data = self.recipe.data.load("sample", self.config)
        self.facts = {**self.data.facts, "attachments": self.data.attachments}
        keras.utils.set_random_seed(7)
        self.model = self.recipe.model.build(self.config, self.facts)
        self.trainer = self.recipe.trainer.build_trainer(
            self.model, self.config, self.facts, self.data.steps_per_epoch, seed=7
        )
        self.trainer.optimizer.build(self.trainer.trainable_variables)  # else TensorFlow traces the step twice
        self.before = [keras.ops.convert_to_numpy(v) for v in self.model.trainable_variables]
        for step in range(3):
            self.loss = self.trainer.train_on_batch(*self.data.batch(7, step))
        shipped = self.recipe.export.deployed(self.model)
        self.exporter = litert.Exporter(
            shipped,
            self.recipe.export.signatures(shipped),
            self.recipe.export.examples(self.data, shipped),
            self.recipe.export.FLOAT_LAYERS,
        )
        self.score = lambda model: self.recipe.metrics.score(self.recipe.export.predictor(model), self.data)


@pytest.fixture(scope="module", params=NAMES)
def built(request):
    return Built(request.param)


def test_there_are_recipes_and_each_has_its_presets():
    assert "speech_commands" in NAMES
    for recipe in recipes():
        assert {"tiny", "base"} <= set(recipe.config.PRESETS)
        assert recipe.summary.endswith(".")


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


def test_keras_file_gives_the_same_answers(built, tmp_path):
    built.model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras", compile=False, safe_mode=True)
    assert built.score(again) == built.score(built.model)
    for a, b in zip(built.model.weights, again.weights, strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(a), keras.ops.convert_to_numpy(b))


@tensorflow_only
@pytest.mark.parametrize("quantize", litert.QUANTIZATIONS)
def test_exported_file_is_builtin_and_answers_like_keras(built, quantize, tmp_path):
    if quantize not in built.recipe.export.ALLOWED_DROP:
        pytest.skip(f"{built.recipe.name} has no {quantize} file")
    exporter = built.exporter
    content = exporter.export(quantize)

    found = litert.operators(content)
    assert found and not [name for name in found if name.startswith("CUSTOM") or name in litert.VARIABLE_OPERATORS]
    path = tmp_path / "model.tflite"
    path.write_bytes(attach(content, {CARD: b"{}", **built.data.attachments}))
    file = ModelFile(path)
    for name, rows in exporter.examples.items():
        largest = 0.0
        for row, expected in zip(rows, exporter.expected[name], strict=True):
            answer = file.run(name, **row)
            chosen = [key for key in expected if expected[key].dtype == np.int32]
            if all(np.array_equal(answer[key], expected[key]) for key in chosen):  # else it speaks of something else
                largest = max(largest, *(np.abs(answer[key] - expected[key]).max() for key in expected))
        assert largest < {"none": 1e-4, "float16": 2e-2, "dynamic": 0.2, "int8": 0.5}[quantize]


@pytest.mark.parametrize(("name", "backend"), RESUMED)
def test_killed_run_resumes_to_the_very_same_weights(name, backend, tmp_path):
    straight, killed = tmp_path / "straight", tmp_path / "killed"

    def run(*arguments):
        environment = {**os.environ, "KERAS_BACKEND": backend, "PYTHONPATH": os.pathsep.join(sys.path)}
        command = [sys.executable, str(SHORT_RUN), name, *map(str, arguments)]
        return subprocess.run(command, env=environment, capture_output=True, text=True)

    assert run(killed, "--kill-at", 4).returncode == -signal.SIGKILL
    assert any(killed.iterdir()) and not (killed / "weights.npz").exists()
    done = run(killed, straight)
    assert done.returncode == 0, done.stderr

    with np.load(straight / "weights.npz") as a, np.load(killed / "weights.npz") as b:
        assert a.files == b.files
        for key in a.files:
            np.testing.assert_array_equal(a[key], b[key], err_msg=key)


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
