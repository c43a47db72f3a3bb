"""Which event is which word, against a search through all pairings."""

import itertools

import numpy as np
import pytest

from heedful.apps.speech_commands.events import Completed, Event
from heedful.recipes.speech_commands.scoring.counts import false_events, match, words_heard
from heedful.recipes.speech_commands.scoring.tracks import Word


def events(*told):
    return [Completed(Event(time, label, 0.9), index) for index, (time, label) in enumerate(told)]


WORDS = [Word(1.0, "up"), Word(3.0, "go"), Word(4.2, "up"), Word(6.0, "go")]


def test_found_wrong_missed_and_extra_by_hand():
    heard = events((1.3, "up"), (2.4, "up"), (3.1, "go"), (3.6, "go"), (4.3, "go"), (9.0, "up"))
    matched = match(WORDS, heard)
    assert matched.found == ((0, 0), (1, 2))
    assert matched.wrong == ((2, 4),)
    assert matched.extra == (1, 3, 5)  # of no word, of one that has its event, of nothing at all
    found = words_heard(WORDS, heard, [2.0, 3.0, 3.9, 4.0, 5.0, 9.9], 1800.0)
    assert found == {
        "seconds": 1800.0, "words": 4, "found": 2, "missed": 2, "wrong": 1, "extra": 3, "extra_per_hour": 6.0,
        "delay": pytest.approx((1.0 + 0.9) / 2),
    }  # fmt: skip


def test_the_tolerance_has_two_sides_and_an_end():
    for time, count in ((0.2, 0), (0.26, 1), (1.74, 1), (1.8, 0)):
        assert len(match(WORDS[:1], events((time, "up"))).found) == count


def test_nothing_said_nothing_heard():
    assert words_heard(WORDS, [], [], 60.0)["delay"] is None
    assert match([], events((1.0, "up"))).extra == (0,)
    assert words_heard(WORDS, [], [], 60.0)["missed"] == 4


def test_as_many_words_are_found_as_can_be_where_words_stand_apart():
    """Against every pairing of events and words; labels are random, times too."""
    rng = np.random.default_rng(1)
    for _ in range(300):
        times = np.cumsum(rng.uniform(1.5, 2.5, rng.integers(1, 5)))  # no event is near two words
        words = [Word(float(time), str(rng.choice(["up", "go"]))) for time in times]
        heard = events(*((float(rng.uniform(0, 9)), str(rng.choice(["up", "go"]))) for _ in range(rng.integers(0, 6))))
        near = [
            [
                word.label == item.event.label and abs(word.time - item.event.time) <= 0.75
                for item in heard
            ]
            for word in words
        ]  # fmt: skip
        choices = itertools.product(*([None, *range(len(heard))] for _ in words))
        best = max(
            sum(event is not None and near[word][event] for word, event in enumerate(choice))
            for choice in choices
            if len([e for e in choice if e is not None]) == len({e for e in choice if e is not None})
        )
        matched = match(words, heard)
        assert len(matched.found) == best
        assert len(matched.found) + len(matched.wrong) + len(matched.extra) == len(heard)


def test_where_nothing_was_counted_three_are_still_likely():
    found = false_events(events((1.0, "up"), (2.0, "go"), (3.0, "go")), 1800.0)
    assert found == {
        "seconds": 1800.0, "events": 3, "per_hour": 6.0, "per_hour_at_most": None, "labels": {"go": 2, "up": 1},
    }  # fmt: skip
    none = false_events([], 1800.0)
    assert (none["per_hour"], none["per_hour_at_most"], none["labels"]) == (0.0, 6.0, {})
    # With the bound as its rate, a Poisson stream of this length has no event in one case of twenty.
    assert np.exp(-none["per_hour_at_most"] * 0.5) == pytest.approx(0.05, abs=0.001)
