"""What the model may not depend on, and what it hands on."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from heedful.apps.errors import InputError
from heedful.recipes.contract import knowledge_of
from heedful.recipes.text_classification.config import PRESETS
from heedful.recipes.text_classification.data import load
from heedful.recipes.text_classification.model import build, build_classifier, inherit

TINY = replace(PRESETS["tiny"], vocabulary=300, width=12, hidden=20, heads=3)


@pytest.fixture(scope="module")
def knowledge():
    return knowledge_of(load("sample", TINY))


def test_what_follows_a_text_changes_nothing_and_is_not_looked_at(knowledge):
    keras.utils.set_random_seed(1)
    classifier = build_classifier(TINY, knowledge)
    ids = np.random.default_rng(0).integers(3, 300, (5, 11)).astype(np.int32)
    short = classifier(ids)
    long = classifier(np.pad(ids, ((0, 0), (0, 6))))
    np.testing.assert_allclose(short["logits"], long["logits"], atol=1e-5)
    attention = keras.ops.convert_to_numpy(long["attention"])
    assert attention.shape == (5, 3, 17) and not attention[:, :, 11:].any()
    np.testing.assert_allclose(attention.sum(axis=2), 1, atol=1e-5)


def test_the_order_of_words_counts(knowledge):
    keras.utils.set_random_seed(1)
    classifier = build_classifier(TINY, knowledge)
    ids = np.array([[5, 60, 7, 80, 9]], np.int32)
    assert np.abs(classifier(ids)["logits"] - classifier(ids[:, ::-1])["logits"]).max() > 1e-4


def test_known_tokens_and_labels_are_inherited_whatever_their_places(knowledge):
    keras.utils.set_random_seed(1)
    old = build(TINY, knowledge)
    labels = ["zebra", *reversed(knowledge.facts["labels"])]
    other = replace(knowledge, facts={**knowledge.facts, "labels": labels})
    new = build(TINY, other)
    inherit(new, other, old, knowledge)
    ids = np.random.default_rng(0).integers(3, 290, (3, knowledge.facts["length"])).astype(np.int32)
    mine, theirs = (keras.ops.convert_to_numpy(model.get_layer("classifier")(ids)["logits"]) for model in (new, old))
    np.testing.assert_allclose(mine[..., 1:][..., ::-1], theirs, atol=1e-5)
    with pytest.raises(InputError, match="built differently"):
        inherit(build(replace(TINY, hidden=21), knowledge), knowledge, old, knowledge)
