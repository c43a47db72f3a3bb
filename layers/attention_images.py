"""A look at attention while a model trains: weights and scores as pictures in TensorBoard, epoch by epoch.

The event file is written with the `tensorboard` package alone, on any backend and without TensorFlow; the package is
imported when a callback is made. Keras hides what its layers return on the way to the model's output, and a layer may
be called twice, under `jit`, or inside a loop. So nothing is captured from the running model: the callback is given
what it is to log, as a function that computes it.
"""

import os
import socket
import struct
import time
import zlib
from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from heedful.layers import penalties
from heedful.layers.tensor import Tensor

Look = Callable[[Any], Mapping[str, Tensor]]

ACCENT = np.array([0xD1, 0x49, 0x5B])
PAPER, GAP = np.array([255, 255, 255]), np.array([0x8F, 0xA1, 0xB0])
EVEN = 4.0  # times the even share: weights whose peak is lower are not stretched to the full colour, they say little
SIDE = 192  # pixels that the longer side of a head has at least


class AttentionImages(keras.callbacks.Callback):
    """Logs attention on the same few examples after every epoch, or every few of them.

        pooled, weights = AttentionPooling()(frames, return_attention_scores=True)
        model = keras.Model(inputs, keras.layers.Dense(10)(pooled))
        look = keras.Model(inputs, {"pooling": weights})    # shares its weights with the model
        model.fit(..., callbacks=[AttentionImages("logs", examples, look)])

    Under each name of what `weights` and `scores` return there is, per logged epoch:

        weights/NAME/0, 1, ...   a picture for each example, heads side by side; white is 0, red the greatest weight, or
                                 four times the even share if that is more
        scores/NAME/0, 1, ...    the same of the scores, white the least and red the greatest
        entropy/NAME             the mean entropy of the weights in nats, 0 where a query reads one key, log S where it
                                 reads all alike; queries that read nothing do not count

    Args:
        log_dir: folder of the event file; TensorBoard shows it beside those of `keras.callbacks.TensorBoard`.
        inputs: a small batch, whatever the functions take.
        weights: `weights(inputs)` -> named `(batch, heads, T, S)`, `(batch, T, S)` or `(batch, S)`: a model with a
            dictionary of outputs, or any function. It runs outside of the training step, as in inference.
        scores: the same for the scores before normalization, such as `attention.scores(query, value)`.
        every: epochs from one look to the next; the first epoch is always looked at.

    Raises ImportError without the package `tensorboard`; ValueError for `every` below 1 and, in training, for arrays
    of another rank or that are not finite.
    """

    def __init__(
        self, log_dir: str | PathLike[str], inputs: Any, weights: Look, scores: Look | None = None, every: int = 1
    ) -> None:
        super().__init__()
        if every < 1:
            raise ValueError(f"every must be at least 1 epoch, not {every}")
        _tensorboard()  # now, not after the first epoch
        self.log_dir = Path(log_dir)
        self.inputs = inputs
        self.weights = weights
        self.scores = scores
        self.every = every
        self.events: _Events | None = None

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        if epoch % self.every:
            return
        self.events = self.events or _Events(self.log_dir)
        for name, weights in _looked(self.weights, self.inputs).items():
            limit = max(float(weights.max()), min(1.0, EVEN / weights.shape[-1]))
            self._log_images(f"weights/{name}", np.maximum(weights, 0.0) / limit, epoch)
            self.events.scalar(f"entropy/{name}", _entropy(weights), epoch)
        if self.scores is not None:
            for name, scores in _looked(self.scores, self.inputs).items():
                span = float(np.ptp(scores)) or 1.0
                self._log_images(f"scores/{name}", (scores - scores.min()) / span, epoch)
        self.events.flush()

    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:
        if self.events is not None:
            self.events.close()
            self.events = None  # another `fit` begins another file

    def _log_images(self, name: str, shares: np.ndarray, epoch: int) -> None:
        assert self.events is not None
        for number, heads in enumerate(shares):
            self.events.image(f"{name}/{number}", tiles(heads), epoch)


def tiles(heads: np.ndarray) -> np.ndarray:
    """Shares `(heads, T, S)` as a picture, uint8 `(height, width, 3)`: heads side by side with a line between them.

    A cell is a square of so many pixels that small weights can be seen, and of one where there are many.
    """
    side = max(1, SIDE // max(heads.shape[1:]))
    colours = np.round(PAPER + heads[..., None] * (ACCENT - PAPER)).astype(np.uint8)
    line = np.broadcast_to(GAP.astype(np.uint8), (heads.shape[1] * side, max(1, side // 4), 3))
    large = colours.repeat(side, 1).repeat(side, 2)
    return np.concatenate([part for head in large for part in (line, head)][1:], axis=1)


def png(pixels: np.ndarray) -> bytes:
    """uint8 `(height, width, 3)` as a PNG file (RFC 2083): no filters, one block of data."""
    height, width, _ = pixels.shape
    lines = b"".join(b"\0" + line.tobytes() for line in pixels)
    header = struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(lines)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )


def _looked(look: Look, inputs: Any) -> dict[str, np.ndarray]:
    """float64 `(batch, heads, T, S)` each."""
    found = {}
    for name, tensor in look(inputs).items():
        array = ops.convert_to_numpy(tensor).astype("float64")
        if not 2 <= array.ndim <= 4 or not array.size:
            raise ValueError(f"{name!r} has shape {array.shape}, not (batch, heads, T, S), (batch, T, S) or (batch, S)")
        if not np.isfinite(array).all():
            raise ValueError(f"{name!r} is not finite in every place")
        found[name] = array.reshape(len(array), *(1,) * (4 - array.ndim), *array.shape[1:])
    return found


def _entropy(weights: np.ndarray) -> float:
    rows = weights.reshape(-1, 1, weights.shape[-1])
    rows = rows[rows.sum((1, 2)) > 0]
    return float(ops.convert_to_numpy(penalties.entropy(rows)).mean()) if len(rows) else 0.0


class _Events:
    """An event file of TensorBoard: what is logged is on disk after `flush`."""

    def __init__(self, folder: Path) -> None:
        record_writer, self._proto, self._summary = _tensorboard()
        folder.mkdir(parents=True, exist_ok=True)
        name = f"events.out.tfevents.{time.time_ns()}.{socket.gethostname()}.{os.getpid()}.attention"
        self._records = record_writer.RecordWriter((folder / name).open("xb"))
        self._write(file_version="brain.Event:2")

    def scalar(self, tag: str, value: float, step: int) -> None:
        self._value(step, tag=tag, simple_value=value)

    def image(self, tag: str, pixels: np.ndarray, step: int) -> None:
        height, width, _ = pixels.shape
        image = self._summary.Summary.Image(height=height, width=width, colorspace=3, encoded_image_string=png(pixels))
        self._value(step, tag=tag, image=image)

    def flush(self) -> None:
        self._records.flush()

    def close(self) -> None:
        self._records.close()

    def _value(self, step: int, **value: Any) -> None:
        summary = self._summary.Summary(value=[self._summary.Summary.Value(**value)])
        self._write(step=step, summary=summary)

    def _write(self, **event: Any) -> None:
        self._records.write(self._proto.Event(wall_time=time.time(), **event).SerializeToString())


def _tensorboard() -> tuple[Any, Any, Any]:
    """What writes an event file. Its `EventFileWriter` would import TensorFlow wherever it is installed."""
    try:
        from tensorboard.compat.proto import event_pb2, summary_pb2
        from tensorboard.summary.writer import record_writer
    except ImportError:
        raise ImportError("AttentionImages writes for TensorBoard: pip install tensorboard") from None
    return record_writer, event_pb2, summary_pb2
