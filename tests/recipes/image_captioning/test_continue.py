"""Learning on from a trained captioner: known words keep their vectors, whatever their numbers are now."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from small_captioner import LENGTH, config_of, knowledge_for, some_captioner, some_pictures, vocabulary
from small_recommender import float64

from heedful.apps.errors import InputError
from heedful.recipes.image_captioning.config import ARCHITECTURES
from heedful.recipes.image_captioning.model import build, inherit
from heedful.recipes.image_captioning.reading.vocabulary import FIRST, SPECIAL, START, Vocabulary

OLD = vocabulary()
GONE, NEW = {"word3", "word7", "word8"}, ("zebra", "yak")
# Other words, and the known ones in another order.
NOW = Vocabulary((*SPECIAL, "zebra", *(word for word in reversed(OLD.tokens[FIRST:]) if word not in GONE), "yak"))


@cache
def trained(kind):
    """The same one for all tests: they only read it."""
    return some_captioner(kind)


@pytest.fixture(scope="module", params=ARCHITECTURES)
def models(request):
    """A trained model, one of other words that continues from it, and that one as it was before."""
    old = trained(request.param)
    new = build(config_of(request.param), knowledge_for(NOW))
    fresh = {name: float64(getattr(new.decoder.words, name)) for name in ("vectors", "bias")}
    inherit(new, knowledge_for(NOW), old, knowledge_for(OLD))
    return old, new, fresh


def test_known_words_keep_their_vectors_and_new_ones_start_as_they_would(models):
    old, new, fresh = models
    for name in ("vectors", "bias"):
        now, before = (float64(getattr(model.decoder.words, name)) for model in (new, old))
        for row, token in enumerate(NOW.tokens):
            wanted = fresh[name][row] if token in NEW else before[OLD.tokens.index(token)]
            np.testing.assert_array_equal(now[row], wanted, err_msg=token)


def test_all_else_is_the_old_one_and_its_own(models):
    old, new, _ = models
    assert len(new.weights) == len(old.weights) > 30
    for weight, was in zip(new.weights, old.weights, strict=True):
        assert weight is not was
        if weight.shape == was.shape and weight.name not in ("vectors", "bias"):
            np.testing.assert_array_equal(float64(weight), float64(was), err_msg=weight.path)


def test_what_it_says_of_known_words_is_what_it_said(models):
    old, new, _ = models
    images = some_pictures(3)
    rows = [(row, OLD.tokens.index(token)) for row, token in enumerate(NOW.tokens) if token not in NEW]
    now, before = np.transpose(rows)
    words = ["word5", "word11", "word2"]
    scores = []
    for model, known in ((new, NOW), (old, OLD)):
        tokens = np.tile(np.array([START, *known.ids(words)], np.int32), (3, 1))
        positions = np.tile(np.arange(4, dtype=np.int32), (3, 1))
        scores.append(float64(model.decoder(model.encoder(images), tokens, np.ones_like(tokens), positions)[0]))
    np.testing.assert_allclose(scores[0][..., now], scores[1][..., before], atol=2e-5)


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("transformer", {"width": 24}),
        ("transformer", {"hidden": 17}),
        ("transformer", {"blocks": 3}),
        ("transformer", {"grid_blocks": 0}),
        ("transformer", {"max_words": LENGTH - 1}),
        ("transformer", {"image_size": 96}),
        ("transformer", {"architecture": "soft"}),
        ("soft", {"units": 13}),
        ("soft", {"architecture": "adaptive"}),
    ],
    ids=str,
)
def test_a_model_that_is_built_differently_is_one_sentence(kind, change):
    old, new = trained(kind), build(replace(config_of(kind), **change), knowledge_for())
    before = [float64(weight) for weight in new.weights]
    with pytest.raises(InputError, match=r"^the model to continue from is built differently: give --preset and --set"):
        inherit(new, knowledge_for(), old, knowledge_for())
    for weight, was in zip(new.weights, before, strict=True):
        np.testing.assert_array_equal(float64(weight), was, err_msg="it was refused, but changed")


def test_settings_that_change_no_weight_may_change():
    old = trained("transformer")
    more = {"dropout": 0.4, "visual_dropout": 0.2, "beam": 5, "no_repeated_ngram": 2, "batch_size": 2}
    new = build(config_of("transformer", **more), knowledge_for())
    inherit(new, knowledge_for(), old, knowledge_for())
    np.testing.assert_array_equal(float64(new.decoder.positions), float64(old.decoder.positions))
    assert (new.no_repeated_ngram, old.no_repeated_ngram) == (2, 0)


def test_soft_attention_may_go_on_as_hard_attention():
    """They have the same weights: what was learnt softly is a good start."""
    old, new = trained("soft"), build(config_of("hard"), knowledge_for())
    inherit(new, knowledge_for(), old, knowledge_for())
    np.testing.assert_array_equal(float64(new.decoder.cell.kernel), float64(old.decoder.cell.kernel))
