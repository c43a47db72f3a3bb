"""Training on several devices, of this machine or of many, by Keras' own means.

Each process of a training reads the data and works out every batch; its devices get their rows of it. So all compute
what one device would have computed. Only the first process writes, prints, scores files and exports.
"""

import contextlib
import hashlib
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from inspect import signature
from typing import Any

import keras
import numpy as np

from heedful.apps.errors import InputError, WorkFailed

CHOICES = ("none", "data")
PROCESSES = "KERAS_DISTRIBUTION_NUM_PROCESSES"  # what `keras.distribution.initialize` reads; see DISTRIBUTED.md
LOST = "a process of this training is gone: start all of them again with --resume"


@dataclass(frozen=True)
class Devices:
    """What a model is trained on; by default the one device that the backend chooses."""

    parallel: keras.distribution.DataParallel | None = None
    process: int = 0
    processes: int = 1
    batch_size: int = 0  # of the training, by which the processes divide

    @property
    def first(self) -> bool:
        """Whether this process is the one that writes and prints."""
        return self.process == 0

    def scope(self) -> AbstractContextManager[Any]:
        """Where models are built and trained whose batches the devices share."""
        return self.parallel.scope() if self.parallel else nullcontext()

    def batch(self, data: Any, seed: int, step: int) -> tuple[Any, ...]:
        """This process's rows of a training batch, the others left out from the beginning where the recipe can."""
        if self.processes == 1 or "needed" not in signature(data.batch).parameters:
            return self.share(data.batch(seed, step))
        size = self.batch_size // self.processes
        return self.share(data.batch(seed, step, slice(self.process * size, (self.process + 1) * size)))

    def share(self, batch: tuple[Any, Any]) -> tuple[Any, ...]:
        """This process's rows of a batch.

        A batch that the devices cannot share evenly is filled up by its first rows, with sample weights `(rows, 1)`
        such that the mean of the losses stays what it was. Raises `InputError` for arrays that are no rows of it.
        """
        if self.parallel is None:
            return batch
        devices, count = self.parallel.device_mesh.devices.size, len(keras.tree.flatten(batch[1])[0])
        size = -(-count // devices) * devices

        def part(array: np.ndarray) -> np.ndarray:
            whole = np.resize(array, (size, *array.shape[1:])) if len(array) == count else array
            if len(whole) % devices:
                raise InputError(
                    f"--distribute data: {devices} devices cannot share the {len(whole)} rows of an input."
                )
            return np.split(whole, self.processes)[self.process]

        weights = np.where(np.arange(size) < count, size / count, 0.0).astype(np.float32)[:, None]
        return keras.tree.map_structure(part, (*batch, weights))

    def agree(self, content: bytes, name: str) -> None:
        """Waits for all processes. Raises `InputError` where one has another `content`, which the `name` tells."""
        if self.processes == 1:
            return
        from jax.experimental.multihost_utils import process_allgather  # pyright: ignore[reportMissingImports]

        digest = np.frombuffer(hashlib.sha256(content).digest(), np.uint8)
        with said_lost():
            found = np.asarray(process_allgather(digest))
        if odd := np.flatnonzero((found != found[0]).any(axis=1)).tolist():
            raise InputError(
                f"--distribute data: process {odd[0]} has other {name} than process 0: give all the same command, and "
                "an --out that all of them see."
            )

    def leave(self) -> None:
        """Ends the work in common: the first process goes on alone, and the others need not wait for it."""
        self.agree(b"", "work")
        if not self.first:  # which serves the others, and so leaves when it ends
            import jax  # pyright: ignore[reportMissingImports]

            jax.distributed.shutdown()


ONE = Devices()


def devices_of(choice: str, batch_size: int, seed: int = 0) -> Devices:
    """`none`, or `data` for one copy of the model on every device of every process that takes part.

    `data` is `keras.distribution.DataParallel`, which computes what one device would have computed, batch statistics
    and random numbers included. It needs the JAX backend: `tf.distribute.MirroredStrategy` would take the statistics of
    each device's share alone and draw the same augmentation on all of them. Several processes find each other by the
    environment, as `keras.distribution.initialize` says. Raises `InputError`, also for a `batch_size` that the devices
    cannot share evenly, and `WorkFailed` where the processes do not find each other.
    """
    if choice not in CHOICES:
        raise InputError(f"--distribute {choice}: choose one of {', '.join(CHOICES)}.")
    if choice == "none":
        return ONE
    if keras.backend.backend() != "jax":
        raise InputError(f"--distribute data works on JAX, not on {keras.backend.backend()}: set KERAS_BACKEND=jax.")
    if os.environ.get(PROCESSES, "1") != "1":
        join(seed)
    import jax  # pyright: ignore[reportMissingImports]

    names = keras.distribution.list_devices()
    if batch_size % len(names):
        raise InputError(f"--distribute data: batch_size {batch_size} does not divide by the {len(names)} devices.")
    parallel = keras.distribution.DataParallel(devices=names, auto_shard_dataset=False)
    return Devices(parallel, jax.process_index(), jax.process_count(), batch_size)


def join(seed: int) -> None:
    """Waits until all processes are there. Raises `InputError` and `WorkFailed`."""
    import jax  # pyright: ignore[reportMissingImports]

    jax.config.update("jax_enable_recoverability", True)  # else JAX aborts all when one dies, without our sentence
    keras.utils.set_random_seed(seed)  # else Keras would agree on one, by a computation of all
    try:
        keras.distribution.initialize()
    except ValueError as error:
        raise InputError(f"--distribute data: the variables KERAS_DISTRIBUTION_... are wrong: {error}.") from None
    except RuntimeError as error:
        reason = str(error).splitlines()[0]
        raise WorkFailed(f"--distribute data: the processes do not find each other: {reason}") from None


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Where one process works by itself on one device, inside of a scope of several."""
    active = keras.distribution.distribution()
    keras.distribution.set_distribution(None)
    try:
        yield
    finally:
        keras.distribution.set_distribution(active)


@contextlib.contextmanager
def said_lost() -> Iterator[None]:
    """Makes a `WorkFailed` of what JAX raises when another process of the training has died."""
    try:
        yield
    except RuntimeError as error:
        if type(error).__name__ == "JaxRuntimeError" and lost(str(error)):
            raise WorkFailed(LOST) from None
        raise


def lost(reason: str) -> bool:
    """Whether an error of JAX says that another process does not answer."""
    return any(word in reason for word in ("Gloo", "NCCL", "closed by peer", "heartbeat", "UNAVAILABLE"))
