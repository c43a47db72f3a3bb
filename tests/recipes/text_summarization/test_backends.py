"""A saved summarizer writes the same under another backend, in a fresh Python."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from small_summarizer import DOCUMENTS, answers, talkative

from heedful.recipes.text_summarization.config import ARCHITECTURES

pytestmark = pytest.mark.long

SCRIPT = Path(__file__).with_name("summarizer_backend_run.py")
OTHERS = [
    name
    for name in ("jax", "tensorflow", "torch")
    if importlib.util.find_spec(name) and name != keras.backend.backend()
]


@pytest.mark.skipif(not OTHERS, reason="there is one backend only")
def test_another_backend_writes_and_looks_alike(tmp_path):
    wanted = {}
    for kind in ARCHITECTURES:
        model = talkative(kind)
        model.save(tmp_path / f"{kind}.keras")
        wanted |= {f"{kind}_{name}": value for name, value in answers(model).items()}
    environment = {"KERAS_BACKEND": OTHERS[0], "PYTHONPATH": os.pathsep.join(sys.path), "CUDA_VISIBLE_DEVICES": ""}
    environment["JAX_DISABLE_MOST_OPTIMIZATIONS"] = "1"  # most of the time goes into compiling tiny programs
    command = [sys.executable, str(SCRIPT), str(tmp_path)]
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    with np.load(tmp_path / "answers.npz") as found:
        assert set(found) == set(wanted)
        for name, value in wanted.items():
            if "tokens" in name:
                np.testing.assert_array_equal(found[name], value, err_msg=f"{name} under {OTHERS[0]}")
            else:
                np.testing.assert_allclose(found[name], value, atol=1e-4, err_msg=f"{name} under {OTHERS[0]}")
    for kind in ARCHITECTURES:
        assert len({tuple(wanted[f"{kind}_tokens_{row}"]) for row in range(DOCUMENTS)}) > 5
