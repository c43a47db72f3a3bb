"""What the exported file of this recipe takes and gives, from samples on: `waveform` float32 `(1, samples)` in -1..1.

`classify` gives `probabilities` `(1, labels)` and `attention` `(1, heads, time)`; `embed`, where the model has a cosine
head, the `embedding` `(1, width)` that its labels are compared with; `stream`, where it has a body that hears streams,
what `classify` gives of the newest window, for a chunk of `samples` and the state before it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from heedful.apps.model_file import ModelFile
from heedful.apps.speech_commands.answer import looked
from heedful.export.about import Sound
from heedful.export.signature import Arrays, Signature, of_model
from heedful.recipes.shared.network.fixed_batches import ask
from heedful.recipes.shared.reading.spread import spread
from heedful.recipes.speech_commands.network.chunks import Chunks, body_of
from heedful.recipes.speech_commands.reading.recordings import FULL_SCALE
from heedful.recipes.speech_commands.training.foreign import foreign_sounds

SIGNATURE = "classify"
QUANTIZATIONS = {"none": 0.0, "float16": 0.002, "dynamic": 0.003, "int8": 0.02}  # of validation accuracy
LABELS = {"probabilities": "labels.txt"}
# 8 bits can hold neither the samples of a quiet clip nor its spectrum. The samples that go from one chunk of a stream
# to the next are an output of the file, to whose operator the converter gives the last name.
FLOAT_LAYERS = ("log_mel", "StatefulPartitionedCall")
EXAMPLES = 64  # clips that verify a file and calibrate int8


def inputs(data: Any) -> list[dict[str, np.ndarray]]:
    """Validation clips, spread evenly over the split."""
    clips, rows = spread(data, EXAMPLES)
    waveforms = clips.waveforms[rows].astype(np.float32) / FULL_SCALE
    return [{"waveform": waveform[None]} for waveform in waveforms]


def kinds(facts: Mapping[str, Any]) -> dict[str, Sound]:
    return {"waveform": Sound(facts["front_end"]["rate"])}


def attachments(model: keras.Model, data: Any) -> dict[str, bytes]:
    """The foreign sounds by which words are enrolled, where the model has an embedding."""
    return foreign_sounds(model, data).attachments() if "embedding" in model.output else {}


def signatures(model: keras.Model) -> dict[str, Signature]:
    whole = of_model(model)

    def part(*names: str) -> Signature:
        return Signature(lambda *given: {name: whole.function(*given)[name] for name in names}, whole.inputs)

    found = {SIGNATURE: part("probabilities", "attention")}
    if "embedding" in model.output:
        found["embed"] = part("embedding")
    if body := body_of(model):
        found["stream"] = streamed(Chunks(model, body))
    return found


def streamed(chunks: Chunks) -> Signature:
    """`samples` float32 `(1, samples)` and the state, to `probabilities`, `attention` and the next state."""
    shapes = {"samples": (1, chunks.samples), **chunks.shapes}

    def stream(samples, *state):
        return chunks.answer(samples, dict(zip(chunks.shapes, state, strict=True)))

    return Signature(stream, {name: (shape, "float32") for name, shape in shapes.items()})


def examples(model: keras.Model, inputs: Sequence[Arrays]) -> dict[str, list[Arrays]]:
    """The clips, and of each the chunks that end with it and after two thirds of it, in a stream of silence before."""
    found: dict[str, list[Arrays]] = {name: list(inputs) for name in signatures(model)}
    if body := body_of(model):
        found["stream"] = [*Chunks(model, body).examples(row["waveform"] for row in inputs)]
    return found


@dataclass(frozen=True)
class Predictor:
    """How the metrics ask either kind of model: waveforms float32 `(clips, samples)` to probabilities
    `(clips, labels)`.
    """

    model: keras.Model | ModelFile

    def __call__(self, waveforms: np.ndarray) -> np.ndarray:
        return self.placed(waveforms)[0]

    def placed(self, waveforms: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The probabilities, and where in its window the model looked, in windows from the middle, `(clips,)`."""
        outputs = ask(self.model, SIGNATURE, {"waveform": waveforms})
        return outputs["probabilities"], looked(outputs["attention"])


def predictor(model: keras.Model | ModelFile) -> Predictor:
    return Predictor(model)
