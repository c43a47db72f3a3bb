"""The log-mel front end as a Keras layer, so that the features travel inside the exported file.

Feature code that differs between training and the phone is the usual reason why a model that tests well hears nothing
in the field; here the waveform goes in and there is no second implementation to get wrong.
"""

from dataclasses import asdict

import keras
import numpy as np
from keras import ops

from heedful.apps.speech_commands.log_mel import FLOOR, FrontEnd, hann, mel_matrix

NEVER_QUANTIZED = (
    1023  # elements: TFLite's dynamic-range quantization leaves smaller weights, and their inputs, in float
)


@keras.saving.register_keras_serializable(package="heedful")
class LogMel(keras.layers.Layer):
    """Waveform `(batch, samples)` in -1..1 to log-mel features `(batch, frames, bands)`.

    `log(|rfft(hann * frame)| @ mel + 1e-6)` with the HTK mel scale and no padding, as
    `heedful.apps.speech_commands.log_mel` writes it in NumPy. Always float32: a spectrum overflows float16. The mel
    filters are applied in blocks that quantization does not touch, because 8 bits cannot hold a magnitude spectrum:
    what is quiet would be rounded to nothing before the logarithm lifts it.
    """

    def __init__(self, front_end: FrontEnd, **kwargs):
        super().__init__(dtype="float32", **{k: v for k, v in kwargs.items() if k != "dtype"})
        self.front_end = front_end

    def build(self, input_shape):
        self.window = hann(self.front_end.window).astype("float32")
        self.mel_blocks = blocks(mel_matrix(self.front_end), NEVER_QUANTIZED)

    def call(self, waveform):
        frames = ops.extract_sequences(waveform, self.front_end.window, self.front_end.hop)
        real, imaginary = ops.rfft(frames * self.window, fft_length=self.front_end.fft)
        magnitude = ops.sqrt(ops.square(real) + ops.square(imaginary))
        bands = [ops.matmul(magnitude[..., start:stop], filters) for start, stop, filters in self.mel_blocks]
        return ops.log(ops.concatenate(bands, axis=-1) + FLOOR)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.front_end.frames, self.front_end.bands)

    def get_config(self):
        return {**super().get_config(), "front_end": asdict(self.front_end)}

    @classmethod
    def from_config(cls, config):
        return cls(front_end=FrontEnd(**config.pop("front_end")), **config)


def blocks(matrix: np.ndarray, largest: int) -> list[tuple[int, int, np.ndarray]]:
    """A banded matrix `(bins, bands)` as `(first bin, last bin + 1, dense block)`, each of at most `largest` elements.

    Neighbouring bands share a block as far as it goes; the blocks side by side give the whole product.
    """
    filled = [np.flatnonzero(band) for band in matrix.T]
    edges = [(int(bins[0]), int(bins[-1]) + 1) if len(bins) else (0, 1) for bins in filled]
    found, first = [], 0
    for last in range(1, len(edges) + 1):
        start = min(edge[0] for edge in edges[first : last + 1])
        stop = max(edge[1] for edge in edges[first : last + 1])
        if last == len(edges) or (stop - start) * (last + 1 - first) > largest:
            start, stop = min(edge[0] for edge in edges[first:last]), max(edge[1] for edge in edges[first:last])
            found.append((start, stop, matrix[start:stop, first:last]))
            first = last
    return found
