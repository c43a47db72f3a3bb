"""How fast each recipe trains on the device at hand, how much memory it takes, and what half precision changes.

    KERAS_BACKEND=jax python tests/benchmarks/devices.py [RECIPE ...] [--preset P] [--precision P ...] [--seconds N]
    KERAS_BACKEND=jax python tests/benchmarks/devices.py [RECIPE ...] --scores [--epochs N]

Real training on the sample. The first form takes steps for so many seconds and prints examples (rows of a batch) a
second, the median step, and the largest memory of the device (of the process on a CPU); the first steps of each shape,
which compile, do not count. The second trains whole epochs in each precision and prints the validation score, which
must be the same within the noise of seeds. Run it on each machine that is to be compared; a row names its device.
"""

import argparse
import contextlib
import resource
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from statistics import median
from typing import Any

import keras

from heedful.recipes.suite.configuration import configure
from heedful.recipes.suite.discovery import recipe, recipes
from heedful.recipes.suite.train import PRECISIONS, Request, fit, training_pair
from heedful.recipes.suite.training_loop import dataset

WARM = 2  # steps of each shape that do not count


class Enough(Exception):
    """Ends a training."""


class Timed(keras.callbacks.Callback):
    """How long the steps of a training took whose batches are of shapes that were seen `WARM` times before."""

    def __init__(self, data: Any, seconds: float) -> None:
        super().__init__()
        self.data, self.seconds, self.began = data, seconds, 0.0
        self.end = 0.0
        self.shapes: dict[int, tuple[int, ...]] = {}  # of each step's batch: its rows, and all else that is compiled
        self.seen: Counter = Counter()
        self.taken: list[tuple[int, float]] = []  # rows and seconds of steps that count

    def batch(self, step: int) -> tuple[Any, Any]:
        inputs, targets = self.data.batch(0, step)
        rows = len(keras.tree.flatten(targets)[0])
        self.shapes[step] = (rows, *(size for array in keras.tree.flatten(inputs) for size in array.shape))
        return inputs, targets

    def on_train_begin(self, logs: Any = None) -> None:
        self.end = time.monotonic() + self.seconds

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        self.began = time.monotonic()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        float((logs or {})["loss"])  # waits for the device
        shape = self.shapes[batch]
        self.seen[shape] += 1
        if self.seen[shape] > WARM:
            self.taken.append((shape[0], time.monotonic() - self.began))
        if self.taken and time.monotonic() > self.end:
            raise Enough


def speed(name: str, precision: str, options: argparse.Namespace) -> list[str]:
    """Examples a second, the median step, and memory."""
    chosen = recipe(name)
    config = configure(chosen.config.PRESETS, options.preset, options.set)
    data = chosen.data.load("sample", config)
    keras.utils.set_random_seed(0)
    _, trainer = training_pair(chosen, config, data, Request(precision=precision), None)
    timed = Timed(data, options.seconds)
    with contextlib.suppress(Enough):
        trainer.fit(dataset(trainer, timed.batch, 0, 100_000), shuffle=False, verbose=0, callbacks=[timed])
    rows, seconds = map(sum, zip(*timed.taken, strict=True))
    step = median(seconds for _, seconds in timed.taken)
    return [f"{rows / seconds:,.0f}", f"{1e3 * step:,.1f} ms", f"{len(timed.taken)}", memory()]


def score(name: str, precision: str, options: argparse.Namespace) -> list[str]:
    """The best score on validation, and the time of training."""
    chosen = recipe(name)
    config = configure(chosen.config.PRESETS, options.preset, options.set, options.epochs)
    data = chosen.data.load("sample", config)
    with tempfile.TemporaryDirectory() as folder:
        _, progress = fit(chosen, config, data, Request(precision=precision, seed=options.seed), Path(folder))
    return [f"{progress.best_score:.4f}", f"{progress.seconds:.0f} s", f"{config.epochs}", memory()]


def memory() -> str:
    """The most that the device held, or the process where the device is the processor."""
    if keras.backend.backend() == "jax":
        import jax  # pyright: ignore[reportMissingImports]

        if held := (jax.devices()[0].memory_stats() or {}).get("peak_bytes_in_use"):
            return f"{held / 1e6:,.0f} MB"
    if keras.backend.backend() == "torch":
        import torch  # pyright: ignore[reportMissingImports]

        if torch.cuda.is_available():
            return f"{torch.cuda.max_memory_allocated() / 1e6:,.0f} MB"
    return f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3:,.0f} MB"


def device() -> str:
    """What computes, in a word or two."""
    if keras.backend.backend() == "jax":
        import jax  # pyright: ignore[reportMissingImports]

        return jax.devices()[0].device_kind
    return str(keras.backend.backend())


def main() -> int:
    parser = argparse.ArgumentParser(description="Training on the device at hand: speed and memory, or scores.")
    parser.add_argument("recipes", nargs="*", metavar="RECIPE")
    parser.add_argument("--preset", default="base")
    parser.add_argument("--precision", nargs="+", choices=PRECISIONS, default=["float32", "mixed_bfloat16"])
    parser.add_argument("--set", nargs="+", default=[], metavar="KEY=VALUE")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--scores", action="store_true")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    work, titles = (score, ["validation", "time", "epochs"]) if options.scores else (
        speed, ["examples/s", "step", "steps"]
    )  # fmt: skip
    print(f"| recipe | precision | {' | '.join(titles)} | memory | device |\n" + "|---" * 7 + "|")
    failed = False
    for name in options.recipes or [each.name for each in recipes()]:
        for precision in options.precision:
            try:
                cells = work(name, precision, options)
            except Exception as error:  # the next recipe is measured all the same
                cells, failed = [str(error).splitlines()[0][:80], "", "", ""], True
            print(f"| {name} {options.preset} | {precision} | {' | '.join(cells)} | {device()} |", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
