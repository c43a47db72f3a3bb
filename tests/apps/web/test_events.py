"""The event decoder and the ring buffer in TypeScript: the events and windows of Python, to the last bit."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from node_bridge import Bridge

from heedful.apps.errors import InputError
from heedful.apps.speech_commands.answer import looked
from heedful.apps.speech_commands.events import Decoder, Detection, Event, RingBuffer, detection_of

LABELS = ["up", "_silence_", "down", "_unknown_", "go"]
POINT = {"hop": 0.1, "average": 0.5, "threshold": 0.62, "minimum_count": 2, "suppression": 0.7}


@st.composite
def detections(draw: st.DrawFn) -> Detection:
    hop = draw(st.sampled_from([0.05, 0.1, 0.2, 0.25]))
    windows = draw(st.integers(1, 9))
    average = hop * windows + draw(st.sampled_from([0.0, 0.5])) * hop  # halves are rounded to the even number
    count = draw(st.integers(1, max(1, round(average / hop))))
    return Detection(hop, average, draw(st.floats(0.05, 1.0)), count, draw(st.floats(0.0, 1.5)))


def trace(seed: int, windows: int, sharpness: float) -> tuple[np.ndarray, np.ndarray]:
    """Times, and probabilities `(windows, labels)` float32 that rise and fall as those of overlapping windows do."""
    random = np.random.default_rng(seed)
    logits = np.cumsum(random.normal(0, sharpness, (windows, len(LABELS))), axis=0)
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    times = np.arange(windows) * 0.1 + random.uniform(-0.2, 0.2, windows)
    return times, (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)


@settings(max_examples=150, deadline=None)
@given(detection=detections(), seed=st.integers(0, 10**6), windows=st.integers(0, 80), sharpness=st.floats(0.1, 4.0))
def test_events_are_those_of_python(
    node: Bridge, detection: Detection, seed: int, windows: int, sharpness: float
) -> None:
    times, rows = trace(seed, windows, sharpness)
    decoder = Decoder(LABELS, detection)
    wanted = [decoder.add(time, row) for time, row in zip(times, rows, strict=True)] + [decoder.finish()]
    found = node.call("events", LABELS, dataclasses.asdict(detection), times.tolist(), [row.tolist() for row in rows])
    assert [item and Event(**item) for item in found] == wanted


def test_the_traces_hold_events() -> None:
    """So that the test above compares more than nothing."""
    counts = []
    for seed in range(20):
        decoder = Decoder(LABELS, Detection())
        counts.append(sum(decoder.add(*pair) is not None for pair in zip(*trace(seed, 80, 1.0), strict=True)))
    assert sum(counts) > 40


@settings(max_examples=60, deadline=None)
@given(
    samples=st.integers(1, 40), hop=st.integers(1, 30), length=st.integers(0, 200),
    sizes=st.lists(st.integers(1, 50), min_size=1, max_size=5),
)  # fmt: skip
def test_windows_are_those_of_python(node: Bridge, samples: int, hop: int, length: int, sizes: list[int]) -> None:
    stream = np.arange(1, length + 1, dtype=np.float32)
    wanted = list(RingBuffer(samples, hop).push(stream))
    found = node.call("ring", samples, hop, stream, sizes)
    assert [middle for middle, _ in found] == [middle for middle, _ in wanted]
    for (_, window), (_, same) in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(window, same)


def test_where_a_model_looked(node: Bridge) -> None:
    for seed in range(10):
        attention = np.random.default_rng(seed).dirichlet(np.full(49, 0.3), 4).astype(np.float32)
        assert node.call("looked", attention.ravel(), 49) == pytest.approx(float(looked(attention)), abs=1e-6)
    assert node.call("looked", np.zeros(20, np.float32), 5) == float(looked(np.zeros((4, 5), np.float32)))


BROKEN = [
    {"hop": 0}, {"hop": 0.0005, "average": 0.001}, {"average": 0.05}, {"average": 61.0}, {"suppression": -0.1},
    {"threshold": 0}, {"threshold": 1.01}, {"threshold": "0.5"}, {"threshold": None}, {"threshold": True},
    {"minimum_count": 0}, {"minimum_count": 6}, {"minimum_count": 2.5},
]  # fmt: skip


@pytest.mark.parametrize("changed", [{}, *BROKEN], ids=str)
def test_a_detection_is_taken_or_refused_as_in_python(node: Bridge, changed: dict[str, object]) -> None:
    card = {"recipe": "speech_commands", "file": {"operating_point": {"detection": {**POINT, **changed}}}}
    if changed:
        with pytest.raises((ValueError, TypeError, KeyError)):
            detection_of(card)
        with pytest.raises((RuntimeError, InputError)):
            node.call("detection", card)
    else:
        assert node.call("detection", card) == dataclasses.asdict(detection_of(card)) == POINT


@pytest.mark.parametrize("card", [{}, {"file": {}}, {"file": {"operating_point": {}}}], ids=str)
def test_without_an_operating_point_there_is_the_default(node: Bridge, card: dict[str, object]) -> None:
    assert Detection(**node.call("detection", card)) == detection_of(card) == Detection()


@pytest.mark.parametrize(
    "card", [{"file": 1}, {"file": {"operating_point": 1}}, {"file": {"operating_point": {"a": 1}}}], ids=str
)
def test_a_card_of_something_else_is_refused(node: Bridge, card: dict[str, object]) -> None:
    with pytest.raises(RuntimeError):
        node.call("detection", card)
