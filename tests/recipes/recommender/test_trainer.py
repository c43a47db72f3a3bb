"""The losses in float64 NumPy, their gradients, and steps of the training model on every backend."""

import importlib.util
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from attention_reference import gradient
from small_recommender import (
    COLD,
    CONFIG,
    ROWS,
    float64,
    knowledge_for,
    log_of,
    logistic,
    logsumexp,
    shake,
    some_catalogue,
)

from heedful.recipes.recommender.model import build
from heedful.recipes.recommender.network.item_fields import item_fields
from heedful.recipes.recommender.network.item_table import ItemTable
from heedful.recipes.recommender.reading.item_catalogue import FIRST, PAD, Catalogue
from heedful.recipes.recommender.trainer import (
    NegativeLoss,
    RankLoss,
    SampledLoss,
    SoftmaxLoss,
    build_trainer,
    log_normalizer,
)
from heedful.recipes.recommender.training.batches import Batches

BATCH, TIME, WIDTH = 3, 7, 11
SCRIPT = Path(__file__).with_name("recommender_backend_run.py")
BACKENDS = [name for name in ("tensorflow", "jax", "torch") if importlib.util.find_spec(name)]


def some_items(catalogue: Catalogue) -> ItemTable:
    fields = item_fields(catalogue, titles=False)
    items = ItemTable(catalogue.rows, WIDTH, len(fields.names), fields.columns, dropout=0.0, name="items")
    items.build((None, None))
    items.describe(catalogue, fields)
    return shake(items)


def predicted(seed=0):
    """What the tower said and which items came next: `(batch, time, width)` and known rows `(batch, time)`."""
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=(BATCH, TIME, WIDTH)).astype("float32")
    return hidden, rng.integers(FIRST, ROWS - COLD, (BATCH, TIME)).astype(np.int32)


def crossentropy(hidden, targets, table, rows):
    """Of the targets among the items in `rows`."""
    logits = hidden.astype(float) @ table.T
    return logsumexp(logits[..., rows]) - np.take_along_axis(logits, targets[..., None], -1)[..., 0]


def test_full_softmax_is_crossentropy_over_the_items_of_the_training():
    catalogue = some_catalogue()
    items, (hidden, targets) = some_items(catalogue), predicted()
    found = float64(SoftmaxLoss(items, catalogue.counts)(hidden, targets))
    known = np.arange(FIRST, ROWS - COLD)
    np.testing.assert_allclose(found, crossentropy(hidden, targets, float64(items.table()), known), atol=1e-5)


def test_gradient_of_full_softmax_is_that_of_crossentropy():
    """By hand: each item's share minus what came next, times the item's vector."""
    catalogue = some_catalogue()
    items, (hidden, targets) = some_items(catalogue), predicted(1)
    weights = np.random.default_rng(2).random((BATCH, TIME)).astype("float32")
    loss = SoftmaxLoss(items, catalogue.counts)
    found = gradient(lambda h: keras.ops.sum(loss(h, targets) * weights), hidden)
    table = float64(items.table())
    logits = hidden.astype(float) @ table.T
    logits[..., [0, 1]] = logits[..., -COLD:] = -np.inf
    shares = np.exp(logits - logsumexp(logits)[..., None])
    wanted = (shares - np.eye(ROWS)[targets]) @ table * weights[..., None]
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_written_gradient_of_the_normalizer_is_that_of_the_backend():
    rng = np.random.default_rng(3)
    hidden, vectors = (3 * rng.normal(size=(count, WIDTH)).astype("float32") for count in (5, 17))
    weights = rng.normal(size=5).astype("float32")

    def plain(h, v):
        return keras.ops.logsumexp(keras.ops.matmul(h, keras.ops.transpose(v)), axis=-1)

    np.testing.assert_allclose(
        float64(log_normalizer(keras.ops.convert_to_tensor(hidden), keras.ops.convert_to_tensor(vectors))),
        logsumexp(hidden.astype(float) @ vectors.T), atol=1e-5,
    )  # fmt: skip
    h, v = keras.ops.convert_to_tensor(hidden), keras.ops.convert_to_tensor(vectors)
    for of_hidden, at in ((True, hidden), (False, vectors)):
        found, wanted = (
            gradient(
                lambda x, f=f, first=of_hidden: keras.ops.sum((f(x, v) if first else f(h, x)) * weights),
                at,
            )
            for f in (log_normalizer, plain)
        )
        np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_sampled_softmax_is_the_full_one_where_every_item_is_drawn_once():
    """Items equally popular, each among the negatives: each is expected once, and the target's own draw is left out."""
    catalogue = replace(some_catalogue(), counts=np.ones(ROWS - FIRST, np.int64))
    items, (hidden, targets) = some_items(catalogue), predicted(4)
    every = np.random.default_rng(0).permutation(np.arange(FIRST, ROWS)).astype(np.int32)
    loss = SampledLoss(items, catalogue.counts, len(every))
    full = SoftmaxLoss(items, catalogue.counts)
    np.testing.assert_allclose(float64(loss(hidden, targets, every)), float64(full(hidden, targets)), atol=1e-5)
    slopes = [
        gradient(f, hidden)
        for f in (
            lambda h: keras.ops.sum(loss(h, targets, every)),
            lambda h: keras.ops.sum(full(h, targets)),
        )
    ]
    np.testing.assert_allclose(slopes[0], slopes[1], atol=1e-5)


def test_sampled_softmax_is_the_full_one_where_every_item_is_drawn_as_often_as_expected():
    catalogue = some_catalogue()
    items, (hidden, targets) = some_items(catalogue), predicted(5)
    counts = catalogue.counts
    # Each as often as it is expected: the sum over draws is the sum over items.
    every = np.repeat(np.arange(FIRST, ROWS), counts).astype(np.int32)
    found = float64(SampledLoss(items, counts, len(every))(hidden, targets, every))
    logits = hidden.astype(float) @ float64(items.table()).T
    for row, step in np.ndindex(BATCH, TIME):
        target, score = targets[row, step], logits[row, step]
        assert found[row, step] == pytest.approx(logsumexp(score[FIRST : ROWS - COLD]) - score[target], abs=1e-5)


def test_binary_loss_tells_what_came_next_from_what_did_not():
    items, (hidden, targets) = some_items(some_catalogue()), predicted(6)
    negatives = predicted(7)[1]
    table = float64(items.table())
    right, wrong = ((hidden.astype(float) * table[rows]).sum(-1) for rows in (targets, negatives))
    wanted = -np.log(logistic(right)) - np.log(1 - logistic(wrong))
    np.testing.assert_allclose(float64(NegativeLoss(items)(hidden, targets, negatives)), wanted, atol=1e-5)


def windows(count=5, seed=0, **settings):
    rng = np.random.default_rng(seed)
    histories = [list(FIRST + rng.permutation(ROWS - FIRST - COLD)[: 2 + number]) for number in range(count)]
    return Batches(log_of(*histories), replace(CONFIG, **settings), ROWS)


def test_rank_loss_is_binary_crossentropy_with_the_first_candidate_taken():
    model = shake(build(CONFIG, knowledge_for(some_catalogue())))
    inputs, _ = windows().batch(0, 0)
    recent, candidates = inputs["recent"], inputs["candidates"]
    found = float64(RankLoss(model.items, model.ranker, False)(recent, candidates))
    logits = float64(model.ranker(model.items(recent), recent != PAD, model.items(candidates))[0])
    taken = np.arange(candidates.shape[1]) == 0
    wanted = -np.log(np.where(taken, logistic(logits), 1 - logistic(logits)))
    np.testing.assert_allclose(found, wanted, atol=1e-5)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="takes the tape of TensorFlow")
@pytest.mark.parametrize("trains_items", [False, True])
def test_the_ranker_trains_the_item_table_only_if_it_is_told_to(trains_items):
    import tensorflow as tf

    model = shake(build(CONFIG, knowledge_for(some_catalogue())))
    inputs, _ = windows().batch(0, 0)
    with tf.GradientTape() as tape:
        loss = RankLoss(model.items, model.ranker, trains_items)(inputs["recent"], inputs["candidates"], training=True)
    parts = [[v.value for v in part.trainable_variables] for part in (model.items, model.ranker)]
    slopes: Any = tape.gradient(loss, parts)
    of_items, of_ranker = slopes
    assert [slope is not None for slope in of_items] == [trains_items] * 2
    assert all(np.any(float64(slope)) for slope in of_ranker)


@pytest.mark.parametrize(
    ("settings", "kind", "policy"),
    [
        ({}, SoftmaxLoss, "float32"),
        pytest.param({}, SoftmaxLoss, "mixed_float16", marks=pytest.mark.long),
        pytest.param({"full_softmax": 5, "negatives": 31}, SampledLoss, "float32", marks=pytest.mark.long),
        ({"loss": "bce"}, NegativeLoss, "float32"),
    ],
    ids=["softmax", "float16", "sampled", "bce"],
)
def test_training_steps_lower_the_loss(settings, kind, policy):
    config = replace(
        CONFIG, learning_rate=0.02, warmup_epochs=0, epochs=30, dropout=0.0, item_dropout=0.0, ema=0.0, **settings
    )
    keras.utils.set_random_seed(0)
    batches, facts = windows(**settings), knowledge_for(some_catalogue())
    keras.config.set_dtype_policy(policy)
    try:
        trainer = build_trainer(build(config, facts), config, facts, 1, 0)
    finally:
        keras.config.set_dtype_policy("float32")
    assert isinstance(trainer.get_layer("next"), kind)
    trainer.jit_compile = keras.backend.backend() == "jax"  # elsewhere compiling takes longer than running
    trainer.optimizer.build(trainer.trainable_variables)  # else TensorFlow traces the step twice
    batch = batches.batch(0, 0)
    before = split_losses(trainer, batch)
    assert np.isfinite([trainer.train_on_batch(*batch) for _ in range(25)]).all()
    after = split_losses(trainer, batch)
    assert after[0] < 0.8 * before[0] and after[1] < 0.95 * before[1]


def split_losses(trainer, batch):
    """The mean loss of the next items and that of the candidates."""
    losses, real = float64(trainer(batch[0], training=False)), batch[0]["targets"] != PAD
    return losses[:, : real.shape[1]][real].mean(), losses[:, real.shape[1] :].mean()


def test_the_loss_is_the_weighted_sum_of_both_means():
    config = replace(CONFIG, ranker_weight=0.3, dropout=0.0, item_dropout=0.0)
    facts = knowledge_for(some_catalogue())
    trainer = build_trainer(shake(build(config, facts)), config, facts, 1, 0)
    batch = windows(ranker_weight=0.3).batch(0, 1)
    following, ranked = split_losses(trainer, batch)
    trainer.run_eagerly = True
    assert float(trainer.test_on_batch(*batch)) == pytest.approx(following + 0.3 * ranked, rel=1e-5)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """What the same training gives under each backend that is installed, each in a fresh Python."""
    answers = {}
    for backend in BACKENDS:
        file = tmp_path_factory.mktemp(backend) / "answers.npz"
        environment = {"KERAS_BACKEND": backend, "PYTHONPATH": os.pathsep.join(sys.path), "CUDA_VISIBLE_DEVICES": ""}
        environment["JAX_DISABLE_MOST_OPTIMIZATIONS"] = "1"  # most of the time goes into compiling tiny programs
        command = [sys.executable, str(SCRIPT), str(file)]
        done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-3000:]
        with np.load(file) as arrays:
            answers[backend] = dict(arrays)
    return answers


@pytest.mark.long
def test_every_backend_trains_to_the_same_losses_and_answers(runs):
    wanted = runs[BACKENDS[0]]
    assert len(wanted) == 2 * (2 + 6)  # losses and lengths, and what the model answers
    for backend in BACKENDS[1:]:
        assert runs[backend].keys() == wanted.keys()
        for name, value in runs[backend].items():
            # Adam divides by the size of the gradient, so rounding in a small one is as large as a step.
            np.testing.assert_allclose(value, wanted[name], atol=1e-3, err_msg=f"{name} under {backend}")
