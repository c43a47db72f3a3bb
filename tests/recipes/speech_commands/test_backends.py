"""Whatever backend trained a model, its `.tflite` answers as that backend did."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from heedful.export.exporter import Exporter
from heedful.export.verification import TOLERANCE, interpreter
from heedful.recipes.suite.discovery import Recipe
from heedful.recipes.suite.saved import load_keras

pytestmark = pytest.mark.long

RECIPE = Recipe("speech_commands")
SCRIPT = Path(__file__).with_name("backend_run.py")
BACKENDS = [name for name in ("tensorflow", "jax", "torch") if importlib.util.find_spec(name)]


def run(backend: str, folder: Path) -> dict[str, np.ndarray]:
    """A training step under `backend` in a fresh Python; the arrays that it leaves."""
    environment = {"KERAS_BACKEND": backend, "PYTHONPATH": os.pathsep.join(sys.path), "CUDA_VISIBLE_DEVICES": ""}
    environment["JAX_DISABLE_MOST_OPTIMIZATIONS"] = "1"  # most of the time goes into compiling tiny programs
    command = [sys.executable, str(SCRIPT), str(folder)]
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    with np.load(folder / "answers.npz") as answers:
        return dict(answers)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="the export runs under TensorFlow")
@pytest.mark.parametrize("backend", BACKENDS)
def test_exported_file_answers_as_the_backend_that_trained_it(backend, tmp_path):
    answers = run(backend, tmp_path)
    clips = answers.pop("clips")
    assert sorted(answers) == ["attention", "embedding", "probabilities"]
    assert np.ptp(answers["probabilities"], axis=0).max() > 10 * TOLERANCE  # the clips are told apart
    model = load_keras(RECIPE, tmp_path / "model.keras")
    signatures = RECIPE.export.signatures(model)
    clips_as_rows = [{"waveform": clip[None]} for clip in clips]
    rows = dict.fromkeys(signatures, clips_as_rows)
    loaded = interpreter(Exporter(model, signatures, rows, RECIPE.export.FLOAT_LAYERS).export())
    for runner in map(loaded.get_signature_runner, signatures):
        for i, clip in enumerate(clips):
            for name, value in runner(waveform=clip[None]).items():
                np.testing.assert_allclose(value[0], answers[name][i], atol=TOLERANCE, err_msg=f"{name} {i}")
