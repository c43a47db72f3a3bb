"""Self-critical training: what is sampled, its probability, its gradient against all captions enumerated, and that the
reward rises.
"""

import itertools
from dataclasses import replace

import keras
import numpy as np
import pytest
from attention_reference import gradient
from keras import layers, ops
from small_captioner import CELLS, CHANNELS, KINDS, LENGTH, TOKENS, config_of, knowledge_for, some_grids
from small_recommender import shake

from heedful.apps.errors import InputError
from heedful.recipes.image_captioning.config import PRESETS
from heedful.recipes.image_captioning.data import load
from heedful.recipes.image_captioning.model import NEVER_WRITTEN, Captioner
from heedful.recipes.image_captioning.network.recurrent import RecurrentDecoder
from heedful.recipes.image_captioning.network.transformer import TransformerDecoder
from heedful.recipes.image_captioning.reading.vocabulary import END, FIRST, PAD, START, UNKNOWN
from heedful.recipes.image_captioning.trainer import build_trainer
from heedful.recipes.image_captioning.training import self_critical
from heedful.recipes.image_captioning.training.batches import Captions
from heedful.recipes.image_captioning.training.references import References
from heedful.recipes.suite import training_loop
from heedful.recipes.suite.configuration import configure

TAUGHT = [kind for kind in KINDS if kind != "reinforce"]
SHORT = 3  # words: few enough for all captions of two words to be written down


def tiny_decoder(kind: str, length: int = SHORT, words: int = 2):
    """A decoder that knows a few words, its weights moved; dropout shows where it does not belong."""
    more = {"dropout": 0.5, "visual_dropout": 0.5, "seed": 3}
    if kind == "transformer":
        decoder = TransformerDecoder(FIRST + words, length, 6, blocks=1, grid_blocks=1, heads=2, hidden=7, **more)
    else:
        decoder = RecurrentDecoder(FIRST + words, KINDS[kind]["architecture"], 6, 5, "straight_through", **more)
    decoder.build((None, CELLS, CHANNELS))
    return shake(decoder, size=0.5)


def all_captions() -> np.ndarray:
    """Every caption of two words that is at most SHORT long, int32 `(1, 15, SHORT)`."""
    words = (FIRST, FIRST + 1)
    found = [[*some, END] for count in range(SHORT) for some in itertools.product(words, repeat=count)]
    found += map(list, itertools.product(words, repeat=SHORT))
    return np.array([[*ids, *[PAD] * (SHORT - len(ids))] for ids in found], np.int32)[None]


@pytest.mark.parametrize("kind", TAUGHT)
def test_samples_are_as_frequent_as_they_are_probable(kind):
    keras.utils.set_random_seed(0)  # of so many captions one may else be rarer than chance allows
    decoder, grid, captions, count = tiny_decoder(kind), some_grids(2), all_captions(), 4001
    every = np.concatenate([captions] * 2)
    probability = np.exp(
        ops.convert_to_numpy(self_critical.log_probability(decoder, grid, ops.convert_to_tensor(every)))
    )
    np.testing.assert_allclose(probability.sum(axis=1), 1, atol=1e-5)

    uniform = np.random.default_rng(0).random((SHORT, 2 * count)).astype("float32")
    found = ops.convert_to_numpy(
        self_critical.sampled(decoder, ops.convert_to_tensor(grid), ops.convert_to_tensor(uniform), count)
    )
    assert found.shape == (2, count, SHORT) and found.dtype == np.int32
    frequency = (found[:, :, None] == captions[:, None]).all(axis=-1).mean(axis=1)
    np.testing.assert_allclose(frequency.sum(axis=1), 1, atol=1e-6)  # nothing else was written
    deviation = np.sqrt(probability * (1 - probability) / count)
    assert (np.abs(frequency - probability) < 4 * deviation + 1e-6).all()


def test_a_word_is_drawn_by_its_probability_and_never_what_is_barred():
    scores = np.random.default_rng(0).normal(0, 2, TOKENS).astype("float32")
    scores[list(NEVER_WRITTEN)] = 50
    uniform = np.append((np.arange(10007) + 0.5) / 10007, [0, 1 - 2**-24, 1]).astype("float32")
    rows = ops.convert_to_tensor(np.broadcast_to(scores, (len(uniform), TOKENS)))
    found = ops.convert_to_numpy(self_critical.drawn(rows, ops.convert_to_tensor(uniform)))
    assert not set(found.tolist()) & {PAD, START, UNKNOWN}
    allowed = np.delete(np.arange(TOKENS), NEVER_WRITTEN)
    expected = np.exp(scores[allowed]) / np.exp(scores[allowed]).sum()
    frequency = (found[:10007, None] == allowed).mean(axis=0)
    np.testing.assert_allclose(frequency, expected, atol=1.5 / 10007)


@pytest.mark.parametrize("kind", ["transformer", "soft"])
def test_the_gradient_is_that_of_the_expected_reward(kind):
    """Over all pairs of captions that could be sampled, each as often as it would be."""
    decoder, captions = tiny_decoder(kind), ops.convert_to_tensor(all_captions())
    rewards = np.random.default_rng(1).random(15).astype("float32")
    first, second = (ops.convert_to_tensor(x.ravel().astype("int32")) for x in np.indices((15, 15)))

    def expected(grid):
        return ops.sum(
            ops.exp(self_critical.log_probability(decoder, grid, captions)[0]) * ops.convert_to_tensor(rewards)
        )

    def surrogate(grid):
        log_probability = self_critical.log_probability(decoder, grid, captions)[0]
        pairs = ops.stack([ops.take(log_probability, first), ops.take(log_probability, second)], axis=1)
        reward = ops.convert_to_tensor(
            rewards[np.stack([ops.convert_to_numpy(first), ops.convert_to_numpy(second)], 1)]
        )
        often = ops.stop_gradient(ops.exp(ops.sum(pairs, axis=1)))
        return ops.sum(often * ops.mean(self_critical.loss(pairs, reward, SHORT), axis=1))

    grid = some_grids(1)
    exact = gradient(expected, grid)
    assert np.abs(exact).max() > 1e-3
    np.testing.assert_allclose(gradient(surrogate, grid), -exact / SHORT, atol=1e-6, rtol=1e-4)


def some_references(batch_size: int = 13) -> References:
    """Two captions of each of 26 pictures, of a few of the words."""
    rng = np.random.default_rng(0)
    ids = [
        [rng.integers(FIRST, FIRST + 5, rng.integers(0, LENGTH + 1)).astype(np.int32) for _ in range(2)]
        for _ in range(26)
    ]
    return References(Captions(ids, cut=LENGTH, batch_size=batch_size, most=5, word_dropout=0.0), samples=3)


def test_references_are_all_captions_with_their_ends():
    made = some_references()
    for captions, ids in zip(made.captions.ids, made.ids, strict=True):
        worded = [[*caption, END][:LENGTH] for caption in captions if len(caption)] or [[END]]
        assert [row[row != PAD].tolist() for row in ids if row.any()] == worded


def test_a_batch_is_a_function_of_seed_and_step():
    rows, inputs, weights = some_references().batch(5, 3)
    again = some_references().batch(5, 3)
    np.testing.assert_array_equal(rows, again[0])
    np.testing.assert_array_equal(rows, some_references().captions.rows(5, 3))
    for name in ("references", "ngrams", "idf"):
        np.testing.assert_array_equal(inputs[name], again[1][name])
    assert weights.shape == (13, 3) and (weights == 1).all()
    assert not np.array_equal(inputs["references"], some_references().batch(5, 4)[1]["references"])


@pytest.mark.long
def test_training_raises_the_reward_and_can_be_repeated():
    """Everything that a step depends on is in the state that is saved: put back, it leads to the same weights."""
    keras.utils.set_random_seed(1)
    pixels = keras.Input((CELLS, 1, CHANNELS), dtype="uint8", name="image")
    encoder = keras.Model(pixels, layers.Reshape((CELLS, CHANNELS))(layers.Rescaling(1 / 255)(pixels)))
    decoder = tiny_decoder("transformer", LENGTH, words=5)
    model, references = Captioner(encoder, decoder, LENGTH, no_repeated_ngram=0), some_references()
    config = config_of("transformer", self_critical=3, learning_rate=3e-2)
    trainer = build_trainer(model, config, knowledge_for(), steps_per_epoch=25, seed=1)
    trainer.jit_compile = keras.backend.backend() == "jax"  # elsewhere to compile takes longer than to train
    pictures = np.random.default_rng(2).integers(0, 256, (26, CELLS, 1, CHANNELS), np.uint8)

    def batch(step):
        rows, inputs, weights = references.batch(0, step)
        return {"image": pictures[rows], **inputs}, weights

    def run(steps):
        found = []
        for step in range(steps):
            trainer.reset_metrics()
            found.append(-float(trainer.train_on_batch(*batch(step))))
        return found

    trainer.optimizer.build(trainer.trainable_variables)
    start = [training_loop.copy_of(variable) for variable in training_loop.state_of(trainer)]
    rewards = run(25)
    first = [training_loop.copy_of(weight) for weight in model.weights]
    assert np.mean(rewards[-5:]) > 1.5 * np.mean(rewards[:5]) > 0

    for variable, value in zip(training_loop.state_of(trainer), start, strict=True):
        variable.assign(value)
    assert run(25) == rewards
    for weight, value in zip(model.weights, first, strict=True):
        np.testing.assert_array_equal(ops.convert_to_numpy(weight), value)


def test_data_give_references_where_the_configuration_says_so():
    config = replace(PRESETS["tiny"], self_critical=2)
    inputs, weights = load("sample", config).batch(0, 0)
    assert inputs.keys() == {"image", "references", "ngrams", "idf"}
    assert inputs["references"].shape == (config.batch_size, 5, config.max_words)
    assert weights.shape == (config.batch_size, 2)


@pytest.mark.parametrize(
    ("assignments", "reason"),
    [
        (["self_critical=1"], "sample 2 or more"),
        (["self_critical=-1"], "out of range"),
        (["self_critical=5", "architecture=hard", "estimator=reinforce"], "straight_through"),
    ],
)
def test_settings_that_cannot_be(assignments, reason):
    with pytest.raises(InputError, match=reason):
        configure(PRESETS, "tiny", assignments)
