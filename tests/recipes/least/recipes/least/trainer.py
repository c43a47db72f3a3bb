"""Cross-entropy."""

import keras

from heedful.recipes.contract import Knowledge
from heedful.recipes.least.config import Config
from heedful.recipes.shared.training.optimizer import build_optimizer


def build_trainer(
    model: keras.Model, config: Config, knowledge: Knowledge, steps_per_epoch: int, seed: int
) -> keras.Model:
    trainer = keras.Model(model.input, model.output["probabilities"])
    trainer.compile(build_optimizer(config, steps_per_epoch), "sparse_categorical_crossentropy")
    return trainer
