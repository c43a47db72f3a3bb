"""Windows around events, kept as recordings."""

import numpy as np
import pytest
from speech_models import FRONT_END, recording, tone

from heedful.apps.errors import InputError
from heedful.apps.run import run
from heedful.apps.speech_commands import app, load
from heedful.apps.speech_commands.answer import Answer
from heedful.apps.speech_commands.events import Event
from heedful.apps.speech_commands.heard import Heard
from heedful.apps.speech_commands.kept import keep

sf = pytest.importorskip("soundfile")
RATE, SAMPLES = FRONT_END.rate, FRONT_END.samples
WAVEFORM = np.random.default_rng(4).uniform(-0.9, 0.9, 3 * RATE).astype(np.float32)


def heard(*events):
    return Heard(("up", "go"), (), tuple(Event(*event) for event in events))


def names(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.flac"))


def test_a_window_around_each_event_zeros_beyond_the_recording(tmp_path):
    paths = keep(tmp_path, "far/kitchen.wav", WAVEFORM, heard((1.5, "up", 0.914), (0.1, "go", 0.8)), FRONT_END)
    assert names(tmp_path) == ["go/kitchen-0000.10-0.80.flac", "up/kitchen-0001.50-0.91.flac"]
    assert paths == [tmp_path / "up" / "kitchen-0001.50-0.91.flac", tmp_path / "go" / "kitchen-0000.10-0.80.flac"]
    middle, rate = sf.read(paths[0])
    assert rate == RATE and sf.info(paths[0]).subtype == "PCM_16"
    np.testing.assert_allclose(middle, WAVEFORM[RATE : 2 * RATE], atol=1e-4)
    early, _ = sf.read(paths[1])
    np.testing.assert_allclose(early, np.concatenate([np.zeros(1600), WAVEFORM[: SAMPLES - 1600]]), atol=1e-4)


def test_nothing_is_overwritten_and_nothing_written_twice(tmp_path):
    event = heard((1.5, "up", 0.9))
    for waveform in (WAVEFORM, WAVEFORM, -WAVEFORM, WAVEFORM, -WAVEFORM):
        keep(tmp_path, "a.wav", waveform, event, FRONT_END)
    assert names(tmp_path) == ["up/a-0001.50-0.90-2.flac", "up/a-0001.50-0.90.flac"]
    (tmp_path / "up" / "a-0001.50-0.90.flac").write_bytes(b"no sound")
    keep(tmp_path, "a.wav", WAVEFORM, event, FRONT_END)
    assert (tmp_path / "up" / "a-0001.50-0.90.flac").read_bytes() == b"no sound" and len(names(tmp_path)) == 3


def test_the_word_of_a_clip(tmp_path):
    answer = Answer(-0.25, np.array([0.2, 0.8], np.float32), np.ones((1, 4), np.float32))
    clip = WAVEFORM[: RATE // 2]
    (path,) = keep(tmp_path, "clip.flac", clip, Heard(("up", "go"), (answer,), None), FRONT_END)
    assert names(tmp_path) == ["go/clip-0000.25-0.80.flac"]
    np.testing.assert_allclose(sf.read(path)[0], np.pad(clip, (1000, 1000)), atol=1e-4)
    assert keep(tmp_path, "b.flac", clip, Heard(("up", "_silence_"), (answer,), None), FRONT_END) == []


def test_labels_that_are_no_names_of_folders(tmp_path):
    keep(tmp_path, "a.wav", WAVEFORM, heard((1.0, "on/off", 0.9), (2.0, "..", 0.9)), FRONT_END)
    assert names(tmp_path) == ["_/a-0002.00-0.90.flac", "on_off/a-0001.00-0.90.flac"]


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be made"):
        keep(tmp_path / "file", "a.wav", WAVEFORM, heard((1.0, "up", 0.9)), FRONT_END)


def test_what_is_kept_is_heard_again(model_path, tmp_path):
    sf.write(tmp_path / "long.wav", recording(5.0, [(1.2, "low"), (3.4, "high")]), RATE)
    sf.write(tmp_path / "clip.wav", tone("low"), RATE)
    results = run(app, [tmp_path / "long.wav", tmp_path / "clip.wav"], model_path, keep=tmp_path / "kept")
    kept = [path for result in results for path in result["kept"]]
    assert [path.split("/")[-2] for path in kept] == ["low", "high", "low"]
    for result in results:
        assert all(f"kept: {path}" in app.describe(result) for path in result["kept"])
    ask = load(model_path)
    assert [app.hear(ask, path).words[0] for path in kept] == ["low", "high", "low"]
    assert "kept" not in run(app, [tmp_path / "clip.wav"], model_path)[0]
