"""What the exported file of this recipe takes and gives: one signature, from samples to probabilities and attention."""

import math
from collections.abc import Callable

import keras
import numpy as np

from heedful.apps.model_file import ModelFile
from heedful.recipes.speech_commands.reading.recordings import FULL_SCALE
from heedful.recipes.suite.devices import shared_by
from heedful.recipes.suite.litert import Signature

SIGNATURE = "classify"
ALLOWED_DROP = {"none": 0.0, "float16": 0.002, "dynamic": 0.003, "int8": 0.02}  # of validation accuracy
FLOAT_LAYERS = ("log_mel",)  # 8 bits can hold neither the samples of a quiet clip nor its spectrum
BATCH = 64  # clips that Keras answers at once
EXAMPLES = 64  # clips that verify a file and calibrate int8
INTENDED_USE = (
    "Recognising a small set of spoken command words in short windows of mono sound, on a phone, in a browser or from "
    "Python, with weights that show when in the window it listened."
)
LIMITS = (
    "It knows the words, accents, microphones and noises of its training data. Any sound is forced into one of its "
    "labels; words that it was not taught are `_unknown_` only as far as the training words generalise. Not for "
    "safety-critical use."
)


def signatures(model: keras.Model) -> dict[str, Signature]:
    """`classify`: `waveform` float32 `(1, samples)` in -1..1 to `probabilities` `(1, labels)` and `attention` `(1,
    heads, time)`.
    """
    samples = model.input_shape[1]
    return {
        SIGNATURE: Signature(lambda waveform: model(waveform, training=False), {"waveform": ((1, samples), "float32")})
    }


def examples(data, model) -> dict[str, list[dict[str, np.ndarray]]]:
    """Validation clips, spread evenly over the split."""
    clips = data.split("validation") if len(data.splits["validation"]) else data.split("all")
    rows = np.linspace(0, len(clips) - 1, min(EXAMPLES, len(clips))).astype(int)
    waveforms = clips.waveforms[rows].astype(np.float32) / FULL_SCALE
    return {SIGNATURE: [{"waveform": waveform[None]} for waveform in waveforms]}


def deployed(model: keras.Model) -> keras.Model:
    """The model as it ships: as it was trained."""
    return model


def predictor(model: keras.Model | ModelFile) -> Callable[[np.ndarray], np.ndarray]:
    """Waveforms float32 `(clips, samples)` to probabilities `(clips, labels)`, by either kind of model."""
    if isinstance(model, ModelFile):
        return lambda waveforms: np.concatenate(
            [model.run(SIGNATURE, waveform=row[None])["probabilities"] for row in waveforms]
        )
    return lambda waveforms: predict(model, waveforms)


def predict(model: keras.Model, waveforms: np.ndarray) -> np.ndarray:
    """Probabilities `(clips, labels)` by Keras, in batches of one size: several devices share none that is odd, and JAX
    compiles for every other size again.
    """
    batch = math.ceil(BATCH / shared_by()) * shared_by()
    answers = []
    for start in range(0, len(waveforms), batch):
        rows = waveforms[start : start + batch]
        padded = np.pad(rows, [(0, batch - len(rows)), (0, 0)])
        answers.append(model.predict_on_batch(padded)["probabilities"][: len(rows)])
    return np.concatenate(answers)
