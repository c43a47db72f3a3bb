"""What a speech file says to clips, recordings and live sound: in TypeScript as in Python."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from node_bridge import Bridge

from heedful.apps import audio
from heedful.apps.errors import InputError
from heedful.apps.model_file import attach, split
from heedful.apps.speech_commands import classify, hear, load
from heedful.apps.speech_commands.events import Event
from heedful.apps.speech_commands.pictures import columns

pytest.importorskip("soundfile")

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "saved_models" / "speech_commands" / "five-words"
SAMPLE = ROOT / "recipes" / "speech_commands" / "sample"
MODEL = str(FOLDER / "model.tflite")
TOLERANCE = {"model.tflite": 1e-4, "model.float16.tflite": 2e-3}


@pytest.fixture(scope="module")
def recording() -> np.ndarray:
    return audio.read(SAMPLE / "recording.flac", 16000)


@pytest.fixture(scope="module")
def clips() -> list[np.ndarray]:
    return [audio.read(path, 16000) for path in sorted(SAMPLE.glob("test/*/*.flac"))[::3]]


def ask(node: Bridge, path: str, **given: Any) -> Any:
    return node.call("ask", path, given)["answer"]


def same_events(found: list[dict[str, Any]], wanted: tuple[Event, ...], tolerance: float) -> None:
    assert [event["label"] for event in found] == [event.label for event in wanted]
    for name in ("time", "score"):
        expected = [getattr(event, name) for event in wanted]
        np.testing.assert_allclose([event[name] for event in found], expected, atol=tolerance)


@pytest.mark.parametrize("name", TOLERANCE)
def test_a_recording_has_the_events_of_python(node: Bridge, name: str, recording: np.ndarray) -> None:
    heard = hear(load(FOLDER / name), recording)
    found = ask(node, str(FOLDER / name), do="recording", samples=recording)
    assert heard.events and len(heard.events) >= 3
    same_events(found["events"], heard.events, TOLERANCE[name])
    assert [answer["start"] for answer in found["answers"]] == [answer.start for answer in heard.answers]
    for answer, wanted in zip(found["answers"], heard.answers, strict=True):
        np.testing.assert_allclose(answer["probabilities"], wanted.probabilities, atol=TOLERANCE[name])
        np.testing.assert_allclose(answer["attention"], wanted.attention.ravel(), atol=TOLERANCE[name])


def test_clips_have_the_answers_of_python(node: Bridge, clips: list[np.ndarray]) -> None:
    model = load(MODEL)
    for clip in [*clips, clips[0][:5000], np.concatenate([clips[1], clips[2]])]:
        wanted = classify(model, clip)
        found = ask(node, MODEL, do="clip", samples=clip)
        assert found["start"] == wanted.start
        np.testing.assert_allclose(found["probabilities"], wanted.probabilities, atol=1e-4)


def test_up_to_a_window_and_a_quarter_a_recording_is_a_clip(node: Bridge, recording: np.ndarray) -> None:
    assert ask(node, MODEL, do="recording", samples=recording[:20000])["events"] is None
    assert ask(node, MODEL, do="recording", samples=recording[:20001])["events"] is not None


@pytest.mark.parametrize(
    "rate", [44100, *(pytest.param(rate, marks=pytest.mark.long) for rate in (48000, 22050, 8000))]
)
def test_at_another_rate_the_words_are_those_that_python_hears(node: Bridge, rate: int, recording: np.ndarray) -> None:
    """The same recording, resampled there by soxr and here by ours."""
    soxr = pytest.importorskip("soxr")
    native = soxr.resample(recording, 16000, rate, "VHQ").astype(np.float32)
    heard = hear(load(MODEL), soxr.resample(native, rate, 16000))
    found = ask(node, MODEL, do="recording", samples=native, rate=rate)
    assert heard.events or (rate == 8000 and heard.events is not None)  # it knows words by what lies above 4 kHz
    same_events(found["events"], heard.events, 1e-3)
    limit = 5e-2 if rate == 8000 else 1e-3  # above 4 kHz there is then nothing but what either resampler leaves there
    for answer, wanted in zip(found["answers"], heard.answers, strict=False):  # by a sample longer or shorter
        np.testing.assert_allclose(answer["probabilities"], wanted.probabilities, atol=limit)


@pytest.mark.parametrize("rate", [pytest.param(16000, marks=pytest.mark.long), 48000])
def test_live_sound_in_chunks_has_the_same_events(node: Bridge, rate: int, recording: np.ndarray) -> None:
    soxr = pytest.importorskip("soxr")
    native = soxr.resample(recording, 16000, rate, "VHQ").astype(np.float32)
    wanted = ask(node, MODEL, do="recording", samples=native, rate=rate)
    ask(node, MODEL, do="reset")
    events, answers, count = [], [], 0
    sizes = np.random.default_rng(0).integers(100, rate // 3, 400)
    for begin, size in zip(np.cumsum(sizes) - sizes, sizes, strict=True):
        if len(part := native[begin : begin + size]):
            told = ask(node, MODEL, do="listen", samples=part, rate=rate)
            events, answers, count = (
                events + told["events"],
                answers + told["answers"],
                count + len(told["columns"]) // 40,
            )
    last = ask(node, MODEL, do="reset")
    assert events + last["events"] == wanted["events"]
    assert [answer["start"] for answer in answers + last["answers"]] == [
        answer["start"] for answer in wanted["answers"]
    ]
    assert count + len(last["columns"]) // 40 == 1 + (len(recording) - 480) // 160
    assert ask(node, MODEL, do="reset") is None


def test_another_threshold_finds_the_events_of_python(node: Bridge, recording: np.ndarray) -> None:
    model = load(MODEL)
    ask(node, MODEL, do="recording", samples=recording)
    try:
        for threshold in (0.3, 0.97):
            heard = hear(model, recording, dataclasses.replace(model.detection, threshold=threshold))
            found = ask(node, MODEL, do="threshold", threshold=threshold)["events"]
            assert heard.events is not None
            same_events(found, heard.events, 1e-4)
            assert ask(node, MODEL, do="recording", samples=recording)["events"] == found
        with pytest.raises(InputError, match="A threshold lies above 0"):
            ask(node, MODEL, do="threshold", threshold=0)
    finally:
        ask(node, MODEL, do="threshold", threshold=model.detection.threshold)


@pytest.mark.parametrize("length", [100, 20000, 165000])
def test_the_spectrogram_of_a_recording(node: Bridge, length: int, recording: np.ndarray) -> None:
    model = load(MODEL)
    wanted = columns(recording[:length], model.front_end)
    found = ask(node, MODEL, do="recording", samples=recording[:length])["columns"]
    assert found["count"] == len(wanted)
    np.testing.assert_allclose(found["values"].reshape(wanted.shape), wanted, atol=1e-5)


def test_what_a_file_says_of_itself(node: Bridge) -> None:
    model, about = load(MODEL), node.call("about", MODEL)
    assert tuple(about["labels"]) == model.labels
    assert about["frontEnd"]["rate"] == 16000 and about["frames"] == 49
    assert about["detection"]["threshold"] == model.detection.threshold
    assert about["cannotLearn"] is None


CARDS = [
    {"labels": ["up", "down"]}, {"labels": None}, {"front_end": {"rate": 16000, "samples": 8000}},
    {"front_end": {"rate": 0}}, {"front_end": {"pace": 1}},
]  # fmt: skip


@pytest.mark.parametrize("changed", CARDS, ids=str)
def test_a_card_that_does_not_fit_is_refused_as_in_python(
    node: Bridge, tmp_path: Path, changed: dict[str, Any]
) -> None:
    graph, files = split(Path(MODEL).read_bytes())
    card = json.loads(files["card.json"])
    files["card.json"] = json.dumps({**card, "facts": {**card["facts"], **changed}}).encode()
    path = tmp_path / "model.tflite"
    path.write_bytes(attach(graph, {name: content for name, content in files.items() if name != "model.sha256"}))
    for refuse in (lambda: load(path), lambda: node.call("about", str(path))):
        with pytest.raises(InputError, match="has a card that does not fit its graph"):
            refuse()
