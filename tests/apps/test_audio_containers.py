"""Sound as phones and browsers write it, and what is called by another name."""

import sys

import numpy as np
import pytest

from heedful.apps import audio
from heedful.apps.errors import InputError

av = pytest.importorskip("av")
sf = pytest.importorskip("soundfile")
pytest.importorskip("soxr")

RATE = 16000
TONE = (0.4 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)).astype(np.float32)  # one second
KINDS = {  # name: format, codec, rate
    "voice.m4a": ("ipod", "aac", 16000),
    "voice.aac": ("adts", "aac", 16000),
    "lossless.m4a": ("ipod", "alac", 16000),
    "browser.webm": ("webm", "libopus", 48000),
    "message.opus": ("ogg", "libopus", 48000),
    "phone.3gp": ("3gp", "libopencore_amrnb", 8000),
    "phone.amr": ("amr", "libopencore_amrnb", 8000),
    "film.mp4": ("mp4", "aac", 44100),
    "windows.wma": ("asf", "wmav2", 44100),
}


def encode(path, form, codec, rate, **options):
    with av.open(str(path), "w", format=form, options=options) as container:
        stream = container.add_stream(codec, rate=rate)
        stream.layout = "mono"
        stream.bit_rate = 12200 if codec.startswith("libopencore") else 64000
        resampler = av.AudioResampler(format=stream.codec_context.format or "fltp", layout="mono", rate=rate)
        frame = av.AudioFrame.from_ndarray(TONE[None], format="fltp", layout="mono")
        frame.sample_rate = RATE
        for part in resampler.resample(frame) + resampler.resample(None):
            part.pts = None
            for packet in stream.encode(part):
                container.mux(packet)
        for packet in stream.encode(None):
            container.mux(packet)


def hertz(waveform):
    middle = waveform[len(waveform) // 2 - 4000 : len(waveform) // 2 + 4000]
    return np.abs(np.fft.rfft(middle * np.hanning(8000))).argmax() * RATE / 8000


@pytest.mark.parametrize("name", KINDS)
def test_what_phones_and_browsers_write(tmp_path, name):
    encode(tmp_path / name, *KINDS[name])
    waveform = audio.read(tmp_path / name, RATE)
    assert 0.95 < len(waveform) / RATE < 1.2 and waveform.dtype == np.float32
    assert abs(hertz(waveform) - 440) < 3 and 0.25 < np.abs(waveform).max() < 0.6


@pytest.mark.parametrize("name", ["voice.m4a", "browser.webm"])
def test_the_content_decides_and_not_the_name(tmp_path, name):
    encode(tmp_path / "x.tmp", *KINDS[name])
    renamed = (tmp_path / "x.tmp").rename(tmp_path / "renamed.wav")
    assert abs(hertz(audio.read(renamed, RATE)) - 440) < 3


@pytest.mark.parametrize(
    ("form", "options"),
    [
        ("mp3", {"write_xing": "1"}),
        ("mp3", {"write_xing": "0"}),
        ("mp3", {"write_xing": "0", "id3v2_version": "0"}),
        ("wav", {}),
    ],
)
def test_an_mp3_is_read_until_its_decoder_ends(tmp_path, form, options):
    path = tmp_path / "clip.mp3"
    encode(path, form, "libmp3lame", 44100, **options)
    remarks = []
    assert 1.0 <= len(audio.read(path, RATE, remarks)) / RATE < 1.1 and not remarks


def test_an_mp3_of_varying_bit_rate_without_a_count_is_not_cut(tmp_path):
    """Loud noise, then silence: by the bit rate of its first frames it seems a fraction as long as it is."""
    path = tmp_path / "vbr.mp3"
    waveform = np.concatenate([np.random.default_rng(0).uniform(-0.5, 0.5, RATE // 4), np.zeros(RATE * 3)])
    sf.write(path, waveform, RATE, format="MP3", bitrate_mode="VARIABLE", compression_level=0.1)
    content = path.read_bytes()
    mark = max(content.find(b"Xing"), content.find(b"Info"))
    size = next(at for at in range(mark, len(content)) if content[at : at + 2] in (b"\xff\xf3", b"\xff\xfb"))
    path.write_bytes(content[size:])  # without the frame that counts the others
    assert len(audio.read(path, RATE)) / RATE == pytest.approx(3.25, abs=0.15)


@pytest.mark.parametrize("counted", ["0", "1"])
def test_a_cut_mp3_is_refused(tmp_path, counted):
    path = tmp_path / "cut.mp3"
    encode(path, "mp3", "libmp3lame", 44100, write_xing=counted)
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(InputError, match="truncated"):
        audio.read(path, RATE)


def test_a_cut_m4a_is_refused(tmp_path):
    for name, options in (("end.m4a", {}), ("start.m4a", {"movflags": "+faststart"})):
        encode(tmp_path / name, "ipod", "alac", RATE, **options)
        content = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(content[: len(content) // 2])
        with pytest.raises(InputError, match=r"truncated|cut short"):
            audio.read(tmp_path / name, RATE)


def test_without_the_library_it_is_named(tmp_path, monkeypatch):
    path = tmp_path / "memo.m4a"
    encode(path, *KINDS["voice.m4a"])
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(InputError, match=r"memo.m4a is M4A, MP4 or 3GP sound: run `pip install \"heedful\[media\]\"`"):
        audio.read(path, RATE)


def test_a_play_list_opens_no_other_file(tmp_path):
    encode(tmp_path / "secret.aac", *KINDS["voice.aac"])
    listed = tmp_path / "list.wav"
    listed.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:1,\n{tmp_path / 'secret.aac'}\n#EXT-X-ENDLIST\n")
    with pytest.raises(InputError, match="but a text file"):
        audio.read(listed, RATE)
