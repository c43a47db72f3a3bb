"""A stream by its state gives what its windows give, whatever the sizes of the chunks that it comes in."""

import numpy as np
import pytest
import speech_models
from speech_models import FRONT_END, recording

from heedful.apps.errors import InputError
from heedful.apps.model_file import ModelFile
from heedful.apps.speech_commands import Events, SpeechModel, detect
from heedful.apps.speech_commands.events import Detection
from heedful.apps.speech_commands.hearing import Stream, StreamSpecs, Windows

pytest.importorskip("ai_edge_litert")

WORDS = [(0.3, "low"), (1.6, "high"), (2.7, "_unknown_"), (3.9, "low")]
CHUNK = 480  # no part of a window of 4000


def opened(content, name="tones.tflite"):
    return SpeechModel(ModelFile.from_bytes(content, name))


@pytest.fixture(scope="module")
def windows(content):
    return opened(content)


@pytest.fixture(scope="module")
def graph_with_stream():
    return speech_models.tone_graph(CHUNK)


@pytest.fixture(scope="module")
def stream(graph_with_stream):
    return opened(speech_models.with_card(graph_with_stream))


class Counted:
    """A file that counts how often each signature is run."""

    def __init__(self, file):
        self.file, self.runs = file, {"classify": 0, "stream": 0}

    def run(self, signature, **arrays):
        self.runs[signature] += 1
        return self.file.run(signature, **arrays)


@pytest.fixture
def counted(stream, monkeypatch):
    counting = Counted(stream.file)
    monkeypatch.setattr(stream, "file", counting)
    return counting


@pytest.mark.parametrize(("hop", "asked"), [(0.12, "stream"), (0.36, "stream"), (0.1, "classify")])
def test_answers_and_events_are_those_of_the_windows(windows, stream, counted, hop, asked):
    detection = Detection(hop=hop, average=max(0.5, 2 * hop), minimum_count=1)
    noise = np.random.default_rng(3).normal(0, 0.01, 5 * FRONT_END.rate).astype(np.float32)
    waveform = recording(5.0, WORDS) + noise
    (wanted, answers), (found, given) = (detect(model, waveform, detection) for model in (windows, stream))
    assert [event.label for event in wanted] == [label for _, label in WORDS if label != "_unknown_"]
    assert [event.label for event in found] == [event.label for event in wanted]
    np.testing.assert_allclose([event.time for event in found], [event.time for event in wanted], atol=1e-6)
    assert len(answers) == len(given)
    for one, other in zip(answers, given, strict=True):
        assert one.start == other.start
        np.testing.assert_allclose(other.probabilities, one.probabilities, atol=1e-6)
        np.testing.assert_allclose(other.attention, one.attention, atol=1e-6)
    assert counted.runs[asked] > 0 and sum(counted.runs.values()) == counted.runs[asked]


def test_every_sample_is_heard_once(stream, counted):
    """Every chunk of a second's silence before, of the recording, and of half a window of silence behind."""
    detect(stream, recording(5.0, WORDS), Detection(hop=0.12))
    heard = counted.runs["stream"] * CHUNK
    assert 0 <= FRONT_END.samples // 2 + 5 * FRONT_END.rate + FRONT_END.samples // 2 - heard + CHUNK <= 2 * CHUNK


@pytest.mark.parametrize("size", [1, 37, 479, 480, 481, 4001, 20000])
def test_events_do_not_depend_on_the_chunks(stream, size):
    waveform, detection = recording(5.0, WORDS), Detection(hop=0.12, average=0.48)
    whole, _ = detect(stream, waveform, detection)
    listening, events = Events(stream, detection), []
    for begin in range(0, len(waveform), size):
        events += listening.feed(waveform[begin : begin + size])
    assert events + listening.flush() == whole
    assert len(whole) == 3


@pytest.mark.parametrize(("samples", "chunk"), [(11, 3), (12, 4), (11, 11), (7, 12)])
def test_the_first_window_has_its_middle_where_the_stream_begins(samples, chunk):
    """Of windows and chunks of any sizes; the file here gives the newest samples as its answer, and keeps the rest."""

    class Newest:
        def run(self, signature, samples, past):
            seen = np.concatenate([past, samples], axis=1)
            window = seen[:, -len(middles[0][1]) :]
            return {"probabilities": window, "attention": window, "past": seen[:, chunk:]}

    waveform = np.arange(1.0, 40.0, dtype=np.float32)
    middles = [(m, w.copy()) for m, w, _ in Windows(lambda window: (window, window), samples, chunk).push(waveform)]
    specs = StreamSpecs(chunk, {"past": (1, samples)})
    found = list(Stream(Newest(), specs, samples, chunk).push(waveform))  # pyright: ignore[reportArgumentType]
    assert [middle for middle, _ in middles] == [middle for middle, _, _ in found] and middles[0][0] == 0
    for (_, wanted), (_, window, _) in zip(middles, found, strict=True):
        np.testing.assert_array_equal(window, wanted)


def test_a_stream_of_something_else_is_refused(graph_with_stream, monkeypatch):
    file = ModelFile.from_bytes(speech_models.with_card(graph_with_stream), "other.tflite")
    signatures = file.signatures
    inputs, outputs = signatures["stream"]["inputs"], signatures["stream"]["outputs"]
    for changed in (
        {"inputs": {**inputs, "samples": ((2, CHUNK), "float32")}, "outputs": outputs},
        {"inputs": {"samples": inputs["samples"]}, "outputs": outputs},
        {"inputs": inputs, "outputs": {**outputs, "probabilities": ((1, 3), "float32")}},
        {"inputs": {"past": inputs["past"]}, "outputs": outputs},
    ):
        monkeypatch.setattr(file, "signatures", {**signatures, "stream": changed})
        with pytest.raises(InputError, match=r"other\.tflite has a card that does not fit its graph"):
            SpeechModel(file)
