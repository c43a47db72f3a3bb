"""Training on several devices, by Keras' own means."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import keras

from heedful.apps.errors import InputError

CHOICES = ("none", "data")


def distribution(choice: str, batch_size: int | None = None) -> AbstractContextManager[Any]:
    """The scope to build and train in: `none`, or `data` for one copy of the model on every device of this machine.

    `data` is `keras.distribution.DataParallel`, which computes what one device would have computed, batch statistics
    and random numbers included. It needs the JAX backend: `tf.distribute.MirroredStrategy` would take the statistics of
    each device's share alone and draw the same augmentation on all of them. Raises `InputError`, also for a
    `batch_size` that the devices cannot share evenly.
    """
    if choice not in CHOICES:
        raise InputError(f"--distribute {choice}: choose one of {', '.join(CHOICES)}.")
    if choice == "none":
        return nullcontext()
    if keras.backend.backend() != "jax":
        raise InputError(f"--distribute data works on JAX, not on {keras.backend.backend()}: set KERAS_BACKEND=jax.")
    devices = keras.distribution.list_devices()
    if batch_size is not None and batch_size % len(devices):
        raise InputError(
            f"--distribute data: batch_size {batch_size} does not divide by the {len(devices)} devices of this machine."
        )
    return keras.distribution.DataParallel(devices=devices).scope()
