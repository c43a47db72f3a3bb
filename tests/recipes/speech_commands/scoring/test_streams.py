"""Streams of a split from end to end, with a model that listens to tones."""

import json
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from small_streams import SAMPLES, listen, make

from heedful.apps.errors import InputError
from heedful.apps.speech_commands.events import Detection
from heedful.recipes.speech_commands import metrics
from heedful.recipes.speech_commands.config import BASE
from heedful.recipes.speech_commands.scoring import streams
from heedful.recipes.speech_commands.scoring.operating_point import Budget

WORDS = ["up", "go", "cat", "go", "up", "dog", "up", "cat"]
POINT = {"detection": {"hop": 0.1, "average": 0.3, "threshold": 0.8, "minimum_count": 2, "suppression": 0.7}}


def confuses(waveforms):
    """Takes the tone of `cat` for *go*."""
    answers = listen(waveforms)
    cat = np.abs(waveforms.astype(np.float64) @ np.exp(-2j * np.pi * 500 * np.arange(SAMPLES) / 2000)) / SAMPLES
    rows = cat > 0.02
    answers[rows] = np.roll(answers[rows], -1, axis=1)
    return answers


def test_a_model_that_listens_finds_every_word_and_nothing_else():
    found = streams.measure(listen, make(WORDS), "test", Budget())
    assert found["commands"]["found"] == found["commands"]["words"] == 5
    assert found["commands"]["extra"] == found["foreign"]["events"] == found["noise"]["events"] == 0
    assert found["foreign"]["per_hour_at_most"] == pytest.approx(3 * 3600 / found["foreign"]["seconds"])
    assert 0.3 < found["commands"]["delay"] < 1.2
    assert found["operating_point"]["kept"] and found["operating_point"]["found"] == 5
    assert json.loads(json.dumps(found)) == found


def test_false_alarms_are_counted_at_the_point_of_the_card_and_chosen_away_without_one():
    data = make(WORDS)
    at_card = streams.measure(confuses, data, "test", Budget(), POINT)
    assert at_card["operating_point"] == POINT
    assert at_card["foreign"]["labels"].keys() == {"go"} and at_card["foreign"]["per_hour"] > 100
    assert at_card["noise"]["events"] == 0 and at_card["commands"]["found"] == 5
    chosen = streams.measure(confuses, data, "test", Budget())
    # Every `cat` is as sure a *go* as a *go* is: only what finds nothing at all keeps to the budget.
    assert chosen["operating_point"]["kept"] and chosen["operating_point"]["found"] == 0
    assert chosen["foreign"]["events"] == 0 == chosen["commands"]["found"]


def test_the_curve_goes_through_the_counts():
    found = streams.measure(partial(listen, sure=0.7), make(WORDS), "test", Budget(), POINT)
    assert found["commands"]["found"] == 0  # its threshold is above all that the model says
    curve = found["curve"]
    missed = dict(zip(curve["threshold"], curve["missed"], strict=True))
    assert missed[0.8] == 1.0 and missed[0.5] == 0.0
    assert len(curve["noise_per_hour"]) == len(curve["foreign_per_hour"]) == len(curve["threshold"])


def test_on_validation_the_point_is_chosen_from_the_streams_that_are_counted():
    found = streams.measure(listen, make(WORDS), "validation", Budget())
    assert found["operating_point"] == streams.operating_point(listen, make(WORDS), Budget())
    assert found["operating_point"]["found"] == found["commands"]["found"]


def test_without_anything_to_be_silent_at_the_default_is_used():
    data = make(["up", "go", "up"])
    data.noise.update(validation=(), test=())
    found = streams.measure(listen, data, "test", Budget())
    assert found["operating_point"].keys() == {"detection"} and found["foreign"] is found["noise"] is None
    assert found["operating_point"]["detection"]["threshold"] == Detection().threshold
    assert found["commands"]["found"] == 3 and found["curve"]["noise_per_hour"] is None
    assert streams.operating_point(listen, data, Budget()) == {}
    data = make(["cat", "dog"])
    found = streams.measure(listen, data, "test", Budget())
    assert found["commands"] is found["curve"]["missed"] is None and found["foreign"]["events"] == 0
    data = make(WORDS)
    data.splits = {**data.splits, "validation": make([]).splits["test"]}
    assert streams.operating_point(listen, data, Budget()) == {}


def test_quiet_streams_are_no_longer_than_half_an_hour_or_three_times_the_commands():
    lengths = streams.Lengths()
    assert lengths.quiet(None) == 1800.0
    found = streams.streams_of(listen, make(WORDS), "test", lengths)
    assert found.commands and found.noise
    assert found.noise.track.seconds == pytest.approx(3 * found.commands.track.seconds, abs=1e-3)


@pytest.mark.parametrize("point", [{}, {"detection": {}}, {"detection": {**POINT["detection"], "hop": -1}}])
def test_a_damaged_point_is_one_sentence(point):
    with pytest.raises(InputError, match=r"^the card's operating point is damaged"):
        streams.detection_at(point)


class TestSelection:
    def test_it_falls_with_false_alarms_and_with_words_that_are_missed(self):
        data = make(WORDS * 3)
        good, loud, deaf = (
            metrics.selection(predict, data) for predict in (listen, confuses, partial(listen, deaf=("go",)))
        )
        assert good == 1.0
        assert loud == pytest.approx((18 / 24 + 0) / 2)  # two of eight clips are wrong; no budget lets a word be found
        assert deaf == pytest.approx((18 / 24 + 9 / 15) / 2)

    def test_the_budget_is_that_of_the_settings(self):
        """Where an hour may have any number of false alarms, a model that confuses words finds them all."""
        data = make(WORDS * 3)
        data.config = replace(BASE, noise_alarms=0.5, foreign_alarms=1e5)
        assert metrics.selection(confuses, data) == pytest.approx((18 / 24 + 1) / 2)
        point = metrics.operating_point(confuses, data)
        assert point["budget"] == {"noise": 0.5, "foreign": 1e5} and point["found"] == point["words"] == 15

    def test_without_streams_it_is_the_accuracy(self):
        data = make(["up", "go", "up"])
        data.noise["validation"] = ()
        assert metrics.selection(partial(listen, deaf=("go",)), data) == pytest.approx(2 / 3)


class TestReport:
    def test_lines_say_the_counts_and_how_they_were_chosen(self):
        data = make(WORDS)
        text = metrics.describe(metrics.evaluate(listen, data, "test", noise=False, baseline=False))
        for part in ("streams, at threshold", "at most 1 an hour in noise, 10 in other words)", "other words", "0 (< ",
                     "commands: 100.0 % of 5 found, told 0."):  # fmt: skip
            assert part in text
        at_card = metrics.evaluate(confuses, data, "test", noise=False, baseline=False, operating_point=POINT)
        text = metrics.describe(at_card)
        assert "threshold 0.80 of the average over 0.3 s, minimum count 2 (the default: none was chosen)" in text
        point = {**POINT, "budget": {"noise": 1.0, "foreign": 10.0}, "kept": False}
        found = metrics.evaluate(confuses, data, "test", noise=False, baseline=False, operating_point=point)
        assert "10 in other words, which none keeps to: the nearest)" in metrics.describe(found)
        assert max(map(len, text.splitlines())) < 140

    def test_a_split_without_other_words_or_commands_says_so(self):
        data = make(["up", "go", "up"])
        found = {"streams": streams.measure(listen, data, "test", Budget(), POINT)}
        assert "no other words in this split" in metrics.describe(found)
        found = {"streams": streams.measure(listen, make(["cat", "dog"]), "test", Budget(), POINT)}
        assert "no commands in this split" in metrics.describe(found)

    def test_the_picture_is_drawn_where_there_is_a_curve(self, tmp_path):
        data = make(WORDS)
        found = {"streams": streams.measure(confuses, data, "test", Budget(), POINT)}
        assert metrics.pictures(found, tmp_path) == [tmp_path / "streams.png"]
        assert (tmp_path / "streams.png").read_bytes().startswith(b"\x89PNG")
        data.noise["test"] = ()
        assert metrics.pictures({"streams": streams.measure(listen, data, "test", Budget())}, tmp_path)
        nothing = streams.measure(listen, make(["cat"]), "test", Budget(), POINT)
        assert metrics.pictures({"streams": nothing}, tmp_path) == []
