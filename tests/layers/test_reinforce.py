"""Hard attention by sampling: what is drawn how often, and the estimator's gradient against the exact one."""

import keras
import numpy as np
import pytest
from attention_reference import gradient, numpy
from keras import ops

from heedful.layers.reinforce import sample, surrogate

BATCH, QUERIES, KEYS, DRAWS = 2, 3, 5, 7919


def some_weights() -> np.ndarray:
    weights = np.random.default_rng(0).dirichlet(np.full(KEYS, 0.7), size=(BATCH, QUERIES)).astype("float32")
    weights[1, 1] = np.array([0.0, 0.75, 0.0, 0.25, 0.0])
    return weights


def gumbel(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).gumbel(size=shape).astype("float32")


def softmax(logits: np.ndarray) -> np.ndarray:
    exponents = np.exp(logits - logits.max(-1, keepdims=True))
    return exponents / exponents.sum(-1, keepdims=True)


def test_formula_without_noise_is_the_best_key_and_the_first_of_equals() -> None:
    weights = some_weights()
    weights[0, 0] = np.array([0.1, 0.35, 0.2, 0.35, 0.0])
    weights[0, 1] = 0.2
    chosen = numpy(sample(weights))
    np.testing.assert_array_equal(chosen, np.eye(KEYS)[weights.argmax(-1)])
    assert chosen[0, 0, 1] == chosen[0, 1, 0] == 1


def test_formula_with_gumbel_noise_draws_each_key_as_often_as_its_weight() -> None:
    weights = some_weights()
    many = np.broadcast_to(weights, (DRAWS, *weights.shape)).copy()
    chosen = numpy(sample(many, gumbel(many.shape)))
    assert set(np.unique(chosen)) == {0, 1} and (chosen.sum(-1) == 1).all()
    deviation = np.sqrt(weights * (1 - weights) / DRAWS)
    assert (np.abs(chosen.mean(0) - weights) <= 4.5 * deviation + 1e-9).all()
    assert not chosen[:, 1, 1, [0, 2, 4]].any(), "a weight of zero was drawn"


def test_formula_of_drawing_has_no_gradient() -> None:
    noise = gumbel((BATCH, QUERIES, KEYS))
    values = np.arange(BATCH * QUERIES * KEYS, dtype="float32").reshape(noise.shape)
    slope = gradient(lambda w: ops.sum(sample(w, noise) * values) + 3 * ops.sum(w), some_weights())
    np.testing.assert_array_equal(slope, np.full(noise.shape, 3.0))


@pytest.mark.parametrize("baseline", [0.0, -2.3], ids=["plain", "baseline"])
def test_expected_estimate_is_the_formula_of_the_gradient(baseline: float) -> None:
    """Every key that could be drawn, weighed by how likely it is, against the derivative of the expected reward."""
    rng = np.random.default_rng(1)
    logits, rewards = rng.normal(size=(BATCH, KEYS)), rng.normal(size=(BATCH, KEYS))
    likely = softmax(logits)
    every = np.broadcast_to(np.eye(KEYS, dtype="float32"), (BATCH, KEYS, KEYS))

    def estimate(given):
        weights = ops.repeat(ops.expand_dims(ops.softmax(given, axis=-1), 1), KEYS, axis=1)
        losses = surrogate(weights, ops.convert_to_tensor(every), ops.convert_to_tensor(rewards - baseline, "float32"))
        assert tuple(losses.shape) == (BATCH, KEYS)
        return ops.sum(losses * ops.convert_to_tensor(likely, "float32"))

    expected = (likely * rewards).sum(-1, keepdims=True)
    np.testing.assert_allclose(gradient(estimate, logits), -likely * (rewards - expected), atol=2e-6)


def test_mean_over_draws_goes_to_the_exact_gradient() -> None:
    """The two functions together, as a loss uses them, and a baseline makes the estimate steadier."""
    rng = np.random.default_rng(2)
    logits, rewards = rng.normal(size=KEYS), 5 + rng.normal(size=KEYS)
    likely = softmax(logits)
    wanted = -likely * (rewards - likely @ rewards)
    noise = gumbel((DRAWS, 1, KEYS))

    def estimates(baseline: float) -> np.ndarray:
        """One for each draw, `(DRAWS, KEYS)`."""

        def loss(given):
            weights = ops.expand_dims(ops.softmax(given, axis=-1), 1)
            looked = sample(weights, ops.convert_to_tensor(noise))
            earned = ops.matmul(looked, ops.convert_to_tensor(rewards[:, None], "float32"))[..., 0] - baseline
            return ops.sum(surrogate(weights, looked, earned))

        return gradient(loss, np.tile(logits, (DRAWS, 1)))

    plain, steadier = estimates(0.0), estimates(float(likely @ rewards))
    for found in (plain, steadier):
        error = found.std(0) / np.sqrt(DRAWS)
        assert (np.abs(found.mean(0) - wanted) < 4.5 * error).all()
    assert (steadier.std(0) < 0.5 * plain.std(0)).all()


def test_formula_holds_the_reward_fixed() -> None:
    """A reward that itself depends on the weights adds nothing to the gradient."""
    weights = some_weights()
    chosen = numpy(sample(weights)).astype("float32")

    def loss(given):
        return ops.sum(surrogate(given, ops.convert_to_tensor(chosen), ops.sum(given * given, axis=-1)))

    reward = (weights.astype(float) ** 2).sum(-1, keepdims=True)
    np.testing.assert_allclose(gradient(loss, weights), -reward * chosen / weights.clip(1e-12), rtol=1e-5)


def test_what_was_never_likely_gives_finite_numbers() -> None:
    weights = keras.ops.convert_to_tensor(np.eye(KEYS, dtype="float32")[None])
    chosen = keras.ops.convert_to_tensor(np.roll(np.eye(KEYS, dtype="float32"), 1, axis=1)[None])
    assert np.isfinite(numpy(surrogate(weights, chosen, np.ones((1, KEYS), "float32")))).all()
    slope = gradient(lambda w: ops.sum(surrogate(w, chosen, np.ones((1, KEYS), "float32"))), np.eye(KEYS)[None])
    assert np.isfinite(slope).all()
