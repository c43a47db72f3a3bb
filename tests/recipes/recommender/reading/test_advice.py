"""Which logs are called sparse."""

import numpy as np
import pytest
from small_recommender import log_of

from heedful.recipes.recommender.reading.advice import advice
from heedful.recipes.recommender.reading.item_catalogue import FIRST


@pytest.mark.parametrize(
    ("users", "length", "items", "sparse"),
    [(40, 5, 20, True), (40, 12, 20, False), (200, 5, 10, False), (0, 0, 1, False)],
)
def test_few_actions_of_users_and_of_items(users, length, items, sparse):
    rng = np.random.default_rng(0)
    log = log_of(*(rng.integers(FIRST, FIRST + items, length).tolist() for _ in range(users)))
    assert ("--preset sparse" in advice(log)) == sparse


def test_it_names_what_it_counted():
    assert "of a user 2 at the median, of an item 1.5 on average" in advice(log_of([2, 3], [2, 3], [4, 5]))
