"""A few training steps of a recipe in a process of their own: `short_run.py RECIPE FOLDER [FOLDER] [--kill-at STEP]
[--set key=value ...]`.

Prints nothing of use; trains in one folder after the other and leaves the trained weights in FOLDER/weights.npz, with
the number of the first step that was asked for. With a STEP it kills itself, as `kill -9` would, when that step's batch
is asked for. The state is saved after every step.
"""

import argparse
import os
import signal
from pathlib import Path
from typing import Any

import keras
import mounted  # noqa: F401
import numpy as np

from heedful.recipes.suite import training_loop
from heedful.recipes.suite.configuration import configure
from heedful.recipes.suite.discovery import recipe
from heedful.recipes.suite.train import Request, fit

STEPS = 3  # of an epoch


class Short:
    """The data of a recipe in epochs of `STEPS`, which notes the steps that are asked for."""

    def __init__(self, data: Any, kill_at: int | None) -> None:
        self.data, self.kill_at = data, kill_at
        self.steps_per_epoch = STEPS
        self.asked: list[int] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.data, name)

    def batch(self, seed: int, step: int) -> Any:
        if step == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        self.asked.append(step)
        return self.data.batch(seed, step)


def short_run(name: str, folders: list[Path], kill_at: int | None, assignments: list[str]) -> None:
    """Two epochs, of a few steps each, of the smallest preset on the sample."""
    chosen = recipe(name)
    config = configure(chosen.config.PRESETS, "tiny", assignments, epochs=2)
    loaded = chosen.data.load("sample", config)
    training_loop.SAVE_SECONDS = 0.0
    for folder in folders:
        folder.mkdir(exist_ok=True)
        data = Short(loaded, kill_at)
        model, progress = fit(chosen, config, data, Request(seed=3), folder)
        record = {"step": progress.step, "scores": [entry["score"] for entry in progress.history]}
        np.savez(folder / "weights.npz", *map(keras.ops.convert_to_numpy, model.variables), **record)
        np.savez(folder / "asked.npz", first=min(data.asked))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipe")
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--kill-at", type=int)
    parser.add_argument("--set", nargs="*", default=[])
    options = parser.parse_args()
    short_run(options.recipe, options.folders, options.kill_at, options.set)
