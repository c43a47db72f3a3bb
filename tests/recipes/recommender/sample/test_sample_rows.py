"""The sample in the rows of a model: of one that was trained on it, and of one that knows other items."""

import numpy as np
import pytest
from small_recommender import CONFIG, ITEMS

from heedful.recipes.contract import Knowledge, knowledge_of
from heedful.recipes.recommender.data import load
from heedful.recipes.recommender.reading.item_catalogue import FILE, FIRST, UNKNOWN, Catalogue

OWN = Catalogue(tuple(f"own-{place}" for place in range(ITEMS)), counts=np.arange(ITEMS) + 1)


def knowing(catalogue):
    return Knowledge({}, {FILE: catalogue.to_json()})


@pytest.fixture(scope="module", autouse=True)
def fewer_people():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("heedful.recipes.recommender.sample.shop.USERS", 2003)
        yield


@pytest.fixture(scope="module")
def sample(fewer_people):
    return load("sample", CONFIG)


def test_the_model_of_the_sample_meets_it_as_it_was_trained(sample):
    """With the counts of the training: popularity would otherwise be a baseline of zeros."""
    again = load("sample", CONFIG, evaluating=knowledge_of(sample))
    np.testing.assert_array_equal(again.counts, sample.counts)
    np.testing.assert_array_equal(again.log.items, sample.log.items)
    assert sample.counts.sum() == len(sample.training) and again.oracle is not None


def test_a_model_of_other_items_knows_none_of_the_sample():
    data = load("sample", CONFIG, evaluating=knowing(OWN))
    assert set(data.log.items) == {UNKNOWN} and data.catalogue.ids == OWN.ids and data.oracle is None
    assert data.summary["report"]["actions with items that the model does not know"] == len(data.log)


def test_a_model_of_other_items_can_go_on_with_the_sample(sample):
    data = load("sample", CONFIG, continuing=knowing(OWN))
    assert data.catalogue.ids == (*OWN.ids, *sample.catalogue.ids) and data.oracle is None
    np.testing.assert_array_equal(data.log.items, sample.log.items + ITEMS)
    np.testing.assert_array_equal(data.counts[FIRST : FIRST + ITEMS], OWN.counts)
    np.testing.assert_array_equal(data.counts[FIRST + ITEMS :], sample.counts[FIRST:])
