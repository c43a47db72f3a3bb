"""The recommender put together: its parts agree, it can be saved, and it freezes to the same answers."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from small_recommender import (
    CONFIG,
    ITEMS,
    ROWS,
    float64,
    knowledge_for,
    logsumexp,
    shake,
    some_catalogue,
    some_histories,
)

from heedful.recipes.recommender.config import PRESETS, Config
from heedful.recipes.recommender.model import Recommender, build, freeze
from heedful.recipes.recommender.network.item_table import FrozenItems
from heedful.recipes.recommender.reading.item_catalogue import FIRST, PAD, UNKNOWN

HISTORIES = 29


@pytest.fixture(scope="module", params=[True, False], ids=["features", "ids"])
def model(request):
    return shake(build(CONFIG, knowledge_for(some_catalogue(request.param))))


def candidates(seed=0):
    return np.random.default_rng(seed).integers(PAD, ROWS, (HISTORIES, CONFIG.candidates)).astype(np.int32)


def test_scores_are_products_with_the_vectors_of_items(model):
    history = some_histories(HISTORIES, CONFIG.length)
    newest, _ = model.tower.last(model.items(history), history != PAD)
    found = float64(model(history)["scores"])
    assert found.shape == (HISTORIES, ROWS)
    np.testing.assert_allclose(found, float64(newest) @ float64(model.items.table()).T, atol=1e-4)


def test_recommendations_are_the_best_of_those_scores(model):
    history = some_histories(HISTORIES, CONFIG.length)
    scores = float64(model(history)["scores"])
    answer = model.recommend(history)
    shapes = {name: tuple(value.shape) for name, value in answer.items()}
    top = CONFIG.top
    assert shapes == {"items": (HISTORIES, top), "scores": (HISTORIES, top), "attention": (HISTORIES, top, 13)}
    for row in range(HISTORIES):
        left = np.setdiff1d(np.arange(FIRST, ROWS), history[row])
        chosen = float64(answer["items"])[row].astype(int)
        assert len(set(chosen)) == top and set(chosen) <= set(left)
        # Not the rows: items that were never seen and have no features are all alike.
        best = np.sort(scores[row, left])[::-1][:top]
        np.testing.assert_allclose(scores[row, chosen], best, atol=1e-5)
        shares = np.exp(best - logsumexp(scores[row, left]))
        np.testing.assert_allclose(float64(answer["scores"])[row], shares, atol=1e-5)


def test_an_explanation_speaks_for_the_recommended_item(model):
    history = some_histories(HISTORIES, CONFIG.length)
    answer = model.recommend(history)
    _, parts = model.tower.last(model.items(history), history != PAD)
    vectors = float64(model.items.table())[float64(answer["items"]).astype(int)]
    spoken = np.maximum(np.einsum("bkw,blw->bkl", vectors, float64(parts)), 0) * (history != PAD)[:, None]
    loud = spoken.sum(-1) > 0.1
    assert loud.any()
    wanted = spoken / np.maximum(spoken.sum(-1), 0.1)[..., None]
    np.testing.assert_allclose(float64(answer["attention"])[loud], wanted[loud], atol=1e-3)


def test_ranking_looks_at_the_newest_actions_only(model):
    history, offered = some_histories(HISTORIES, CONFIG.length), candidates()
    answer = model.rank(history, offered)
    scores, attention = float64(answer["scores"]), float64(answer["attention"])
    assert attention.shape == (HISTORIES, CONFIG.candidates, CONFIG.length)
    assert ((scores > 0) & (scores < 1)).all()
    older = CONFIG.length - CONFIG.ranker_length
    assert not attention[..., :older].any() and attention[..., older:].any()
    changed = history.copy()
    changed[:, :older] = UNKNOWN
    np.testing.assert_array_equal(float64(model.rank(changed, offered)["scores"]), scores)


def test_an_empty_history_has_finite_answers(model):
    history = np.zeros((3, CONFIG.length), np.int32)
    for answer in (model(history), model.recommend(history), model.rank(history, candidates()[:3])):
        assert all(np.isfinite(float64(value)).all() for value in answer.values())
    assert not float64(model.recommend(history)["attention"]).any()


def test_the_frozen_model_answers_the_same(model):
    frozen, history = freeze(model), some_histories(HISTORIES, CONFIG.length)
    assert isinstance(frozen.items, FrozenItems)
    for name, value in model.recommend(history).items():
        np.testing.assert_allclose(float64(frozen.recommend(history)[name]), float64(value), atol=1e-6)
    for name, value in model.rank(history, candidates()).items():
        np.testing.assert_allclose(float64(frozen.rank(history, candidates())[name]), float64(value), atol=1e-6)
    # The table of vectors stands for ids, features and which of them are known.
    shared = sum(part.count_params() for part in (model.tower, model.ranker))
    assert frozen.count_params() == shared + ROWS * CONFIG.width


def test_keras_file_comes_back_the_same(model, tmp_path):
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", compile=False, safe_mode=True)
    assert isinstance(loaded, Recommender)
    assert (loaded.top, loaded.candidates) == (CONFIG.top, CONFIG.candidates)
    history = some_histories(HISTORIES, CONFIG.length)
    for name, value in model.recommend(history).items():
        np.testing.assert_array_equal(float64(loaded.recommend(history)[name]), float64(value))
    for weight, was in zip(loaded.weights, model.weights, strict=True):
        np.testing.assert_array_equal(float64(weight), float64(was))


def test_no_more_recommendations_than_items():
    assert build(replace(CONFIG, top=97), knowledge_for(some_catalogue())).top == ITEMS


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_can_be_built(preset):
    model = build(PRESETS[preset], knowledge_for(some_catalogue()))
    assert np.isfinite(float64(model(some_histories(2, PRESETS[preset].length))["scores"])).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"loss": "hinge"}, "loss is one of softmax, bce, not 'hinge'"),
        ({"select_by": "auc"}, "select_by is one of recommend, rank, not 'auc'"),
        ({"width": 0}, "width=0 is out of range"),
        ({"dropout": 1.0}, "dropout=1.0 is out of range"),
        ({"ranker_hidden": (5, 0)}, r"ranker_hidden=\(5, 0\) is out of range"),
        ({"width": 63}, "width 63 does not divide by 2 heads"),
        ({"ranker_length": 201}, "ranker_length 201 is more than length 200"),
    ],
    ids=str,
)
def test_settings_that_no_model_has_are_one_sentence(change, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        Config(**change)
