"""Windows, streams by their state, the choice of a clip's window and the spectrogram in TypeScript: as in Python."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from node_bridge import Bridge

from heedful.apps.speech_commands.app import fit
from heedful.apps.speech_commands.hearing import Windows
from heedful.apps.speech_commands.log_mel import FrontEnd, log_mel

FRONT_ENDS = [FrontEnd(), FrontEnd(8000, 8000, 200, 80, 200, 24, 60.0, 3800.0)]  # the second's size is no power of 2


@settings(max_examples=60, deadline=None)
@given(
    samples=st.integers(1, 30), chunk=st.integers(1, 30), hops=st.integers(1, 4), length=st.integers(0, 150),
    sizes=st.lists(st.integers(1, 40), min_size=1, max_size=4),
)  # fmt: skip
def test_windows_and_stream_give_what_python_gives(
    node: Bridge, samples: int, chunk: int, hops: int, length: int, sizes: list[int]
) -> None:
    waveform, hop = np.arange(1, length + 1, dtype=np.float32), chunk * hops
    wanted = [(at, window) for at, window, _ in Windows(lambda window: (window, window), samples, hop).push(waveform)]
    windows = node.call("windows", waveform, samples, hop, sizes)
    stream = node.call("stream", waveform, samples, chunk, hop, sizes)
    assert [middle for middle, _ in windows] == [middle for middle, _ in wanted]
    for (_, window), (_, found) in zip(wanted, windows, strict=True):
        np.testing.assert_array_equal(found, window)
    # A window whose last samples do not fill a chunk is told when they do: no more of them than a hop holds.
    assert [middle for middle, _ in stream] == [middle for middle, _ in wanted][: len(stream)]
    assert len(wanted) - len(stream) <= 1
    for (_, window), (_, found) in zip(wanted, stream, strict=False):
        np.testing.assert_array_equal(found, window)


@settings(max_examples=60, deadline=None)
@given(length=st.integers(0, 120), samples=st.integers(1, 60), seed=st.integers(0, 10**6), flat=st.booleans())
def test_the_window_of_a_clip(node: Bridge, length: int, samples: int, seed: int, flat: bool) -> None:
    recording = np.random.default_rng(seed).normal(0, 0.1, length).astype(np.float32)
    recording = np.full(length, 0.25, np.float32) if flat else recording
    window, start = fit(recording, samples)
    found, begin = node.call("fit", recording, samples)
    assert begin == start
    np.testing.assert_array_equal(found, window)


@pytest.mark.parametrize("front_end", FRONT_ENDS, ids=lambda front_end: str(front_end.fft))
@pytest.mark.parametrize("sizes", [[100000], [37, 160, 481]], ids=str)
def test_the_spectrogram_is_that_of_python(node: Bridge, front_end: FrontEnd, sizes: list[int]) -> None:
    waveform = np.random.default_rng(1).normal(0, 0.1, front_end.samples).astype(np.float32)
    waveform[: front_end.samples // 4] = 0
    wanted = log_mel(waveform, front_end)
    found = node.call("log_mel", waveform, dataclasses.asdict(front_end), sizes).reshape(wanted.shape)
    np.testing.assert_allclose(found, wanted, atol=2e-6)
