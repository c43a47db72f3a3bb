"""The losses word by word against their formulas, and a training step of every architecture."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from small_captioner import (
    KINDS,
    TOKENS,
    config_of,
    knowledge_for,
    some_captioner,
    some_decoder,
    some_grids,
    some_pictures,
)
from small_recommender import float64, logsumexp

from heedful.recipes.image_captioning.trainer import CaptionLoss, build_trainer
from heedful.recipes.image_captioning.training.batches import Captions

BATCH = 5


def some_batch(seed=0):
    """Inputs int32 `(BATCH, T)` by name and their weights: pictures with one to three captions."""
    rng = np.random.default_rng(seed)
    ids = [
        [rng.integers(4, TOKENS, rng.integers(1, 4)).astype(np.int32) for _ in range(rng.integers(1, 4))]
        for _ in range(BATCH)
    ]
    _, inputs, weights = Captions(ids, 7, BATCH, 3, 0.0).batch(0, 0)
    return inputs, weights


def entropy_by_hand(scores, targets, smoothing=0.0):
    """Of `scores (..., words)`, where `smoothing` of what is wanted is spread over all words."""
    logs = scores - logsumexp(scores)[..., None]
    wanted = (1 - smoothing) * np.eye(scores.shape[-1])[targets] + smoothing / scores.shape[-1]
    return -(wanted * logs).sum(-1)


def loss_and_parts(kind, training=False, **settings):
    """Losses `(BATCH, T)` and what the decoder gave for them, with the same random numbers."""
    decoder, (inputs, _) = some_decoder(kind), some_batch()
    grids = some_grids(BATCH)
    config = config_of(kind, **settings)
    names = ("tokens", "captions", "positions")
    noise = getattr(decoder, "noise", None)
    before = None if noise is None else keras.ops.convert_to_numpy(noise.state)
    parts = decoder(grids, *(inputs[name] for name in names), training=training)
    if noise is not None:
        noise.state.assign(before)
    losses = CaptionLoss(decoder, config)(grids, **inputs, training=training)
    return float64(losses), [float64(part) for part in parts], inputs


@pytest.mark.parametrize("kind", KINDS)
def test_the_loss_of_a_word_is_its_cross_entropy(kind):
    losses, (scores, *_), inputs = loss_and_parts(kind, label_smoothing=0.1)
    np.testing.assert_allclose(losses, entropy_by_hand(scores, inputs["targets"], 0.1), atol=2e-5)


@pytest.mark.parametrize("kind", ["transformer", "soft", "adaptive"])
def test_each_caption_pays_for_the_cells_that_it_did_not_read(kind):
    """`sum_s (1 - sum_t a_ts)^2` of the words of a caption (Xu et al. 2015, equation 14), spread over them."""
    losses, (scores, weights, *_), inputs = loss_and_parts(kind, doubly_stochastic=0.7)
    extra = losses - entropy_by_hand(scores, inputs["targets"])
    captions = inputs["captions"]
    assert captions.max() == 3
    for row in range(BATCH):
        for number in range(1, captions[row].max() + 1):
            place = captions[row] == number
            penalty = ((1 - weights[row][place].sum(0)) ** 2).sum()
            assert penalty > 0.1
            assert extra[row][place].sum() == pytest.approx(0.7 * penalty, rel=1e-3)
            assert np.ptp(extra[row][place]) < 1e-4
        np.testing.assert_allclose(extra[row][captions[row] == 0], 0, atol=1e-5)


def test_reinforce_rewards_looks_for_the_words_that_they_made_likely():
    """`-(log p(word) - baseline) * log a(look) - exploration * H(a)`; the baseline is the mean over real words."""
    losses, (scores, looks, weights), inputs = loss_and_parts("reinforce", training=True, exploration=0.3)
    wanted = entropy_by_hand(scores, inputs["targets"])
    assert set(np.unique(looks)) == {0, 1}
    real = inputs["captions"] > 0
    advantage = -wanted - (-wanted)[real].mean()
    surrogate = -advantage * np.log((weights * looks).sum(-1))
    entropy = -(weights * np.log(weights)).sum(-1)
    np.testing.assert_allclose(losses[real], (wanted + surrogate - 0.3 * entropy)[real], rtol=1e-4, atol=1e-4)


def test_reinforce_has_no_part_in_the_loss_that_is_measured():
    losses, (scores, *_), inputs = loss_and_parts("reinforce", exploration=0.3)
    np.testing.assert_allclose(losses, entropy_by_hand(scores, inputs["targets"]), atol=2e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_a_step_teaches_every_weight(kind):
    """Also where to look, in every kind of hard attention."""
    more = {"doubly_stochastic": 1.0} if kind == "soft" else {}
    config = config_of(kind, weight_decay=0.0, warmup_epochs=0.0, **more)
    keras.utils.set_random_seed(0)
    model = some_captioner(kind, size=0.1, weight_decay=0.0)
    trainer = build_trainer(model, config, knowledge_for(), steps_per_epoch=3, seed=0)
    trainer.run_eagerly = True
    inputs, weights = some_batch()
    before = {variable.path: float64(variable) for variable in model.trainable_variables}
    batch = {"image": some_pictures(BATCH), **inputs}
    assert np.isfinite([trainer.train_on_batch(batch, weights) for _ in range(2)]).all()
    after = {variable.path: float64(variable) for variable in model.trainable_variables}
    assert all(np.isfinite(value).all() for value in after.values())
    same = [path for path, value in after.items() if np.array_equal(value, before[path])]
    # What is added to every key alike changes no softmax; nor does what is added to every score.
    assert [path for path in same if "bias" not in path] == []
    assert len(same) <= 2 and len(after) > 30


def test_the_loss_of_a_batch_is_the_mean_over_its_words():
    config = config_of("soft")
    trainer = build_trainer(some_captioner("soft"), config, knowledge_for(), steps_per_epoch=1, seed=0)
    trainer.run_eagerly = True
    inputs, weights = some_batch()
    batch = {"image": some_pictures(BATCH), **inputs}
    losses = float64(trainer(batch, training=False))
    assert losses.shape == weights.shape
    wanted = losses[inputs["captions"] > 0].mean()
    assert float(trainer.test_on_batch(batch, weights)) == pytest.approx(wanted, rel=1e-5)


def test_features_take_the_place_of_pictures_where_the_encoder_is_frozen():
    model = some_captioner("transformer")
    config = replace(config_of("transformer"), encoder="mobilenet_v2", weights="imagenet")
    trainer = build_trainer(model, config, knowledge_for(), steps_per_epoch=1, seed=0)
    inputs, _ = some_batch()
    grids = np.asarray(model.encoder(some_pictures(BATCH)))
    found = trainer({"grid": grids.astype(np.float16), **inputs}, training=False)
    names = ("tokens", "captions", "positions")
    scores = float64(model.decoder(grids, *(inputs[name] for name in names))[0])
    np.testing.assert_allclose(float64(found), entropy_by_hand(scores, inputs["targets"]), rtol=1e-2, atol=1e-2)
    taught = {variable.path for variable in trainer.trainable_variables}
    assert taught == {variable.path for variable in model.decoder.trainable_variables}
