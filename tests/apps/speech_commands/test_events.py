"""The ring buffer and the decoder, without any model."""

import dataclasses

import numpy as np
import pytest

from heedful.apps.speech_commands.events import Averaged, Decoder, Detection, RingBuffer, events_of

LABELS = ("_silence_", "_unknown_", "up", "down", "go")


def decode(spans, seconds=6.0, detection=None, level=0.97):
    """Events of a stream in which label `l` has probability `level` for windows with middles in `[begin, end)`."""
    detection = detection or Detection()
    decoder = Decoder(LABELS, detection)
    events = []
    for index in range(round(seconds / detection.hop) + 1):
        time = index * detection.hop
        label = next((label for begin, end, label in spans if begin - 1e-9 <= time < end - 1e-9), "_silence_")
        row = np.full(len(LABELS), (1 - level) / (len(LABELS) - 1))
        row[LABELS.index(label)] = level
        events.append(decoder.add(time, row))
    events.append(decoder.finish())
    return [event for event in events if event is not None]


def told(events):
    return [event.label for event in events]


def test_windows_are_the_stream_whatever_the_chunks():
    stream = np.arange(1, 1000, dtype=np.float32)
    samples, hop = 53, 19
    padded = np.concatenate([np.zeros(samples, np.float32), stream])
    expected = {}
    for end in range(samples - samples // 2, len(stream) + 1, hop):
        expected[end - (samples - samples // 2)] = padded[end : end + samples]
    for sizes in ([1], [7], [19], [53], [1000], [3, 101, 18, 2]):
        buffer = RingBuffer(samples, hop)
        found, at, turn = {}, 0, 0
        while at < len(stream):
            size = sizes[turn % len(sizes)]
            found.update(buffer.push(stream[at : at + size]))
            at, turn = at + size, turn + 1
        assert list(found) == list(expected) and next(iter(found)) == 0
        for middle, window in found.items():
            np.testing.assert_array_equal(window, expected[middle])


def test_windows_do_not_change_after_they_were_given():
    buffer = RingBuffer(11, 3)
    kept = [window for _, window in buffer.push(np.arange(29, dtype=np.float32))]
    assert len({window.tobytes() for window in kept}) == len(kept)


def test_a_word_is_one_event_at_its_middle():
    (event,) = decode([(2.0, 2.7, "up")])
    assert event.label == "up" and event.time == pytest.approx(2.3, abs=0.15)
    assert event.score == pytest.approx(0.97, abs=1e-6)  # the peak of the average, not the value at the threshold


def test_the_end_of_a_long_word_is_not_a_second_one():
    """Windows of one second hear a long word for up to 1.2 s, and the average outlives the last of them."""
    for length in (0.4, 0.7, 1.0, 1.2):
        assert told(decode([(2.0, 2.0 + length, "up")])) == ["up"]


def test_an_endless_sound_repeats_no_faster_than_the_suppression():
    times = [event.time for event in decode([(1.0, 5.0, "down")])]
    assert 2 <= len(times) <= 6 and min(np.diff(times)) >= 0.7 - 1e-9


def test_repetitions_are_told_apart_by_where_the_windows_hear_the_word():
    """ "Up, up" without a pause: every window hears it, the first six at 1.0 s, the others at 2.0 s."""
    decoder = Decoder(LABELS, Detection())
    events = [decoder.add(1.0 if index < 6 else 2.0, np.eye(5)[2]) for index in range(12)]
    found = [event for event in [*events, decoder.finish()] if event]
    assert told(found) == ["up", "up"]
    np.testing.assert_allclose([event.time for event in found], [1.0, 1.8], atol=0.21)
    still = [decoder.add(1.0, np.eye(5)[2]) for decoder in [Decoder(LABELS, Detection())] for _ in range(12)]
    assert told(event for event in still if event) == ["up"]


def test_several_words_and_repetitions():
    events = decode([(0.5, 1.1, "up"), (1.6, 2.2, "up"), (3.0, 3.6, "go"), (4.1, 4.8, "down")])
    assert told(events) == ["up", "up", "go", "down"]
    np.testing.assert_allclose([event.time for event in events], [0.75, 1.85, 3.25, 4.4], atol=0.15)


def test_silence_and_unknown_are_never_events():
    assert decode([(1.0, 2.0, "_unknown_")]) == [] and decode([]) == []


def test_one_confident_window_is_not_enough():
    assert decode([(2.0, 2.1, "up")]) == []


def test_minimum_count_asks_for_windows_in_which_the_word_is_first():
    """Two sure windows and three in which it comes second: the average is 0.69, the count 2."""
    sure, second = np.array([0.0, 0.0, 0.99, 0.01, 0.0]), np.array([0.0, 0.51, 0.49, 0.0, 0.0])
    for minimum, expected in ((2, ["up"]), (3, [])):
        decoder = Decoder(LABELS, Detection(threshold=0.6, minimum_count=minimum))
        events = [decoder.add(0.1 * index, row) for index, row in enumerate([second, second, sure, second, sure])]
        assert told(event for event in [*events, decoder.finish()] if event) == expected


def test_threshold():
    spans = [(2.0, 3.0, "up")]
    assert decode(spans, level=0.68) == []
    assert told(decode(spans, level=0.72)) == ["up"]


def test_suppression_is_between_the_middles_of_any_two_words():
    spans = [(1.0, 1.5, "up"), (1.5, 2.0, "down")]
    assert told(decode(spans)) == ["up"]
    assert told(decode(spans, detection=Detection(suppression=0.4))) == ["up", "down"]


def test_a_word_at_the_end_is_not_lost():
    (event,) = decode([(5.7, 6.1, "go")])
    assert event.label == "go" and event.time == pytest.approx(5.85, abs=0.1)


@pytest.mark.parametrize(
    "change",
    [
        {"hop": 0.0},
        {"average": 0.05},
        {"threshold": 0.0},
        {"threshold": 1.1},
        {"minimum_count": 6},
        {"suppression": -1},
    ],
)
def test_impossible_settings_are_refused(change):
    with pytest.raises(ValueError, match="detection needs"):
        dataclasses.replace(Detection(), **change)


def random_trace(rng):
    """Times, probabilities and labels of a trace in which much happens, little, or the same value again and again."""
    count, size = int(rng.integers(0, 90)), int(rng.integers(2, 9))
    labels = np.array(["_silence_", "_unknown_", *"abcdef"])[rng.permutation(8)[:size]].tolist()
    steps = rng.standard_normal((count, size)) * rng.uniform(0.1, 1.0)
    logits = np.cumsum(steps, axis=0) if rng.random() < 0.5 else 3 * steps
    rows = np.exp(rng.uniform(0.5, 6) * logits)
    rows = np.repeat(rows, rng.integers(1, 5), axis=0)[:count]
    rows /= rows.sum(axis=1, keepdims=True)
    if rng.random() < 0.3:
        rows = np.round(rows, 1)  # ties
    places = rng.uniform(-0.4, 0.4, count) if rng.random() < 0.5 else 0.0
    return 0.1 * np.arange(count) + places, rows.astype(rng.choice(["float32", "float64"])), labels


def test_a_whole_trace_gives_what_the_decoder_gives_window_by_window():
    """Every field of every event, and the window that completes it."""
    rng = np.random.default_rng(5)
    told = 0
    for _ in range(2000):
        times, rows, labels = random_trace(rng)
        hop, windows = float(rng.choice([0.05, 0.1, 0.13])), int(rng.integers(1, 25))
        detection = Detection(
            hop, windows * hop, float(rng.uniform(0.05, 0.95)), int(rng.integers(1, windows + 1)),
            float(rng.choice([0.0, 0.3, 0.7, 2.0])),
        )  # fmt: skip
        decoder = Decoder(labels, detection)
        expected = [(decoder.add(time, row), index) for index, (time, row) in enumerate(zip(times, rows, strict=True))]
        expected.append((decoder.finish(), len(times) - 1))
        expected = [(event, index) for event, index in expected if event]
        averaged = Averaged(times, rows, labels, detection.windows)
        found = averaged.completed(detection.threshold, detection.minimum_count, detection.suppression)
        assert [(item.event, item.window) for item in found] == expected
        assert events_of(times, rows, labels, detection) == [event for event, _ in expected]
        told += len(expected)
    assert told > 3000


def test_an_hour_in_which_little_happens_is_searched_at_once():
    rows = np.full((36_000, 7), 0.02)
    rows[:, 0] = 0.88
    rows[3000:3008] = np.roll(rows[0], 2)
    (event,) = events_of(0.1 * np.arange(36_000), rows, ["_silence_", *"abcdef"], Detection())
    assert event.label == "b" and event.time == pytest.approx(300.35, abs=0.2)
