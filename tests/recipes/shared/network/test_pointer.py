"""The mixture of writing and copying, and its losses, against plain loops over the formula in float64."""

from typing import Any

import keras
import numpy as np
import pytest
from small_recommender import dense, float64, logsumexp, shake
from small_summarizer import SOURCE, TOKENS, WIDTH, probabilities, some_ids

from heedful.apps.tokenizer import END, PAD
from heedful.recipes.shared.network.pointer import TINY, Pointer, losses, mixed
from heedful.recipes.shared.network.tied_embedding import TiedEmbedding

BATCH, STEPS = 5, 3


def some_parts(seed=0):
    """What a writer gives: scores `(BATCH, STEPS, TOKENS)`, gates and weights, and the documents; float32."""
    rng = np.random.default_rng(seed)
    source = some_ids(BATCH, seed)
    weights = rng.exponential(size=(BATCH, STEPS, SOURCE)) * (source != PAD)[:, None]
    weights /= weights.sum(-1, keepdims=True)
    scores, gate = 3 * rng.normal(size=(BATCH, STEPS, TOKENS)), 2 * rng.normal(size=(BATCH, STEPS))
    return [*(array.astype("float32") for array in (scores, gate, weights)), source]


def asked(function: Any, *arrays, **more):
    """What it gives for these arrays as tensors."""
    return function(*map(keras.ops.convert_to_tensor, arrays), **more)


def some_targets(source):
    """A token that stands twice in its document, one that stands there, and one that does not."""
    absent = [np.setdiff1d(np.arange(END + 1, TOKENS), document)[0] for document in source]
    return np.stack([source[:, 0], source[:, 3], absent], axis=1).astype(np.int32)


def by_hand(targets, scores, gate, weights, source):
    """Log-probabilities of the targets, float64."""
    likely = probabilities(scores.astype(float), gate.astype(float), weights.astype(float), source)
    return np.log(np.take_along_axis(likely, targets[..., None].astype(int), -1)[..., 0])


def test_mixed_is_the_sum_over_all_places_of_a_token():
    scores, gate, weights, source = some_parts()
    wanted = probabilities(scores.astype(float), gate.astype(float), weights.astype(float), source)
    for step in range(STEPS):
        likely, copied = asked(mixed, scores[:, step], gate[:, step], weights[:, step], source)
        np.testing.assert_allclose(np.exp(float64(likely)), wanted[:, step], atol=1e-6)
        np.testing.assert_allclose(float64(copied), 1 / (1 + np.exp(-gate[:, step].astype(float))), atol=1e-6)
    np.testing.assert_allclose(wanted.sum(-1), 1)
    assert (source[:, 0] == source[:, 1]).all() and (source[1:, -1] == PAD).all()


def test_what_is_hardly_likely_is_as_likely_as_it_should_be():
    """Beside a copy that is nearly sure, 1 - p would be left with a digit or none."""
    scores, gate, weights, source = some_parts()
    gate = np.full_like(gate, 14)
    wanted = probabilities(scores.astype(float), gate.astype(float), weights.astype(float), source)
    likely, _ = asked(mixed, scores[:, 0], gate[:, 0], weights[:, 0], source)
    np.testing.assert_allclose(float64(likely), np.log(wanted[:, 0] + TINY), atol=1e-4)


def test_copied_are_both_places_and_no_padding():
    """With the gate wide open nothing but the document is left."""
    scores, gate, weights, source = some_parts(1)
    found = np.exp(float64(asked(mixed, scores[:, 0], np.full_like(gate[:, 0], 40), weights[:, 0], source)[0]))
    for row, document in enumerate(source):
        assert set(np.flatnonzero(found[row] > 1e-6)) == set(document[document != PAD])
        twice = weights[row, 0, document == document[0]]
        assert len(twice) >= 2 and found[row, document[0]] == pytest.approx(twice.sum(), abs=1e-6)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_a_loss_is_minus_the_log_of_the_mixture(smoothing):
    """And of smoothing, the mean of what writing alone gives all tokens."""
    parts = some_parts(2)
    targets = some_targets(parts[-1])
    found = asked(losses, *parts, targets, smoothing=smoothing)
    scores = parts[0].astype(float)
    spread = -(scores - logsumexp(scores)[..., None]).mean(-1)
    wanted = -(1 - smoothing) * by_hand(targets, *parts) + smoothing * spread
    assert float64(found).shape == (BATCH, STEPS) and np.ptp(wanted) > 2
    np.testing.assert_allclose(float64(found), wanted, rtol=1e-4, atol=1e-5)  # nothing is quite unlikely


@pytest.mark.parametrize("gate", [-40.0, 40.0])
def test_losses_are_finite_however_sure_the_gate_is(gate):
    scores, logits, weights, source = some_parts(3)
    parts = (scores, np.full_like(logits, gate), weights, source, some_targets(source))
    found = float64(asked(losses, *parts, smoothing=0.0))
    assert np.isfinite(found).all() and found.max() < 70
    # What is not in the document cannot be copied, though what is there can be written.
    assert (found[:, 2].min() > 20) == (gate > 0)


def pointer(copies):
    words = TiedEmbedding(TOKENS, WIDTH)
    words.build(None)
    layer = Pointer(words, copies)
    layer.build((None, None, WIDTH))
    return shake(layer)


def some_vectors(count=3):
    return np.random.default_rng(4).normal(size=(count, BATCH, STEPS, WIDTH)).astype("float32")


def test_the_gate_knows_what_is_written_read_and_was_before():
    layer, (hidden, read, word) = pointer(True), some_vectors()
    scores, gate = layer(hidden, read, word)
    wanted = dense(np.concatenate([hidden, read, word], -1).astype(float), layer.gate)[..., 0]
    np.testing.assert_allclose(float64(gate), wanted, atol=1e-5)
    words = hidden.astype(float) @ float64(layer.words.vectors).T + float64(layer.words.bias)
    np.testing.assert_allclose(float64(scores), words, atol=1e-5)
    tokens = some_ids(2)
    vectors = float64(layer.words.vectors)[tokens] * np.sqrt(WIDTH)
    np.testing.assert_allclose(float64(layer.words(tokens)), vectors, atol=1e-5)


def test_without_copies_it_is_plain_cross_entropy():
    layer = pointer(False)
    scores, gate = layer(*some_vectors())
    assert len(layer.weights) == len(layer.words.weights), "a gate that nothing asks"
    _, _, weights, source = some_parts(5)
    targets = some_targets(source)
    logs = float64(scores) - logsumexp(float64(scores))[..., None]
    found = losses(scores, gate, weights, source, targets, 0.0)
    wanted = -np.take_along_axis(logs, targets[..., None].astype(int), -1)[..., 0]
    np.testing.assert_allclose(float64(found), wanted, atol=1e-5)
    likely, copied = mixed(scores[:, 0], gate[:, 0], weights[:, 0], source)
    np.testing.assert_allclose(np.exp(float64(likely)), np.exp(logs[:, 0]), atol=1e-6)
    assert not float64(copied).any()
