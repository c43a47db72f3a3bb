"""AUC and GAUC against scikit-learn, and negatives that popularity cannot tell from targets."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import chisquare
from sklearn.metrics import log_loss, roc_auc_score

from heedful.apps.errors import InputError
from heedful.recipes.recommender import metrics
from heedful.recipes.recommender.config import Config
from heedful.recipes.recommender.data import RecommenderData, examples
from heedful.recipes.recommender.reading.item_catalogue import FIRST, PAD, UNKNOWN, Catalogue
from heedful.recipes.recommender.reading.log import Log
from heedful.recipes.recommender.scoring import ranker_metrics
from heedful.recipes.recommender.scoring.negatives import draw_negatives

USERS, ITEMS, WIDTH = 53, 31, 29
ROWS = FIRST + ITEMS


def tastes(seed=0, **settings) -> RecommenderData:
    """Users who take 5 to 11 different items, popular ones more often."""
    rng = np.random.default_rng(seed)
    popularity = 1 / np.arange(1, ITEMS + 1)
    popularity /= popularity.sum()
    histories = [rng.choice(ITEMS, rng.integers(5, 12), False, popularity) + FIRST for _ in range(USERS)]
    return with_histories(histories, **settings)


def with_histories(histories, **settings) -> RecommenderData:
    starts = np.concatenate([[0], np.cumsum([len(history) for history in histories])])
    items = np.concatenate(histories).astype(np.int32)
    log = Log(items, np.arange(len(items)), starts, [str(user) for user in range(len(histories))])
    training = log.without_last(np.full(len(histories), 2))
    counts = np.bincount(training.items, minlength=ROWS)[FIRST:]
    catalogue = Catalogue(tuple(f"i{item}" for item in range(ITEMS)), counts=counts)
    splits = {name: examples(log, back) for name, back in (("test", 1), ("validation", 2), ("train", 3))}
    config = Config(**{"candidates": WIDTH, "select_by": "rank", **settings})
    return RecommenderData(config, catalogue, log, training, splits, {"source": "made"})


def ranking(rank):
    return SimpleNamespace(length=7, rank=rank)


def guess(windows, candidates):
    """Coarse, so that many candidates tie."""
    return (candidates * 7 % 5) / 5 + 0.01


def test_areas_are_those_of_scikit_learn():
    rng = np.random.default_rng(3)
    scores = rng.integers(0, 7, (41, 13)) / 7
    used = np.arange(13) < rng.integers(2, 14, 41)[:, None]
    truth = np.zeros((41, 13), int)
    truth[:, 0] = 1
    found = ranker_metrics.areas(scores, used)
    each = [roc_auc_score(t[u], s[u]) for t, s, u in zip(truth, scores, used, strict=True)]
    assert found["GAUC"] == pytest.approx(np.average(each, weights=used.sum(axis=1)), abs=1e-12)
    assert found["AUC"] == pytest.approx(roc_auc_score(truth[used], scores[used]), abs=1e-12)


def test_a_bias_of_users_moves_auc_and_not_gauc():
    rng = np.random.default_rng(0)
    scores, used = rng.random((101, 7)), np.ones((101, 7), bool)
    shifted = scores + 100 * rng.random((101, 1))
    plain, biased = ranker_metrics.areas(scores, used), ranker_metrics.areas(shifted, used)
    assert biased["GAUC"] == pytest.approx(plain["GAUC"], abs=1e-12)
    assert biased["AUC"] != pytest.approx(plain["AUC"], abs=1e-3)


def test_evaluate_against_written_out_numbers():
    data = tastes()
    asked = []

    def rank(windows, candidates):
        asked.append((windows, candidates))
        return guess(windows, candidates)

    found = ranker_metrics.evaluate(ranking(rank), data, data.split("test"), seed=5)
    assert found is not None
    windows, candidates = asked[0]
    assert windows.shape == (USERS, 7)
    assert candidates.shape == (USERS, WIDTH)
    assert candidates.dtype == np.int32
    assert np.array_equal(candidates[:, 0], data.split("test").targets)
    assert np.all(candidates[:, 21:] == PAD)
    used = candidates != PAD
    truth, scores = np.zeros(candidates.shape, int), guess(windows, candidates)
    truth[:, 0] = 1
    assert found["users"] == USERS
    assert found["candidates"] == used.sum() == 21 * USERS
    assert found["AUC"] == pytest.approx(roc_auc_score(truth[used], scores[used]))
    assert found["logloss"] == pytest.approx(log_loss(truth[used], scores[used]))
    counts = data.counts[candidates]
    assert found["controls"]["popularity"]["AUC"] == pytest.approx(roc_auc_score(truth[used], counts[used]))


def test_controls_take_the_history_away():
    data = tastes()
    split = data.split("test")
    answer = {
        tuple(window): target for window, target in zip(split.windows(np.arange(USERS), 7), split.targets, strict=True)
    }

    def rank(windows, candidates):
        """Knows the target of each history by heart."""
        wanted = np.array([answer.get(tuple(window), PAD) for window in windows])
        return np.where(candidates == wanted[:, None], 0.9, 0.1)

    found = ranker_metrics.evaluate(ranking(rank), data, split)
    assert found is not None
    assert found["AUC"] == found["GAUC"] == 1
    assert found["controls"]["no history"] == {"AUC": 0.5, "GAUC": 0.5}
    assert 0.4 < found["controls"]["shuffled history"]["GAUC"] < 0.7


def test_negatives_are_as_popular_as_training_and_never_touched():
    data = tastes()
    split = data.split("test")
    users = np.arange(USERS)
    drawn = draw_negatives(split, users, ROWS, 2003, 0, popularity=data.counts)
    for user in users.tolist():
        touched = {*split.history(user).tolist(), int(split.targets[user])}
        free = np.array([row for row in range(FIRST, ROWS) if row not in touched and data.counts[row]])
        counts = np.bincount(drawn[user], minlength=ROWS)
        assert counts[free].sum() == 2003
        expected = data.counts[free] / data.counts[free].sum() * 2003
        assert chisquare(counts[free], expected).pvalue > 1e-5


def test_with_repeats_only_the_target_is_no_negative_and_nobody_is_left_out():
    rng = np.random.default_rng(1)
    data = replace(with_histories([rng.integers(FIRST, FIRST + 5, 9) for _ in range(USERS)]), repeats=True)
    test = data.split("test")
    users, candidates = ranker_metrics.questions(data, test, 0)
    assert len(users) == USERS
    repeated = [target in test.history(user) for user, target in enumerate(test.targets)]
    assert np.mean(repeated) > 0.5
    negatives = candidates[:, 1:]
    assert not (negatives == candidates[:, :1]).any()
    assert np.mean([np.isin(row, test.history(user)).any() for user, row in enumerate(negatives)]) > 0.9


def test_uniform_negatives_are_uniform_and_the_same_for_a_seed():
    data = tastes()
    split = data.split("test")
    drawn = draw_negatives(split, np.arange(USERS), ROWS, 1009, 0)
    assert np.array_equal(drawn, draw_negatives(split, np.arange(USERS), ROWS, 1009, 0))
    assert not np.array_equal(drawn, draw_negatives(split, np.arange(USERS), ROWS, 1009, 1))
    free = [row for row in range(FIRST, ROWS) if row not in {*split.history(2).tolist(), int(split.targets[2])}]
    assert chisquare(np.bincount(drawn[2], minlength=ROWS)[free]).pvalue > 1e-5


def test_who_has_seen_everything_gets_no_negatives():
    everything = np.arange(FIRST, ROWS)
    data = with_histories([everything, everything[:5], everything[::-1]])
    drawn = draw_negatives(data.split("test"), np.arange(3), ROWS, 5, 0)
    assert np.all(drawn[[0, 2]] == PAD)
    assert np.all(drawn[1] >= FIRST + 5)
    users, candidates = ranker_metrics.questions(data, data.split("test"), 0)
    assert users.tolist() == [1]
    assert candidates.shape == (1, WIDTH)


def test_targets_that_give_themselves_away_are_left_out():
    first = np.arange(FIRST, FIRST + 7)
    repeat, unknown = np.append(first, first[0]), np.append(first, UNKNOWN)
    data = with_histories([*[first + shift for shift in range(11)], repeat, unknown])
    users, candidates = ranker_metrics.questions(data, data.split("test"), 0)
    assert set(users.tolist()) <= set(range(11))
    assert len(users) == 11
    assert np.all(candidates[:, 0] == data.split("test").targets[users])


def test_a_file_with_few_candidates_is_asked_for_as_many():
    data = tastes(candidates=11)
    _, candidates = ranker_metrics.questions(data, data.split("test"), 0)
    assert candidates.shape == (USERS, 11)
    assert np.all(candidates != PAD)


@pytest.mark.parametrize(
    "value, said",
    [(np.nan, "NaN scores: its weights are broken"), (1.5, "no probabilities"), (-0.1, "no probabilities")],
)
def test_broken_rankers_are_named(value, said):
    data = tastes()
    with pytest.raises(ValueError, match=said):
        ranker_metrics.evaluate(ranking(lambda w, c: np.full(c.shape, value)), data, data.split("test"))


def test_no_ranker_no_metrics():
    data = tastes()
    assert ranker_metrics.evaluate(SimpleNamespace(length=7, rank=None), data, data.split("test")) is None


def test_selection_by_the_ranker():
    data = tastes()
    assert metrics.METRIC(data.config).name == "GAUC"
    found = ranker_metrics.evaluate(ranking(guess), data, data.split("validation"))
    assert found is not None
    assert metrics.score(ranking(guess), data, "validation") == found["GAUC"]
    assert metrics.baseline(data) == found["controls"]["popularity"]["GAUC"]


def test_nothing_to_select_a_ranker_by_is_an_input_error():
    same = np.full(5, FIRST)
    with pytest.raises(InputError, match="select_by=recommend"):
        metrics.score(ranking(guess), with_histories([same, same, same]), "validation")
