"""What a window sees of words in a stream, counted in energy against the formula."""

from dataclasses import replace

import numpy as np
import pytest

from heedful.recipes.speech_commands.training import windows

RATE, SAMPLES = 1000, 1000


def word(start: int, end: int, level: float) -> np.ndarray:
    """A word of constant level between two samples, and nothing else."""
    clip = np.zeros(SAMPLES, np.float32)
    clip[start:end] = level
    return clip


def test_a_word_is_found_where_its_energy_is():
    found = windows.said(word(200, 700, 0.5))
    assert (found.start, found.end) == (pytest.approx(205, abs=1), pytest.approx(695, abs=1))
    assert (found.part, found.rest) == (pytest.approx(400, abs=1), pytest.approx(500, abs=1))
    assert found.split(0.5) == pytest.approx(450, abs=1)


def test_digital_silence_is_no_error():
    silent = windows.said(np.zeros(SAMPLES, np.float32))
    for seed in range(20):
        rng = np.random.default_rng(seed)
        for made in (
            windows.surrounded(silent, silent, silent, 200, RATE, rng), windows.between(silent, silent, RATE, rng),
            windows.spliced(silent, silent, RATE, rng), windows.backwards(silent, rng),
        ):  # fmt: skip
            assert made.shape == (SAMPLES,) and not made.any()


@pytest.mark.parametrize("length", [150, 430, 1000])
def test_a_word_among_others_is_whole_and_of_its_neighbours_there_is_at_most_a_part(length):
    silent = windows.said(np.zeros(SAMPLES, np.float32))
    first = (SAMPLES - length) // 2
    middle = windows.said(word(first, first + length, 1.0))
    before, after = windows.said(word(300, 600, 1.0)), windows.said(word(100, 400, 1.0))
    seen = np.zeros(2)
    for seed in range(300):
        alone, with_before, with_after = (
            windows.surrounded(middle, *neighbours, 200, RATE, np.random.default_rng(seed))
            for neighbours in ((silent, silent), (before, silent), (silent, after))
        )
        assert np.sum(alone) >= windows.WHOLE * length  # the same generator moves it by the same
        shares = [np.sum(np.square(other - alone)) / 300 for other in (with_before, with_after)]
        assert max(shares) <= windows.PART + 0.01
        seen += [share > 0.05 for share in shares]
    if length < 1000:
        assert (seen > 60).all()


def test_the_word_moves_and_stays_inside():
    middle = windows.said(word(400, 600, 1.0))
    silent = windows.said(np.zeros(SAMPLES, np.float32))
    places = []
    for seed in range(400):
        window = windows.surrounded(middle, silent, silent, 250, RATE, np.random.default_rng(seed))
        assert np.sum(window) == pytest.approx(200)
        places.append(np.flatnonzero(window)[0] - 400)
    assert min(places) < -230 and max(places) > 230 and abs(np.mean(places)) < 25
    assert min(places) >= -250 and max(places) <= 250


def test_between_two_words_there_is_only_a_part_of_each():
    first, second = windows.said(word(250, 750, 1.0)), windows.said(word(250, 750, 10.0))
    both = 0
    for seed in range(300):
        window = windows.between(first, second, RATE, np.random.default_rng(seed))
        loud = window[window > 5]
        assert np.sum(np.square(loud)) / 500 / 100 <= windows.PART + 0.03
        soft = window[(window > 0) & (window < 1.5)]
        assert len(soft) <= 0.45 * 500 + 40
        both += len(loud) > 0 and len(soft) > 40
    assert both > 60


def test_a_splice_is_the_front_of_one_word_and_the_back_of_another():
    first, second = windows.said(word(300, 700, 1.0)), windows.said(word(300, 700, 10.0))
    for seed in range(100):
        window = windows.spliced(first, second, RATE, np.random.default_rng(seed))
        ones, tens = np.flatnonzero(window == 1.0), np.flatnonzero(window == 10.0)
        assert len(ones) and len(tens) and ones[-1] < tens[0]
        assert all(0.25 * 400 - 20 <= len(part) <= 0.75 * 400 for part in (ones, tens))  # 20 are the crossing


def test_a_word_backwards_is_itself_when_turned_again():
    rng = np.random.default_rng(0)
    clip = np.zeros(SAMPLES, np.float32)
    clip[300:500] = rng.uniform(0.5, 1.0, 200)
    found = windows.said(clip)
    window = windows.backwards(found, rng)
    sound = window[np.flatnonzero(window)[0] : np.flatnonzero(window)[-1] + 1]
    np.testing.assert_array_equal(sound[::-1], clip[found.start : found.end])


def test_a_neighbour_may_be_allowed_whole():
    middle, other = windows.said(word(600, 700, 1.0)), windows.said(word(400, 500, 10.0))
    whole = replace(other, part=other.end, rest=other.start)
    silent = windows.said(np.zeros(SAMPLES, np.float32))
    counts = [
        np.sum(windows.surrounded(middle, whole, silent, 0, RATE, np.random.default_rng(seed)) > 5)
        for seed in range(50)
    ]
    assert max(counts) >= 85  # of 100, the fades left out
