"""Pictures are drawn for every input, whole or not at all."""

import numpy as np
import pytest
from speech_models import FRONT_END, recording

from heedful.apps.speech_commands import classify, detect, load, run_one
from heedful.apps.speech_commands.answer import Answer
from heedful.apps.speech_commands.log_mel import FrontEnd, log_mel
from heedful.apps.speech_commands.pictures import averaged_attention, columns, draw_clip, draw_recording

sf = pytest.importorskip("soundfile")
image = pytest.importorskip("matplotlib.image")
pytest.importorskip("ai_edge_litert")


@pytest.fixture(scope="module")
def model(model_path):
    return load(model_path)


def drawn(path):
    """The picture is readable, large, and not of one colour."""
    pixels = image.imread(path)
    assert pixels.shape[0] > 400 and pixels.shape[1] > 800 and pixels.std() > 0.05


@pytest.mark.parametrize("seconds", [0.01, 0.6, 1.0, 1.2])
def test_clips(model, tmp_path, seconds):
    waveform = recording(seconds, [(seconds / 2, "low")])
    draw_clip(
        tmp_path / "clip.png", "$a_{long}$ " + "name" * 40, model.labels, FRONT_END, waveform, classify(model, waveform)
    )
    drawn(tmp_path / "clip.png")


def test_silence(model, tmp_path):
    waveform = np.zeros(4000, np.float32)
    draw_clip(tmp_path / "clip.png", "silence.wav", model.labels, FRONT_END, waveform, classify(model, waveform))
    drawn(tmp_path / "clip.png")


@pytest.mark.parametrize("words", [[], [(1.0, "low")], [(0.5 + index, "low") for index in range(15)]])
def test_recordings(model, tmp_path, words):
    waveform = recording(16.0 if len(words) > 1 else 1.5, words)
    events, answers = detect(model, waveform)
    assert len(events) == len(words)
    draw_recording(tmp_path / "long.png", "long.wav", model.labels, FRONT_END, waveform, events, answers)
    drawn(tmp_path / "long.png")


def test_run_one_draws(model, tmp_path):
    sf.write(tmp_path / "clip.wav", recording(0.6, [(0.3, "low")]), FRONT_END.rate)
    run_one(model, tmp_path / "clip.wav", tmp_path / "one.png")
    drawn(tmp_path / "one.png")
    run_one(model, tmp_path / "clip.wav", tmp_path / "vector.svg")
    assert (tmp_path / "vector.svg").read_text().rstrip().endswith("</svg>")


def test_attention_of_windows_is_averaged_at_its_time():
    """A window 1 s long with frames of 0.1 s that always attends to the stream's time 1.25 s."""
    answers = []
    for middle in np.arange(0.0, 3.01, 0.1):
        attention = np.zeros((2, 10))
        frame = round((1.25 - (middle - 0.5)) / 0.1 - 0.5)
        if 0 <= frame < 10:
            attention[:, frame] = [1.0, 0.5]
        answers.append(Answer(float(middle) - 0.5, np.ones(3), attention))
    times, attention = averaged_attention(answers, 1.0, 3.0)
    assert attention.shape == (2, 30) and times[12] == pytest.approx(1.25)
    np.testing.assert_allclose(attention[:, 12], [1.0, 0.5])
    assert attention.sum() == pytest.approx(1.5)


def test_log_mel_columns():
    front_end = FrontEnd()
    waveform = np.random.default_rng(4).normal(0, 0.1, 31337)
    exact = log_mel(waveform, front_end)
    np.testing.assert_allclose(columns(waveform, front_end, limit=1000), exact, atol=1e-9)
    few = columns(waveform, front_end, limit=7)
    assert few.shape == (7, 40)
    np.testing.assert_allclose(few[0], exact[: len(exact) // 7].mean(axis=0), atol=1e-9)
    assert columns(waveform[:10], front_end).shape == (1, 40)
