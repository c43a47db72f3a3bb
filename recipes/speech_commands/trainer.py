"""The training model: augmentation in front, loss and optimizer behind, the classifier in between."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
from keras import ops

from heedful.apps.errors import InputError
from heedful.apps.model_file import ModelFile
from heedful.recipes.contract import Knowledge
from heedful.recipes.shared.training.adversarial import AdversarialNoise, own_answer
from heedful.recipes.shared.training.losses import cross_entropy
from heedful.recipes.shared.training.optimizer import build_optimizer
from heedful.recipes.speech_commands.config import Config
from heedful.recipes.speech_commands.training.augmentation import augment_features, augment_waveform
from heedful.recipes.suite.discovery import Recipe
from heedful.recipes.suite.saved import open_saved

NO_DECAY = ("bias", "gamma", "beta", "queries", "directions")  # the queries of the pooling


def build_trainer(
    model: keras.Model, config: Config, knowledge: Knowledge, steps_per_epoch: int, seed: int
) -> keras.Model:
    """A compiled model of `{"waveform", "noise"}`, each `(batch, samples)`, that shares the layers of `model`.

    Its output is logits `(batch, 1, labels)`; with a teacher `(batch, 2, labels)`, the teacher's probabilities behind
    them. Raises `InputError` when the teacher is no model of this recipe with the same labels and clips.
    """
    samples = model.input_shape[1]
    waveform, noise = keras.Input((samples,), name="waveform"), keras.Input((samples,), name="noise")
    heard = augment_waveform(waveform, noise, config, seed)
    features = augment_features(model.get_layer("log_mel")(heard), config, seed)
    classifier = model.get_layer("classifier")
    if config.adversarial:
        features = AdversarialNoise(
            lambda features: own_answer(classifier(features, training=False)["logits"]), config.adversarial
        )(features)
    answers = [classifier(features)["logits"]]
    if config.teacher:
        answers.append(Teacher(open_teacher(Path(config.teacher), knowledge), name="teacher")(heard))
    trainer = keras.Model({"waveform": waveform, "noise": noise}, ops.stack(answers, axis=1))
    loss = SmoothedCrossentropy(config.label_smoothing, config.teacher_weight if config.teacher else 0.0)
    trainer.compile(build_optimizer(config, steps_per_epoch, NO_DECAY), loss)
    return trainer


def open_teacher(path: Path, knowledge: Knowledge) -> keras.Model:
    """A trained model of this recipe, frozen. It hears what the student hears, without SpecAugment."""
    saved = open_saved(Recipe("speech_commands"), path)
    teacher = saved.model
    if isinstance(teacher, ModelFile):
        raise InputError(f"the teacher {path} is exported and cannot run in a training: give its folder.")
    theirs, ours = heard_by(saved.knowledge.facts), heard_by(knowledge.facts)
    differ = [f"{name} {theirs[name]}, the data {ours[name]}" for name in ours if theirs[name] != ours[name]]
    if differ:
        raise InputError(f"the teacher {path} has {'; '.join(differ)}: they must be equal.")
    teacher.trainable = False
    return teacher


class Teacher(keras.layers.Layer):
    """A model's probabilities `(batch, labels)` for waveforms, as in inference even while the student trains.

    A layer, because a model called inside another one is in training when that one is, whatever its call says: its
    dropout would teach noise.
    """

    def __init__(self, model: keras.Model, **kwargs):
        super().__init__(trainable=False, **kwargs)
        self.model = model

    def call(self, waveform):
        return self.model(waveform, training=False)["probabilities"]


def heard_by(facts: Mapping[str, Any]) -> dict[str, Any]:
    """What teacher and student must have in common: they answer with the same labels to the same samples."""
    front_end = facts["front_end"]
    return {"labels": list(facts["labels"]), "rate": front_end["rate"], "samples": front_end["samples"]}


class SmoothedCrossentropy(keras.losses.Loss):
    """Cross-entropy of logits against integer targets `(batch,)` with label smoothing.

    With a `teacher_weight`, that share of the loss is against the teacher's most probable label instead (hard
    distillation, Touvron et al. 2021, arXiv:2012.12877).
    """

    def __init__(self, smoothing: float, teacher_weight: float = 0.0):
        super().__init__(name="crossentropy")
        self.smoothing, self.teacher_weight = smoothing, teacher_weight

    def call(self, y_true, y_pred):
        y_pred = ops.cast(y_pred, "float32")
        losses = cross_entropy(y_pred[:, 0], ops.cast(ops.reshape(y_true, (-1,)), "int32"), self.smoothing)
        if self.teacher_weight:
            taught = cross_entropy(y_pred[:, 0], ops.argmax(y_pred[:, 1], axis=-1), self.smoothing)
            losses = losses + self.teacher_weight * (taught - losses)
        return losses
