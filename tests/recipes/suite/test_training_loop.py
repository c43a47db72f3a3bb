"""The training loop on a model of a few weights: what it keeps, and that a resumed run is the same run.

That it is so for every recipe and after `kill -9` is in `test_contract.py`.
"""

import json
import os
import signal

import keras
import numpy as np
import pytest

from heedful.apps.errors import InputError
from heedful.recipes.suite import training_loop
from heedful.recipes.suite.training_loop import Diverged, Interrupted

FEATURES, ROWS, STEPS, EPOCHS = 5, 7, 3, 4


class Run:
    """A small classifier with dropout, its float32 twin and the trainer, all built anew from the same seed."""

    def __init__(self, folder, ema=True, rate=0.05):
        keras.utils.set_random_seed(11)
        self.model, self.averaged = self.build(), self.build()
        self.trainer = keras.Model(self.model.input, self.model.output)
        self.trainer.compile(keras.optimizers.Adam(rate, use_ema=ema, ema_momentum=0.8), "mse", run_eagerly=True)
        self.state_file = folder / "state.npz"
        self.scored: list[list[np.ndarray]] = []

    @staticmethod
    def build():
        inputs = keras.Input((FEATURES,))
        hidden = keras.layers.Dense(3, activation="tanh")(inputs)
        hidden = keras.layers.BatchNormalization()(hidden)
        hidden = keras.layers.Dropout(0.3, seed=13)(hidden)
        return keras.Model(inputs, keras.layers.Dense(2)(hidden))

    def batch(self, step):
        rng = np.random.default_rng([17, step])
        return rng.normal(size=(ROWS, FEATURES)).astype("float32"), rng.normal(size=(ROWS, 2)).astype("float32")

    def fit(self, batch=None, scores=None):
        def score(candidate):
            assert candidate is self.averaged
            self.scored.append(candidate.get_weights())
            return scores[len(self.scored) - 1] if scores else len(self.scored)

        return training_loop.fit(
            self.trainer, self.model, self.averaged, batch or self.batch, seed=19, steps_per_epoch=STEPS,
            epochs=EPOCHS, score=score, state_file=self.state_file,
        )  # fmt: skip


def values(variables):
    return [keras.ops.convert_to_numpy(v) for v in variables]


def assert_equal(some, others):
    assert len(some) == len(others)
    for a, b in zip(some, others, strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_best_epoch_is_kept_and_the_later_of_equal_ones(tmp_path):
    run = Run(tmp_path)
    progress = run.fit(scores=[0.25, 0.75, 0.75, 0.5])
    assert_equal(run.averaged.get_weights(), run.scored[2])
    assert not np.array_equal(run.scored[1][0], run.scored[2][0])
    assert progress.step == EPOCHS * STEPS and progress.best_score == 0.75 and progress.seconds > 0
    assert [(entry["epoch"], entry["score"]) for entry in progress.history] == [
        (1, 0.25),
        (2, 0.75),
        (3, 0.75),
        (4, 0.5),
    ]
    assert all(np.isfinite(entry["loss"]) for entry in progress.history)


def test_without_averages_the_weights_themselves_are_scored(tmp_path):
    run = Run(tmp_path, ema=False)
    run.fit(scores=[1, 2, 3, 4])
    assert_equal(run.averaged.get_weights(), run.model.get_weights())


def test_averages_are_those_of_the_optimizer_and_statistics_are_copied(tmp_path):
    run = Run(tmp_path)
    run.trainer.train_on_batch(*run.batch(0))
    run.trainer.train_on_batch(*run.batch(1))
    training_loop.copy_averages(run.trainer, run.model, run.averaged)
    averages = [v for v in run.trainer.optimizer.variables if v.path.endswith("_average")]
    trainable = values(run.averaged.trainable_variables)
    assert_equal(trainable, values(averages))
    assert not np.array_equal(trainable[0], values(run.model.trainable_variables)[0])
    moving = [
        values(v for v in model.non_trainable_variables if "moving" in v.path) for model in (run.averaged, run.model)
    ]
    assert len(moving[0]) == 2 and moving[0][0].any()
    assert_equal(*moving)


@pytest.mark.parametrize("ema", [True, pytest.param(False, marks=pytest.mark.long)], ids=["averages", "weights"])
def test_a_run_stopped_in_mid_epoch_resumes_to_the_same_weights(tmp_path, ema):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    straight = Run(tmp_path / "a", ema)
    expected = straight.fit()

    stopped = Run(tmp_path / "b", ema)

    calls, train_step = [], stopped.trainer.train_step

    def train_step_and_stop(*arguments, **options):  # not the batch: it is fetched ahead of its step
        calls.append(None)
        if len(calls) == STEPS + 2:
            os.kill(os.getpid(), signal.SIGTERM)
        return train_step(*arguments, **options)

    stopped.trainer.train_step = train_step_and_stop
    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(Interrupted, match="stopped at step 5 of 12"):
        stopped.fit()
    assert signal.getsignal(signal.SIGINT) is handler

    resumed = Run(tmp_path / "b", ema)
    resumed.scored.append([])  # the score counts its calls: one epoch was scored before the stop
    progress = resumed.fit()
    assert_equal(resumed.averaged.get_weights(), straight.averaged.get_weights())
    assert_equal(resumed.model.get_weights(), straight.model.get_weights())
    assert progress.history == expected.history and progress.step == expected.step


def test_a_finished_run_needs_no_step_to_give_its_best_weights_again(tmp_path):
    first = Run(tmp_path)
    first.fit(scores=[0.1, 0.3, 0.2, 0.2])
    again = Run(tmp_path)
    progress = again.fit(batch=lambda step: pytest.fail("no batch is needed"))
    assert again.scored == [] and progress.best_score == 0.3
    assert_equal(again.averaged.get_weights(), first.averaged.get_weights())


def test_divergence_is_named_and_leaves_no_state(tmp_path, monkeypatch):
    monkeypatch.setattr(training_loop, "SAVE_SECONDS", 0.0)
    run = Run(tmp_path)

    def batch(step):
        inputs, targets = run.batch(step)
        return inputs * (np.nan if step > STEPS else 1), targets

    with pytest.raises(Diverged, match=r"diverged in epoch 2.*learning_rate"):
        run.fit(batch)
    assert list(tmp_path.iterdir()) == []


def test_one_overflow_of_the_loss_is_no_divergence(tmp_path):
    """In half precision the optimizer leaves such a step out."""
    run = Run(tmp_path)
    run.trainer.compile(keras.optimizers.LossScaleOptimizer(run.trainer.optimizer), "mse", run_eagerly=True)

    def batch(step):
        inputs, targets = run.batch(step)
        return inputs, targets * (np.float32(1e38) if step == 1 else 1)

    progress = run.fit(batch)
    assert progress.step == EPOCHS * STEPS


@pytest.mark.parametrize(
    "keep", [pytest.param(0, marks=pytest.mark.long), pytest.param(100, marks=pytest.mark.long), 0.5, 0.98], ids=str
)
def test_a_truncated_state_is_named(tmp_path, keep):
    run = Run(tmp_path)
    run.fit()
    content = run.state_file.read_bytes()
    run.state_file.write_bytes(content[: keep if isinstance(keep, int) else int(keep * len(content))])
    with pytest.raises(InputError, match=r"state\.npz cannot be resumed, it is damaged: remove it"):
        Run(tmp_path).fit()


def test_the_state_of_another_model_is_named(tmp_path):
    record = np.frombuffer(json.dumps({"step": 1}).encode(), np.uint8)
    run = Run(tmp_path)
    np.savez(run.state_file, record=record, state_0=np.zeros(3))
    with pytest.raises(InputError, match="it is of another model"):
        run.fit()


def test_the_state_is_saved_every_so_often(tmp_path, monkeypatch):
    monkeypatch.setattr(training_loop, "SAVE_SECONDS", 0.0)
    run, steps = Run(tmp_path), []

    def batch(step):
        if run.state_file.exists():
            steps.append(training_loop.read(run.state_file)[0].step)
        return run.batch(step)

    run.fit(batch)
    assert steps == sorted(steps) and steps[-1] >= EPOCHS * STEPS - 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["state.before.npz", "state.npz"]


def sequences():
    """A model of sequences of any length, whose batches differ in both axes; the second pair is the shortest."""
    inputs = {"rows": keras.Input((None,), dtype="int32", name="rows"), "shared": keras.Input((), name="shared")}
    shared = keras.layers.Lambda(keras.ops.sum, output_shape=())(inputs["shared"])
    vectors = keras.layers.Embedding(11, 3)(inputs["rows"]) * shared
    trainer = keras.Model(inputs, {"out": vectors})
    trainer.compile(keras.optimizers.SGD(0.01), {"out": "mse"})
    shapes = [(2, 3), (2, 3), (5, 7), (1, 13), (3, 2)]

    def batch(step):
        rng, shape = np.random.default_rng(step), shapes[step % len(shapes)]
        rows = rng.integers(0, 11, shape).astype("int32")
        targets = {"out": np.full((*shape, 3), step, "float32")}
        return {"rows": rows, "shared": np.ones(step + 1, "float32")}, targets

    return trainer, batch


def test_batches_of_varying_shape_go_through_one_fit():
    """Even where the first two, of which Keras would take its measure, are alike."""
    trainer, batch = sequences()
    made = training_loop.dataset(trainer, batch, 0, 9)
    assert len(made) == 9
    seen = []
    trainer.fit(
        made, shuffle=False, verbose=0,
        callbacks=[keras.callbacks.LambdaCallback(on_train_batch_end=lambda step, logs: seen.append(logs["loss"]))],
    )  # fmt: skip
    assert len(seen) == 9 and np.isfinite(seen).all()


def test_batches_arrive_whole_and_in_order_from_any_step_on():
    trainer, batch = sequences()
    made = training_loop.dataset(trainer, batch, 3, 11)
    arrived = [made[index] for index in range(len(made))] if hasattr(made, "__getitem__") else list(made)
    assert len(arrived) == 8
    for step, (inputs, targets) in enumerate(arrived, 3):
        wanted, targeted = batch(step)
        for found, expected in ((inputs, wanted), (targets, targeted)):
            assert found.keys() == expected.keys()
            for name, value in found.items():
                np.testing.assert_array_equal(keras.ops.convert_to_numpy(value), expected[name])
                assert keras.backend.standardize_dtype(value.dtype) == str(expected[name].dtype)
