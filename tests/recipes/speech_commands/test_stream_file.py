"""The stream of an exported file beside its own windows, through the app, over seconds, minutes and an hour."""

import json
import tracemalloc
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import keras
import numpy as np
import pytest

from heedful.apps.model_file import ModelFile, attach
from heedful.apps.speech_commands import Events, SpeechModel
from heedful.apps.speech_commands.answer import Answer
from heedful.apps.speech_commands.events import Detection
from heedful.export.exporter import Exporter
from heedful.recipes.contract import Knowledge
from heedful.recipes.speech_commands.config import PRESETS, Config
from heedful.recipes.speech_commands.model import build
from heedful.recipes.speech_commands.network.chunks import body_of
from heedful.recipes.suite.discovery import Recipe

pytestmark = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="the export runs under TensorFlow")
RECIPE, RATE = Recipe("speech_commands"), 16000
LABELS = ("noise", "sweep", "clicks", "_silence_")
SMALL = replace(
    PRESETS["stream"], clip_seconds=0.57, width=24, heads=3, hidden=40, stem=14, kernel=5, span=4, chunk_ms=60.0
)
DETECTION = Detection(hop=0.12, average=0.48, threshold=0.3, minimum_count=1)
ODD = (1, 959, 960, 961, 17, 31000, 4321)  # samples in a chunk


KINDS = (
    lambda rng, time: 10 ** rng.uniform(-4, -0.5) * rng.normal(size=len(time)),  # noise
    lambda rng, time: (
        rng.uniform(0.01, 0.9) * np.sin(2 * np.pi * (rng.uniform(50, 900) + rng.uniform(0, 900) * time) * time)
    ),
    lambda rng, time: rng.uniform(0.1, 1.0) * (rng.random(len(time)) < 0.001),  # clicks
    lambda rng, time: 0 * time,
)


def made(kind: int, seconds: float, rng: np.random.Generator) -> np.ndarray:
    """A sound of one of `KINDS`, float32 `(samples,)`, with a faint noise if it is no digital silence: between the
    harmonics of a pure tone a spectrum in float32 is rounding alone.
    """
    time = np.arange(round(seconds * RATE)) / RATE
    faint = 1e-3 * rng.normal(size=len(time)) * (kind < len(KINDS) - 1)
    return np.clip(KINDS[kind](rng, time) + faint, -1, 1).astype(np.float32)


def made_sound(seconds: float, seed: int = 1) -> np.ndarray:
    """A stretch of each kind after the other, again and again."""
    rng, parts = np.random.default_rng(seed), []
    while sum(map(len, parts)) < seconds * RATE:
        parts.append(made(len(parts) % len(KINDS), rng.uniform(0.05, 1.0), rng))
    return np.concatenate(parts)[: round(seconds * RATE)]


def taught(config: Config) -> keras.Model:
    """A model that has learnt to tell the kinds apart: weights as drawn would make much of every rounding."""
    keras.utils.set_random_seed(1)
    model, rng = build(config, Knowledge({"labels": list(LABELS)}, {})), np.random.default_rng(6)
    kinds = np.arange(192) % len(KINDS)
    sounds = np.stack([made(int(kind), config.clip_seconds, rng) for kind in kinds])
    classifier, features = model.get_layer("classifier"), model.get_layer("log_mel")(sounds)
    body = body_of(model)
    assert body is not None
    own = [*body.stem.norms, *(block.batch_norm for block in body.blocks)]
    for layer in (classifier.get_layer("band_statistics"), *own):
        layer.momentum = 0.8  # few steps
    learner = keras.Model(classifier.inputs, classifier.output["logits"])
    learner.compile(keras.optimizers.Adam(3e-3), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    learner.fit(features, kinds, batch_size=32, epochs=6, verbose=0)
    return model


class Files:
    """A taught model as a `.tflite` of each kind, as the app opens it; each is made when it is first asked for."""

    def __init__(self, config: Config) -> None:
        self.config, self.model = config, taught(config)
        samples = config.front_end.samples
        clips = [{"waveform": made_sound(samples / RATE, seed)[None]} for seed in range(6)]
        examples = RECIPE.export.examples(self.model, clips)
        signatures = RECIPE.export.signatures(self.model)
        self.exporter = Exporter(self.model, signatures, examples, RECIPE.export.FLOAT_LAYERS)
        self.contents: dict[str, bytes] = {}

    def file(self, quantize: str) -> ModelFile:
        if quantize not in self.contents:
            card = {"recipe": RECIPE.name, "facts": {"labels": LABELS, "front_end": asdict(self.config.front_end)}}
            self.contents[quantize] = attach(self.exporter.export(quantize), {"card.json": json.dumps(card).encode()})
        return ModelFile.from_bytes(self.contents[quantize], f"{quantize}.tflite")

    def stream(self, quantize: str) -> SpeechModel:
        return SpeechModel(self.file(quantize))

    def windows(self, quantize: str) -> SpeechModel:
        """The same file asked as one without a stream."""
        model = self.stream(quantize)
        assert model.stream is not None
        model.stream = None
        return model


@pytest.fixture(scope="module")
def small() -> Files:
    return Files(SMALL)


@pytest.fixture(scope="module")
def full() -> Files:
    return Files(PRESETS["stream"])


def answers(model: SpeechModel, waveform: np.ndarray, sizes: tuple[int, ...], hop: float) -> list[Answer]:
    """Those that `Events` comes by, of chunks of these sizes over and over."""
    trace: list[Answer] = []
    events = Events(model, replace(DETECTION, hop=hop, average=4 * hop), trace)
    for part in parts(waveform, sizes):
        events.feed(part)
    events.flush()
    return trace


def parts(waveform: np.ndarray, sizes: tuple[int, ...]) -> Iterator[np.ndarray]:
    begin, turn = 0, 0
    while begin < len(waveform):
        yield waveform[begin : begin + sizes[turn % len(sizes)]]
        begin, turn = begin + sizes[turn % len(sizes)], turn + 1


def differences(some: list[Answer], others: list[Answer]) -> np.ndarray:
    """The largest difference of each answer, probabilities and attention."""
    assert [answer.start for answer in some] == [answer.start for answer in others]
    pairs = list(zip(some, others, strict=True))
    return np.array(
        [
            max(np.abs(a.probabilities - b.probabilities).max(), np.abs(a.attention - b.attention).max())
            for a, b in pairs
        ]
    )


def check_equal(files: Files, seconds: float, hop: float) -> None:
    waveform = made_sound(seconds)
    found = answers(files.stream("none"), waveform, ODD, hop)
    wanted = answers(files.windows("none"), waveform, (len(waveform),), hop)
    assert len(found) == 1 + (len(waveform) - files.config.front_end.samples % 2) // round(hop * RATE)
    assert differences(found, wanted).max() < 1e-4
    assert np.ptp([answer.probabilities for answer in wanted], axis=0).max() > 0.3  # or nothing would be compared


def test_the_stream_of_a_file_gives_what_its_windows_give(small):
    check_equal(small, 20.0, 0.12)


@pytest.mark.long
@pytest.mark.parametrize("chunk", [20.0, 100.0])
def test_so_it_does_over_ten_minutes(chunk):
    check_equal(Files(replace(PRESETS["stream"], chunk_ms=chunk)), 600.0, 0.1)


def test_the_file_and_keras_agree_on_windows_of_the_stream(small):
    waveform, samples = made_sound(6.0, 3), SMALL.front_end.samples
    found = answers(small.stream("none"), waveform, ODD, 0.12)
    padded = np.pad(waveform, samples)
    starts = [samples + round(answer.start * RATE) for answer in found]
    windows = np.stack([padded[start : start + samples] for start in starts])
    wanted = keras.ops.convert_to_numpy(small.model(windows, training=False)["probabilities"])
    np.testing.assert_allclose([answer.probabilities for answer in found], wanted, atol=1e-4)


@pytest.mark.parametrize(("quantize", "mean", "largest"), [("dynamic", 1e-5, 1e-4), ("int8", 0.05, 0.2)])
def test_a_quantized_stream_stays_close_to_the_windows_of_its_file(small, quantize, mean, largest):
    """`dynamic` rounds the numbers of a step by themselves; `int8` rounds those that stay in the state once more."""
    waveform = made_sound(20.0, 2)
    off = differences(*(answers(ask(quantize), waveform, ODD, 0.12) for ask in (small.stream, small.windows)))
    assert off.mean() < mean and off.max() < largest


def test_the_samples_in_the_state_are_never_rounded(small):
    """In 8 bits, quiet speech is nothing."""
    chunk = (1e-3 * made_sound(1.0, 7)[:960])[None]
    for quantize in ("dynamic", "int8"):
        file = small.file(quantize)
        state = {name: np.zeros(shape, "float32") for name, (shape, _) in file.signatures["stream"]["inputs"].items()}
        waveform = file.run("stream", **{**state, "samples": chunk})["waveform"]
        np.testing.assert_array_equal(waveform, chunk[:, -320:])


def test_the_state_is_float32_whatever_the_file(small):
    for quantize in ("none", "dynamic", "int8"):
        stream = small.file(quantize).signatures["stream"]
        state = {name: spec for name, spec in stream["outputs"].items() if name not in ("probabilities", "attention")}
        assert stream["inputs"] == {"samples": ((1, 960), "float32"), **state}
        remembered = ((1, 3, 3, 8), "float32")
        assert state == {
            "waveform": ((1, 320), "float32"),
            "frames": ((1, 3, 40), "float32"),
            **{f"{name}_{i}": remembered for name in ("keys", "values") for i in range(2)},
            **{f"steps_{i}": ((1, 4, 24), "float32") for i in range(2)},
            "steps": ((1, SMALL.pooled - 1, 24), "float32"),
        }


def resident() -> int:
    """Bytes of this process in memory, those of the runtime included; 0 where the system does not tell."""
    status = Path("/proc/self/statm")
    return int(status.read_text().split()[1]) * 4096 if status.exists() else 0


@pytest.mark.long
@pytest.mark.parametrize("kind", ["stream", "windows"])
def test_an_hour_has_no_drift_and_takes_no_memory(full, kind):
    """The same minute sixty times: from the second on all give the same answers, and the same events."""
    model, minute = getattr(full, kind)("none"), made_sound(60.0, 4)
    trace: list[Answer] = []
    listening = Events(model, Detection(threshold=0.3, minimum_count=1), trace)
    told, kept, memory = [], [], []
    tracemalloc.start()
    for _ in range(60):
        told.append([event.label for part in parts(minute, ODD) for event in listening.feed(part)])
        kept.append(np.stack([answer.probabilities for answer in trace]))
        trace.clear()
        memory.append((tracemalloc.get_traced_memory()[0] - sum(array.nbytes for array in kept), resident()))
    tracemalloc.stop()
    for answered, events in zip(kept[1:], told[1:], strict=True):
        np.testing.assert_allclose(answered, kept[1], atol=1e-4)
        assert events == told[1]
    assert told[1] and np.ptp(kept[1], axis=0).max() > 0.3
    early, late = memory[5], memory[-1]
    assert late[0] - early[0] < 100_000 and late[1] - early[1] < 2_000_000
