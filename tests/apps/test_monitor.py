"""The monitor keeps to its false-alarm rate on streams in which nothing changes, and sees the turn of one that does."""

import math

import numpy as np
import pytest

from heedful.apps.monitor import Monitor, band


def stream(random, shares, length):
    return random.choice(list(shares), p=list(shares.values()), size=length).tolist()


def counts(labels):
    return {label: labels.count(label) for label in sorted(set(labels))}


USUAL = {"praise": 0.62, "delivery": 0.27, "refund": 0.08, "threat": 0.03}


def test_moments_outside_of_the_bands_are_as_rare_as_promised():
    random = np.random.default_rng(3)
    outside = moments = 0
    for _ in range(30):  # the usual texts are drawn anew: their own chance is part of the promise
        monitor = Monitor(counts(stream(random, USUAL, 400)), window=57, rate=0.02)
        for number, label in enumerate(stream(random, USUAL, 1500)):
            monitor.add(label)
            if number >= 56:
                moments += 1
                outside += any(not low <= monitor.shares[name] <= high for name, (low, high) in monitor.bands.items())
    assert 0.001 < outside / moments <= 0.02


def test_a_turn_is_seen_within_a_window_and_only_there():
    random = np.random.default_rng(5)
    monitor = Monitor(counts(stream(random, USUAL, 2000)), window=83, rate=0.0005)
    before, after = stream(random, USUAL, 3000), stream(random, {**USUAL, "praise": 0.35, "refund": 0.35}, 400)
    alarms = [(number, alarm) for number, label in enumerate(before + after) for alarm in monitor.add(label)]
    first, alarm = alarms[0]
    assert 3000 < first < 3083 and alarm.label == "refund"
    assert alarm.share > alarm.band[1] and {alarm.label for _, alarm in alarms} == {"refund", "praise"}
    assert len(alarms) < 12  # a share that stays outside is no new alarm


def test_a_label_that_never_came_has_the_band_of_a_count_of_0_and_nothing_is_before_the_window_is_full():
    monitor = Monitor({"a": 5, "b": 95}, window=7, rate=0.01)
    assert [monitor.add("b") for _ in range(6)] == [[]] * 6
    assert monitor.add(None) == []
    assert monitor.shares == {"a": 0.0, "b": pytest.approx(6 / 7), None: pytest.approx(1 / 7)}
    while not (alarms := monitor.add(None)):
        assert len(monitor.shares) == 3
    never = band(7, 0.5, 100.5, 0.01 / 4)
    assert [(alarm.label, alarm.band) for alarm in alarms] == [(None, never)] and alarms[0].share > never[1] > 0


@pytest.mark.parametrize("known", [{}, dict.fromkeys(["rare", "rarer"], 0)], ids=["found", "given"])
def test_few_usual_answers_with_labels_that_never_came_raise_few_alarms(known):
    random, shares, alarms = np.random.default_rng(1), {"a": 0.6, "b": 0.36, "rare": 0.03, "rarer": 0.01}, 0
    for _ in range(300):
        monitor = Monitor({**known, **counts(stream(random, shares, 50))}, window=100)
        alarms += any(monitor.add(label) for label in stream(random, shares, 100))
    assert alarms <= 5  # 0.3 are promised for labels that are given


@pytest.mark.parametrize("wrong", [{"usual": {}}, {"usual": {"a": 9, "b": -1}}, {"window": 0}, {"rate": 1.0}], ids=str)
def test_what_is_wrong_is_said(wrong):
    with pytest.raises(ValueError, match="usual answers" if "usual" in wrong else "window"):
        Monitor(**{"usual": {"a": 1}, **wrong})


def test_the_band_is_that_of_a_beta_binomial_count():
    """By drawing: a share from the beta distribution, then a count from it."""
    random = np.random.default_rng(0)
    drawn = random.binomial(31, random.beta(4.5, 9.5, 400_000)) / 31
    low, high = band(31, 4.5, 9.5, 0.05)
    assert np.mean(drawn < low) <= 0.051 and np.mean(drawn <= low) > 0.05
    assert np.mean(drawn > high) <= 0.051 and np.mean(drawn >= high) > 0.05
    below = 0.5 - math.comb(10, 5) / 2**11  # five of ten throws of a coin
    assert band(10, 1e5, 1e5, below + 1e-3)[0] == 0.5 and band(10, 1e5, 1e5, below - 1e-3)[0] == 0.4
