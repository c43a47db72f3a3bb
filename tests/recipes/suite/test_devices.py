"""Several devices and several processes compute what one computes, and go on where one of them was killed."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import joined_training
import keras
import numpy as np
import pytest

from heedful.apps.errors import InputError
from heedful.recipes.suite.devices import ONE, Devices, devices_of

SCRIPT = Path(__file__).with_name("devices_run.py")
DEVICES = 2
needs_jax = pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="JAX is not installed")


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


@needs_jax
@pytest.mark.long
def test_two_devices_train_the_same_model(tmp_path):
    done = under_jax(str(SCRIPT), str(tmp_path))
    assert done.returncode == 0, done.stderr[-3000:]
    with np.load(tmp_path / "none.npz") as one, np.load(tmp_path / "data.npz") as two:
        assert one.files == two.files and len(one.files) > 20
        for name in one.files:
            np.testing.assert_allclose(two[name], one[name], atol=1e-4, err_msg=name)


@needs_jax
@pytest.mark.long
def test_two_processes_train_the_same_model_and_go_on_after_one_was_killed(tmp_path, monkeypatch):
    monkeypatch.setenv("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")
    asked = ["least", "--epochs", "1", "--distribute", "data", "--out"]
    for count, place in ((1, "one"), (2, "two")):
        ended = joined_training.train(count, [*asked, tmp_path / place])
        assert [process.code for process in ended] == [0] * count, ended[-1].err
    assert "parameters" in ended[0].out and "parameters" not in ended[1].out
    trained = {place: joined_training.weights(tmp_path / place) for place in ("one", "two")}
    assert 0 < joined_training.farthest(trained["one"], trained["two"]) < 1e-4  # two did share the work
    first, second = joined_training.train(2, [*asked, tmp_path / "killed"], killed=1, kill_at=17)
    assert first.code == 1 and "heedful: a process of this training is gone" in first.err and second.code == -9
    shutil.copytree(tmp_path / "killed", tmp_path / "fewer")
    first, second = joined_training.train(2, [*asked, tmp_path / "killed", "--resume"])
    assert first.code == second.code == 0, first.err
    assert joined_training.farthest(trained["two"], joined_training.weights(tmp_path / "killed")) == 0.0
    assert joined_training.train(1, [*asked, tmp_path / "fewer", "--resume"])[0].code == 0
    assert joined_training.farthest(trained["two"], joined_training.weights(tmp_path / "fewer")) < 1e-4


@needs_jax
@pytest.mark.long
def test_processes_that_were_asked_for_something_else_are_refused(tmp_path):
    ended = joined_training.train(2, ["least", "--distribute", "data", "--epochs", "1", "--out"], own=tmp_path)
    assert "process 1 has other settings or data than process 0" in ended[0].err + ended[1].err


@needs_jax
@pytest.mark.long
def test_a_batch_that_devices_cannot_share_is_refused():
    program = """
from heedful.apps.errors import InputError
from heedful.recipes.suite.devices import devices_of
try:
    devices_of("data", 63)
except InputError as error:
    print(error)
"""
    done = under_jax("-c", program)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "batch_size 63 does not divide by the 2 devices" in done.stdout


class Mesh:
    """As much of a distribution as a share asks for."""

    def __init__(self, devices: int) -> None:
        self.device_mesh = self
        self.devices = np.empty(devices)


@pytest.mark.parametrize(("rows", "devices", "processes"), [(7, 4, 2), (8, 4, 2), (5, 3, 3), (2, 8, 4)])
def test_processes_get_all_rows_and_weights_that_keep_the_mean(rows, devices, processes):
    values, losses = np.arange(rows * 3.0).reshape(rows, 3), np.random.default_rng(5).random(rows)
    shared = [Devices(Mesh(devices), process, processes).share((values, losses)) for process in range(processes)]  # pyright: ignore
    inputs, targets, weights = (np.concatenate(parts) for parts in zip(*shared, strict=True))
    assert len(inputs) % devices == 0 and len({len(part[0]) for part in shared}) == 1
    np.testing.assert_array_equal(inputs[:rows], values)
    np.testing.assert_array_equal(targets[:rows], losses)
    assert np.mean(targets * weights[:, 0]) == pytest.approx(losses.mean(), rel=1e-6)
    assert (weights[rows:] == 0).all()


def test_an_input_that_is_no_row_of_the_batch_is_shared_or_refused():
    batch = ({"rows": np.zeros((4, 2)), "negatives": np.arange(6)}, np.zeros(4))
    inputs, *_ = Devices(Mesh(2), 1, 2).share(batch)  # pyright: ignore
    np.testing.assert_array_equal(inputs["negatives"], [3, 4, 5])
    with pytest.raises(InputError, match="4 devices cannot share the 6 rows"):
        Devices(Mesh(4), 0, 2).share(batch)  # pyright: ignore


def test_one_device_is_the_default():
    batch = (np.zeros((3, 2)), np.zeros(3))
    assert devices_of("none", 63) is ONE and ONE.first and ONE.share(batch) is batch


def test_what_there_is_not_is_refused():
    with pytest.raises(InputError, match="choose one of none, data"):
        devices_of("model", 64)
    if keras.backend.backend() != "jax":
        with pytest.raises(InputError, match="KERAS_BACKEND=jax"):
            devices_of("data", 64)


def test_a_process_asks_for_its_own_rows_where_the_recipe_can_leave_out_others():
    class Data:
        def batch(self, seed: int, step: int, needed: slice = slice(None)) -> tuple[np.ndarray, np.ndarray]:
            images = np.zeros(6)
            images[needed] = 1.0
            return images, np.arange(6)

    images, targets, _ = Devices(Mesh(3), 1, 3, batch_size=6).batch(Data(), 0, 0)  # pyright: ignore
    np.testing.assert_array_equal(images, [1.0, 1.0])
    np.testing.assert_array_equal(targets, [2, 3])
    assert ONE.batch(Data(), 0, 0)[0].all()
