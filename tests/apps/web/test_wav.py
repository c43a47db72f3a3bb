"""WAV files in TypeScript as `heedful.apps.audio` reads them, and the rate in the heads of other files."""

import struct
from pathlib import Path

import numpy as np
import pytest
from node_bridge import Bridge

from heedful.apps import audio
from heedful.apps.audio_headers import OTHERS, SOUNDS, other_kind, sound_kind
from heedful.apps.errors import InputError

soundfile = pytest.importorskip("soundfile")

RATE = 16000
SUBTYPES = ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"]


def tone(channels: int = 1, seconds: float = 0.5) -> np.ndarray:
    time = np.arange(round(seconds * RATE)) / RATE
    return np.stack([0.5 * np.sin(2 * np.pi * (300 + 200 * channel) * time) for channel in range(channels)], axis=1)


@pytest.mark.parametrize("subtype", SUBTYPES)
@pytest.mark.parametrize("form", ["WAV", "WAVEX", "RF64", "RIFX"])
@pytest.mark.parametrize("channels", [1, 2, 3])
def test_samples_are_those_that_python_reads(
    node: Bridge, tmp_path: Path, subtype: str, form: str, channels: int
) -> None:
    path, endian = tmp_path / "sound.wav", "BIG" if form == "RIFX" else "FILE"
    soundfile.write(path, tone(channels), RATE, subtype, endian, "WAV" if form == "RIFX" else form)
    wave = node.call("wav", str(path))
    assert wave["rate"] == RATE
    np.testing.assert_allclose(wave["samples"], audio.read(path, RATE), atol=1e-7)


def written(path: Path, waveform: np.ndarray, subtype: str = "PCM_16") -> bytes:
    soundfile.write(path, waveform, RATE, subtype, format="WAV")
    return path.read_bytes()


def without_size(content: bytes, size: int) -> bytes:
    """As recorders write it who cannot know the size."""
    at = content.index(b"data") + 4
    return content[:at] + struct.pack("<I", size) + content[at + 4 :]


@pytest.mark.parametrize("size", [0, 0x7FFFFFFF, 0xFFFFFFFF])
def test_a_size_that_nobody_knew_is_no_damage(node: Bridge, tmp_path: Path, size: int) -> None:
    path = tmp_path / "streamed.wav"
    path.write_bytes(without_size(written(path, tone()), size))
    np.testing.assert_array_equal(node.call("wav", str(path))["samples"], audio.read(path, RATE))


def spoilt(value: float) -> np.ndarray:
    waveform = tone().astype(np.float32)
    waveform[4000] = value
    return waveform


DAMAGE = {
    "cut": (lambda path: written(path, tone())[:8044], "is truncated: its header promises 0.500 s and the file holds"),
    "empty": (lambda path: b"", "is an empty file"),
    "silent": (lambda path: written(path, tone()[:0]), "holds no samples: record it again"),
    "nan": (lambda path: written(path, spoilt(np.nan), "FLOAT"), "has 1 samples that are NaN or infinite, the first"),
    "loud": (lambda path: written(path, spoilt(12000), "FLOAT"), "has float samples up to 12000 where audio lies"),
}  # fmt: skip


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage_is_told_in_the_words_of_python(node: Bridge, tmp_path: Path, kind: str) -> None:
    path, (make, said) = tmp_path / "broken.wav", DAMAGE[kind]
    path.write_bytes(make(path))
    with pytest.raises(InputError, match=said) as found:
        node.call("wav", str(path))
    with pytest.raises(InputError) as wanted:
        audio.read(path, RATE)
    assert str(found.value) == str(wanted.value)


def test_a_little_less_than_promised_is_read_to_its_end(node: Bridge, tmp_path: Path) -> None:
    path = tmp_path / "short.wav"
    path.write_bytes(written(path, tone(seconds=4.0))[:-1000])
    np.testing.assert_array_equal(node.call("wav", str(path))["samples"], audio.read(path, RATE))


@pytest.mark.parametrize("head", [b"RIFF\x00\x00\x00\x00WAVE", b"RIFF\xff\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00"])
def test_a_head_without_sound_is_damage(node: Bridge, tmp_path: Path, head: bytes) -> None:
    (path := tmp_path / "head.wav").write_bytes(head)
    with pytest.raises(InputError, match="is WAV sound, but damaged or cut short"):
        node.call("wav", str(path))


@pytest.mark.parametrize("subtype", ["IMA_ADPCM", "ULAW", "GSM610"])
def test_another_codec_is_left_to_the_browser(node: Bridge, tmp_path: Path, subtype: str) -> None:
    path = tmp_path / "coded.wav"
    soundfile.write(path, tone(), RATE, subtype)
    assert node.call("wav", str(path)) is None


@pytest.mark.parametrize("rate", [8000, 16000, 22050, 44100, 48000])
@pytest.mark.parametrize(
    ("form", "subtype"), [("FLAC", "PCM_16"), ("OGG", "VORBIS"), ("OGG", "OPUS"), ("MP3", "MPEG_LAYER_III")]
)
def test_the_rate_in_the_head_of_a_file(node: Bridge, tmp_path: Path, rate: int, form: str, subtype: str) -> None:
    if subtype == "OPUS" and rate in (22050, 44100):
        pytest.skip("Opus has no such rate")
    path = tmp_path / "sound.bin"
    soundfile.write(path, tone(2), rate, subtype, format=form)
    found = node.call("sound_head", str(path))
    assert found["rate"] == (48000 if subtype == "OPUS" else rate)
    if form == "FLAC":
        assert found["frames"] == 8000
    tagged = b"ID3\x04\x00\x00\x00\x00\x01\x10" + bytes(144) + path.read_bytes()
    if form in ("FLAC", "MP3"):
        path.write_bytes(tagged)
        assert node.call("sound_head", str(path))["rate"] == rate


@pytest.mark.parametrize("rate", [16000, 44100])
@pytest.mark.parametrize(("container", "codec"), [("mp4", "aac"), ("adts", "aac"), ("webm", "libopus")])
def test_the_rate_of_what_phones_write(node: Bridge, tmp_path: Path, rate: int, container: str, codec: str) -> None:
    av = pytest.importorskip("av")
    path = tmp_path / "sound.bin"
    with av.open(str(path), "w", format=container) as output:
        stream = output.add_stream(codec, rate=48000 if codec == "libopus" else rate)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 4800), np.float32), "fltp", "mono")
        frame.sample_rate = stream.rate
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            output.mux(packet)
    assert node.call("sound_head", str(path))["rate"] == (48000 if codec == "libopus" else rate)


@pytest.mark.parametrize("content", [b"", b"fLaC", b"OggS" + bytes(8), b"%PDF-1.7" + bytes(3000), bytes(5000)])
def test_no_rate_where_there_is_none(node: Bridge, tmp_path: Path, content: bytes) -> None:
    (path := tmp_path / "other").write_bytes(content)
    assert node.call("sound_head", str(path)) is None


HEADS = [bytes(offset) + mark + bytes(300) for offset, mark, _ in (*SOUNDS, *OTHERS)]


@pytest.mark.parametrize(
    "content",
    [
        *HEADS,
        b"",
        b"plain text",
        b" \n<!DOCTYPE html>",
        b"<?xml version='1.0'?>",
        b"\xef\xbb\xbf<html>",
        bytes(range(256)),
    ],
    ids=repr,
)
def test_what_a_file_is_by_its_first_bytes(node: Bridge, content: bytes) -> None:
    assert node.call("kinds", np.frombuffer(content, np.uint8)) == [
        sound_kind(content[:512]),
        other_kind(content[:512]),
    ]
