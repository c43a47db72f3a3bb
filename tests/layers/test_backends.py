"""The same numbers on every backend: the layer tests, which compare with float64 NumPy, once more under each other one.

Also that the layers need Keras and one backend, nothing else.
"""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import keras
import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
# The tests that compare with NumPy, over every composition, and files. The rest is Python above keras.ops;
# `KERAS_BACKEND=jax pytest tests/layers` runs it all.
SELECTED = "(formula or closed_form or keras_file) and not (growing or peak_memory)"


def run(backend: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A fresh Python under another backend, with `heedful` on its path whether installed or not."""
    path = os.pathsep.join([str(ROOT / ".src"), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, "KERAS_BACKEND": backend, "PYTHONPATH": path, "CUDA_VISIBLE_DEVICES": ""}
    environment["JAX_DISABLE_MOST_OPTIMIZATIONS"] = "1"  # most of the time goes into compiling tiny programs
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=1500
    )


@pytest.mark.parametrize("backend", ["tensorflow", "jax", "torch"])
@pytest.mark.parametrize("tests", ["test_scores.py", pytest.param(".", marks=pytest.mark.long)])
def test_layer_tests_pass_under_the_other_backends(tests: str, backend: str) -> None:
    if keras.backend.backend() == backend:
        pytest.skip("the tests are running under this backend already")
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    done = run(backend, "-m", "pytest", "-x", "-n", "0", "-p", "no:cacheprovider", "-k", SELECTED, str(HERE / tests))
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    assert " passed" in done.stdout


def test_trap_10_importing_the_layers_brings_keras_and_its_backend_only(tmp_path: Path) -> None:
    """Elsewhere attention layers pull in TensorFlow, its text operators and a model hub. Nor does the callback for
    TensorBoard, which imports its package late, bring TensorFlow.
    """
    pytest.importorskip("jax")
    # A finder that refuses these packages proves more than their absence afterwards: nothing tried to import them.
    program = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"keras_hub", "tensorflow_text", "ai_edge_litert"} or name in {
            "heedful.apps", "heedful.recipes"
        }:
            raise AssertionError(f"{name} was imported")
sys.meta_path.insert(0, Refuse())
sys.modules["matplotlib"] = None  # as if it were not installed: Keras itself tries to import it
import heedful.layers
layer = heedful.layers.Attention("additive", "entmax15")
import numpy
layer(numpy.ones((2, 3, 5)), numpy.ones((2, 7, 5)))
assert "tensorboard" not in sys.modules
if sys.argv[1]:
    callback = heedful.layers.AttentionImages(sys.argv[1], None, lambda _: {"x": numpy.ones((2, 3, 5))})
    callback.on_epoch_end(0)
print(sorted({name.split(".")[0] for name in sys.modules} & {"tensorflow", "jax", "torch"}))
print(sorted(name for name in sys.modules if name.startswith(("heedful.apps", "heedful.recipes"))))
"""
    done = run("jax", "-c", program, str(tmp_path) if importlib.util.find_spec("tensorboard") else "")
    assert done.returncode == 0, done.stderr[-2000:]
    imported, own = done.stdout.splitlines()[-2:]
    assert "tensorflow" not in imported
    assert "jax" in imported
    assert own == "[]"
