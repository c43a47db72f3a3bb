"""Counting joins a network where it helps, takes over where it is better, and stays away where it is not."""

import numpy as np
import pytest
from scipy import sparse

from heedful.recipes.recommender.config import Config
from heedful.recipes.recommender.data import RecommenderData, examples
from heedful.recipes.recommender.reading.item_catalogue import FIRST, Catalogue
from heedful.recipes.recommender.reading.log import Log
from heedful.recipes.recommender.scoring import baselines
from heedful.recipes.recommender.scoring.ranks import per_user, rank_targets
from heedful.recipes.recommender.training.counted_parts import (
    NETWORK,
    candidates,
    choose,
    measured,
    probabilities,
    strongest,
    told,
)  # fmt: skip
from heedful.recipes.recommender.training.spectral import spectral_vectors

USERS, ITEMS, ACTIONS = 400, 30, 9
ROWS = FIRST + ITEMS


def walk(rng, faithful=0.7):
    """Different items, of which each is followed by the next one more often than not."""
    items = [int(rng.integers(ITEMS))]
    while len(items) < ACTIONS:
        item = (items[-1] + 1) % ITEMS if rng.random() < faithful else int(rng.integers(ITEMS))
        if item not in items:
            items.append(item)
        else:
            items.append(int(rng.choice(np.setdiff1d(np.arange(ITEMS), items))))
    return items


@pytest.fixture(scope="module")
def data() -> RecommenderData:
    rng = np.random.default_rng(0)
    items = FIRST + np.array([walk(rng) for _ in range(USERS)], np.int32).ravel()
    log = Log(items, np.arange(len(items)), np.arange(USERS + 1) * ACTIONS, [str(user) for user in range(USERS)])
    training = log.without_last(np.full(USERS, 2))
    counts = np.bincount(training.items, minlength=ROWS)[FIRST:]
    catalogue = Catalogue(tuple(map(str, range(ITEMS))), counts=counts)
    splits = {name: examples(log, back) for name, back in (("test", 1), ("validation", 2), ("train", 3))}
    return RecommenderData(Config(length=12, ranker_length=5), catalogue, log, training, splits, {"source": "made"})


@pytest.fixture(scope="module")
def parts(data):
    return candidates(data)


def knowing(data, sure):
    """A network that gives what follows the newest action the score `sure`, and everything else 0."""
    split = data.split("validation")

    def score(users):
        newest = split.windows(users, 1)[:, 0] - FIRST
        scores = np.zeros((len(users), ROWS), np.float32)
        scores[np.arange(len(users)), FIRST + (newest + 1) % ITEMS] = sure
        return scores

    return score


def test_the_best_entries_of_each_row_are_kept():
    dense = np.array([[3.0, 1, 2, 0], [0, 0, 0, 0], [-1, 5, 0, 4], [1, 1, 1, 1]])
    kept = strongest(sparse.csr_array(dense), 2).toarray()
    np.testing.assert_array_equal(kept[:3], [[3, 0, 2, 0], [0, 0, 0, 0], [0, 5, 0, 4]])
    assert (kept[3] == 1).sum() == 2


def test_a_network_that_knows_nothing_leaves_the_model_to_counting(data, parts):
    chosen = choose(lambda users: np.zeros((len(users), ROWS), np.float32), data, parts)
    assert chosen.together > chosen.network + 0.3, told(chosen)
    fitted, split = baselines.fit(data)[0], data.split("validation")
    users = np.arange(len(split))
    for baseline in fitted.values():
        ranks = rank_targets(lambda part, each=baseline: each.scores(split, part), split, users).filtered
        assert chosen.together >= per_user(ranks)["NDCG@10"].mean() - 0.005


def test_a_network_that_is_always_right_stays_alone(data, parts):
    targets = data.split("validation").targets

    def right(users):
        return np.eye(ROWS, dtype=np.float32)[targets[users]] * 9

    chosen = choose(right, data, parts)
    assert dict(chosen.shares) == {NETWORK: 1.0} and told(chosen).endswith("counting adds nothing.")


def test_a_mixture_is_measured_as_ranks_measure_it(data, parts):
    network, split, users = knowing(data, 2.0), data.split("validation"), np.arange(USERS)
    mixture = {NETWORK: 0.25, "transitions": 0.75}
    (found,) = measured(network, data, parts, [mixture])
    windows = split.windows(users, data.config.length)
    mixed = 0.25 * probabilities(network(users)) + 0.75 * np.array(parts["transitions"](windows))
    wanted = per_user(rank_targets(lambda part: mixed[part], split, users).filtered)["NDCG@10"]
    np.testing.assert_allclose(found, wanted)


def test_the_tables_are_those_of_the_baselines(data, parts):
    split, users = data.split("test"), np.arange(50)
    for name in ("decayed Markov", "ItemKNN"):
        wanted = baselines.fit(data)[0][name].scores(split, users)
        found = np.array(parts[name](split.windows(users, data.config.length)))
        np.testing.assert_allclose(found, wanted / wanted.sum(1, keepdims=True), rtol=0.05, atol=1e-4)


def test_spectral_vectors_put_neighbours_together(data):
    vectors = spectral_vectors(baselines.Markov(data).follows, 8)
    assert vectors is not None
    unit = vectors[FIRST:] / np.linalg.norm(vectors[FIRST:], axis=1, keepdims=True)
    near = np.mean([unit[item] @ unit[(item + 1) % ITEMS] for item in range(ITEMS)])
    far = np.mean([unit[item] @ unit[(item + 15) % ITEMS] for item in range(ITEMS)])
    assert near > far + 0.3 and not vectors[:FIRST].any()
    assert vectors[FIRST:].std() == pytest.approx(0.5 / np.sqrt(8), rel=1e-3)
    assert spectral_vectors(baselines.Markov(data).follows, ITEMS) is None
