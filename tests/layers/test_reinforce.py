"""Hard attention by sampling: what is drawn how often, and the estimator's gradient against the exact one, with each of
the baselines; and any `Attention` as hard attention.
"""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from attention_reference import gradient, numpy
from keras import ops

from heedful.layers import Attention
from heedful.layers.reinforce import MovingAverage, batch_mean, gumbel, leave_one_out, sample, surrogate

BATCH, QUERIES, KEYS, DRAWS = 2, 3, 5, 7919


def some_weights() -> np.ndarray:
    weights = np.random.default_rng(0).dirichlet(np.full(KEYS, 0.7), size=(BATCH, QUERIES)).astype("float32")
    weights[1, 1] = np.array([0.0, 0.75, 0.0, 0.25, 0.0])
    return weights


def some_gumbel(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
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
    chosen = numpy(sample(many, some_gumbel(many.shape)))
    assert set(np.unique(chosen)) == {0, 1} and (chosen.sum(-1) == 1).all()
    deviation = np.sqrt(weights * (1 - weights) / DRAWS)
    assert (np.abs(chosen.mean(0) - weights) <= 4.5 * deviation + 1e-9).all()
    assert not chosen[:, 1, 1, [0, 2, 4]].any(), "a weight of zero was drawn"


def test_formula_of_drawing_has_no_gradient() -> None:
    noise = some_gumbel((BATCH, QUERIES, KEYS))
    values = np.arange(BATCH * QUERIES * KEYS, dtype="float32").reshape(noise.shape)
    slope = gradient(
        lambda w: ops.sum(sample(w, noise) * ops.convert_to_tensor(values)) + 3 * ops.sum(w), some_weights()
    )
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
    noise = some_gumbel((DRAWS, 1, KEYS))

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


def test_formula_of_a_reward_for_all_heads_is_that_of_the_example() -> None:
    """`Attention` returns `(batch, heads, T, S)` with a `key_dim`; as many heads as examples must not be mixed up."""
    weights = np.stack([some_weights(), some_weights()[:, ::-1]], axis=1)  # (batch, heads, T, S)
    chosen = numpy(sample(weights)).astype("float32")
    reward = np.random.default_rng(3).normal(size=(BATCH, QUERIES)).astype("float32")
    wanted = -reward[:, None] * np.log((weights.astype("float64") * chosen).sum(-1))
    np.testing.assert_allclose(numpy(surrogate(weights, chosen, reward)), wanted, rtol=1e-5)
    each = np.stack([reward, 2 * reward], axis=1)
    np.testing.assert_allclose(numpy(surrogate(weights, chosen, each)), wanted * [[[1], [2]]], rtol=1e-5)


def test_a_reward_or_a_choice_of_another_shape_is_one_clear_error() -> None:
    weights = some_weights()
    chosen = numpy(sample(weights))
    with pytest.raises(ValueError, match=r"reward.*weights of shape \(2, 3, 5\).*\(2, 3\), not of shape \(2,\)"):
        surrogate(weights, chosen, np.ones(BATCH, "float32"))
    with pytest.raises(ValueError, match="reward"):
        surrogate(weights, chosen, np.ones((BATCH, KEYS), "float32"))
    with pytest.raises(ValueError, match="chosen"):
        surrogate(weights, chosen[:, 0], np.ones((BATCH, QUERIES), "float32"))


def test_what_was_never_likely_gives_finite_numbers() -> None:
    weights = keras.ops.convert_to_tensor(np.eye(KEYS, dtype="float32")[None])
    chosen = keras.ops.convert_to_tensor(np.roll(np.eye(KEYS, dtype="float32"), 1, axis=1)[None])
    assert np.isfinite(numpy(surrogate(weights, chosen, np.ones((1, KEYS), "float32")))).all()
    slope = gradient(lambda w: ops.sum(surrogate(w, chosen, np.ones((1, KEYS), "float32"))), np.eye(KEYS)[None])
    assert np.isfinite(slope).all()


def test_formula_of_gumbel_noise_is_its_mean_and_spread() -> None:
    seed = keras.random.SeedGenerator(3)
    first, second = numpy(gumbel((DRAWS, 3), seed)), numpy(gumbel((DRAWS, 3), seed))
    assert np.isfinite(first).all() and (first != second).any()
    np.testing.assert_array_equal(numpy(gumbel((5, 3), 7)), numpy(gumbel((5, 3), 7)))
    spread = np.pi / np.sqrt(6)
    assert abs(first.mean() - np.euler_gamma) < 4.5 * spread / np.sqrt(first.size)
    assert first.std() == pytest.approx(spread, rel=0.05)


def test_formula_of_a_query_that_may_look_at_nothing_is_zero() -> None:
    weights = some_weights()
    weights[1, 2] = 0.0
    chosen = numpy(sample(weights, some_gumbel(weights.shape)))
    assert (chosen.sum(-1) == (weights.sum(-1) > 0)).all()
    losses = numpy(surrogate(weights, chosen.astype("float32"), np.ones(weights.shape[:-1], "float32")))
    assert losses[1, 2] == 0
    np.testing.assert_allclose(losses[0], -np.log((weights * chosen)[0].sum(-1)), rtol=1e-5)


def average_of_before() -> MovingAverage:
    layer = MovingAverage()
    layer.build(())
    layer.average.assign(2.3)
    return layer


BASELINES: dict[str, tuple[Callable[[], Callable[[Any], Any]], float]] = {
    "none": (lambda: ops.zeros_like, 1.0),
    "batch_mean": (lambda: batch_mean, 2 / 3),
    "leave_one_out": (lambda: leave_one_out, 1.0),
    "moving_average": (average_of_before, 1.0),
}


@pytest.mark.parametrize("name", BASELINES)
def test_expected_estimate_with_a_baseline_has_the_formula_of_the_gradient(name: str) -> None:
    """Everything that three samples can draw together, each weighed by how likely it is."""
    make, share = BASELINES[name]
    baseline, samples, keys = make(), 3, 2
    rng = np.random.default_rng(1)
    logits, rewards = rng.normal(size=keys), 3 + rng.normal(size=keys)
    likely = softmax(logits)
    outcomes = np.array(list(itertools.product(range(keys), repeat=samples)))

    def estimate(given):
        weights = ops.broadcast_to(ops.softmax(given), (1, samples, keys))
        total = 0.0
        for outcome in outcomes:
            chosen = ops.convert_to_tensor(np.eye(keys, dtype="float32")[outcome][None])
            reward = ops.convert_to_tensor(rewards[outcome][None], "float32")
            losses = surrogate(weights, chosen, reward - baseline(reward))
            total = total + float(likely[outcome].prod()) * ops.sum(losses)
        return total

    wanted = -samples * likely * (rewards - likely @ rewards)
    np.testing.assert_allclose(gradient(estimate, logits), share * wanted, atol=5e-6)


def test_formula_of_the_means() -> None:
    rewards = np.random.default_rng(0).normal(size=(BATCH, QUERIES, KEYS)).astype("float32")
    mask = np.random.default_rng(1).random(rewards.shape) < 0.5
    assert numpy(batch_mean(rewards)) == pytest.approx(rewards.mean(), abs=1e-6)
    assert numpy(batch_mean(np.where(mask, rewards, np.nan), mask)) == pytest.approx(rewards[mask].mean(), abs=1e-6)
    assert numpy(batch_mean(rewards, np.zeros_like(mask))) == 0
    found = numpy(leave_one_out(ops.convert_to_tensor(rewards)))
    for one in range(QUERIES):
        np.testing.assert_allclose(found[:, one], np.delete(rewards, one, axis=1).mean(1), atol=1e-6)
    with pytest.raises(ValueError, match="at least 2"):
        leave_one_out(ops.convert_to_tensor(rewards[:, :1]))


def test_mean_over_draws_is_steadier_with_the_other_samples_as_baseline() -> None:
    samples, groups = 5, 1999
    rng = np.random.default_rng(2)
    logits, rewards = rng.normal(size=KEYS), 5 + rng.normal(size=KEYS)
    likely = softmax(logits)
    noise = ops.convert_to_tensor(some_gumbel((groups, samples, KEYS)))

    def estimates(baseline: Callable[[Any], Any]) -> np.ndarray:
        """One for each draw, `(groups * samples, KEYS)`."""

        def loss(given):
            weights = ops.softmax(given, axis=-1)
            looked = sample(weights, noise)
            earned = ops.matmul(looked, ops.convert_to_tensor(rewards[:, None], "float32"))[..., 0]
            return ops.sum(surrogate(weights, looked, earned - baseline(earned)))

        return gradient(loss, np.tile(logits, (groups, samples, 1))).reshape(-1, KEYS)

    plain, steadier = estimates(ops.zeros_like), estimates(leave_one_out)
    wanted = -likely * (rewards - likely @ rewards)
    for found in (plain, steadier):
        assert (np.abs(found.mean(0) - wanted) < 4.5 * found.std(0) / np.sqrt(len(found))).all()
    assert (steadier.std(0) < 0.6 * plain.std(0)).all()


def test_formula_of_the_moving_average_is_that_of_the_batches_before() -> None:
    layer, rng, wanted = MovingAverage(0.75), np.random.default_rng(0), 0.0
    batches = rng.normal(loc=-3.0, size=(5, BATCH, QUERIES)).astype("float32")
    for rewards in batches:
        mask = rng.random(rewards.shape) < 0.7
        mask[0, 0] = True
        for training in (False, True):
            found = layer(rewards, mask=mask, training=training)
            assert tuple(found.shape) == ()
            assert numpy(found) == pytest.approx(wanted, abs=1e-5)
        wanted = 0.75 * wanted + 0.25 * rewards[mask].mean(dtype="float64")
    assert numpy(layer(batches)) == pytest.approx(wanted, abs=1e-5)
    assert not layer.trainable_variables


@pytest.mark.parametrize("momentum", [-0.1, 1.0])
def test_momentum_of_a_moving_average(momentum: float) -> None:
    with pytest.raises(ValueError, match=f"less than 1, not {momentum}"):
        MovingAverage(momentum)


def test_keras_file_remembers_the_average(tmp_path: Path) -> None:
    symbolic = keras.Input((QUERIES,))
    model = keras.Model(symbolic, MovingAverage(0.75)(symbolic))
    assert tuple(model.output.shape) == ()
    rewards = np.full((BATCH, QUERIES), -2.0, "float32")
    model(rewards, training=True)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", compile=False)
    assert numpy(loaded(rewards)) == numpy(model(rewards)) == pytest.approx(-0.5)


def test_formula_of_attention_that_reads_what_was_drawn() -> None:
    """Any attention as hard attention: the mask is what was drawn of its weights, in each head something else."""
    rng = np.random.default_rng(0)
    query = rng.normal(size=(BATCH, QUERIES, 11)).astype("float32")
    value = rng.normal(size=(BATCH, KEYS, 11)).astype("float32")
    readable = np.array([[True] * KEYS, [False, True, True, False, True]])
    asking = np.ones((BATCH, QUERIES), bool)
    asking[0, 1] = False
    layer = Attention("additive", num_heads=2, key_dim=7, value_dim=13)
    _, weights = layer(query, value, query_mask=asking, value_mask=readable, return_attention_scores=True)
    looked = sample(weights, some_gumbel((BATCH, 2, QUERIES, KEYS)))
    output, found = layer(query, value, attention_mask=looked > 0, return_attention_scores=True)
    np.testing.assert_allclose(numpy(found), numpy(looked), atol=1e-6)
    drawn = numpy(looked)
    assert (drawn.sum(-1) == asking[:, None]).all() and not drawn[1, ..., [0, 3]].any()
    assert (drawn[:, 0] != drawn[:, 1]).any()
    assert layer.value_dense and layer.output_dense
    values = np.einsum("bsd,dhv->bhsv", value, numpy(layer.value_dense.kernel))
    values = values + numpy(layer.value_dense.bias)[:, None]
    wanted = np.einsum("bhts,bhsv,hvo->bto", drawn, values, numpy(layer.output_dense.kernel))
    wanted = wanted + numpy(layer.output_dense.bias)
    wanted[0, 1] = 0.0
    np.testing.assert_allclose(numpy(output), wanted, atol=1e-5)


class Look(keras.layers.Layer):
    """Minus the reward of hard attention, which is the first feature of what it looked at."""

    def __init__(self) -> None:
        super().__init__()
        self.attention, self.average = Attention("general"), MovingAverage()
        self.seed = keras.random.SeedGenerator(1)

    def build(self, shape: Any) -> None:
        self.attention.build((None, 1, 3), shape)
        self.average.build((None, 1))

    def call(self, value: Any, training: bool | None = None) -> Any:
        query = ops.ones_like(value[:, :1])
        _, weights = self.attention(query, value, return_attention_scores=True)
        looked = sample(weights, gumbel(ops.shape(weights), self.seed) if training else None)
        reward = self.attention(query, value, attention_mask=looked > 0)[..., 0]
        return surrogate(weights, looked, reward - self.average(reward, training=training)) if training else -reward


def test_attention_learns_where_to_look() -> None:
    """Nothing else tells it: what is read has no gradient to where it stands. In `fit`, so compiled where it can be."""
    rng = np.random.default_rng(0)
    value = rng.normal(size=(512, KEYS, 3)).astype("float32")
    model = keras.Sequential([keras.Input((KEYS, 3)), Look()])
    model.compile(keras.optimizers.Adam(0.05), loss=lambda nothing, losses: losses)
    before = -numpy(model(value)).mean()
    model.fit(value, np.zeros((512, 1), "float32"), batch_size=64, epochs=5, verbose=0)
    after, best = -numpy(model(value)).mean(), value[..., 0].max(1).mean()
    assert before < 0.75 * best and after > 0.9 * best
    assert numpy(model.layers[0].average.average) == pytest.approx(after, rel=0.5)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="only TensorFlow exports to TFLite")
def test_tflite_draws_with_builtin_operators_and_the_same_numbers(tmp_path: Path) -> None:
    tf = pytest.importorskip("tensorflow")
    from test_tflite import convert, operators, run

    layer = Attention(num_heads=2, key_dim=7)
    layer.build((1, QUERIES, 11), (1, KEYS, 11))

    def serve(query, value, noise):
        memory = layer.memory(value)
        _, weights, _ = layer.attend(query, memory)
        looked = sample(weights, noise)
        output, _, _ = layer.attend(query, memory, looked > 0)
        return {"output": output, "looked": looked}

    rng = np.random.default_rng(0)
    shapes = {"query": (1, QUERIES, 11), "value": (1, KEYS, 11), "noise": (1, 2, QUERIES, KEYS)}
    arrays = {name: rng.gumbel(size=shape).astype("float32") for name, shape in shapes.items()}
    specs = [tf.TensorSpec(array.shape, array.dtype, name=name) for name, array in arrays.items()]
    content = convert([layer], serve, specs, tmp_path / "saved")
    assert not [name for name in operators(content) if "FLEX" in name.upper() or "CUSTOM" in name.upper()]
    found, wanted = run(content, **arrays), serve(**arrays)
    np.testing.assert_array_equal(found["looked"], numpy(wanted["looked"]))
    np.testing.assert_allclose(found["output"], numpy(wanted["output"]), atol=2e-6)
