"""Recordings in every shape a user brings, right and wrong."""

import builtins
import sys

import numpy as np
import pytest

from heedful.apps import audio
from heedful.apps.errors import InputError

sf = pytest.importorskip("soundfile")
pytest.importorskip("soxr")

RATE = 16000


def tone(seconds=0.5, rate=RATE, hertz=440.0, amplitude=0.5):
    return (amplitude * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def refused(path, *parts):
    """The one sentence of the error, which names the file."""
    with pytest.raises(InputError) as caught:
        audio.read(path, RATE)
    message = str(caught.value)
    assert path.name in message and "\n" not in message and message.endswith(".")
    for part in parts:
        assert part in message
    return message


@pytest.mark.parametrize(
    ("suffix", "subtype", "tolerance"),
    [
        (".wav", "PCM_U8", 1e-2),
        (".wav", "PCM_16", 1e-4),
        (".wav", "PCM_24", 1e-6),
        (".wav", "PCM_32", 1e-6),
        (".wav", "FLOAT", 0.0),
        (".wav", "DOUBLE", 1e-7),
        (".flac", "PCM_16", 1e-4),
        (".flac", "PCM_24", 1e-6),
        (".aiff", "PCM_16", 1e-4),
        (".au", "PCM_16", 1e-4),
        (".w64", "PCM_16", 1e-4),
        (".rf64", "PCM_16", 1e-4),
        (".ogg", "VORBIS", 5e-2),
    ],
)
def test_formats_and_integer_scales(tmp_path, suffix, subtype, tolerance):
    path = tmp_path / f"tone{suffix}"
    sf.write(path, tone(), RATE, subtype=subtype)
    waveform = audio.read(path, RATE)
    assert waveform.dtype == np.float32 and waveform.shape == (8000,)
    np.testing.assert_allclose(waveform, tone(), atol=tolerance)


def test_eight_channels_at_96_kilohertz_in_float(tmp_path):
    """Every channel carries the same tone times its own gain; the mean gain of 1..8 is 4.5."""
    path = tmp_path / "array.wav"
    sf.write(path, tone(rate=96000, amplitude=0.1)[:, None] * np.arange(1, 9), 96000, subtype="FLOAT")
    waveform = audio.read(str(path), RATE)
    assert waveform.shape == (8000,)
    middle = slice(200, -200)  # the resampling filter rings at both ends
    np.testing.assert_allclose(waveform[middle], tone(amplitude=0.45)[middle], atol=1e-3)


def test_resampling_up_keeps_time_and_pitch(tmp_path):
    path = tmp_path / "phone.wav"
    sf.write(path, tone(rate=8000), 8000)
    waveform = audio.read(path, RATE)
    np.testing.assert_allclose(waveform[200:-200], tone()[200:-200], atol=2e-3)


def test_long_files_are_read_in_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr(audio, "BLOCK", 997)
    path = tmp_path / "long.wav"
    sf.write(path, tone(1.3), RATE, subtype="FLOAT")
    np.testing.assert_array_equal(audio.read(path, RATE), tone(1.3))


def test_missing_folder_and_text(tmp_path):
    refused(tmp_path / "nothing.wav", "does not exist")
    refused(tmp_path, "is a folder")
    text = tmp_path / "text.wav"
    text.write_text("this is not a recording, only a text with the wrong name\n" * 20)
    refused(text, "not readable audio")
    raw = tmp_path / "headerless.raw"
    raw.write_bytes(bytes(1000))
    refused(raw, "not readable audio")
    empty = tmp_path / "empty.wav"
    empty.touch()
    refused(empty, "empty file")


def test_forbidden_files(tmp_path, monkeypatch):
    path = tmp_path / "secret.wav"
    sf.write(path, tone(), RATE)

    def forbidden(*_, **__):  # a superuser may read everything, so chmod alone proves nothing
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(builtins, "open", forbidden)
    refused(path, "permissions")


@pytest.mark.parametrize("suffix", [".wav", ".aiff", ".au", ".w64", ".rf64", ".flac"])
@pytest.mark.parametrize("share", [0.55, 0.9])
def test_truncated_files(tmp_path, suffix, share):
    path = tmp_path / f"cut{suffix}"
    sf.write(path, np.random.default_rng(5).uniform(-0.5, 0.5, 20011).astype(np.float32), RATE)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    message = refused(path)
    if suffix != ".flac":
        assert "truncated: its header promises 1.2" in message  # 1.251 s, a few milliseconds less where headers count


def test_a_stream_of_unknown_length_is_no_truncation(tmp_path):
    """Recorders that write into a pipe leave the sizes of the header at their largest value."""
    path = tmp_path / "pipe.wav"
    sf.write(path, tone(), RATE)
    content = bytearray(path.read_bytes())
    content[4:8] = content[40:44] = b"\xff\xff\xff\xff"
    path.write_bytes(content)
    assert audio.read(path, RATE).shape == (8000,)


def test_no_samples(tmp_path):
    path = tmp_path / "nothing.wav"
    sf.write(path, np.zeros(0, np.float32), RATE)
    refused(path, "no samples")
    sf.write(path, np.zeros(1, np.float32), 192000)
    refused(path, "less than one sample")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_samples_that_are_no_numbers(tmp_path, value):
    path = tmp_path / "broken.wav"
    waveform = tone()
    waveform[[800, 801, 5000]] = value
    sf.write(path, waveform, RATE, subtype="FLOAT")
    refused(path, "3 samples", "0.050 s")


def test_float_files_at_integer_scale(tmp_path):
    path = tmp_path / "scaled.wav"
    sf.write(path, tone() * 32767, RATE, subtype="FLOAT")
    refused(path, "32768")
    sf.write(path, tone() * 3, RATE, subtype="FLOAT")  # over full scale, as mixing makes it: still audio
    assert np.abs(audio.read(path, RATE)).max() == pytest.approx(1.5, abs=0.01)


@pytest.mark.parametrize("missing", ["soundfile", "soxr"])
def test_absent_libraries_are_named(tmp_path, monkeypatch, missing):
    path = tmp_path / "tone.wav"
    sf.write(path, tone(rate=8000), 8000)
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(InputError, match=rf"needs {missing}: run `pip install \"heedful\[run\]\"`"):
        audio.read(path, RATE)
