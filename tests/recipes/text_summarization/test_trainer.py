"""The losses word by word against their formulas, and a training step of every writer."""

from typing import Any

import keras
import numpy as np
import pytest
from small_recommender import float64
from small_summarizer import (
    LENGTH,
    SOURCE,
    TOKENS,
    config_of,
    knowledge_for,
    probabilities,
    shifted,
    some_ids,
    some_summarizer,
    some_writer,
)

from heedful.apps.tokenizer import END, PAD, START
from heedful.recipes.shared.training.pair_batches import Batches
from heedful.recipes.shared.training.writing_loss import WritingLoss
from heedful.recipes.text_summarization.config import ARCHITECTURES
from heedful.recipes.text_summarization.trainer import build_trainer

BATCH = 5


def some_batch(count=BATCH, tokens=TOKENS, seed=0):
    """Inputs int32 `(count, ...)` by name and their weights: documents and summaries of all lengths, half copied."""
    rng = np.random.default_rng(seed)
    documents = [row[row != PAD] for row in some_ids(count, seed, tokens)]
    words = [rng.permutation([*document, *rng.integers(END + 1, tokens, len(document))]) for document in documents]
    summaries = [row[: number % (LENGTH - 1) + 1] for number, row in enumerate(words)]
    return Batches(documents, summaries, SOURCE, LENGTH, count, tokens, 0.0).of(range(count), SOURCE, rng)


def entropy_by_hand(parts, inputs):
    """Minus the log of what the mixture gives the targets `(BATCH, T)`; where there are none it is of no use."""
    scores, gate, weights = map(float64, parts)
    likely = probabilities(scores, gate, weights, inputs["source"])
    return -np.log(np.take_along_axis(likely, inputs["targets"][..., None].astype(int), -1)[..., 0] + 1e-9)


def coverage_by_hand(weights, real):
    """`sum_t sum_s min(a_ts, c_ts)` of one summary, of what the words before have read (See, Liu and Manning 2017)."""
    read, found = np.zeros(weights.shape[-1]), 0.0
    for step in np.flatnonzero(real):
        for place, weight in enumerate(weights[step]):
            found += min(weight, read[place])
        read += weights[step]
    return found


@pytest.mark.parametrize("kind", ["transformer", "bahdanau"])
def test_a_summary_pays_for_what_it_reads_again(kind):
    """Its words share the coverage penalty; padding pays nothing."""
    writer, (inputs, _) = some_writer(kind), some_batch()
    parts = writer(inputs["source"], inputs["tokens"])
    plain, covered = (
        float64(WritingLoss(writer, config_of(kind, coverage=coverage), 0)(**inputs)) for coverage in (0.0, 0.7)
    )
    real, weights = inputs["targets"] != PAD, float64(parts[2])
    np.testing.assert_allclose(plain[real], entropy_by_hand(parts, inputs)[real], rtol=1e-4, atol=1e-5)
    assert len(set(real.sum(1))) > 2
    for row in range(len(real)):
        extra, wanted = covered[row] - plain[row], 0.7 * coverage_by_hand(weights[row], real[row])
        np.testing.assert_allclose(extra[real[row]], wanted / real[row].sum(), atol=1e-5)
        assert not extra[~real[row]].any() and wanted > 0.1 * (real[row].sum() - 1)


class Heard:
    """A writer that remembers what it was asked."""

    def __init__(self, writer):
        self.writer, self.given = writer, []

    def __call__(self, source, tokens, training=None, vectors=None):
        self.given = [keras.ops.convert_to_numpy(each) for each in (source, tokens)]
        return self.writer(source, tokens, training=training, vectors=vectors)


def test_hidden_words_are_start_and_neither_read_documents_nor_targets_nor_padding():
    share, writer, (inputs, _) = 0.3, Heard(some_writer("transformer")), some_batch(300)
    loss: Any = WritingLoss(writer.writer, config_of("transformer", word_dropout=share), 0)
    loss.writer = writer
    losses = float64(loss(**inputs, training=True))
    source, read = writer.given
    np.testing.assert_array_equal(source, inputs["source"])
    changed, may = read != inputs["tokens"], inputs["tokens"] > START
    assert (read[changed] == START).all() and not changed[~may].any()
    assert abs(changed.sum() / may.sum() - share) < 4 * np.sqrt(share * (1 - share) / may.sum())
    real = inputs["targets"] != PAD
    wanted = entropy_by_hand(writer.writer(source, read), inputs)
    np.testing.assert_allclose(losses[real], wanted[real], rtol=1e-4, atol=1e-5)
    loss(**inputs, training=True)
    assert (writer.given[1] != read).any(), "others the next time"
    loss(**inputs, training=False)
    np.testing.assert_array_equal(writer.given[1], inputs["tokens"])


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_lower_precision_has_finite_losses_in_float32(kind, policy):
    inputs, _ = some_batch()
    config = config_of(kind, coverage=1.0, label_smoothing=0.1, word_dropout=0.1)
    exact = float64(WritingLoss(some_writer(kind), config, 0)(**inputs))
    loss = WritingLoss(some_writer(kind, dropout=0.1, dtype=policy), config, 0)
    for training in (True, False):
        found = loss(**inputs, training=training)
        assert keras.backend.standardize_dtype(found.dtype) == "float32" and np.isfinite(float64(found)).all()
    real = inputs["targets"] != PAD
    np.testing.assert_allclose(float64(found)[real], exact[real], rtol=0.1, atol=0.2)


@pytest.mark.parametrize("kind", [pytest.param("selective", marks=pytest.mark.long), "bahdanau"])
def test_a_step_teaches_every_weight(kind):
    config = config_of(kind, weight_decay=0.0, warmup_epochs=0.0, coverage=1.0, word_dropout=0.1, dropout=0.1)
    keras.utils.set_random_seed(0)
    model = some_summarizer(kind, size=0.1, dropout=0.1)
    trainer = build_trainer(model, config, knowledge_for(), steps_per_epoch=3, seed=0)
    trainer.run_eagerly = True
    inputs, weights = some_batch(tokens=300)
    before = {variable.path: float64(variable) for variable in model.trainable_variables}
    losses = [float(trainer.test_on_batch(inputs, weights))]
    assert np.isfinite([trainer.train_on_batch(inputs, weights) for _ in range(2)]).all()
    losses.append(float(trainer.test_on_batch(inputs, weights)))
    after = {variable.path: float64(variable) for variable in model.trainable_variables}
    assert all(np.isfinite(value).all() for value in after.values()) and losses[1] < losses[0]
    same = [path for path, value in after.items() if np.array_equal(value, before[path])]
    # What is added to every key alike changes no softmax.
    assert [path for path in same if "bias" not in path] == []
    assert len(same) <= 2 and len(after) == len(before) > 20


def test_the_loss_of_a_batch_is_the_mean_over_its_words():
    config = config_of("transformer", label_smoothing=0.1)
    trainer = build_trainer(some_summarizer("transformer"), config, knowledge_for(), steps_per_epoch=1, seed=0)
    trainer.run_eagerly = True
    inputs, weights = some_batch()
    losses = float64(trainer(inputs, training=False))
    assert losses.shape == weights.shape
    found = float(trainer.test_on_batch(inputs, weights))
    assert found == pytest.approx(losses[inputs["targets"] != PAD].mean(), rel=1e-5)


def test_what_is_read_comes_before_what_is_wanted():
    inputs, _ = some_batch()
    behind = inputs["targets"] == PAD
    np.testing.assert_array_equal(inputs["tokens"], np.where(behind, PAD, shifted(inputs["targets"])))
