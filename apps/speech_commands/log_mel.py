"""The log-mel front end in NumPy: the definition that the graph inside an exported file must reproduce.

A front end that differs between training and the application is the classic way to lose a keyword model, so its
numbers live in one frozen dataclass, travel on the card of the model, and are used three times: by the layer inside the
graph (through `mel_matrix` and `hann`), by the tests as the float64 reference, and by the pictures.
"""

from dataclasses import dataclass

import numpy as np

FLOOR = 1e-6  # added before the logarithm: digital silence becomes log(1e-6) = -13.8 instead of -inf


@dataclass(frozen=True)
class FrontEnd:
    """How a waveform becomes log-mel features: `rate`, `low`, `high` in Hz; the other lengths in samples."""

    rate: int = 16000
    samples: int = 16000
    window: int = 480
    hop: int = 160
    fft: int = 512
    bands: int = 40
    low: float = 20.0
    high: float = 7600.0

    def __post_init__(self) -> None:
        if not 0 < self.hop <= self.window <= min(self.fft, self.samples):
            raise ValueError(f"a front end needs 0 < hop <= window <= fft and window <= samples, not {self}")
        if self.bands < 1 or not 0.0 <= self.low < self.high <= self.rate / 2:
            raise ValueError(f"a front end needs bands >= 1 and 0 <= low < high <= rate / 2, not {self}")

    @property
    def frames(self) -> int:
        """Analysis frames in one model window of `samples`."""
        return 1 + (self.samples - self.window) // self.hop

    @property
    def bins(self) -> int:
        """Bins of the magnitude spectrum, from 0 Hz to half the rate."""
        return self.fft // 2 + 1


def hann(window: int) -> np.ndarray:
    """Periodic Hann window, float64 `(window,)`, as `tf.signal.hann_window` with its default `periodic=True`."""
    return 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(window) / window)


def mel(hertz: np.ndarray | float) -> np.ndarray:
    """HTK's mel scale, 1127 ln(1 + f / 700) (Young et al., The HTK Book, section 5.6)."""
    return 1127.0 * np.log1p(np.asarray(hertz, np.float64) / 700.0)


def mel_matrix(front_end: FrontEnd) -> np.ndarray:
    """Triangular mel filters, float32 `(bins, bands)`, the numbers of `tf.signal.linear_to_mel_weight_matrix`.

    Triangles are linear in mel, peak at 1, meet their neighbours' centres, and leave the 0 Hz bin out.
    """
    spectrum = mel(np.arange(front_end.bins) * (front_end.rate / front_end.fft))[:, None]
    edges = np.linspace(mel(front_end.low), mel(front_end.high), front_end.bands + 2)
    left, centre, right = edges[:-2], edges[1:-1], edges[2:]
    rising = (spectrum - left) / (centre - left)
    falling = (right - spectrum) / (right - centre)
    matrix = np.maximum(0.0, np.minimum(rising, falling))
    matrix[0] = 0.0
    return matrix.astype(np.float32)


def log_mel(waveform: np.ndarray, front_end: FrontEnd) -> np.ndarray:
    """Natural logarithm of mel magnitudes, float64 `(..., frames, bands)`, of `waveform` `(..., samples)` in [-1, 1].

    Frames start every `hop` samples and lie wholly inside the waveform (no padding, no centring), so frame `i` covers
    the samples from `i * hop` to `i * hop + window`. Raises `ValueError` for a waveform shorter than one window.
    """
    waveform = np.asarray(waveform, np.float64)
    if waveform.shape[-1] < front_end.window:
        raise ValueError(f"log_mel needs at least {front_end.window} samples, not {waveform.shape[-1]}")
    frames = np.lib.stride_tricks.sliding_window_view(waveform, front_end.window, axis=-1)[..., :: front_end.hop, :]
    spectrum = np.abs(np.fft.rfft(frames * hann(front_end.window), front_end.fft))
    return np.log(spectrum @ mel_matrix(front_end).astype(np.float64) + FLOOR)
