"""Windows of a track are those that the app hears, and so are the events."""

import numpy as np
import pytest

from heedful.apps.speech_commands import Events
from heedful.apps.speech_commands.events import Detection, RingBuffer, events_of
from heedful.apps.speech_commands.log_mel import FrontEnd
from heedful.recipes.speech_commands.scoring.trace import trace, windows
from heedful.recipes.speech_commands.scoring.tracks import Track


@pytest.mark.parametrize(("samples", "step"), [(53, 19), (52, 19), (11, 23), (1, 1)])
@pytest.mark.parametrize("length", [0, 1, 7, 52, 53, 200, 1001])
@pytest.mark.parametrize("chunk", [1, 3, 1000])
def test_windows_are_those_of_the_ring_buffer(samples, step, length, chunk):
    waveform = np.random.default_rng(length).integers(-30000, 30000, length).astype(np.int16)
    buffer = RingBuffer(samples, step)
    stream = np.concatenate([waveform / np.float32(32768), np.zeros(samples // 2, np.float32)])
    expected = list(buffer.push(stream))
    found = list(windows(waveform, samples, step, chunk))
    assert all(part.dtype == np.float32 and len(part) <= chunk for part in found)
    rows = [row for part in found for row in part]
    assert len(rows) == len(expected)
    for index, (row, (middle, window)) in enumerate(zip(rows, expected, strict=True)):
        assert middle == index * step
        np.testing.assert_array_equal(row, window)


def test_a_recording_of_floats_is_taken_as_it_is():
    waveform = np.random.default_rng(0).standard_normal(97).astype(np.float32)
    (part,) = windows(waveform, 4, 97, 5)
    np.testing.assert_array_equal(part[0], [0, 0, *waveform[:2]])


class Looking:
    """A model that is surer the louder the window, and looks at its loudest part; as the metrics and the app ask it."""

    labels, stream = ("up", "down", "_silence_"), None
    front_end = FrontEnd(rate=100, samples=101, window=10, hop=5, fft=16, bands=3, low=0.0, high=50.0)
    detection = Detection(average=0.3, threshold=0.4, minimum_count=2, suppression=0.3)

    def __call__(self, window):
        probabilities, attention = self.answers(window[None])
        return probabilities[0], attention[0]

    def answers(self, rows):
        parts = np.abs(rows[:, :100].reshape(len(rows), 2, 10, 5)).sum(3)  # two halves are two heads
        logits = np.concatenate([parts.sum(2) / 10, np.ones((len(rows), 1))], axis=1).astype(np.float64)
        probabilities = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
        return probabilities.astype(np.float32), parts / parts.sum(2, keepdims=True).clip(1e-6)

    def placed(self, rows):
        from heedful.apps.speech_commands.answer import looked

        probabilities, attention = self.answers(rows)
        return probabilities, looked(attention)


def test_events_of_a_trace_are_those_of_the_app():
    """Placed by the attention, in a stream that ends in a word."""
    rng = np.random.default_rng(3)
    waveform = rng.standard_normal(6007) * np.repeat(rng.random(61) < 0.3, 100)[:6007]
    waveform = np.concatenate([waveform, 0.8 * np.ones(30)]).astype(np.float32)
    model: object = Looking()
    app = Events(model)  # pyright: ignore[reportArgumentType]
    expected = app.feed(waveform) + app.flush()
    found = trace(model, Track(waveform, 100), 101, 0.1)  # pyright: ignore[reportArgumentType]
    events = events_of(found.times, found.probabilities, Looking.labels, Looking.detection)
    assert [(event.label, event.score) for event in events] == [(event.label, event.score) for event in expected]
    np.testing.assert_allclose([event.time for event in events], [event.time for event in expected], atol=1e-9)
    assert len(events) > 10


def test_without_attention_a_word_is_in_the_middle_and_a_window_is_whole_half_of_it_later():
    found = trace(lambda rows: np.tile([0.25, 0.75], (len(rows), 1)), Track(np.zeros(50, np.int16), 10), 11, 0.5)
    np.testing.assert_allclose(found.times, np.arange(10) * 0.5)
    assert found.probabilities.dtype == np.float32 and found.told(4) == pytest.approx(2.0 + 0.6)


def test_broken_probabilities_are_refused():
    with pytest.raises(ValueError, match="windows gave probabilities"):
        trace(lambda rows: rows[:1], Track(np.zeros(50, np.int16), 10), 11, 0.5)
