"""The choice of a detection, against a search by the decoder of the app itself."""

import itertools

import numpy as np
import pytest

from heedful.apps.speech_commands.events import Completed, Decoder, Detection
from heedful.recipes.speech_commands.scoring.counts import match
from heedful.recipes.speech_commands.scoring.operating_point import (
    Budget,
    Grid,
    Streams,
    Tried,
    choose,
    found_share,
    try_all,
)
from heedful.recipes.speech_commands.scoring.trace import Trace
from heedful.recipes.speech_commands.scoring.tracks import Track, Word

LABELS = ("up", "go", "_unknown_")
GRID = Grid(hop=0.1, averages=(0.3, 0.5), minimum_counts=(2, 4), thresholds=(0.4, 0.6, 0.8))


def random_trace(seed, seconds=60.0, words=()):
    rng = np.random.default_rng(seed)
    count = round(seconds * 10) + 1
    logits = 2.5 * np.cumsum(rng.standard_normal((count, 3)), axis=0) / 3 + [0, 0, 3]
    for word in words:
        logits[abs(np.arange(count) / 10 - word.time) < 0.4, LABELS.index(word.label)] += rng.uniform(0, 12)
    rows = np.exp(logits - logits.max(1, keepdims=True))
    rows /= rows.sum(1, keepdims=True)
    track = Track(np.zeros(round(seconds * 10), np.int16), 10, tuple(words))
    return Trace(track, np.arange(count) / 10, rows.astype(np.float32), 0.1, 0.5)


def streams(seed=0):
    words = [Word(2.0 + 2.0 * index, LABELS[index % 2]) for index in range(29)]
    return Streams(LABELS, random_trace(seed), random_trace(seed + 1), random_trace(seed + 2, 60.0, words))


def decoded(trace, detection):
    decoder = Decoder(LABELS, detection)
    events = [decoder.add(time, row) for time, row in zip(trace.times, trace.probabilities, strict=True)]
    return [Completed(event, 0) for event in [*events, decoder.finish()] if event]


def test_every_setting_is_counted_as_the_decoder_would():
    found = streams()
    tried = try_all(found, GRID)
    settings = [(0.3, 2), (0.5, 2), (0.5, 4)]  # four windows are more than an average of 0.3 s holds
    assert [item.detection for item in tried] == [
        Detection(0.1, average, threshold, count, 0.7) for average, count in settings for threshold in GRID.thresholds
    ]
    assert found.commands is not None and found.foreign is not None and found.noise is not None
    for item in tried:
        assert item.noise == pytest.approx(60 * len(decoded(found.noise, item.detection)))
        assert item.foreign == pytest.approx(60 * len(decoded(found.foreign, item.detection)))
        heard = decoded(found.commands, item.detection)
        assert item.found == len(match(found.commands.track.words, heard).found)
    assert len({item.found for item in tried}) > 3 and len({item.noise for item in tried}) > 3


def tried(found, noise, foreign, threshold=0.5):
    return Tried(Detection(threshold=threshold), noise, foreign, found)


def test_most_words_within_the_budget_win_and_ties_go_to_fewer_false_events_then_the_higher_threshold():
    options = [
        tried(90, 2.0, 3.0), tried(80, 1.0, 10.0, 0.4), tried(80, 1.0, 9.0, 0.5), tried(80, 0.0, 10.0, 0.7),
        tried(80, 0.0, 10.0, 0.6), tried(70, 0.0, 0.0),
    ]  # fmt: skip
    for order in itertools.permutations(options):
        assert choose(order, Budget()) is options[3]
    assert choose(options, Budget() * 2) is options[0]


def test_where_none_keeps_to_the_budget_the_nearest_is_taken():
    options = [tried(90, 3.0, 10.0), tried(50, 1.0, 25.0), tried(10, 1.0, 21.0), tried(99, 9.0, 0.0)]
    best = choose(options, Budget())
    assert best is options[2] and best.over(Budget()) == pytest.approx(1.1)


def test_a_stream_that_is_not_there_costs_nothing():
    assert tried(1, None, 10.0).over(Budget()) == 0 and tried(1, 3.0, None).over(Budget()) == pytest.approx(2.0)
    assert choose([tried(5, None, 3.0), tried(6, None, 30.0)], Budget()).found == 5


def test_only_streams_with_words_and_something_else_can_judge():
    whole = streams()
    assert whole.judges and Streams(LABELS, None, whole.noise, whole.commands).judges
    assert not Streams(LABELS, whole.foreign, whole.noise, None).judges
    assert not Streams(LABELS, None, None, whole.commands).judges


def test_the_score_is_the_mean_over_budgets():
    found = streams()
    options = [tried(10, 0.5, 5.0), tried(20, 2.0, 5.0), tried(29, 8.0, 90.0)]
    assert found_share(found, options, Budget(), (1.0, 3.0, 10.0)) == pytest.approx((10 + 20 + 29) / 3 / 29)
    loud = [tried(29, 8.0, 90.0)]  # keeps to the last budget only
    assert found_share(found, loud, Budget(), (1.0, 3.0, 10.0)) == pytest.approx(1 / 3)


@pytest.mark.parametrize("wrong", [(0.0, 1.0), (1.0, 0.0), (-1.0, 5.0), (float("nan"), 5.0)])
def test_no_budget_is_nothing(wrong):
    with pytest.raises(ValueError, match="a budget needs"):
        Budget(*wrong)
