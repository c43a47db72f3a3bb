"""A few training steps on one device and on two, under JAX: `devices_run.py FOLDER`.

Leaves the trained weights in FOLDER/none.npz and FOLDER/data.npz. The two devices are shares of the processor, which
the environment of this process asks for.
"""

import sys
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np

from heedful.recipes.suite.devices import devices_of
from heedful.recipes.suite.discovery import recipe
from heedful.recipes.suite.train import Request, fit


def run(folder: Path) -> None:
    """An epoch of a very small model, its augmentation, dropout and batch statistics included."""
    chosen = recipe("speech_commands")
    small = {"blocks": 1, "width": 8, "hidden": 10, "stem": 4, "kernel": 3, "clip_seconds": 0.31}
    config = replace(chosen.config.PRESETS["tiny"], epochs=1, epoch_clips=64, batch_size=126, **small)
    data = chosen.data.load("sample", config)
    for choice in ("none", "data"):
        (folder / choice).mkdir()
        devices = devices_of(choice, config.batch_size)
        model, progress = fit(chosen, config, data, Request(seed=3), folder / choice, devices=devices)
        weights = map(keras.ops.convert_to_numpy, model.weights)
        np.savez(folder / f"{choice}.npz", *weights, loss=progress.history[-1]["loss"])


if __name__ == "__main__":
    run(Path(sys.argv[1]))
