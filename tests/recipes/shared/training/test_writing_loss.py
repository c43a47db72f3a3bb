"""A writer that never copies is taught by the same losses as one whose gate is closed, against their formula."""

from dataclasses import replace

import numpy as np
import pytest
from small_recommender import float64
from small_summarizer import TOKENS, config_of, some_ids, some_writer

from heedful.apps.tokenizer import END, PAD, START
from heedful.recipes.shared.training.writing_loss import WritingLoss

BATCH, STEPS = 5, 6


@pytest.mark.parametrize("smoothing", [0.0, 0.13])
def test_without_copying_it_is_smoothed_cross_entropy(smoothing):
    rng = np.random.default_rng(2)
    writer, source = some_writer("no_copy"), some_ids(BATCH)
    targets = rng.integers(END + 1, TOKENS, (BATCH, STEPS)).astype(np.int32)
    targets[np.arange(STEPS) >= 2 + np.arange(BATCH)[:, None]] = PAD
    tokens = np.concatenate([np.full((BATCH, 1), START), targets[:, :-1]], axis=1).astype(np.int32)
    scores = float64(writer(source, tokens)[0])
    likely = scores - np.log(np.exp(scores).sum(-1, keepdims=True))
    right = np.take_along_axis(likely, targets[..., None].astype(int), -1)[..., 0]
    wanted = -(1 - smoothing) * right - smoothing * likely.mean(-1)
    config = config_of("no_copy", label_smoothing=smoothing)
    given = {"source": source, "tokens": tokens, "targets": targets}
    np.testing.assert_allclose(float64(WritingLoss(writer, config, 0)(**given)), wanted, rtol=1e-4, atol=1e-5)
    general = float64(WritingLoss(writer, replace(config, copy=True), 0)(**given))
    np.testing.assert_allclose(general, wanted, rtol=1e-4, atol=1e-5)
