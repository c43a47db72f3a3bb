"""A whole model asked chunk by chunk, from samples on, with the layers and so the weights that it has for windows."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import keras
import numpy as np
from keras import ops

from heedful.layers.tensor import Tensor
from heedful.recipes.speech_commands.config import STEM_STRIDE
from heedful.recipes.speech_commands.network.stream import Shapes, State, StreamBody, newest


def body_of(model: keras.Model) -> StreamBody | None:
    """The body that hears streams, in a model that has one."""
    found = [layer for layer in model.get_layer("classifier").layers if isinstance(layer, StreamBody)]
    return found[0] if found else None


class Chunks:
    """What a model with a `StreamBody` answers to the window that ends with a chunk of its stream.

    Args:
        model: as `model.build` gives it.
        body: its `body_of`.
    """

    def __init__(self, model: keras.Model, body: StreamBody) -> None:
        classifier: Any = model.get_layer("classifier")
        self.body = body
        self.log_mel, self.statistics = model.get_layer("log_mel"), classifier.get_layer("band_statistics")
        self.head = keras.Model(body.output[0], classifier.output["logits"])
        self.probabilities = model.get_layer("probabilities")
        front_end = self.log_mel.front_end
        self.overlap = front_end.window - front_end.hop  # samples that the next frame begins before the chunk
        self.step = STEM_STRIDE * front_end.hop  # samples
        self.samples = body.chunk * self.step

    @property
    def shapes(self) -> Shapes:
        """Of the state, for one stream."""
        return {"waveform": (1, self.overlap), **self.body.shapes()}

    def answer(self, samples: Tensor, state: Mapping[str, Tensor]) -> State:
        """`probabilities`, `attention` and the next state, after some steps of `samples` `(batch, samples)`."""
        with keras.name_scope(self.log_mel.name):  # what bears its name stays in float, whatever the file
            seen = ops.concatenate([state["waveform"], samples], axis=1)
            waveform = newest(seen, self.overlap)
        features = self.statistics(self.log_mel(seen), training=False)
        pooled, attention, following = self.body.step(features, dict(state))
        logits = self.head(pooled, training=False)
        return {"probabilities": self.probabilities(logits), "attention": attention, "waveform": waveform, **following}

    def examples(self, clips: Iterable[np.ndarray]) -> Iterator[dict[str, np.ndarray]]:
        """Chunks with the state before them: of each clip `(1, samples)` that which ends after two thirds of it, and
        that which ends with it, in a stream of which the clip is the first sound.
        """
        sound = np.concatenate(list(clips))
        sound = np.concatenate([np.zeros_like(sound), sound], axis=1)  # nothing is left of zeros in the state
        for end in (sound.shape[1] - sound.shape[1] // 6, sound.shape[1]):
            start = end - self.samples
            state = self.after(sound[:, start % self.step : start])
            for row in range(len(sound)):
                one = slice(row, row + 1)
                yield {"samples": sound[one, start:end], **{name: value[one] for name, value in state.items()}}

    def after(self, sound: np.ndarray) -> dict[str, np.ndarray]:
        """The state after some steps of `sound` `(batch, samples)` that follow on zeros."""
        zeros = {name: ops.zeros((len(sound), *shape[1:])) for name, shape in self.shapes.items()}
        answer = self.answer(ops.convert_to_tensor(sound), zeros)
        return {name: ops.convert_to_numpy(answer[name]) for name in zeros}
