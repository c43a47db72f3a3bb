"""The resampler in TypeScript: near soxr's by what is measured here, and the same samples in chunks of any size."""

from pathlib import Path

import numpy as np
import pytest
from node_bridge import Bridge

soxr = pytest.importorskip("soxr")
soundfile = pytest.importorskip("soundfile")

ROOT = Path(__file__).parents[3]
RECORDING = ROOT / "recipes" / "speech_commands" / "sample" / "recording.flac"
RATE = 16000
# Largest and root mean square difference to soxr over the root mean square of the sound. Measured: speech at most
# 3.3e-3 and 1.6e-4 (11,025 Hz), noise, which fills the transition band, 2.2e-2 and 1.8e-3 (44,100 Hz).
LIMITS = {"speech": (5e-3, 2.5e-4), "noise": (3e-2, 2.5e-3)}


def sound(kind: str, rate: int) -> np.ndarray:
    if kind == "noise":
        return np.random.default_rng(0).normal(0, 0.1, 3 * rate).astype(np.float32)
    recording, recorded = soundfile.read(RECORDING, dtype="float32")
    return soxr.resample(recording, recorded, rate, "VHQ").astype(np.float32)


@pytest.mark.parametrize("kind", LIMITS)
@pytest.mark.parametrize("rate", [8000, 11025, 22050, 44100, 48000, 96000])
def test_it_gives_what_soxr_gives(node: Bridge, rate: int, kind: str) -> None:
    waveform = sound(kind, rate)
    wanted = soxr.resample(waveform, rate, RATE)
    found = node.call("resample", waveform, rate, RATE)
    assert abs(len(found) - len(wanted)) <= 1
    difference = (found[: len(wanted)] - wanted[: len(found)])[RATE // 10 : -RATE // 10]
    level = np.sqrt(np.mean(np.square(wanted)))
    largest, rms = np.abs(difference).max() / level, np.sqrt(np.mean(np.square(difference))) / level
    assert largest < LIMITS[kind][0] and rms < LIMITS[kind][1]


@pytest.mark.parametrize("rate", [8000, 16000, 44100, 48000])
@pytest.mark.parametrize("sizes", [[1, 128, 4000], [128], [4410, 3]], ids=str)
def test_chunks_of_any_size_give_the_same_samples(node: Bridge, rate: int, sizes: list[int]) -> None:
    waveform = sound("noise", rate)[: rate // 2]
    whole = node.call("resample", waveform, rate, RATE)
    np.testing.assert_array_equal(node.call("resample_chunks", waveform, rate, RATE, sizes), whole)
    assert len(whole) == round(len(waveform) * RATE / rate)


@pytest.mark.parametrize("rate", [22050, 44100, 48000])
def test_it_passes_what_it_should_and_stops_the_rest(node: Bridge, rate: int) -> None:
    """Up to 0.9 of half the rate within 0.001 dB, from half the rate on 110 dB down: no alias is heard."""
    impulse = np.zeros(rate, np.float32)
    impulse[rate // 3 * 2] = 1
    response = np.abs(np.fft.rfft(node.call("resample", impulse, rate, RATE).astype(np.float64))) * rate / RATE
    assert np.abs(20 * np.log10(response[: round(0.9 * RATE / 2)])).max() < 1e-3
    time = np.arange(rate) / rate
    for hertz in (8010.0, 9000.0, min(10900.0, rate / 2 - 100)):
        alias = node.call("resample", np.sin(2 * np.pi * hertz * time).astype(np.float32), rate, RATE)
        assert 20 * np.log10(np.abs(alias[2000:-2000]).max()) < -110 + (20 if hertz < 8100 else 0)


def test_a_sound_stays_where_it_is_in_time(node: Bridge) -> None:
    time = np.arange(44100) / 44100
    tone = np.sin(2 * np.pi * 440 * time).astype(np.float32)
    found = node.call("resample", tone, 44100, RATE)
    wanted = np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)
    np.testing.assert_allclose(found[1000:-1000], wanted[1000:-1000], atol=1e-5)
