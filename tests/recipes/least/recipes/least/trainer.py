"""Cross-entropy."""

import keras
from keras import ops

from heedful.recipes.contract import Knowledge
from heedful.recipes.least.config import Config
from heedful.recipes.shared.training.adversarial import AdversarialNoise, own_answer
from heedful.recipes.shared.training.optimizer import build_optimizer


def build_trainer(
    model: keras.Model, config: Config, knowledge: Knowledge, steps_per_epoch: int, seed: int
) -> keras.Model:
    probabilities = model.output["probabilities"]
    if config.adversarial:

        def loss_of(numbers):
            return own_answer(ops.log(model(numbers, training=False)["probabilities"] + 1e-7))

        noise = AdversarialNoise(loss_of, config.adversarial)
        probabilities = model(noise(model.input))["probabilities"]
    trainer = keras.Model(model.input, probabilities)
    trainer.compile(build_optimizer(config, steps_per_epoch), "sparse_categorical_crossentropy")
    return trainer
