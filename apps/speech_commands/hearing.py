"""From a stream of sound in chunks of any size to what a model answers to its windows.

The two ways give the same answers. `Windows` asks for every window anew, whatever the model; `Stream` is for models
with the signature `stream`, which takes the newest samples and the state that the samples before have left, and so
hears every sample once.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from heedful.apps.model_file import ModelFile
from heedful.apps.speech_commands.events import RingBuffer

Specs = Mapping[str, tuple[tuple[int, ...], str]]  # shape and type by name
Heard = tuple[int, np.ndarray, np.ndarray]  # position of the window's middle, probabilities (labels,), attention


@dataclass(frozen=True)
class StreamSpecs:
    """What the signature `stream` takes: `chunk` samples, and a state of these shapes by name."""

    chunk: int
    state: dict[str, tuple[int, ...]]


def stream_specs(signatures: Mapping[str, Mapping[str, Specs]]) -> StreamSpecs | None:
    """Those of a file, None where it has no `stream`. Raises `ValueError` or `KeyError` where that is another one."""
    if "stream" not in signatures:
        return None
    inputs, outputs = dict(signatures["stream"]["inputs"]), dict(signatures["stream"]["outputs"])
    ((batch, chunk), kind), answers = inputs.pop("samples"), signatures["classify"]["outputs"]
    if (batch, kind) != (1, "float32") or outputs != {**inputs, **answers}:
        raise ValueError
    return StreamSpecs(chunk, {name: shape for name, (shape, _) in inputs.items()})


class Windows:
    """Every window of `samples`, a hop apart, by `classify`: a window `(samples,)` to probabilities and attention."""

    def __init__(self, classify: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]], samples: int, hop: int) -> None:
        self._classify = classify
        self._buffer = RingBuffer(samples, hop)

    def push(self, samples: np.ndarray) -> Iterator[Heard]:
        """The answers to the windows that these samples complete; the first window has its middle where they begin."""
        for middle, window in self._buffer.push(samples):
            yield middle, *self._classify(window)


class Stream:
    """The same windows, by `stream`; the hop is of whole chunks.

    The state begins with zeros, which mean nothing, so the stream begins with as much silence as there is before the
    middle of the first window, and as makes that window end with a chunk: then nothing is left of them.
    """

    def __init__(self, file: ModelFile, specs: StreamSpecs, samples: int, hop: int) -> None:
        self._file, self._hop = file, hop
        self._after = samples - samples // 2  # from the middle of a window on
        lead = samples // 2 + -samples % specs.chunk
        self._state = {name: np.zeros(shape, np.float32) for name, shape in specs.state.items()}
        self._chunk = np.zeros(specs.chunk, np.float32)
        self._filled = 0
        self._position = -lead  # of the end of the last whole chunk, in samples from the beginning of the stream
        for _ in self.push(np.zeros(lead, np.float32)):
            pass

    def push(self, samples: np.ndarray) -> Iterator[Heard]:
        """As that of `Windows`."""
        samples = np.asarray(samples, np.float32).reshape(-1)
        while len(samples) >= (room := len(self._chunk) - self._filled):
            self._chunk[self._filled :], samples, self._filled = samples[:room], samples[room:], 0
            self._position += len(self._chunk)
            answer = self._file.run("stream", samples=self._chunk[None], **self._state)
            self._state = {name: answer[name] for name in self._state}
            middle = self._position - self._after
            if middle >= 0 and middle % self._hop == 0:
                yield middle, answer["probabilities"][0], answer["attention"][0]
        self._chunk[self._filled : self._filled + len(samples)] = samples
        self._filled += len(samples)
