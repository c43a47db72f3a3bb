"""A training by several processes on this machine, which find each other on the loopback, and what it leaves."""

import io
import os
import socket
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

SCRIPT = Path(__file__).with_name("training_process.py")
NEVER = -1


@dataclass(frozen=True)
class Ended:
    """How a process of a training ended."""

    code: int
    out: str
    err: str


def train(
    processes: int, arguments: Sequence[object], killed: int = 0, kill_at: int = NEVER, own: Path | None = None
) -> list[Ended]:
    """`heedful train` by so many processes at once, under JAX; process `killed` ends at step `kill_at`.

    With a folder `own`, each gets one of its own in there, and its number as the seed, behind the arguments.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    running = []
    for number in range(processes):
        environment = {
            **os.environ,
            "KERAS_BACKEND": "jax",
            "JAX_PLATFORMS": "cpu",
            "PYTHONPATH": os.pathsep.join(sys.path),
            "KERAS_DISTRIBUTION_JOB_ADDRESSES": address,
            "KERAS_DISTRIBUTION_NUM_PROCESSES": str(processes),
            "KERAS_DISTRIBUTION_PROCESS_ID": str(number),
        }
        different = [own / str(number), "--seed", number] if own else []
        command = [sys.executable, SCRIPT, kill_at if number == killed else NEVER, "train", *arguments, *different]
        running.append(
            subprocess.Popen(
                list(map(str, command)), env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
        )
    told = [process.communicate() for process in running]
    return [Ended(process.returncode, *texts) for process, texts in zip(running, told, strict=True)]


def weights(folder: Path) -> dict[str, np.ndarray]:
    """The trained weights of a model folder by their paths."""
    found: dict[str, np.ndarray] = {}
    with (
        zipfile.ZipFile(folder / "model.keras") as packed,
        h5py.File(io.BytesIO(packed.read("model.weights.h5"))) as h5,
    ):
        h5.visititems(lambda name, part: found.update({name: part[()]}) if isinstance(part, h5py.Dataset) else None)
    return found


def farthest(some: dict[str, np.ndarray], others: dict[str, np.ndarray]) -> float:
    """The largest difference between weights."""
    assert some.keys() == others.keys() and some
    return max(float(np.max(np.abs(some[name] - others[name]), initial=0.0)) for name in some)
