"""Counting baselines against slow float64 versions that are written out user by user."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from heedful.recipes.recommender.config import Config
from heedful.recipes.recommender.data import Examples, RecommenderData, examples
from heedful.recipes.recommender.reading.item_catalogue import FIRST, UNKNOWN, Catalogue
from heedful.recipes.recommender.reading.log import Log
from heedful.recipes.recommender.scoring import baselines

USERS, ITEMS = 19, 13
ROWS = FIRST + ITEMS


def counted(seed=0, clock=True) -> RecommenderData:
    """Users with 3 to 29 actions, some of them repeats and some of unknown items."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(3, 30, USERS)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    popularity = rng.dirichlet(np.ones(ITEMS))
    items = rng.choice(ITEMS, starts[-1], p=popularity) + FIRST
    items[rng.random(len(items)) < 0.05] = UNKNOWN
    steps = rng.integers(1, 1000, len(items)) if clock else np.ones(len(items), np.int64)
    times = np.concatenate([np.cumsum(steps[a:b]) - 1 for a, b in pairwise(starts)])
    log = Log(items.astype(np.int32), times.astype(np.int64), starts, [f"u{n}" for n in range(USERS)])
    return from_log(log)


def from_log(log: Log) -> RecommenderData:
    training = log.without_last(np.full(len(log.lengths), 2))
    catalogue = Catalogue(tuple("abcdefghijklm"), counts=np.bincount(training.items, minlength=ROWS)[FIRST:])
    splits = {name: examples(log, back) for name, back in (("test", 1), ("validation", 2), ("train", 3))}
    return RecommenderData(Config(), catalogue, log, training, splits, {"source": "made"})


def actions(log: Log) -> list[list[int]]:
    return [log.items[a:b].tolist() for a, b in pairwise(log.starts)]


def scores_of(baseline, split: Examples) -> np.ndarray:
    """In two chunks, as evaluation asks."""
    users = np.arange(len(split))
    return np.concatenate([baseline.scores(split, part) for part in (users[:7], users[7:])]).astype(np.float64)


def assert_items_equal(found: np.ndarray, wanted: np.ndarray) -> None:
    assert found.shape == wanted.shape
    scale = max(1.0, float(np.abs(wanted).max()))
    np.testing.assert_allclose(found[:, FIRST:] / scale, wanted[:, FIRST:] / scale, atol=2e-6)


def test_popularity_counts_the_training_log():
    data = counted()
    wanted = np.zeros((USERS, ROWS))
    for history in actions(data.training):
        for item in history:
            wanted[:, item] += 1
    assert_items_equal(scores_of(baselines.Popularity(data), data.split("test")), wanted)


def test_recent_popularity_counts_the_last_tenth_of_the_time():
    data = counted()
    training = data.training
    begin = training.times.max() - 0.1 * (training.times.max() - training.times.min())
    recent = np.zeros(ROWS)
    for item, time in zip(training.items, training.times, strict=True):
        recent[item] += time >= begin
    found = scores_of(baselines.RecentPopularity(data), data.split("test"))[0, FIRST:]
    assert np.array_equal(np.floor(found), recent[FIRST:])
    order = np.lexsort((data.counts[FIRST:], recent[FIRST:]))  # of equally recent ones the more popular
    assert np.all(np.diff(found[order]) >= 0)
    assert 0 < recent[FIRST:].sum() < len(training) / 2


def test_item_knn_is_the_cosine_of_the_items_users():
    data = counted()
    bought = np.zeros((USERS, ROWS))
    for user, history in enumerate(actions(data.training)):
        bought[user, [item for item in history if item >= FIRST]] = 1
    similar = np.zeros((ROWS, ROWS))
    for a in range(FIRST, ROWS):
        for b in range(FIRST, ROWS):
            together = float(bought[:, a] @ bought[:, b])
            if a != b and together:
                similar[a, b] = together / np.sqrt(bought[:, a].sum() * bought[:, b].sum())
    split = data.split("test")
    wanted = np.array(
        [sum((similar[item] for item in split.history(i)[-10:]), np.zeros(ROWS)) for i in range(len(split))]
    )
    assert_items_equal(scores_of(baselines.ItemKNN(data), split), wanted)


def test_markov_counts_transitions_that_fade_with_distance():
    data = counted()
    follows = np.zeros((ROWS, ROWS))
    for history in actions(data.training):
        for here, item in enumerate(history):
            for there in range(here + 1, min(here + 10, len(history) - 1) + 1):
                if item >= FIRST and history[there] >= FIRST:
                    follows[item, history[there]] += 0.8 ** (there - here - 1)
    for name in ("test", "validation"):
        split = data.split(name)
        wanted = np.zeros((len(split), ROWS))
        for user in range(len(split)):
            for back, item in enumerate(split.history(user)[::-1][:10]):
                if item >= FIRST:
                    wanted[user] += 0.8**back * follows[item]
        assert_items_equal(scores_of(baselines.Markov(data), split), wanted)


def test_markov_counts_what_weighs_more_for_more():
    data = counted()
    weights = np.random.default_rng(3).uniform(0.5, 2, len(data.training)).astype(np.float32)
    found = baselines.Markov(replace(data, training=replace(data.training, weights=weights))).follows.toarray()
    wanted, start = np.zeros((ROWS, ROWS)), 0
    for history in actions(data.training):
        for here, item in enumerate(history):
            for there in range(here + 1, min(here + 10, len(history) - 1) + 1):
                if item >= FIRST and history[there] >= FIRST:
                    wanted[item, history[there]] += 0.8 ** (there - here - 1) * weights[start + there]
        start += len(history)
    np.testing.assert_allclose(found, wanted, rtol=1e-5)


def test_ease_is_the_best_regression_without_a_diagonal():
    data = counted()
    bought = np.zeros((USERS, ROWS))
    for user, history in enumerate(actions(data.training)):
        bought[user, [item for item in history if item >= FIRST]] = 1
    bought = bought[:, FIRST:]
    # Every column by itself: ridge regression on all other items, by the normal equations.
    weights = np.zeros((ITEMS, ITEMS))
    for item in range(ITEMS):
        others = np.flatnonzero(np.arange(ITEMS) != item)
        gram = bought[:, others].T @ bought[:, others] + 500 * np.eye(ITEMS - 1)
        weights[others, item] = np.linalg.solve(gram, bought[:, others].T @ bought[:, item])
    split = data.split("test")
    wanted = np.zeros((len(split), ROWS))
    for user in range(len(split)):
        history = np.unique(split.history(user))
        wanted[user, FIRST:] = weights[history[history >= FIRST] - FIRST].sum(axis=0)
    found = scores_of(baselines.EASE(data), split)
    np.testing.assert_allclose(found[:, FIRST:], wanted[:, FIRST:], rtol=2e-5, atol=1e-7)


def test_held_out_actions_are_not_counted():
    data = counted()
    ends = np.concatenate([data.log.starts[1:] - 1, data.log.starts[1:] - 2])
    items = data.log.items.copy()
    items[ends] = FIRST + (items[ends] + 5) % ITEMS
    other = from_log(replace(data.log, items=items))
    histories = data.split("train")  # the same in both
    for name, baseline in baselines.fit(data)[0].items():
        same = baselines.fit(other)[0][name]
        np.testing.assert_array_equal(scores_of(baseline, histories), scores_of(same, histories), err_msg=name)


def test_fit_is_done_once_and_all_are_there():
    data = counted()
    fitted, left_out = baselines.fit(data)
    assert list(fitted) == ["popularity", "recent popularity", "ItemKNN", "decayed Markov", "EASE"]
    assert left_out == {}
    assert baselines.fit(data)[0] is fitted
    assert baselines.fit(counted(1))[0] is not fitted


def test_times_that_only_number_actions_have_no_recent_items():
    data = counted(clock=False)
    assert not baselines.has_clock(data.training)
    assert baselines.has_clock(counted().training)
    fitted, left_out = baselines.fit(data)
    assert "recent popularity" not in fitted
    assert left_out == {"recent popularity": baselines.NO_CLOCK}


def test_what_would_not_fit_into_memory_is_left_out(monkeypatch):
    monkeypatch.setattr(baselines, "MOST_ITEMS", ITEMS - 1)
    monkeypatch.setattr(baselines, "MOST_PAIRS", ITEMS)
    fitted, left_out = baselines.fit(counted())
    assert list(fitted) == ["popularity", "recent popularity", "decayed Markov"]
    assert set(left_out) == {"ItemKNN", "EASE"}
    assert "13 items are too many" in left_out["EASE"]


def test_an_empty_training_log_leaves_popularity():
    data = counted()
    empty = data.log.without_last(data.log.lengths)
    fitted, left_out = baselines.fit(replace(data, training=empty))
    assert list(fitted) == ["popularity"]
    assert set(left_out) == {"recent popularity", "ItemKNN", "decayed Markov", "EASE"}


@pytest.mark.parametrize("name", ["ItemKNN", "decayed Markov", "EASE"])
def test_nobody_with_no_known_history_gets_nan(name):
    data = counted()
    unknown = replace(data.log, items=np.full_like(data.log.items, UNKNOWN))
    scores = baselines.fit(data)[0][name].scores(examples(unknown, 1), np.arange(USERS))
    assert np.array_equal(scores, np.zeros((USERS, ROWS)))
