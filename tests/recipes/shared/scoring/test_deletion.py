"""A model whose answer rests on one token: attention there is worth more than chance, attention elsewhere less."""

import numpy as np
import pytest

from heedful.recipes.shared.scoring.deletion import deletion

KEY = 9


def model(ids, look_at_key):
    there = (ids == KEY).any(axis=1)
    first = np.where(there, 0.9, 0.2)
    looked = ((ids == KEY) == look_at_key) & (ids > 0)
    weights = looked / np.maximum(looked.sum(axis=1, keepdims=True), 1)
    return {"probabilities": np.stack([first, 1 - first], axis=1), "attention": np.stack([weights] * 2, axis=1)}


@pytest.mark.parametrize("look_at_key", [True, False])
def test_hiding_what_the_answer_rests_on_costs_more_than_hiding_anything(look_at_key):
    ids = np.array([[*np.random.default_rng(seed).permutation([1, 2, 3, KEY, 5]), 0, 0] for seed in range(30)])
    found = deletion(lambda given: model(given["ids"], look_at_key), ids, seed=0)
    low, high = found["difference_interval"]
    assert found["texts"] == 30 and low <= found["random"] - found["attended"] <= high
    assert (low > 0) if look_at_key else (high < 0)
    if look_at_key:  # the key goes in the first of five steps: 0.9, then 0.2 five times, by trapezoids
        assert found["attended"] == pytest.approx((0.55 + 4 * 0.2) / 5)


def test_texts_of_one_token_say_nothing():
    assert deletion(lambda given: model(given["ids"], True), np.array([[KEY, 0, 0]]), seed=0) == {}
