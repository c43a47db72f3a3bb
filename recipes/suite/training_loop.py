"""The training loop: step-exact, resumable after `kill -9`, the same for every recipe and every Keras backend.

A batch is a pure function of (seed, global step), so a run is one long `fit` over the steps that are left. Twice a
minute, and on Ctrl-C, everything that the next step depends on (weights, optimizer, averages, random generators, step)
goes into one file, written atomically (`checkpoints.py`). A resumed run repeats the steps since then and ends, on a
CPU, bit for bit where the uninterrupted run ends.
"""

import signal
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
import numpy as np

from heedful.apps.errors import WorkFailed
from heedful.recipes.shared.progress_bar import ProgressBar
from heedful.recipes.suite import checkpoints
from heedful.recipes.suite.checkpoints import Progress, read, unusable
from heedful.recipes.suite.devices import said_lost

SAVE_SECONDS = 30.0


class Interrupted(WorkFailed):
    """The user or the system asked to stop; the state is saved."""


class Diverged(WorkFailed):
    """The weights are no longer finite; the state is removed, because it leads nowhere else."""


class Steps(keras.utils.PyDataset):
    """Batches of the global steps `start` to `stop`, each `batch(step)`."""

    def __init__(self, batch: Callable[[int], Any], start: int, stop: int):
        super().__init__()
        self.batch, self.start, self.stop = batch, start, stop

    def __len__(self):
        return self.stop - self.start

    def __getitem__(self, index):
        return self.batch(self.start + index)


def dataset(trainer: keras.Model, batch: Callable[[int], Any], start: int, stop: int) -> Any:
    """The batches for `fit`. TensorFlow gets them with the shapes that the model declares: of a `PyDataset` it would
    take the first two batches for its measure, and refuse a later one that is longer.
    """
    steps = Steps(batch, start, stop)
    if keras.backend.backend() != "tensorflow":
        return steps
    import tensorflow as tf

    inputs = keras.tree.map_structure(lambda tensor: tf.TensorSpec(tensor.shape, tensor.dtype), trainer.input)
    targets = keras.tree.map_structure(lambda array: tf.TensorSpec([None] * array.ndim, array.dtype), batch(start)[1])
    specs = tf.nest.flatten((inputs, targets))

    def arrays(index: np.ndarray) -> list[np.ndarray]:
        made = tf.nest.flatten(steps[int(index)])
        return [np.asarray(array, spec.dtype.as_numpy_dtype) for array, spec in zip(made, specs, strict=True)]

    def tensors(index: Any) -> Any:
        # Not `from_generator`: beside it, on Linux, the process gives memory back to the system and takes it again in
        # every step: 1.1 s of system time in a step of 1.3 s of the captioner's, measured on two cores.
        made = tf.numpy_function(arrays, [index], [spec.dtype for spec in specs])
        for tensor, spec in zip(made, specs, strict=True):
            tensor.set_shape(spec.shape)
        return tf.nest.pack_sequence_as((inputs, targets), made)

    return tf.data.Dataset.range(len(steps)).map(tensors).prefetch(1)


def fit(
    trainer: keras.Model, model: keras.Model, averaged: keras.Model, batch: Callable[[int], Any], *, seed: int,
    steps_per_epoch: int, epochs: int, score: Callable[[keras.Model], float], state_file: Path, first: bool = True,
) -> Progress:  # fmt: skip
    """Trains the compiled `trainer`, which shares its layers with `model`, to the end, and leaves the best weights in
    `averaged`.

    After each epoch the running averages of the weights (where the optimizer keeps them) go into `averaged`, a float32
    twin of `model`, and `score(averaged)` decides whether they are the best so far. Continues from `state_file` if it
    is there. Of several processes only the `first` shows progress, saves, and stops at a signal. Raises `Interrupted`
    after a stop signal, with the state saved, `Diverged`, `WorkFailed` when another process is gone, and `InputError`
    when `state_file` cannot be used.
    """
    trainer.optimizer.build(trainer.trainable_variables)
    progress, state = read(state_file) if state_file.exists() else (Progress(), [])
    total = epochs * steps_per_epoch
    if progress.step < total:
        with stop_signals() as received, said_lost():
            stopped = received if first else []
            loop = _Loop(
                model, averaged, progress, state, seed, steps_per_epoch, total, score, state_file, stopped, first
            )
            try:
                trainer.fit(dataset(trainer, batch, progress.step, total), shuffle=False, verbose=0, callbacks=[loop])
            finally:  # else the reason of a failure would stand in the line of the bar
                loop.close_bar()
    averaged.set_weights(progress.best_weights)
    return progress


class _Loop(keras.callbacks.Callback):
    """Counts steps, shows progress, scores at the end of each epoch, and saves the state."""

    def __init__(
        self, inference, averaged, progress, state, seed, steps_per_epoch, total, score, state_file, stopped, first
    ):
        super().__init__()
        self.inference, self.averaged, self.progress, self.state = inference, averaged, progress, state
        self.seed, self.steps_per_epoch, self.total, self.score = seed, steps_per_epoch, total, score
        self.state_file, self.stopped, self.first = state_file, stopped, first
        self.bar: Any = None

    def on_epoch_begin(self, epoch, logs=None):
        # Not before `fit`: under PyTorch it may first run the model to build it, which moves the random generators on.
        # Nor earlier in it: the one epoch that Keras knows of begins with new metrics, and ours may be half over.
        variables = state_of(self.model)
        if self.state and [tuple(v.shape) for v in variables] != [value.shape for value in self.state]:
            raise unusable(self.state_file, "it is of another model")
        for variable, value in zip(variables, self.state, strict=False):  # nothing to copy in a new run
            variable.assign(value)
        self.saved_at = self.counted_to = time.monotonic()
        self.bar = ProgressBar(
            total=self.total, initial=self.progress.step, unit="step", smoothing=0.02, dynamic_ncols=True,
            disable=not self.first,
            mininterval=0.5 if sys.stderr.isatty() else 30.0,  # a log file wants a line now and then
        )  # fmt: skip

    def on_train_batch_begin(self, batch, logs=None):
        if keras.backend.backend() == "torch":  # its dropout draws from the process's generator, which nobody saves
            import torch  # pyright: ignore[reportMissingImports]

            torch.manual_seed((self.seed << 32) + self.progress.step)

    def on_train_batch_end(self, batch, logs=None):
        self.progress.step += 1
        self.bar.update()
        if self.progress.step % self.steps_per_epoch == 0:
            self._end_epoch(float((logs or {})["loss"]))
        if self.stopped or time.monotonic() - self.saved_at > SAVE_SECONDS:
            self._save()
        if self.stopped:
            raise Interrupted(f"stopped at step {self.progress.step} of {self.total}")

    def on_train_end(self, logs=None):
        self._save()

    def close_bar(self):
        if self.bar is not None:
            self.bar.close()

    def _save(self):
        now = time.monotonic()
        self.progress.seconds += now - self.counted_to
        self.saved_at = self.counted_to = now
        self._sync()
        if self.first:
            checkpoints.save(self.state_file, [copy_of(v) for v in state_of(self.model)], self.progress)

    def _end_epoch(self, loss: float):
        epoch = self.progress.step // self.steps_per_epoch
        self._sync()
        copy_averages(self.model, self.inference, self.averaged)
        # Not the loss: in half precision one overflow makes it NaN, and the optimizer leaves that step out.
        if not all(np.isfinite(copy_of(weight)).all() for weight in self.averaged.weights):
            checkpoints.remove(self.state_file)
            raise Diverged(f"the training diverged in epoch {epoch}: try a smaller --set learning_rate=X.")
        value = float(self.score(self.averaged))
        self.progress.history.append({"epoch": epoch, "loss": loss, "score": value})
        if value >= self.progress.best_score:
            self.progress.best_score = value
            self.progress.best_weights = [copy_of(weight) for weight in self.averaged.weights]
        self.model.reset_metrics()
        self.bar.set_postfix(
            refresh=False, epoch=epoch, loss=f"{loss:.3f}", score=f"{value:.4f}", best=f"{self.progress.best_score:.4f}"
        )

    def _sync(self):
        if keras.backend.backend() == "jax":
            self.model.jax_state_sync()


def copy_averages(trainer: keras.Model, model: keras.Model, averaged: keras.Model) -> None:
    """Copies `model` into `averaged`, each weight by its running average where the optimizer of `trainer` keeps one."""
    averages = [v for v in trainer.optimizer.variables if v.path.endswith("_average")]
    average_of = dict(zip(map(id, trainer.trainable_variables), averages, strict=True)) if averages else {}
    for source, target in zip(model.weights, averaged.weights, strict=True):
        target.assign(copy_of(average_of.get(id(source), source)))


def copy_of(variable) -> np.ndarray:
    """The value in memory of its own: JAX donates a variable's buffer to the next step, PyTorch writes into it."""
    return np.array(keras.ops.convert_to_numpy(variable.value))


def state_of(trainer: keras.Model) -> list:
    """Every variable that the next step depends on: weights, random generators, optimizer, metrics."""
    return [*trainer.variables, *trainer.optimizer.variables, *trainer.metrics_variables]


@contextmanager
def stop_signals():
    """Yields a list that becomes non-empty when Ctrl-C or a termination signal arrives; a second signal acts at
    once.
    """
    received: list[int] = []

    def note(number, frame):
        received.append(number)
        signal.signal(number, previous[number])

    previous = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield received
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
