"""Losses against their formulas in float64, and their gradients."""

import keras
import numpy as np
import pytest
from small_recommender import float64, logsumexp

from heedful.recipes.shared.training.losses import cross_entropy, mean_of_members, shared_by_words, weighted

BATCH, STEPS, WORDS = 3, 5, 11


def some_scores() -> tuple[np.ndarray, np.ndarray]:
    """Scores float32 `(BATCH, STEPS, WORDS)`, some of them large, and targets."""
    rng = np.random.default_rng(0)
    scores = (5 * rng.normal(size=(BATCH, STEPS, WORDS))).astype("float32")
    return scores, rng.integers(0, WORDS, (BATCH, STEPS)).astype(np.int32)


def entropy_by_hand(scores: np.ndarray, targets: np.ndarray, smoothing: float) -> np.ndarray:
    """`-sum wanted * log softmax`, where `smoothing` of what is wanted is spread over all words."""
    logs = scores - logsumexp(scores)[..., None]
    wanted = (1 - smoothing) * np.eye(WORDS)[targets] + smoothing / WORDS
    return -(wanted * logs).sum(-1)


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.37])
def test_cross_entropy_is_that_of_smoothed_targets(smoothing):
    scores, targets = some_scores()
    found = cross_entropy(keras.ops.convert_to_tensor(scores), keras.ops.convert_to_tensor(targets), smoothing)
    assert tuple(found.shape) == (BATCH, STEPS)
    np.testing.assert_allclose(float64(found), entropy_by_hand(scores.astype(float), targets, smoothing), atol=1e-5)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="takes the gradient by TensorFlow")
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_gradient_is_the_softmax_less_what_is_wanted(smoothing):
    import tensorflow as tf

    scores, targets = some_scores()
    given = tf.convert_to_tensor(scores)
    with tf.GradientTape() as tape:
        tape.watch(given)
        loss = tf.reduce_sum(cross_entropy(given, targets, smoothing))
    wanted = (1 - smoothing) * np.eye(WORDS)[targets] + smoothing / WORDS
    softmax = np.exp(scores.astype(float) - logsumexp(scores.astype(float))[..., None])
    np.testing.assert_allclose(float64(tape.gradient(loss, given)), softmax - wanted, atol=1e-6)


def test_losses_count_as_much_as_their_weights():
    rng = np.random.default_rng(1)
    weights, losses = rng.random((2, BATCH, STEPS)).astype("float32")
    np.testing.assert_allclose(float64(weighted(weights, losses)), weights * losses)


def test_words_share_a_penalty_and_padding_pays_nothing():
    words = np.arange(STEPS) < np.array([[0], [2], [STEPS]])
    penalty = np.array([7.0, 3.0, 11.0], "float32")
    found = float64(shared_by_words(keras.ops.convert_to_tensor(penalty), keras.ops.convert_to_tensor(words)))
    np.testing.assert_allclose(found.sum(1), [0.0, 3.0, 11.0], rtol=1e-6)
    np.testing.assert_allclose(found[1], [1.5, 1.5, 0, 0, 0])


def test_members_that_are_asked_for_the_same_are_averaged():
    scores, targets = some_scores()
    found = keras.ops.convert_to_numpy(mean_of_members(keras.ops.convert_to_tensor(scores), targets[:, 0], 0.2))
    every = entropy_by_hand(float64(scores), np.repeat(targets[:, :1], STEPS, axis=1), 0.2)
    np.testing.assert_allclose(found, every.mean(axis=1), rtol=1e-5)
