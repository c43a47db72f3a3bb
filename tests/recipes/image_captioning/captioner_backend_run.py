"""What a captioner answers under the backend of this process, then training steps: `captioner_backend_run.py
FILE.npz`.

Weights come from NumPy, and nothing is dropped, so every backend must give the same numbers.
"""

import sys

import keras
import numpy as np
from small_captioner import PICTURES, TOKENS, config_of, knowledge_for, some_pictures, talkative

from heedful.apps.beam import Decoding
from heedful.recipes.image_captioning.trainer import build_trainer
from heedful.recipes.image_captioning.training.batches import Captions
from heedful.recipes.shared.network.decoding import written


def answers(model, beams):
    """Greedy and with a beam, through what is compiled once."""
    grids = keras.ops.convert_to_numpy(model.encoder(some_pictures(PICTURES)))
    found = {}
    for beam in beams:
        for row, each in enumerate(written(model, model.decoder, grids, Decoding(beam, 0.7, 0, model.length))):
            found |= {f"tokens_{beam}_{row}": each.tokens, f"attention_{beam}_{row}": each.attention}
    return {**found, "grids": grids}


def steps(kind, model):
    """Losses of three training steps, and word by word before them."""
    config = config_of(kind, warmup_epochs=0.0, learning_rate=0.0003, doubly_stochastic=1.0)
    trainer = build_trainer(model, config, knowledge_for(), steps_per_epoch=4, seed=0)
    trainer.jit_compile = keras.backend.backend() == "jax"  # elsewhere compiling takes longer than running
    trainer.optimizer.build(trainer.trainable_variables)  # else TensorFlow traces the step twice
    rng = np.random.default_rng(0)
    ids = [[rng.integers(4, TOKENS, size).astype(np.int32) for size in (3, 7, 1)] for _ in range(5)]
    _, inputs, weights = Captions(ids, 7, 5, 3, 0.0).batch(0, 0)
    batch = {"image": some_pictures(5, seed=1), **inputs}
    plain = trainer(batch, training=False)
    losses = [trainer.train_on_batch(batch, weights) for _ in range(3)]  # the first has a learning rate of zero
    return {"losses": plain, "trained": np.array(losses)}


def main(file):
    found = {}
    for kind, beams in (("transformer", (1,)), ("soft", (1, 3))):
        model = talkative(kind)
        found |= {f"{kind}_{name}": value for name, value in answers(model, beams).items()}
        if kind == "soft":
            found |= {f"{kind}_{name}": value for name, value in steps(kind, model).items()}
            # As the next validation of a training: with other weights.
            vectors = model.decoder.words.vectors
            vectors.assign(-vectors.value)
            found |= {f"{kind}_after_{name}": value for name, value in answers(model, beams).items()}
    np.savez(file, **{name: keras.ops.convert_to_numpy(value) for name, value in found.items()})


if __name__ == "__main__":
    main(sys.argv[1])
