"""Folders of small clips of noise, for the tests of speech data."""

import zlib

import numpy as np
import pytest

soundfile = pytest.importorskip("soundfile")

RATE = 1000  # Hz: small clips, quick tests


def write(path, waveform=None, rate=RATE, seed=None, seconds=1.0):
    """A clip of noise, different for every path unless `seed` is given."""
    if waveform is None:
        rng = np.random.default_rng(zlib.crc32(path.as_posix().encode()) if seed is None else seed)
        waveform = rng.uniform(-0.5, 0.5, round(seconds * rate))
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, waveform, rate, subtype="PCM_16")


def write_splits(root, words, train=11, validation=3, test=5):
    for split, count in (("train", train), ("validation", validation), ("test", test)):
        for word in words:
            for number in range(count):
                write(root / split / word / f"{number}.wav")


def drawn(data, seed, epoch):
    """Targets of one epoch's batches, in order."""
    steps = range(epoch * data.steps_per_epoch, (epoch + 1) * data.steps_per_epoch)
    return np.concatenate([data.batch(seed, step)[1] for step in steps])
