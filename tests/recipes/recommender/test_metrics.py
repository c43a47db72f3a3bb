"""Ranks and what follows from them, against loops in float64, `ir_measures` and analytic values."""

import json
from dataclasses import replace
from types import SimpleNamespace

import ir_measures
import numpy as np
import pytest
from ir_measures import RR, Success, nDCG

from heedful.apps.errors import InputError
from heedful.recipes.recommender import metrics
from heedful.recipes.recommender.config import Config
from heedful.recipes.recommender.data import RecommenderData, examples
from heedful.recipes.recommender.reading.item_catalogue import FIRST, PAD, UNKNOWN, Catalogue
from heedful.recipes.recommender.reading.log import Log
from heedful.recipes.recommender.scoring.lists import scored_lists
from heedful.recipes.recommender.scoring.ranks import METRICS, per_user, rank_targets, spread

USERS, ITEMS, LENGTH = 59, 43, 5
ROWS = FIRST + ITEMS


def shoppers(seed=0, **fields) -> RecommenderData:
    """Users with 3 to 16 actions, a few of them repeats or of unknown items."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(3, 17, USERS)
    items = (rng.random(lengths.sum()) ** 2 * ITEMS).astype(np.int32) + FIRST
    items[rng.random(len(items)) < 0.03] = UNKNOWN
    starts = np.concatenate([[0], np.cumsum(lengths)])
    items[starts[[7, 11]] - [1, 2]] = UNKNOWN  # a test and a validation target
    log = Log(items, rng.integers(0, 10**6, len(items)), starts, [str(user) for user in range(USERS)])
    training = log.without_last(np.full(USERS, 2))
    counts = np.bincount(training.items, minlength=ROWS)[FIRST:]
    catalogue = Catalogue(tuple(f"i{item}" for item in range(ITEMS)), counts=counts)
    splits = {name: examples(log, back) for name, back in (("test", 1), ("validation", 2), ("train", 3))}
    data = RecommenderData(Config(candidates=23), catalogue, log, training, splits, {"source": "made"})
    return replace(data, **fields)


class Table:
    """A model that scores items by the last action; a table with few different values has many ties."""

    length = LENGTH

    def __init__(self, seed=0, levels: int | None = None):
        rng = np.random.default_rng(seed)
        self.table = rng.standard_normal((ROWS, ROWS)) if levels is None else rng.integers(0, levels, (ROWS, ROWS))
        self.table = self.table.astype(np.float32)
        self.asked: list[int] = []

    def scores(self, windows):
        self.asked.append(len(windows))
        scores = self.table[windows[:, -1]].copy()
        scores[:, :FIRST] = np.nan  # the columns of PAD and UNKNOWN mean nothing
        return scores

    def rank(self, windows, candidates):
        return 1 / (1 + np.exp(-self.table[windows[:, -1:], candidates]))

    def over(self, split):
        return lambda users: self.scores(split.windows(users, LENGTH))


def slow_rank(scores: np.ndarray, history: np.ndarray, target: int, filtered: bool) -> float:
    taken = set(history.tolist()) if filtered else set()
    if target < FIRST or target in taken:
        return np.inf
    rank = 1
    for item in range(FIRST, ROWS):
        rank += item != target and item not in taken and scores[item] >= scores[target]
    return rank


@pytest.mark.parametrize("levels", [None, 3])
@pytest.mark.parametrize("name", ["validation", "test"])
def test_ranks_against_a_loop(levels, name):
    split, model = shoppers().split(name), Table(levels=levels)
    users = np.arange(USERS)
    found = rank_targets(model.over(split), split, users)
    scores = model.over(split)(users).astype(np.float64)
    for user in users.tolist():
        history, target = split.history(user), int(split.targets[user])
        assert found.filtered[user] == slow_rank(scores[user], history, target, True)
        assert found.unfiltered[user] == slow_rank(scores[user], history, target, False)
    assert found.unknown == np.sum(split.targets < FIRST) > 0
    repeated = [t >= FIRST and t in split.history(u) for u, t in enumerate(split.targets)]
    np.testing.assert_array_equal(found.repeated, repeated)
    assert any(repeated)


def test_ties_count_against_the_model():
    split = shoppers().split("test")
    ranks = rank_targets(lambda users: np.zeros((len(users), ROWS)), split, np.arange(USERS))
    for user in range(USERS):
        if np.isfinite(ranks.filtered[user]):
            seen = {row for row in split.history(user).tolist() if row >= FIRST}
            assert ranks.filtered[user] == ITEMS - len(seen)
    assert np.all(ranks.unfiltered[split.targets >= FIRST] == ITEMS)


def test_metrics_are_those_of_ir_measures():
    data, model = shoppers(), Table()
    split, users = data.split("test"), np.arange(USERS)
    scores = model.over(split)(users).astype(np.float64)
    ranks = rank_targets(model.over(split), split, users)
    for found, filtered in ((ranks.filtered, True), (ranks.unfiltered, False)):
        qrels, run = [], []
        for user in users.tolist():
            # An item that the catalogue or the filter leaves out is judged relevant all the same, and never found.
            qrels.append(ir_measures.Qrel(str(user), str(split.targets[user]), 1))
            taken = set(split.history(user).tolist()) if filtered else set()
            run += [
                ir_measures.ScoredDoc(str(user), str(row), scores[user, row])
                for row in range(FIRST, ROWS)
                if row not in taken
            ]
        wanted = ir_measures.calc_aggregate([Success @ 1, Success @ 5, Success @ 10, nDCG @ 10, RR], qrels, run)
        mine = [per_user(found)[name].mean() for name in METRICS]
        np.testing.assert_allclose(mine, [wanted[m] for m in (Success @ 1, Success @ 5, Success @ 10, nDCG @ 10, RR)])
        assert 0 < mine[2] < 1


def test_the_size_of_chunks_changes_nothing():
    split, model, users = shoppers().split("test"), Table(levels=5), np.arange(USERS)
    negatives = np.random.default_rng(0).integers(FIRST, ROWS, (USERS, 11))
    whole, parts = (
        rank_targets(model.over(split), split, users, negatives=negatives, chunk=chunk) for chunk in (1000, 7)
    )
    for name in ("filtered", "unfiltered", "sampled", "repeated", "unknown"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(parts, name))


def test_sampled_ranks_count_the_negatives_that_are_as_good():
    split, model, users = shoppers().split("test"), Table(levels=5), np.arange(USERS)
    negatives = np.random.default_rng(0).integers(FIRST, ROWS, (USERS, 11))
    negatives[3:9, 7:] = PAD
    found = rank_targets(model.over(split), split, users, negatives=negatives).sampled
    scores = model.over(split)(users)
    assert found is not None
    for user in users.tolist():
        target = split.targets[user]
        drawn = [row for row in negatives[user] if row != PAD]
        wanted = 1 + sum(scores[user, row] >= scores[user, target] for row in drawn) if target >= FIRST else np.inf
        assert found[user] == wanted


def test_the_whole_history_is_filtered_and_not_only_the_window():
    data = shoppers()
    split = data.split("test")
    user = int(np.argmax(split.lengths))
    old = next(row for row in split.history(user)[:-LENGTH] if row >= FIRST and row != split.targets[user])
    assert old not in split.windows(np.array([user]), 1)
    scores = np.zeros((1, ROWS))
    scores[0, old], scores[0, split.targets[user]] = 2, 1
    ranks = rank_targets(lambda users: scores, split, np.array([user]))
    assert ranks.filtered == [1]
    assert ranks.unfiltered == [2]
    assert old not in scored_lists(lambda users: scores, split, np.array([user]), repeats=False)
    assert scored_lists(lambda users: scores, split, np.array([user]), repeats=True)[0, 0] == old


def test_coverage_and_popularity_of_what_is_recommended():
    data = shoppers()
    least = FIRST + np.argsort(data.counts[FIRST:], kind="stable")
    scores = np.zeros(ROWS)
    scores[least] = -np.arange(ITEMS)  # the least popular first
    model = SimpleNamespace(length=LENGTH, scores=lambda windows: np.tile(scores, (len(windows), 1)))
    found = metrics.evaluate(model, data, "test")
    split = data.split("test")
    lists = [[row for row in least if row not in split.history(user)][:10] for user in range(USERS)]
    assert found["coverage@10"] == pytest.approx(len(set(np.concatenate(lists).tolist())) / ITEMS)
    counts = data.counts
    percentile = [
        (np.sum(counts[FIRST:] < counts[row]) + 0.5 * np.sum(counts[FIRST:] == counts[row])) / ITEMS
        for row in np.concatenate(lists)
    ]
    assert found["popularity@10"] == pytest.approx(np.mean(percentile))
    assert found["popularity@10"] < 0.3
    assert found["ranker"] is None


def test_nan_scores_mean_broken_weights():
    data, model = shoppers(), Table()
    model.table[:, FIRST + 3] = np.nan
    with pytest.raises(ValueError, match="its weights are broken"):
        metrics.score(model, data, "validation")
    with pytest.raises(ValueError, match="its weights are broken"):
        metrics.evaluate(model, data, "test")
    with pytest.raises(ValueError, match="shape"):
        metrics.score(SimpleNamespace(length=LENGTH, scores=lambda windows: np.zeros(ROWS)), data, "validation")


def test_evaluate_is_json_and_consistent():
    data, model = shoppers(), Table()
    found = metrics.evaluate(model, data, "test", seed=3)
    assert json.loads(json.dumps(found)) == found == metrics.evaluate(model, data, "test", seed=3)
    assert list(found) == [
        "split", "users", "items", "protocol", "repeats", "repeat_targets", "unknown_targets", *METRICS, "intervals",
        "coverage@10", "popularity@10", "filtered", "unfiltered", "lists", "best_baseline", "by_history_length",
        "by_item_popularity", "by_repeat", "sampled", "baselines", "left_out", "ranker",
    ]  # fmt: skip
    assert (found["users"], found["items"]) == (USERS, ITEMS)
    for name in METRICS:
        low, high = found["intervals"][name]
        assert low <= found[name] <= high
    for bands in ("by_history_length", "by_item_popularity", "by_repeat"):
        users = [band["users"] for band in found[bands]]
        assert sum(users) == USERS
        for name in ("HR@10", "NDCG@10"):
            assert np.average([band[name] for band in found[bands]], weights=users) == pytest.approx(found[name])
            best = found["baselines"][found["best_baseline"]]
            mean = np.average([band["baseline"][name] for band in found[bands]], weights=users)
            assert mean == pytest.approx(best[name])
    for baseline in found["baselines"].values():
        for name in ("HR@10", "NDCG@10"):
            low, high = baseline["difference"][name]
            assert low <= found[name] - baseline[name] <= high
            assert baseline[name] <= found["baselines"][found["best_baseline"]][name] or name == "HR@10"


def test_bands_hold_whom_they_say():
    data = shoppers()
    found = metrics.evaluate(Table(), data, "test")
    split = data.split("test")
    lengths = {band["band"]: band["users"] for band in found["by_history_length"]}
    assert lengths == {
        "1-2": np.sum(split.lengths <= 2),
        "3-5": np.sum((split.lengths >= 3) & (split.lengths <= 5)),
        "6-10": np.sum((split.lengths >= 6) & (split.lengths <= 10)),
        "11-20": np.sum(split.lengths >= 11),
    }
    order = FIRST + np.argsort(-data.counts[FIRST:], kind="stable")
    popular = {band["band"]: band["users"] for band in found["by_item_popularity"]}
    untrained = np.sum((split.targets < FIRST) | (data.counts[split.targets] == 0))
    assert popular["untrained"] == untrained > 0
    assert popular["5-20 %"] == np.sum(np.isin(split.targets, order[2:8]))  # 5 % of 43 are 2.15, 20 % 8.6


def test_score_is_ndcg_of_validation_and_beside_it_popularity():
    data, model = shoppers(), Table()
    assert metrics.METRIC(data.config).name == "NDCG@10"
    found = metrics.evaluate(model, data, "validation")
    assert metrics.score(model, data, "validation") == found["NDCG@10"]
    assert metrics.baseline(data) == found["baselines"]["popularity"]["NDCG@10"]


def test_score_asks_for_evenly_spread_users_in_chunks(monkeypatch):
    data, model = shoppers(), Table()
    monkeypatch.setattr(metrics, "SCORED_USERS", 31)
    metrics.score(model, data, "validation")
    assert sum(model.asked) == 31
    assert spread(101, 5).tolist() == [0, 25, 50, 75, 100]
    assert spread(3, 5).tolist() == [0, 1, 2]


def test_a_model_that_is_the_oracle_reaches_all_of_it():
    model = Table()

    def scores(histories):
        found = np.exp(model.table[[history[-1] for history in histories]].astype(np.float64))
        for row, history in zip(found, histories, strict=True):
            row[[0, 1, *history]] = 0
        return found

    data = shoppers(oracle=SimpleNamespace(scores=scores))
    found = metrics.evaluate(model, data, "test")
    assert found["oracle"]["share"] == {"HR@10": 1.0, "NDCG@10": 1.0}
    assert found["oracle"]["NDCG@10"] == found["NDCG@10"]
    assert "oracle" in metrics.describe(found)


def test_with_repeats_all_items_count_and_both_are_told():
    model, forbidden, allowed = Table(), shoppers(), shoppers(repeats=True)
    one, other = (metrics.evaluate(model, data, "test") for data in (forbidden, allowed))
    for name in METRICS:
        assert one[name] == one["filtered"][name] == other["filtered"][name]
        assert other[name] == other["unfiltered"][name] == one["unfiltered"][name]
    assert one["HR@10"] != other["HR@10"]
    split = allowed.split("test")
    repeated = np.array([target in split.history(user) for user, target in enumerate(split.targets)])
    repeated &= split.targets >= FIRST
    hit = rank_targets(model.over(split), split, np.arange(USERS)).unfiltered <= 10
    new, again = other["by_repeat"]
    assert (new["band"], new["users"], again["band"], again["users"]) == (
        "new to the user", np.sum(~repeated), "seen before", np.sum(repeated)
    )  # fmt: skip
    assert (new["HR@10"], again["HR@10"]) == (np.mean(hit[~repeated]), np.mean(hit[repeated]))
    assert one["by_repeat"][1]["HR@10"] == 0, "what is never recommended is never found"
    assert metrics.score(model, allowed, "test") == other["NDCG@10"] != metrics.score(model, forbidden, "test")
    assert (
        metrics.baseline(allowed)
        == metrics.evaluate(model, allowed, "validation")["baselines"]["popularity"]["NDCG@10"]
    )
    assert "was seen before" in one["protocol"] and "seen" not in other["protocol"]
    for found, words in ((one, "targets seen before"), (other, "model, filtered")):
        text = metrics.describe(found)
        assert words in text and max(map(len, text.splitlines())) <= 120


def test_lists_are_those_that_the_model_gives():
    """A model that recommends otherwise than it scores, as one with diversity does."""
    data, model = shoppers(), Table()
    split = data.split("test")
    upside_down = np.tile(np.arange(ROWS)[::-1], (USERS, 1))
    model.recommend = lambda windows: upside_down[: len(windows)]  # type: ignore[attr-defined]
    found = metrics.evaluate(model, data, "test")
    hits = []
    for user in range(USERS):
        free = [row for row in upside_down[0].tolist() if row >= FIRST and row not in split.history(user)]
        hits.append(split.targets[user] in free[:10])
    assert found["lists"]["model"]["HR@10"] == pytest.approx(np.mean(hits))
    assert found["HR@10"] == metrics.evaluate(Table(), data, "test")["HR@10"] != np.mean(hits)
    assert "model, as it lists" in metrics.describe(found)
    best = found["best_baseline"]
    assert found["lists"][best]["NDCG@10"] >= found["baselines"][best]["NDCG@10"], "whose ranks count ties against it"


def test_sampled_metrics_are_labelled_and_higher():
    found = metrics.evaluate(Table(), shoppers(), "test")
    assert "old papers only" in found["sampled"]["label"]
    assert list(found["sampled"]) == ["label", "HR@10", "NDCG@10"]


def test_an_empty_split_is_an_input_error():
    data = shoppers()
    nobody = examples(data.log.without_last(data.log.lengths), 1)
    with pytest.raises(InputError):
        metrics.evaluate(Table(), replace(data, splits=dict.fromkeys(data.splits, nobody)), "test")


def test_the_table_names_every_baseline_and_why_one_is_missing(monkeypatch):
    monkeypatch.setattr(metrics.baselines, "MOST_ITEMS", ITEMS - 1)
    found = metrics.evaluate(Table(), shoppers(), "test")
    assert found["baselines"]["EASE"] is None
    text = metrics.describe(found)
    for name in ("popularity", "recent popularity", "ItemKNN", "decayed Markov", "too many for its dense matrix"):
        assert name in text
    assert max(map(len, text.splitlines())) <= 120


def test_a_picture_is_drawn(tmp_path):
    paths = metrics.pictures(metrics.evaluate(Table(), shoppers(), "test"), tmp_path)
    assert [path.name for path in paths] == ["bands.png"]
    assert paths[0].read_bytes().startswith(b"\x89PNG")
