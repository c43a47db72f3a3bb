"""Headers that miscount, and files that are something else."""

import numpy as np
import pytest

from heedful.apps import audio
from heedful.apps.errors import InputError

sf = pytest.importorskip("soundfile")
pytest.importorskip("soxr")

RATE = 16000
NOISE = np.random.default_rng(1).uniform(-0.5, 0.5, RATE).astype(np.float32)


def wav(path, **sizes):
    """A second of noise; `riff` and `data` are what its header says instead of the sizes."""
    sf.write(path, NOISE, RATE, subtype="PCM_16")
    content = bytearray(path.read_bytes())
    for name, offset in (("riff", 4), ("data", 40)):
        if name in sizes:
            content[offset : offset + 4] = sizes[name].to_bytes(4, "little")
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("more", [2, 36, 44, 1600, 3200])
def test_a_little_too_much_is_read_with_a_remark(tmp_path, more):
    remarks = []
    waveform = audio.read(wav(tmp_path / "a.wav", riff=36 + 32000 + more, data=32000 + more), RATE, remarks)
    np.testing.assert_allclose(waveform, NOISE, atol=1e-4)
    assert remarks == ["its header promises a little more sound than there is: read to its end"]


def test_much_too_much_is_truncated(tmp_path):
    with pytest.raises(InputError, match=r"truncated: its header promises 1.250 s and the file holds 1.000 s"):
        audio.read(wav(tmp_path / "a.wav", data=40000), RATE)


@pytest.mark.parametrize("riff", [0, 36, 32036])
def test_a_size_that_was_never_written_back(tmp_path, riff):
    remarks = []
    waveform = audio.read(wav(tmp_path / "a.wav", riff=riff, data=0), RATE, remarks)
    np.testing.assert_allclose(waveform, NOISE, atol=1e-4)
    assert remarks == ["its header says that it holds no sound: read to its end"]


def test_tags_behind_no_sound_are_no_sound(tmp_path):
    path = wav(tmp_path / "a.wav", riff=48, data=0)
    path.write_bytes(path.read_bytes()[:44] + b"LIST\x04\0\0\0INFO")
    with pytest.raises(InputError, match="holds no samples"):
        audio.read(path, RATE)


def test_the_number_of_samples_in_rf64_is_advice_and_the_bytes_count(tmp_path):
    path = tmp_path / "a.wav"
    sf.write(path, NOISE, RATE, format="RF64", subtype="FLOAT")
    content = bytearray(path.read_bytes())
    at = content.index(b"ds64") + 24
    content[at : at + 8] = (9 * RATE).to_bytes(8, "little")
    path.write_bytes(content)
    np.testing.assert_array_equal(audio.read(path, RATE), NOISE)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"<!DOCTYPE html><html>not found</html>", "a web page"),
        (b"PK\x03\x04" + bytes(60), "a zip archive"),
        (b"\x89PNG\r\n\x1a\n" + bytes(60), "a PNG picture"),
        (b"%PDF-1.7 ...", "a PDF document"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git lfs pull"),
        (b"to be recorded\n", "a text file"),
    ],
)
def test_what_is_no_sound_is_called_what_it_is(tmp_path, content, kind):
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        audio.read(path, RATE)
    assert kind in str(caught.value) and "a.wav is not readable audio but" in str(caught.value)


@pytest.mark.parametrize(("name", "target"), [("dump.wav", "dump_converted.wav"), ("dump.raw", "dump.wav")])
def test_samples_without_a_header_get_the_command_that_fits(tmp_path, name, target):
    path = tmp_path / name
    path.write_bytes((NOISE * 30000).astype("<i2").tobytes())
    with pytest.raises(InputError) as caught:
        audio.read(path, 8000)
    assert f"`ffmpeg -f s16le -ar 8000 -ac 1 -i INPUT {target}`" in str(caught.value)
