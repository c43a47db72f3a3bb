"""From recordings to words with a tiny model that hears tones."""

import dataclasses
import json

import numpy as np
import pytest
import speech_models
from speech_models import FRONT_END, recording

from heedful.apps import speech_commands
from heedful.apps.errors import InputError
from heedful.apps.model_file import ModelFile
from heedful.apps.run import run
from heedful.apps.speech_commands import Events, SpeechModel, classify, describe, detect, fit, hear, load
from heedful.apps.speech_commands.events import Detection

sf = pytest.importorskip("soundfile")
pytest.importorskip("ai_edge_litert")

WORDS = [(0.4, "low"), (2.0, "high"), (3.1, "high"), (4.5, "_unknown_"), (6.2, "low"), (7.7, "high")]
TRUE_EVENTS = [(time, label) for time, label in WORDS if label != "_unknown_"]


@pytest.fixture(scope="module")
def model(model_path):
    return load(model_path)


def assert_events(events, expected):
    assert [event.label for event in events] == [label for _, label in expected]
    np.testing.assert_allclose([event.time for event in events], [time for time, _ in expected], atol=0.15)


def test_events_are_told_once_at_their_time(model):
    """Repeated, unknown, and at both edges: the last word ends 0.1 s before the recording does."""
    noise = np.random.default_rng(7).normal(0, 0.01, 8 * FRONT_END.rate).astype(np.float32)
    events, answers = detect(model, recording(8.0, WORDS) + noise)
    assert_events(events, TRUE_EVENTS)
    assert all(0.7 <= event.score <= 1.0 for event in events)
    np.testing.assert_allclose([answer.start for answer in answers], np.arange(81) * 0.1 - 0.5, atol=1e-9)


@pytest.mark.parametrize("size", [1, 37, 400, 401, 4000, 31000])
def test_events_do_not_depend_on_the_chunks(model, size):
    waveform = recording(4.0, WORDS[:3])
    whole, _ = detect(model, waveform)
    stream = Events(model)
    events = []
    for begin in range(0, len(waveform), size):
        events += stream.feed(waveform[begin : begin + size])
    assert events + stream.flush() == whole
    assert len(whole) == 3


def test_attention_places_a_word_within_the_window():
    """A model that is sure of its word in every window, and always looks at the stream's time 2.03 s."""

    class Looking:
        detection = Detection()
        labels = ("up", "_silence_")
        front_end = FRONT_END
        stream = None
        time = -0.5

        def __call__(self, window):
            position = round((2.03 - self.time) * 100)  # in hundredths of the window, which begins at `time`
            self.time += 0.1
            attention = np.full((1, 100), 0.01)
            if 0 <= position < 100:
                attention = np.eye(100)[position][None]
            return np.array([1.0, 0.0]) if 0 <= position < 100 else np.array([0.0, 1.0]), attention

    (event,) = Events(Looking()).feed(np.zeros(4 * FRONT_END.rate, np.float32))  # pyright: ignore[reportArgumentType]
    assert event.time == pytest.approx(2.035, abs=1e-6)  # the middle of the hundredth


def test_events_come_soon_after_the_word(model):
    waveform = recording(4.0, [(1.0, "low")])
    stream, heard = Events(model), []
    for begin in range(0, len(waveform), 400):
        heard += [begin / FRONT_END.rate] * len(stream.feed(waveform[begin : begin + 400]))
    assert len(heard) == 1 and heard[0] < 1.0 + 0.5 + 0.6  # the middle, half a window, most of the average


@pytest.mark.parametrize("label", ["low", "high", "_unknown_"])
@pytest.mark.parametrize("seconds", [0.4, 0.7, 1.0, 1.2])
def test_clips(model, label, seconds):
    answer = classify(model, recording(seconds, [(seconds / 2, label)]))
    (best, probability), *_ = answer.top(model.labels)
    assert best == label and probability > 0.9
    assert answer.attention.shape == (3, 20)
    np.testing.assert_allclose(answer.attention.sum(-1), 1.0, atol=1e-5)


def test_silence_is_a_clip_too(model):
    assert classify(model, np.zeros(4000, np.float32)).top(model.labels, 1)[0][0] == "_silence_"


def test_short_clips_are_centred():
    for length in (1, 6, 7):
        window, start = fit(np.arange(1, length + 1), 11)
        before = (11 - length) // 2
        np.testing.assert_array_equal(window, [0] * before + [*range(1, length + 1)] + [0] * (11 - length - before))
        assert start == -before


def test_of_a_longer_clip_the_loudest_window_is_heard():
    waveform = np.random.default_rng(2).normal(0, 0.001, 1250).astype(np.float32)
    waveform[700:1200] += 0.5
    window, start = fit(waveform, 1000)
    np.testing.assert_array_equal(window, waveform[start : start + 1000])
    assert 200 < start < 250  # every start from 200 on holds the whole word; the middle one leaves room on both sides
    waveform = np.zeros(1250, np.float32)
    assert fit(waveform, 1000)[1] in (125, 126)


def test_run_gives_stable_json(model_path, tmp_path):
    clip, long = tmp_path / "clip.wav", tmp_path / "long.flac"
    sf.write(clip, recording(0.6, [(0.3, "low")]), FRONT_END.rate)
    sf.write(long, np.stack([recording(8.0, WORDS)] * 2, 1), FRONT_END.rate)
    results = run(speech_commands, [str(clip), long], model_path)
    assert json.loads(json.dumps(results)) == results
    first, second = results
    assert set(first) == {"file", "duration", "top"} and set(second) == {"file", "duration", "events"}
    assert first["file"] == str(clip) and first["duration"] == 0.6 and second["duration"] == 8.0
    assert [set(entry) for entry in first["top"]] == [{"label", "probability"}] * 3
    assert first["top"][0]["label"] == "low" and first["top"][0]["probability"] > 0.9
    assert [set(entry) for entry in second["events"]] == [{"time", "label", "score"}] * len(TRUE_EVENTS)
    assert [entry["label"] for entry in second["events"]] == [label for _, label in TRUE_EVENTS]


def test_run_resamples_to_the_rate_of_the_model(model_path, tmp_path):
    pytest.importorskip("soxr")
    path = tmp_path / "studio.wav"
    time = np.arange(round(0.4 * 48000)) / 48000
    sf.write(path, 0.5 * np.sin(2 * np.pi * speech_models.TONES["high"] * time), 48000)
    assert run(speech_commands, [path], model_path)[0]["top"][0]["label"] == "high"


def test_describe_is_for_people():
    clip = {"file": "a.wav", "duration": 0.98, "top": [{"label": "yes", "probability": 0.9712}]}
    assert describe(clip) == "a.wav (0.98 s)\n  yes   97.1%"
    long = {"file": "b.wav", "duration": 3.0, "events": [{"time": 1.25, "label": "stop", "score": 0.8}]}
    assert describe(long) == "b.wav (3.00 s)\n     1.25 s  stop   80.0%"
    assert "no word" in describe({**long, "events": []})


def test_models_of_something_else_are_refused(graph):
    def refused(match, **changes):
        content = speech_models.with_card(graph, **changes)
        with pytest.raises(InputError, match=match) as caught:
            SpeechModel(ModelFile.from_bytes(content, "other.tflite"))
        assert "other.tflite" in str(caught.value)

    front_end = dataclasses.asdict(FRONT_END)
    refused("does not fit", labels=["one", "too", "few"])
    refused("does not fit", labels=None)
    refused("does not fit", front_end={**front_end, "samples": 8000})
    refused("does not fit", front_end={**front_end, "hop": 0})
    refused("does not fit", front_end={**front_end, "colour": "red"})
    refused("does not fit", front_end="16 kHz")


POINT = {"hop": 0.1, "average": 0.3, "threshold": 1.0, "minimum_count": 2, "suppression": 0.7}


def with_point(graph, point):
    card = {**speech_models.card(), "operating_point": "of the Keras model", "file": {"operating_point": point}}
    return SpeechModel(ModelFile.from_bytes(speech_models.attached(graph, card), "pointed.tflite"))


def test_the_detection_of_the_card_is_used_unless_told_otherwise(graph, model):
    """No average of the tones reaches the threshold of the card."""
    strict = with_point(graph, {"detection": POINT, "budget": {"noise": 1.0}})
    assert (model.detection, strict.detection) == (Detection(), Detection(**POINT))
    sound = recording(4.0, WORDS[:3])
    assert_events(detect(model, sound)[0], TRUE_EVENTS[:3])
    assert detect(strict, sound)[0] == [] == Events(strict).feed(sound)
    assert hear(strict, sound).events == ()
    assert_events(detect(strict, sound, Detection())[0], TRUE_EVENTS[:3])


@pytest.mark.parametrize(
    "change",
    [
        {"threshold": "0.7"}, {"threshold": 0.0}, {"threshold": float("nan")}, {"average": 0.01}, {"hop": 1e-9},
        {"average": 1e9}, {"suppression": float("inf")}, {"minimum_count": 2.0}, {"minimum_count": True},
        {"minimum_count": 9}, {"hop": None},
    ],
)  # fmt: skip
def test_an_absurd_operating_point_is_one_sentence(graph, change):
    with pytest.raises(InputError, match=r"^pointed\.tflite has a card that does not fit") as error:
        with_point(graph, {"detection": {**POINT, **change}})
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("point", [None, 7, "high", [], {"detection": 3}, {"detection": {"hop": 0.1}}, {"budget": {}}])
def test_a_damaged_operating_point_is_one_sentence(graph, point):
    with pytest.raises(InputError, match=r"^pointed\.tflite has a card that does not fit"):
        with_point(graph, point)
    card = {**speech_models.card(), "file": [point]}
    with pytest.raises(InputError, match="does not fit"):
        SpeechModel(ModelFile.from_bytes(speech_models.attached(graph, card), "pointed.tflite"))


def test_wrong_inputs_are_one_sentence(model_path, tmp_path):
    text = tmp_path / "text.wav"
    text.write_text("not audio")
    with pytest.raises(InputError, match=r"text\.wav is not readable audio"):
        run(speech_commands, [text], model_path)
    with pytest.raises(InputError, match=r"text\.wav is not a \.tflite"):
        run(speech_commands, [text], text)
