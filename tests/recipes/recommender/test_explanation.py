"""What the model says a recommendation rests on is what it rests on: without that action it is less sure of it."""

from dataclasses import replace
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from small_recommender import float64, logsumexp

from heedful.recipes.contract import knowledge_of
from heedful.recipes.recommender.config import PRESETS
from heedful.recipes.recommender.data import load
from heedful.recipes.recommender.model import build
from heedful.recipes.recommender.reading.item_catalogue import FIRST, PAD
from heedful.recipes.recommender.trainer import build_trainer
from heedful.recipes.suite.training_loop import dataset

pytestmark = pytest.mark.long

if keras.backend.backend() != "tensorflow":
    pytest.skip("the numbers do not differ by backend, and one training is enough", allow_module_level=True)

STEPS, HISTORIES, DRAWS = 700, 200, 5


@pytest.fixture(scope="module")
def explained():
    """Test histories of the sample, what a model trained for a minute recommends first, and its explanation."""
    config = replace(PRESETS["tiny"], epochs=1, warmup_epochs=0.1, learning_rate=4e-3, ema=0.0)
    data = load("sample", config)
    keras.utils.set_random_seed(0)
    facts = knowledge_of(data)
    model = build(config, facts)
    trainer = build_trainer(model, config, facts, STEPS, 0)
    trainer.jit_compile = False  # most of the time would go into compiling
    trainer.optimizer.build(trainer.trainable_variables)  # else TensorFlow traces the step twice
    trainer.fit(dataset(trainer, lambda step: data.batch(0, step), 0, STEPS), shuffle=False, verbose=0)
    split = data.split("test")
    windows = split.windows(np.linspace(0, len(split) - 1, HISTORIES).astype(int), config.length)
    answer = {name: float64(value)[:, 0] for name, value in model.recommend(windows).items()}
    items = answer["items"].astype(int)
    return SimpleNamespace(model=model, windows=windows, items=items, attention=answer["attention"])


def certainty(explained, windows):
    """The logarithm of the probability of what was recommended, among the items that were not taken at first."""
    scores = float64(explained.model(windows)["scores"])
    scores[:, :FIRST] = -np.inf
    np.put_along_axis(scores, explained.windows, -np.inf, axis=1)
    return scores[np.arange(len(scores)), explained.items] - logsumexp(scores)


def losses(explained, places):
    """How much certainty is lost without the action at one place of each history."""
    kept = np.arange(explained.windows.shape[1]) != np.asarray(places)[:, None]
    shorter = explained.windows[kept].reshape(HISTORIES, -1)
    without = np.pad(shorter, [(0, 0), (1, 0)], constant_values=PAD)
    return certainty(explained, explained.windows) - certainty(explained, without)


def other_places(explained, places, rng):
    """One more action of each history, at random, not the one at `places`."""
    free = (explained.windows != PAD) & (np.arange(explained.windows.shape[1]) != places[:, None])
    return (rng.random(free.shape) * free).argmax(1)


def bootstrap(differences, rng, draws=2000):
    """The middle 95 % of means over users drawn with replacement."""
    chosen = rng.integers(0, len(differences), (draws, len(differences)))
    return np.percentile(differences[chosen].mean(1), [2.5, 97.5])


def test_the_model_has_learnt_enough_to_be_asked(explained):
    sure = np.exp(certainty(explained, explained.windows))
    assert sure.mean() > 5 / explained.model.items.rows


def test_deleting_the_action_it_names_costs_more_than_deleting_another(explained):
    rng = np.random.default_rng(0)
    named = explained.attention.argmax(1)
    assert (explained.windows[np.arange(HISTORIES), named] != PAD).all()
    without = losses(explained, named)
    others = np.mean([losses(explained, other_places(explained, named, rng)) for _ in range(DRAWS)], axis=0)
    low, high = bootstrap(without - others, rng)
    assert 0 < low < high, f"loses {without.mean():.3f} without the action named, {others.mean():.3f} without another"
    # Nor is it merely that the score changes, either way.
    assert bootstrap(np.abs(without) - np.abs(others), rng)[0] > 0


def test_it_is_not_just_that_newer_actions_count_more(explained):
    """The action named against its neighbours in time."""
    rng = np.random.default_rng(1)
    named = explained.attention.argmax(1)
    neighbours = []
    for step in (-1, 1):
        place = np.clip(named + step, 0, explained.windows.shape[1] - 1)
        there = explained.windows[np.arange(HISTORIES), place] != PAD
        neighbours.append(np.where(there & (place != named), place, -1))
    pairs = [(losses(explained, np.maximum(place, 0)), place >= 0) for place in neighbours]
    beside = np.array([np.where(there, loss, np.nan) for loss, there in pairs])
    some = ~np.isnan(beside).all(axis=0)
    differences = losses(explained, named)[some] - np.nanmean(beside[:, some], axis=0)
    assert bootstrap(differences, rng)[0] > 0


def test_the_more_an_action_is_named_the_more_it_costs(explained):
    """From the first to the fifth in the order of the explanation, on average."""
    order = np.argsort(-explained.attention, axis=1)
    first, second, *_, fifth = (losses(explained, order[:, rank]).mean() for rank in range(5))
    assert first > second > fifth
