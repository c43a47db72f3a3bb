"""A run of any recipe that was killed goes on where it was, to the very same weights."""

import importlib.util
import os
import signal
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from heedful.recipes.suite.discovery import recipes

HERE = Path(__file__).parent
NAMES = [recipe.name for recipe in recipes()]
BACKEND = keras.backend.backend()
# The loop is the same for all: every recipe shows it under the running backend, and one under each of the others.
OTHERS = [name for name in ("tensorflow", "jax", "torch") if name != BACKEND and importlib.util.find_spec(name)]
EACH = [(name, BACKEND) for name in NAMES] + [("least", other) for other in OTHERS]
RESUMED = [
    pytest.param(*each, settings, marks=[] if (*each, settings) == ("least", BACKEND, "") else pytest.mark.long)
    for settings in ("", "adversarial=0.1")
    for each in EACH
]


@pytest.mark.parametrize(("name", "backend", "settings"), RESUMED)
def test_killed_run_resumes_to_the_very_same_weights(name, backend, settings, tmp_path):
    straight, killed = tmp_path / "straight", tmp_path / "killed"

    def run(*arguments):
        environment = {**os.environ, "KERAS_BACKEND": backend, "PYTHONPATH": os.pathsep.join(sys.path)}
        command = [sys.executable, str(HERE / "short_run.py"), name, *map(str, arguments), "--set", *settings.split()]
        return subprocess.run(command, env=environment, capture_output=True, text=True)

    assert run(killed, "--kill-at", 4).returncode == -signal.SIGKILL
    assert any(killed.iterdir()) and not (killed / "weights.npz").exists()
    done = run(killed, straight)
    assert done.returncode == 0, done.stderr

    with np.load(straight / "weights.npz") as a, np.load(killed / "weights.npz") as b:
        assert a.files == b.files
        for key in a.files:
            np.testing.assert_array_equal(a[key], b[key], err_msg=key)
    # A resume that silently began anew would end at the same weights.
    first = [int(np.load(place / "asked.npz")["first"]) for place in (straight, killed)]
    assert first[0] == 0 and first[1] > 0
