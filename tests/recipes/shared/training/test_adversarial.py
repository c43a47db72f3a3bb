"""The worst small change of an example, against float64 NumPy; and every recipe trains with it."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops

from heedful.apps.errors import InputError
from heedful.recipes.contract import knowledge_of
from heedful.recipes.shared.training.adversarial import (
    AdversarialNoise,
    half_changed,
    input_gradient,
    own_answer,
    worst_change,
)
from heedful.recipes.suite.configuration import replace
from heedful.recipes.suite.discovery import Recipe, recipes

BACKEND = keras.backend.backend()
NAMES = [recipe.name for recipe in recipes()]
BATCH, PLACES, WIDTH = 5, 3, 7
SIZE = 0.3


def random(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def loss_of(x, targets, weights=None):
    """Losses of a small network with a bend, `(batch, places)`."""
    weights = ops.convert_to_tensor(random(WIDTH, 2, seed=1)) if weights is None else weights
    return ops.square(ops.tanh(ops.matmul(x, weights)) - targets)[..., 0]


def gradient_of_loss(x: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """By hand: of `(tanh(x w) - t)^2`, `2 (tanh(x w) - t) (1 - tanh(x w)^2) w`."""
    x, w = x.astype(np.float64), random(WIDTH, 2, seed=1).astype(np.float64)[:, 0]
    out = np.tanh(x @ w)
    return (2 * (out - targets[..., 0]) * (1 - out**2))[..., None] * w


def numpy(tensor) -> np.ndarray:
    return np.array(ops.convert_to_numpy(tensor))


@pytest.fixture
def given() -> tuple[np.ndarray, np.ndarray]:
    return random(BATCH, PLACES, WIDTH), random(BATCH, PLACES, 2, seed=2)


def test_gradient_is_that_of_the_formula(given):
    found = numpy(input_gradient(loss_of, *map(ops.convert_to_tensor, given)))
    np.testing.assert_allclose(found, gradient_of_loss(*given), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("scale", [1.0, 1e-25])
def test_change_is_as_long_as_asked_and_along_the_gradient(given, scale):
    """Also of a loss so small that the squares of its gradient are zero in float32."""
    x, targets = map(ops.convert_to_tensor, given)
    found = numpy(worst_change(lambda *a: scale * loss_of(*a), x, targets, size=SIZE)).reshape(BATCH, -1)
    gradient = gradient_of_loss(*given).reshape(BATCH, -1)
    wanted = gradient / np.linalg.norm(gradient, axis=1, keepdims=True)
    wanted = SIZE * np.linalg.norm(given[0].reshape(BATCH, -1), axis=1, keepdims=True) * wanted
    np.testing.assert_allclose(found, wanted, rtol=1e-3, atol=1e-5)


def test_no_gradient_is_no_change(given):
    flat = worst_change(lambda x, _: ops.relu(-1.0 - ops.square(x)), *map(ops.convert_to_tensor, given), size=SIZE)
    np.testing.assert_array_equal(numpy(flat), 0.0)


def test_every_second_example_is_changed_and_the_others_are_as_they_were(given):
    found = numpy(half_changed(loss_of, ops.convert_to_tensor(given[0]), [ops.convert_to_tensor(given[1])], size=SIZE))
    np.testing.assert_array_equal(found[1::2], given[0][1::2])
    change = (found - given[0])[::2].reshape(3, -1)
    lengths = SIZE * np.linalg.norm(given[0][::2].reshape(3, -1), axis=1)
    np.testing.assert_allclose(np.linalg.norm(change, axis=1), lengths, rtol=1e-4)
    before, after = (numpy(loss_of(*map(ops.convert_to_tensor, (x, given[1])))).sum(1) for x in (given[0], found))
    assert (after[::2] > before[::2]).all()


def test_padding_neither_counts_nor_changes(given):
    real = np.ones((BATCH, PLACES), bool)
    real[:, -1] = False
    x = np.where(real[..., None], given[0], 100.0)

    def seen(x, targets, real):
        return ops.where(real, loss_of(x, targets), 0.0)

    tensors = [ops.convert_to_tensor(array) for array in (x, given[1], real)]
    found = numpy(half_changed(seen, tensors[0], tensors[1:], real=tensors[2], size=SIZE))
    np.testing.assert_array_equal(found[:, -1], 100.0)
    lengths = SIZE * np.linalg.norm(x[:, :-1].reshape(BATCH, -1), axis=1)[::2]
    change = (found - x)[::2].reshape(3, -1)
    np.testing.assert_allclose(np.linalg.norm(change, axis=1), lengths, rtol=1e-4)


def test_layer_is_the_identity_in_inference_and_lets_the_gradient_of_its_input_through(given):
    noise = AdversarialNoise(loss_of, SIZE)
    x, targets = map(ops.convert_to_tensor, given)
    np.testing.assert_array_equal(numpy(noise(x, [targets], training=False)), given[0])
    assert not np.array_equal(numpy(noise(x, [targets], training=True)), given[0])
    # Were the change not a constant, its own gradient would come on top, also that by the weights.
    through = input_gradient(lambda x: 3.0 * noise(x, [targets], training=True), x)
    np.testing.assert_allclose(numpy(through), 3.0)
    weights = ops.convert_to_tensor(random(WIDTH, 2, seed=1))
    beside = input_gradient(lambda w: ops.sum(noise(x, [targets], [w], training=True)) + ops.sum(w), weights)
    np.testing.assert_allclose(numpy(beside), 1.0)


def test_own_answer_is_the_loss_of_the_most_probable_label():
    scores = random(BATCH, WIDTH).astype(np.float64)
    wanted = np.log(np.exp(scores).sum(axis=1)) - scores.max(axis=1)
    np.testing.assert_allclose(numpy(own_answer(ops.convert_to_tensor(scores.astype("float32")))), wanted, rtol=1e-5)


@pytest.mark.parametrize("name", [pytest.param(n, marks=[] if n == "least" else pytest.mark.long) for n in NAMES])
def test_every_recipe_trains_all_its_weights_and_otherwise_than_without(name):
    recipe = Recipe(name)
    data = recipe.data.load("sample", recipe.config.PRESETS["tiny"])
    weights = {}
    for size in (0.0, 0.1):
        config, knowledge = replace(recipe.config.PRESETS["tiny"], {"adversarial": size}), knowledge_of(data)
        keras.utils.set_random_seed(3)
        model = recipe.model.build(config, knowledge)
        recipe.model.prepare(model, data)
        before = [numpy(v) for v in model.trainable_variables]
        trainer = recipe.trainer.build_trainer(model, config, knowledge, data.steps_per_epoch, 3)
        trainer.optimizer.build(trainer.trainable_variables)
        for step in range(2):
            assert np.isfinite(trainer.train_on_batch(*data.batch(3, step))).all()
        weights[size] = [numpy(v) for v in model.trainable_variables]
        names = [v.path for v in model.trainable_variables]
        assert not [n for n, a, b in zip(names, before, weights[size], strict=True) if np.array_equal(a, b)]
    assert any(not np.array_equal(a, b) for a, b in zip(weights[0.0], weights[0.1], strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_a_negative_size_is_refused(name):
    with pytest.raises(InputError, match=r"adversarial=-0\.1 is out of range"):
        replace(Recipe(name).config.PRESETS["tiny"], {"adversarial": -0.1})


def test_samples_without_captions_of_people_have_nothing_to_attack():
    with pytest.raises(InputError, match="self_critical has no captions to attack: set adversarial=0"):
        replace(Recipe("image_captioning").config.PRESETS["self_critical"], {"adversarial": 0.1})


@pytest.mark.long
@pytest.mark.parametrize("backend", [b for b in ("tensorflow", "jax", "torch") if b != BACKEND])
def test_the_other_backends_do_the_same(backend):
    if not importlib.util.find_spec(backend):
        pytest.skip(f"{backend} is not installed")
    environment = {**os.environ, "KERAS_BACKEND": backend, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", "pytest", str(Path(__file__)), "-n", "0", "-p", "no:cacheprovider"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0 and " passed" in done.stdout, done.stdout[-3000:] + done.stderr[-1000:]
