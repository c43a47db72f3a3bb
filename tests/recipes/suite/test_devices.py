"""Several devices compute what one computes, and a share that cannot be even is refused before any work."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from heedful.apps.errors import InputError
from heedful.recipes.shared.network.fixed_batches import shared_by
from heedful.recipes.suite.devices import distribution

pytestmark = pytest.mark.long

SCRIPT = Path(__file__).with_name("devices_run.py")
DEVICES = 2


def under_jax(*command: str) -> subprocess.CompletedProcess[str]:
    """A fresh Python under JAX, which takes the processor for two devices."""
    environment = {
        "KERAS_BACKEND": "jax",
        "XLA_FLAGS": f"--xla_force_host_platform_device_count={DEVICES}",
        "JAX_PLATFORMS": "cpu",
        "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",  # most of the time goes into compiling tiny programs
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    return subprocess.run([sys.executable, *command], env={**os.environ, **environment}, capture_output=True, text=True)


needs_jax = pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="JAX is not installed")


@needs_jax
def test_two_devices_train_the_same_model(tmp_path):
    done = under_jax(str(SCRIPT), str(tmp_path))
    assert done.returncode == 0, done.stderr[-3000:]
    with np.load(tmp_path / "none.npz") as one, np.load(tmp_path / "data.npz") as two:
        assert one.files == two.files and len(one.files) > 20
        for name in one.files:
            np.testing.assert_allclose(two[name], one[name], atol=1e-4, err_msg=name)


@needs_jax
def test_a_batch_that_devices_cannot_share_is_refused():
    program = """
from heedful.apps.errors import InputError
from heedful.recipes.shared.network.fixed_batches import shared_by
from heedful.recipes.suite.devices import distribution
assert shared_by() == 1
with distribution("data", 64):
    assert shared_by() == 2
assert shared_by() == 1
try:
    distribution("data", 63)
except InputError as error:
    print(error)
"""
    done = under_jax("-c", program)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "batch_size 63 does not divide by the 2 devices" in done.stdout


def test_one_device_is_the_default():
    with distribution("none", 63):
        assert shared_by() == 1


def test_what_there_is_not_is_refused():
    with pytest.raises(InputError, match="choose one of none, data"):
        distribution("model")
    if keras.backend.backend() != "jax":
        with pytest.raises(InputError, match="KERAS_BACKEND=jax"):
            distribution("data", 64)
