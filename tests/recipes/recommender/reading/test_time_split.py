"""Two moments for everybody: what trains, what is held out, and who is in neither, counted by hand and user by user."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from heedful.apps.recommender.moments import ORIGIN
from heedful.recipes.recommender.reading.clock import clock_seconds, has_clock
from heedful.recipes.recommender.reading.log import Log
from heedful.recipes.recommender.reading.time_split import first_at, time_split


def log_at(*users: list[int]) -> Log:
    """A log with actions at these times; item 2 is the first of all, 3 the next one."""
    starts = np.concatenate([[0], np.cumsum([len(times) for times in users])])
    times = np.array([time for user in users for time in user], np.int64)
    return Log(np.arange(2, 2 + len(times), dtype=np.int32), times, starts, [f"u{n}" for n in range(len(users))])


# 20 actions at times 1 to 20, so the moments are the 17th and the 19th.
BY_HAND = log_at([1, 2, 5, 17, 19], [3, 4, 6, 7, 18], [8, 9, 20], [16], [10, 11, 12, 13, 14, 15])


def test_a_log_counted_by_hand():
    split = time_split(BY_HAND)
    assert split.moments == (17, 19)
    assert split.training.times.tolist() == [1, 2, 5, 3, 4, 6, 7, 8, 9, 16, 10, 11, 12, 13, 14, 15]
    assert split.training.starts.tolist() == [0, 3, 7, 9, 10, 16]
    assert np.all(split.training.times < 17)
    at = {name: BY_HAND.times[ends].tolist() for name, (_, ends) in split.places.items()}
    assert at == {"train": [5, 7, 9, 15], "validation": [17, 18], "test": [19, 20]}
    starts, ends = split.places["test"]
    histories = [BY_HAND.times[a:b].tolist() for a, b in zip(starts, ends, strict=True)]
    assert histories == [[1, 2, 5, 17], [8, 9]], "what was before the second moment, validation included"
    # The one who acted once before the first moment trains, and has no history to look for that action in.
    assert split.without_history == {"train": 1, "validation": 0, "test": 0}


def test_who_did_nothing_before_is_left_out_and_counted():
    split = time_split(log_at([*range(1, 17)], [17, 18], [19, 20]))
    assert split.without_history == {"train": 0, "validation": 1, "test": 1}
    assert not len(split.places["validation"][1]) and not len(split.places["test"][1])
    assert len(split.training) == 16 and split.training.lengths.tolist() == [16, 0, 0]


@pytest.mark.parametrize("coarse", [1, 97, 1000], ids=["fine", "coarse", "few different times"])
def test_nothing_later_is_in_training_or_in_a_history(coarse):
    rng = np.random.default_rng(3)
    log = log_at(*(sorted((rng.integers(0, 5000, n) // coarse).tolist()) for n in rng.integers(1, 30, 83)))
    split = time_split(log)
    first, second = split.moments
    assert np.all(split.training.times < first)
    assert len(split.training) == np.sum(log.times < first), "everything before trains"
    assert np.mean(log.times >= first) >= 0.2 and np.mean(log.times >= second) >= 0.1
    wanted = {"validation": [], "test": []}
    for a, b in pairwise(log.starts.tolist()):
        for name, moment, end in (("validation", first, second), ("test", second, np.inf)):
            later = [place for place in range(a, b) if moment <= log.times[place] < end]
            before = [place for place in range(a, b) if log.times[place] < moment]
            if later and before:
                wanted[name].append((a, later[0]))
                assert before[-1] + 1 == later[0]
    for name, examples in wanted.items():
        assert list(zip(*(places.tolist() for places in split.places[name]), strict=True)) == examples
        assert len(examples) > 5


def test_the_first_action_at_a_moment():
    log = log_at([4, 6, 6, 9], [], [7], [1, 2])
    assert first_at(log, 6).tolist() == [1, 4, 4, 7]
    assert first_at(log, 0).tolist() == [0, 4, 4, 5]
    assert first_at(log, 99).tolist() == [4, 4, 5, 7]


def test_a_clock_is_more_than_a_number_of_actions():
    assert has_clock(log_at([5, 6, 7], [5, 9]))
    assert not has_clock(log_at([5, 6, 7], [5, 6]))
    assert not has_clock(replace(log_at([0, 1, 2], [3, 4]), unit="")), "rows of a file"
    assert not has_clock(log_at([]))


def test_seconds_of_the_clock():
    noon = 1_704_110_400  # 1 January 2024, 12:00 UTC: 24 years of which 6 are leap years, and half a day
    for unit, scale in (("seconds", 1), ("milliseconds", 10**3), ("microseconds", 10**6), ("nanoseconds", 10**9)):
        found = clock_seconds(np.array([noon * scale + scale // 2, ORIGIN * scale]), unit)
        assert found.dtype == np.int32 and found.tolist() == [(24 * 365 + 6) * 86400 + 43200, 0]
    # January 2068 is the last month that fits; what does not is unknown.
    edges = np.array([ORIGIN + 2**31 - 1, ORIGIN + 2**31, ORIGIN - 2**31 - 1])
    assert clock_seconds(edges, "seconds").tolist() == [2**31 - 1, 0, 0]
