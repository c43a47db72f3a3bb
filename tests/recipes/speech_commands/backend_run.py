"""One training step under the backend of this process: `backend_run.py FOLDER`.

Leaves FOLDER/model.keras, and FOLDER/answers.npz with clips and what this backend answers to them.
"""

import sys
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np

from heedful.recipes.contract import Knowledge
from heedful.recipes.speech_commands.config import PRESETS
from heedful.recipes.speech_commands.model import build
from heedful.recipes.speech_commands.trainer import build_trainer

CONFIG = replace(PRESETS["tiny"], blocks=1, width=14, hidden=22, stem=6, clip_seconds=0.37)
KNOWN = Knowledge({"labels": ["yes", "no", "stop"]}, {})
CLIPS = 5


def waveforms(seed: int) -> np.ndarray:
    """Noise of different loudness, the last clip digital silence: float32 `(CLIPS, samples)`."""
    level = np.array([0.3, 0.1, 0.01, 0.0003, 0.0])[:, None]
    return (level * np.random.default_rng(seed).normal(size=(CLIPS, CONFIG.front_end.samples))).astype("float32")


def step_and_save(folder: Path) -> None:
    """Weights that no backend's own random numbers decided, one step of training, and a file."""
    model = build(CONFIG, KNOWN)
    rng = np.random.default_rng(2)
    for variable in model.trainable_variables:
        variable.assign_add(rng.normal(0, 0.1, variable.shape))
    trainer = build_trainer(model, CONFIG, KNOWN, steps_per_epoch=2, seed=0)
    trainer.optimizer.build(trainer.trainable_variables)  # else TensorFlow traces the step twice
    inputs = {"waveform": waveforms(3), "noise": waveforms(4)}
    for _ in range(2):  # the first has a learning rate of zero
        trainer.train_on_batch(inputs, np.arange(CLIPS, dtype="int32") % 3)
    model.save(folder / "model.keras")
    clips = waveforms(5)
    found = {name: keras.ops.convert_to_numpy(value) for name, value in model(clips, training=False).items()}
    np.savez(folder / "answers.npz", clips=clips, **found)


if __name__ == "__main__":
    step_and_save(Path(sys.argv[1]))
