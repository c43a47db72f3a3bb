"""The front end against TensorFlow's own and against a DFT written out."""

import dataclasses

import numpy as np
import pytest

from heedful.apps.speech_commands.log_mel import FrontEnd, hann, log_mel, mel_matrix

ODD = FrontEnd(rate=11000, samples=1009, window=211, hop=97, fft=254, bands=13, low=31.0, high=4999.0)


@pytest.mark.parametrize("front_end", [FrontEnd(), ODD])
def test_mel_matrix_equals_tensorflow(front_end):
    tf = pytest.importorskip("tensorflow")
    expected = tf.signal.linear_to_mel_weight_matrix(
        num_mel_bins=front_end.bands,
        num_spectrogram_bins=front_end.fft // 2 + 1,
        sample_rate=front_end.rate,
        lower_edge_hertz=front_end.low,
        upper_edge_hertz=front_end.high,
        dtype=tf.float64,
    ).numpy()
    actual = mel_matrix(front_end)
    assert actual.shape == (front_end.bins, front_end.bands) and actual.dtype == np.float32
    np.testing.assert_allclose(actual, expected, atol=1e-6)


def test_mel_matrix_has_one_peak_per_band_and_no_direct_current():
    matrix = mel_matrix(FrontEnd())
    assert not matrix[0].any()
    peaks = matrix.argmax(axis=0)
    assert (np.diff(peaks) >= 0).all() and matrix.max() <= 1.0
    centres = matrix.shape[0] - 1
    assert not matrix[int(7600 / 8000 * centres) + 1 :].any()  # nothing above `high`


def test_hann_is_periodic():
    window = hann(480)
    assert window.shape == (480,) and window[0] == 0.0 and window[240] == pytest.approx(1.0)
    np.testing.assert_allclose(window[1:], window[1:][::-1], atol=1e-12)


def test_log_mel_equals_a_dft_written_out():
    rng = np.random.default_rng(3)
    waveform = rng.uniform(-1, 1, (2, ODD.samples))
    n = np.arange(ODD.window)
    kernel = np.exp(-2j * np.pi * np.outer(n, np.arange(ODD.bins)) / ODD.fft) * (
        0.5 - 0.5 * np.cos(2 * np.pi * n / ODD.window)
    ).reshape(-1, 1)
    starts = range(0, ODD.samples - ODD.window + 1, ODD.hop)
    magnitudes = np.stack([np.abs(waveform[:, s : s + ODD.window] @ kernel) for s in starts], axis=1)
    expected = np.log(magnitudes @ mel_matrix(ODD).astype(np.float64) + 1e-6)
    actual = log_mel(waveform, ODD)
    assert actual.shape == (2, ODD.frames, 13) and actual.dtype == np.float64
    np.testing.assert_allclose(actual, expected, atol=1e-9)


def test_silence_is_the_floor_and_frames_are_counted():
    assert FrontEnd().frames == 98
    features = log_mel(np.zeros(16000), FrontEnd())
    assert features.shape == (98, 40)
    np.testing.assert_allclose(features, np.log(1e-6))


def test_a_waveform_shorter_than_a_window_is_refused():
    with pytest.raises(ValueError, match="480 samples"):
        log_mel(np.zeros(479), FrontEnd())


@pytest.mark.parametrize("change", [{"hop": 0}, {"window": 513}, {"samples": 479}, {"high": 8001.0}, {"low": 7600.0}])
def test_impossible_front_ends_are_refused(change):
    with pytest.raises(ValueError):
        dataclasses.replace(FrontEnd(), **change)
