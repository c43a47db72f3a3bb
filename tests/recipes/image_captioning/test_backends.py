"""The same captions, attention and losses under every backend that is installed, each in a fresh Python."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from small_captioner import PICTURES

pytestmark = pytest.mark.long

SCRIPT = Path(__file__).with_name("captioner_backend_run.py")
BACKENDS = [name for name in ("tensorflow", "jax", "torch") if importlib.util.find_spec(name)]


def run(backend: str, file: Path) -> dict[str, np.ndarray]:
    environment = {"KERAS_BACKEND": backend, "PYTHONPATH": os.pathsep.join(sys.path), "CUDA_VISIBLE_DEVICES": ""}
    environment["JAX_DISABLE_MOST_OPTIMIZATIONS"] = "1"  # most of the time goes into compiling tiny programs
    command = [sys.executable, str(SCRIPT), str(file)]
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    with np.load(file) as arrays:
        return dict(arrays)


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> dict[str, dict[str, np.ndarray]]:
    return {backend: run(backend, tmp_path_factory.mktemp(backend) / "answers.npz") for backend in BACKENDS}


def test_every_backend_answers_and_trains_alike(runs):
    wanted = runs[BACKENDS[0]]
    for backend in BACKENDS[1:]:
        assert runs[backend].keys() == wanted.keys()
        for name, value in runs[backend].items():
            if "tokens" in name and "after" not in name:
                np.testing.assert_array_equal(value, wanted[name], err_msg=f"{name} under {backend}")
            elif "after" not in name:  # Adam makes whole steps of gradients that are rounding errors
                np.testing.assert_allclose(value, wanted[name], atol=1e-4, err_msg=f"{name} under {backend}")


@pytest.mark.parametrize("backend", BACKENDS)
def test_training_changes_what_is_written_next(backend, runs):
    """What was compiled before the training must not go on with the weights of then."""
    found = runs[backend]
    assert np.isfinite(found["soft_trained"]).all() and found["soft_trained"][2] < found["soft_trained"][0]
    for beam in (1, 3):
        before, after = (
            [found[f"soft_{when}tokens_{beam}_{row}"].tolist() for row in range(PICTURES)] for when in ("", "after_")
        )
        assert before != after
    assert len({tuple(found[f"transformer_tokens_1_{row}"]) for row in range(PICTURES)}) > 2
