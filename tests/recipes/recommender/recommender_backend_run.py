"""A short training under the backend of this process: `recommender_backend_run.py FILE.npz`.

For two losses, from weights that no backend's own random numbers decided and without dropout: the losses of a few
steps, then what the model answers. The steps go through `fit`, and their batches differ in length. They are small,
because Adam makes whole steps of gradients that are nothing but rounding errors.
"""

import sys
from dataclasses import replace

import keras
import numpy as np
from small_recommender import CONFIG, ROWS, knowledge_for, log_of, some_catalogue, some_histories

from heedful.recipes.recommender.model import build
from heedful.recipes.recommender.reading.item_catalogue import FIRST
from heedful.recipes.recommender.trainer import build_trainer
from heedful.recipes.recommender.training.batches import Batches
from heedful.recipes.suite.training_loop import dataset

STEPS = 4
SETTINGS = {"sampled": {"full_softmax": 5, "negatives": 31}, "bce": {"loss": "bce"}}


class Losses(keras.callbacks.Callback):
    """The running mean of the loss after each step."""

    def __init__(self):
        super().__init__()
        self.means = []

    def on_train_batch_end(self, batch, logs=None):
        assert logs is not None
        self.means.append(logs["loss"])


def train(**settings):
    config = replace(CONFIG, blocks=1, dropout=0.0, item_dropout=0.0, warmup_epochs=0, learning_rate=0.0003, **settings)
    facts = knowledge_for(some_catalogue())
    rng = np.random.default_rng(1)
    model = build(config, facts)
    for variable in model.trainable_variables:
        start = 1.0 if variable.name == "gamma" else 0.0
        variable.assign((start + rng.normal(0, 0.2, variable.shape)).astype("float32"))
    histories = [list(FIRST + rng.permutation(ROWS - FIRST)[:size]) for size in (3, 14, 5, 14, 7)]
    batches = Batches(log_of(*histories), config, ROWS)
    lengths = {batches.batch(0, step)[0]["history"].shape[1] for step in range(STEPS)}
    assert len(lengths) > 1, lengths
    losses = Losses()
    trainer = build_trainer(model, config, facts, STEPS, 0)
    trainer.jit_compile = keras.backend.backend() == "jax"  # elsewhere compiling takes longer than running
    trainer.optimizer.build(trainer.trainable_variables)  # else TensorFlow traces the step twice
    trainer.fit(
        dataset(trainer, lambda step: batches.batch(0, step), 0, STEPS), shuffle=False, verbose=0, callbacks=[losses]
    )
    history = some_histories(17, config.length)
    offered = rng.integers(FIRST, ROWS, (17, config.candidates)).astype("int32")
    answers = {**{f"recommend_{k}": v for k, v in model.recommend(history).items()}, **model(history)}
    answers |= {f"rank_{name}": value for name, value in model.rank(history, offered).items()}
    return {"losses": np.array(losses.means), "lengths": sorted(lengths), **answers}


if __name__ == "__main__":
    found = {f"{name}_{key}": value for name, settings in SETTINGS.items() for key, value in train(**settings).items()}
    np.savez(sys.argv[1], **{name: keras.ops.convert_to_numpy(value) for name, value in found.items()})
