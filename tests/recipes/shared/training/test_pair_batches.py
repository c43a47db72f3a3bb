"""Training batches: of like length and no more than a budget of tokens, each pair whole, and what an epoch holds."""

from dataclasses import replace

import numpy as np
import pytest

from heedful.apps.tokenizer import END, START
from heedful.recipes.shared.training.pair_batches import LENGTHS, MOST, MULTIPLE, Batches

SOURCE, CUT, SIZE, TOKENS = 23, 11, 5, 307


def numbered(pairs, seed=3, batch_size=SIZE, renamed=0.0):
    """Pairs of all lengths; the first token of a document tells which it is, and every token of its summary, too."""
    rng = np.random.default_rng(seed)
    lengths, words = rng.integers(1, SOURCE + 1, pairs), rng.integers(0, CUT + 1, pairs)
    documents = [
        np.append(END + 1 + row, rng.integers(3, 9, size - 1)).astype(np.int32) for row, size in enumerate(lengths)
    ]
    summaries = [np.full(size, END + 1 + row, np.int32) for row, size in enumerate(words)]
    return Batches(documents, summaries, SOURCE, CUT, batch_size, TOKENS, renamed)


def epoch(batches, seed=0, number=0):
    steps = batches.steps_per_epoch
    return [batches.batch(seed, step) for step in range(number * steps, (number + 1) * steps)]


def rows_of(inputs):
    return inputs["source"][:, 0] - END - 1


def test_every_pair_is_read_in_every_epoch():
    batches = numbered(199)
    for number in range(3):
        found = epoch(batches, 1, number)
        assert set(np.concatenate([rows_of(inputs) for inputs, _ in found])) == set(range(199))
        assert sum(len(inputs["source"]) for inputs, _ in found) < 199 + LENGTHS * MOST * SIZE, "few are read twice"


def test_a_pair_is_its_document_and_what_comes_next():
    batches = numbered(97)
    for inputs, weights in epoch(batches):
        assert all(array.dtype == np.int32 for array in inputs.values())
        for row, source, tokens, targets, weight in zip(rows_of(inputs), *inputs.values(), weights, strict=True):
            document, summary = batches.sources[row], batches.targets[row].tolist()
            wanted = summary if len(summary) == CUT else [*summary, END]
            behind = [0] * (len(targets) - len(wanted))
            assert source.tolist() == [*document, *[0] * (len(source) - len(document))]
            assert targets.tolist() == wanted + behind
            assert tokens.tolist() == [START, *wanted[:-1], *behind]
            assert (weight > 0).tolist() == [True] * len(wanted) + [False] * len(behind)


def test_only_a_summary_that_may_have_been_cut_has_no_end():
    """One that is as long as the longest allowed, too: the model could not write an end there."""
    batches = numbered(97)
    lengths = np.array([len(ids) for ids in batches.targets])
    assert {0, CUT} <= set(lengths)
    for inputs, _ in epoch(batches):
        ended = (inputs["targets"] == END).sum(1)
        np.testing.assert_array_equal(ended, lengths[rows_of(inputs)] < CUT)


def test_no_batch_is_beyond_the_budget_and_none_wider_than_it_need_be():
    found = epoch(numbered(499))
    sizes = {inputs["source"].shape for inputs, _ in found}
    assert {width for _, width in sizes} == {SOURCE * (i + 1) // LENGTHS for i in range(LENGTHS)}
    for rows, width in sizes:
        assert rows * width <= SIZE * SOURCE and rows <= MOST * SIZE
        assert (rows + 1) * width > SIZE * SOURCE or rows == MOST * SIZE, "there is room for another"
    for inputs, weights in found:
        shorter = SOURCE * (LENGTHS * inputs["source"].shape[1] // SOURCE) // LENGTHS
        assert np.count_nonzero(inputs["source"], axis=1).min() > shorter - SOURCE // LENGTHS - 1
        words = np.count_nonzero(weights, axis=1).max()
        assert weights.shape[1] == min(CUT, -(-words // MULTIPLE) * MULTIPLE)


def test_weights_make_the_mean_over_words():
    for inputs, weights in epoch(numbered(97)):
        real = inputs["targets"] > 0
        assert weights.dtype == np.float32 and weights.shape == real.shape
        assert weights.mean() == pytest.approx(1, rel=1e-6)
        assert not weights[~real].any() and np.ptp(weights[real]) == 0


def test_batch_is_a_pure_function_of_seed_and_step():
    forward, other = numbered(61, renamed=0.4), numbered(61, renamed=0.4)
    steps = list(range(2 * forward.steps_per_epoch))
    wanted = [forward.batch(5, step) for step in steps]
    found = [other.batch(5, step) for step in reversed(steps)][::-1]
    for (inputs, weights), (same, weighed) in zip(wanted, found, strict=True):
        np.testing.assert_array_equal(weights, weighed)
        for name in inputs:
            np.testing.assert_array_equal(inputs[name], same[name])
    plain = numbered(61)
    first = [rows_of(inputs).tolist() for inputs, _ in epoch(plain, 5)]
    for seed, number in ((6, 0), (5, 1)):
        others = [rows_of(inputs).tolist() for inputs, _ in epoch(plain, seed, number)]
        assert sorted(map(len, others)) == sorted(map(len, first)) and others != first


@pytest.mark.parametrize("pairs", [1, 2])
def test_a_small_set_has_batches_of_its_own_size(pairs):
    batches = numbered(pairs)
    assert sum(len(inputs["source"]) for inputs, _ in epoch(batches)) == pairs


def test_some_tokens_in_common_are_renamed_in_both_alike():
    batches, rng = numbered(1, renamed=0.4), np.random.default_rng(0)
    document, summary = np.array([9, 4, 7, 9, 5, 8, 6], np.int32), np.array([8, 9, 3, 7, 9], np.int32)
    changed = []
    for _ in range(500):
        read, written = batches.rename(document, summary, rng)
        assert read.dtype == written.dtype == np.int32
        assert read[[1, 4, 6]].tolist() == [4, 5, 6] and written[2] == 3, "what only one of them has stays"
        assert read[0] == read[3] == written[1] == written[4] and read[5] == written[0] and read[2] == written[3]
        assert len(np.unique(read)) == len(np.unique(document)), "different tokens stay different"
        assert min(read.min(), written.min()) > END and max(read.max(), written.max()) < TOKENS
        changed.append([read[0] != 9, read[2] != 7, read[5] != 8])
    np.testing.assert_allclose(np.mean(changed, axis=0), 0.4, atol=0.06)
    assert numbered(1).rename(document, summary, rng)[0] is document


def test_a_share_of_the_texts_is_read_in_lower_case():
    """One that is of more tokens then is cut to the length of its batch."""
    batches = numbered(199)
    lowered = [np.append(text, [TOKENS + 1] * 3).astype(np.int32) for text in batches.sources]
    lowered = [np.where(np.arange(len(text)) == 1, TOKENS, text) for text in lowered]
    found = epoch(replace(batches, lowered=lowered, lowercased=0.3))
    read = []
    for inputs, _ in found:
        for row, source in zip(rows_of(inputs), inputs["source"], strict=True):
            cut = [text[: len(source)] for text in (batches.sources[row], lowered[row])]
            same = [source.tolist() == [*text, *[0] * (len(source) - len(text))] for text in cut]
            assert any(same)
            read += [same[1]] * (not all(same))
    assert 0.2 < np.mean(read) < 0.4
    for (first, _), (second, _) in zip(epoch(batches), epoch(replace(batches, lowered=lowered)), strict=True):
        np.testing.assert_array_equal(first["source"], second["source"])
