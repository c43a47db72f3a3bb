"""The one optimizer of all recipes: its schedule, what decays, the averages."""

import keras
import numpy as np
import pytest

from heedful.recipes.shared.training.optimizer import build_optimizer
from heedful.recipes.shared.training.schedule import Schedule

STEPS = 13


def settings(**changes):
    given = {"epochs": 7, "learning_rate": 0.05, "weight_decay": 0.0, "warmup_epochs": 2.0, "ema": 0.9, **changes}
    return Schedule(**given)


def rates(optimizer, steps):
    """The learning rate of each step."""
    schedule = optimizer._learning_rate
    return np.array([float(schedule(keras.ops.convert_to_tensor(step))) for step in range(steps)])


@pytest.mark.parametrize(
    ("epochs", "warmup_epochs", "warmup"),
    [(7, 2.0, 26), (7, 0.5, 6), (7, 0.0, 1), (3, 2.0, 19), (1, 100.0, 6)],
    ids=str,
)
def test_warm_up_then_half_a_cosine_to_zero(epochs, warmup_epochs, warmup):
    """At least a step of warm-up and at most half of all."""
    total = epochs * STEPS
    found = rates(build_optimizer(settings(epochs=epochs, warmup_epochs=warmup_epochs), STEPS), total + 5)
    step = np.arange(total + 5)
    cosine = 0.025 * (1 + np.cos(np.pi * np.minimum((step - warmup) / (total - warmup), 1)))
    np.testing.assert_allclose(found, np.where(step < warmup, 0.05 * step / warmup, cosine), atol=1e-7)


def test_a_single_step_in_all_is_possible():
    assert np.isfinite(rates(build_optimizer(settings(epochs=1), 1), 3)).all()


def variables():
    names = ("kernel", "bias", "gamma", "beta", "embeddings")
    return [keras.Variable(np.full(3, 2.0), name=name) for name in names]


def applied(optimizer, weights, gradients, steps=2):
    """After so many steps; the first has a learning rate of zero."""
    optimizer.build(weights)
    for _ in range(steps):
        optimizer.apply([keras.ops.convert_to_tensor(g.astype("float32")) for g in gradients], weights)
    return {weight.name: keras.ops.convert_to_numpy(weight) for weight in weights}


def test_only_what_is_not_named_decays():
    nothing = [np.zeros(3)] * 5
    config = settings(weight_decay=0.5, warmup_epochs=0.0, epochs=1000)
    after = applied(build_optimizer(config, STEPS), variables(), nothing)
    rate = rates(build_optimizer(config, STEPS), 2)[1]
    for name, value in after.items():
        np.testing.assert_allclose(value, 2 - 2 * 0.5 * rate * (name in ("kernel", "embeddings")), rtol=1e-6)
    after = applied(build_optimizer(config, STEPS, no_decay=("embed",)), variables(), nothing)
    assert after["embeddings"][0] == 2.0 > after["bias"][0]


def test_without_a_rate_of_decay_nothing_decays():
    after = applied(build_optimizer(settings(), STEPS), variables(), [np.zeros(3)] * 5)
    assert all((value == 2.0).all() for value in after.values())


def test_gradients_are_clipped_by_their_common_norm():
    """Adam does not care for the size of a gradient, but for the ratio of one step's to the next one's."""
    optimizer = build_optimizer(settings(warmup_epochs=0.0), STEPS)
    weights = [keras.Variable(np.zeros(3), name="kernel"), keras.Variable(np.zeros(3), name="other")]
    optimizer.build(weights)
    for size in (1e6, 1e-3):
        optimizer.apply([keras.ops.convert_to_tensor(np.full(3, size, "float32"))] * 2, weights)
    momentum = {v.path.split("/")[-1]: keras.ops.convert_to_numpy(v) for v in optimizer.variables}
    clipped = 1 / np.sqrt(6)
    wanted = 0.9 * 0.1 * clipped + 0.1 * 1e-3
    np.testing.assert_allclose(momentum["kernel_momentum"], wanted, rtol=1e-5)


def test_averages_are_kept_only_where_they_are_asked_for():
    config, gradients = settings(ema=0.75, warmup_epochs=0.0), [np.ones(3)]
    for ema, kept in ((0.75, True), (0.0, False)):
        optimizer = build_optimizer(settings(**{**vars(config), "ema": ema}), STEPS)
        weight = keras.Variable(np.full(3, 2.0), name="kernel")
        applied(optimizer, [weight], gradients, steps=3)
        averages = [v for v in optimizer.variables if v.path.endswith("_average")]
        assert bool(averages) == kept
    assert optimizer.use_ema is False
