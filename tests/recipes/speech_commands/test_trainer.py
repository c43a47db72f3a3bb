"""The training model: its loss in NumPy, its teacher, and steps on the extremes that recordings hold."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from heedful.apps.errors import InputError
from heedful.recipes.contract import Knowledge, knowledge_of
from heedful.recipes.speech_commands.config import PRESETS
from heedful.recipes.speech_commands.model import build
from heedful.recipes.speech_commands.trainer import SmoothedCrossentropy, build_optimizer, build_trainer
from heedful.recipes.suite import cards
from heedful.recipes.suite.discovery import Recipe
from heedful.recipes.suite.saved import KERAS_FILE
from heedful.recipes.suite.train import Request, fit
from heedful.recipes.suite.training_loop import copy_averages

RECIPE = Recipe("speech_commands")
CLIPS, LABELS = 5, 3
CONFIG = replace(PRESETS["tiny"], clip_seconds=0.37, blocks=1, width=14, hidden=22, stem=6, epochs=2)
FRONT_END = {"rate": CONFIG.front_end.rate, "samples": CONFIG.front_end.samples}
KNOWN = Knowledge({"labels": ["yes", "no", "stop"], "front_end": FRONT_END}, {})
numpy = keras.ops.convert_to_numpy


def batch(seed: int = 1) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Noise, digital silence, a full-scale square wave and a single click, each with noise or without."""
    rng = np.random.default_rng(seed)
    waveform = rng.normal(0, 0.1, (CLIPS, CONFIG.front_end.samples))
    waveform[1] = 0.0
    waveform[2] = np.sign(np.sin(np.arange(CONFIG.front_end.samples) / 13.0))
    waveform[3] = np.arange(CONFIG.front_end.samples) == 1234
    noise = rng.normal(0, 0.1, waveform.shape)
    noise[4] = 0.0
    inputs = {"waveform": waveform.astype("float32"), "noise": noise.astype("float32")}
    return inputs, rng.integers(0, LABELS, CLIPS).astype("int32")


def log_softmax(logits: np.ndarray) -> np.ndarray:
    shifted = logits.astype(float) - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def crossentropy(logits: np.ndarray, targets: np.ndarray, smoothing: float = 0.0) -> float:
    wanted = np.eye(LABELS)[targets] * (1 - smoothing) + smoothing / LABELS
    return float(-(wanted * log_softmax(logits)).sum(axis=-1).mean())


@pytest.fixture
def teacher(tmp_path) -> Path:
    """A model folder with what the trainer reads of it; its dropout is high, so that it would show."""
    return save_teacher(tmp_path / "teacher", KNOWN)


def save_teacher(folder: Path, known: Knowledge, **card: Any) -> Path:
    folder.mkdir()
    keras.utils.set_random_seed(2)
    config = replace(CONFIG, dropout=0.7, clip_seconds=known.facts["front_end"]["samples"] / CONFIG.sample_rate)
    model = build(config, known)
    rng = np.random.default_rng(3)
    for variable in model.trainable_variables:
        variable.assign_add(rng.normal(0, 0.3, variable.shape))
    model.save(folder / KERAS_FILE)
    unused = {"config": {}, "data_dir": None, "attachments": {}, "parameters": model.count_params()}
    cards.write(folder, {"recipe": RECIPE.name, "data": {"source": "sample"}, **unused, "facts": known.facts, **card})
    return folder


def test_loss_is_smoothed_crossentropy():
    rng = np.random.default_rng(5)
    logits, (_, targets) = rng.normal(0, 3, (CLIPS, 1, LABELS)).astype("float32"), batch()
    for smoothing in (0.0, 0.1, 0.37):
        found = float(SmoothedCrossentropy(smoothing)(targets, logits))
        assert found == pytest.approx(crossentropy(logits[:, 0], targets, smoothing), rel=1e-5)


def test_loss_mixes_targets_and_the_teachers_first_choice():
    rng = np.random.default_rng(5)
    logits, (_, targets) = rng.normal(0, 3, (CLIPS, 2, LABELS)).astype("float32"), batch()
    taught = logits[:, 1].argmax(axis=-1)
    assert (taught != targets).any()
    own, theirs = (crossentropy(logits[:, 0], labels) for labels in (targets, taught))
    for weight in (0.25, 1.0):
        found = float(SmoothedCrossentropy(0.0, weight)(targets, logits))
        assert found == pytest.approx((1 - weight) * own + weight * theirs, rel=1e-5)


@pytest.mark.long
def test_teacher_alone_decides_the_loss_and_does_not_change(teacher):
    # Nothing random in front of the models, so that both hear the clip itself.
    quiet = {"shift_ms": 0.0, "stretch": 0.0, "noise_probability": 0.0, "time_masks": 0, "frequency_masks": 0}
    config = replace(CONFIG, teacher=str(teacher), teacher_weight=1.0, label_smoothing=0.0, **quiet)
    keras.utils.set_random_seed(4)
    student = build(config, KNOWN)
    trainer = build_trainer(student, config, KNOWN, steps_per_epoch=2, seed=0)
    trainer.optimizer.build(trainer.trainable_variables)  # else TensorFlow traces the step twice
    inputs, targets = batch()

    original = keras.saving.load_model(teacher / KERAS_FILE, compile=False)
    wanted = numpy(original(inputs["waveform"], training=False)["probabilities"])
    answered = numpy(trainer(inputs, training=True))
    np.testing.assert_allclose(answered[:, 1], wanted, atol=1e-5)
    assert (wanted.argmax(axis=-1) != targets).any()
    loss = float(trainer.loss(targets, answered))
    assert loss == pytest.approx(crossentropy(answered[:, 0], wanted.argmax(axis=-1)), rel=1e-5)

    inside = trainer.get_layer("teacher")
    before, student_before = inside.get_weights(), student.get_weights()
    for _ in range(3):
        trainer.train_on_batch(inputs, targets)
    for a, b, c in zip(before, inside.get_weights(), original.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
        np.testing.assert_array_equal(a, c)
    changed = [not np.array_equal(a, b) for a, b in zip(student_before, student.get_weights(), strict=True)]
    assert all(changed)


def test_teachers_that_do_not_fit_are_refused(tmp_path):
    others = Knowledge({"labels": ["yes", "no", "go"], "front_end": FRONT_END}, {})
    longer = Knowledge({"labels": KNOWN.facts["labels"], "front_end": {"rate": 16000, "samples": 7001}}, {})
    cases = {
        "labels": (save_teacher(tmp_path / "labels", others), "labels"),
        "samples": (save_teacher(tmp_path / "samples", longer), "samples"),
        "recipe": (save_teacher(tmp_path / "recipe", KNOWN, recipe="captioning"), "captioning"),
        "missing": (tmp_path / "missing", "does not exist"),
    }
    for name, (path, reason) in cases.items():
        config = replace(CONFIG, teacher=str(path))
        with pytest.raises(InputError, match=reason) as error:
            build_trainer(build(config, KNOWN), config, KNOWN, steps_per_epoch=2, seed=0)
        assert str(path) in str(error.value) and "\n" not in str(error.value), name


@pytest.mark.long
@pytest.mark.parametrize("precision", ["float32", "mixed_float16", "mixed_bfloat16"])
def test_steps_on_extremes_leave_finite_weights_and_move_the_averages(precision):
    keras.utils.set_random_seed(6)
    averaged = build(CONFIG, KNOWN)
    keras.config.set_dtype_policy(precision)
    try:
        model = build(CONFIG, KNOWN)
        trainer = build_trainer(model, CONFIG, KNOWN, steps_per_epoch=2, seed=0)
    finally:
        keras.config.set_dtype_policy("float32")
    trainer.optimizer.build(trainer.trainable_variables)
    before = model.get_weights()
    for step in range(12):  # float16 leaves out the steps whose scaled gradients overflow, and so finds its scale
        assert np.isfinite(trainer.train_on_batch(*batch(step)))
    copy_averages(trainer, model, averaged)
    for start, now, mean, variable in zip(
        before, model.get_weights(), averaged.get_weights(), model.weights, strict=True
    ):
        assert np.isfinite(now).all() and np.isfinite(mean).all()
        assert not np.array_equal(start, now), variable.path
        if variable.trainable:  # the average lags behind the weight
            assert 0 < np.abs(mean - start).max() < np.abs(now - start).max(), variable.path


def test_learning_rate_warms_up_and_comes_down():
    config = replace(CONFIG, epochs=10, warmup_epochs=2.0, learning_rate=0.1)
    rate = build_optimizer(config, steps_per_epoch=7)._learning_rate
    values = [float(rate(step)) for step in range(71)]
    assert values[0] == 0.0 and values[14] == pytest.approx(0.1) and values[70] == pytest.approx(0.0, abs=1e-6)
    assert (np.diff(values[:15]) > 0).all() and (np.diff(values[14:]) < 0).all()


@pytest.mark.long
def test_distillation_through_the_whole_loop(tmp_path):
    """Two epochs with a teacher: the model that is kept is the student's, without the teacher in it."""
    config = replace(CONFIG, epoch_clips=64, batch_size=256)
    data = RECIPE.data.load("sample", config)
    teacher = save_teacher(tmp_path / "teacher", knowledge_of(data))
    config = replace(config, teacher=str(teacher))
    model, progress = fit(RECIPE, config, data, Request(seed=3), tmp_path)
    assert model.count_params() == build(config, knowledge_of(data)).count_params()
    assert progress.step == 2 * data.steps_per_epoch
    assert all(np.isfinite(entry["loss"]) for entry in progress.history)
