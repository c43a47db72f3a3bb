"""Training batches: captions packed into rows, each whole and once, and what an epoch holds."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from heedful.recipes.image_captioning.config import PRESETS
from heedful.recipes.image_captioning.data import load
from heedful.recipes.image_captioning.reading.vocabulary import END, FIRST, PAD, START, UNKNOWN
from heedful.recipes.image_captioning.training.batches import MULTIPLE, POOL, Captions

CUT = 11


def numbered(counts, lengths=(), **settings) -> Captions:
    """Pictures with so many captions each, of lengths that vary or are given; every word is there once, so that it
    tells whose it is.
    """
    rng = np.random.default_rng(3)
    sizes = iter(lengths or rng.integers(1, CUT + 1, sum(counts)))
    ids, word = [], FIRST
    for count in counts:
        of_picture = []
        for _ in range(count):
            size = int(next(sizes))
            of_picture.append(np.arange(word, word + size, dtype=np.int32))
            word += size
        ids.append(of_picture)
    more = {"cut": CUT, "batch_size": 3, "most": 99, "word_dropout": 0.0}
    return Captions(ids, **(more | settings))


def epoch(captions, seed=0, number=0):
    start = number * captions.steps_per_epoch
    return [captions.batch(seed, step) for step in range(start, start + captions.steps_per_epoch)]


def unpacked(inputs, row):
    """`(tokens, targets, positions)` of each caption of a row."""
    for number in range(1, inputs["captions"][row].max() + 1):
        place = inputs["captions"][row] == number
        yield tuple(inputs[name][row][place] for name in ("tokens", "targets", "positions"))


def test_every_caption_is_there_once_with_what_comes_next():
    captions = numbered([3, 1, 5, 2, 2, 4])
    for rows, inputs, _ in epoch(captions):
        assert all(array.dtype == np.int32 for array in inputs.values())
        for place, picture in enumerate(rows):
            found = list(unpacked(inputs, place))
            assert len(found) == len(captions.ids[picture])
            for (tokens, targets, positions), ids in zip(found, captions.ids[picture], strict=True):
                wanted = list(ids) if len(ids) == CUT else [*ids, END]
                assert targets.tolist() == wanted
                assert tokens.tolist() == [START, *wanted[:-1]]
                assert positions.tolist() == list(range(len(wanted)))


def test_only_a_caption_that_may_have_been_cut_has_no_end():
    """One that is as long as the longest allowed, too: the model could not write an end there."""
    captions = numbered([4], lengths=(CUT, CUT - 1, 1, CUT), batch_size=1)
    _, inputs, _ = captions.batch(0, 0)
    found = list(unpacked(inputs, 0))
    assert [targets[-1] == END for _, targets, _ in found] == [False, True, True, False]
    assert [len(targets) for _, targets, _ in found] == [CUT, CUT, 2, CUT]
    assert inputs["positions"].max() == CUT - 1, "there is no position beyond"


def test_a_caption_without_words_is_its_end():
    captions = Captions([[np.zeros(0, np.int32)]], CUT, 1, 5, 0.0)
    _, inputs, weights = captions.batch(0, 0)
    assert [array.tolist() for array in next(unpacked(inputs, 0))] == [[START], [END], [0]]
    assert np.flatnonzero(weights[0]).tolist() == [0]


def test_rows_are_captions_one_after_the_other_then_padding():
    for _, inputs, _ in epoch(numbered([3, 1, 5, 2, 2, 4])):
        numbers = inputs["captions"]
        assert numbers.shape[1] % MULTIPLE == 0 and (numbers[:, 0] == 1).all()
        assert np.count_nonzero(numbers, axis=1).max() > numbers.shape[1] - MULTIPLE, "wider than it need be"
        for row, found in enumerate(numbers):
            real = np.count_nonzero(found)
            assert (np.diff(found[:real]) >= 0).all() and not found[real:].any()
            for name in ("tokens", "targets", "positions"):
                assert not inputs[name][row, real:].any()
        assert PAD == 0


def test_weights_make_the_mean_over_words():
    for _, inputs, weights in epoch(numbered([3, 1, 5, 2, 2, 4])):
        real = inputs["captions"] > 0
        assert weights.dtype == np.float32 and weights.shape == real.shape
        assert weights.mean() == pytest.approx(1, rel=1e-6)
        assert not weights[~real].any() and np.ptp(weights[real]) == 0


def test_dropped_words_are_unknown_and_never_a_start_nor_padding_nor_a_target():
    share, captions = 0.3, numbered([5] * 40, batch_size=20)
    dropping = Captions(captions.ids, CUT, 20, 99, share)
    lost = kept = 0
    for step in range(4):
        (rows, whole, _), (again, inputs, _) = captions.batch(0, step), dropping.batch(0, step)
        np.testing.assert_array_equal(rows, again)
        for name in ("targets", "captions", "positions"):
            np.testing.assert_array_equal(inputs[name], whole[name])
        changed = inputs["tokens"] != whole["tokens"]
        assert (inputs["tokens"][changed] == UNKNOWN).all()
        may = (whole["captions"] > 0) & (whole["positions"] > 0)
        assert not changed[~may].any() and not (inputs["tokens"][~may] == UNKNOWN).any()
        lost, kept = lost + changed.sum(), kept + may.sum() - changed.sum()
    total = lost + kept
    assert abs(lost / total - share) < 4 * np.sqrt(share * (1 - share) / total)


def test_batch_is_a_pure_function_of_seed_and_step():
    def made():
        return numbered([3, 1, 5, 2, 2, 4, 1, 3], word_dropout=0.4, most=2)

    steps = list(range(2 * made().steps_per_epoch))
    forward, other = made(), made()
    wanted = [forward.batch(5, step) for step in steps]
    found = [other.batch(5, step) for step in reversed(steps)][::-1]
    for (rows, inputs, weights), (again, same, weighed) in zip(wanted, found, strict=True):
        np.testing.assert_array_equal(rows, again)
        np.testing.assert_array_equal(weights, weighed)
        assert inputs.keys() == same.keys()
        for name in inputs:
            np.testing.assert_array_equal(inputs[name], same[name])
    for seed, step in ((6, 0), (5, made().steps_per_epoch)):
        differs = made().batch(seed, step)[1]
        assert (
            differs["tokens"].shape != wanted[0][1]["tokens"].shape
            or (differs["tokens"] != wanted[0][1]["tokens"]).any()
        )


@pytest.mark.parametrize("pictures", [24, 26])
def test_every_picture_is_there_once_an_epoch(pictures):
    """But for those that fill no batch, and these are others in the next epoch."""
    captions = numbered([1] * pictures, batch_size=4)
    assert captions.steps_per_epoch == 6
    left = []
    for number in range(5):
        seen = Counter(int(row) for rows, _, _ in epoch(captions, number=number) for row in rows)
        assert set(seen.values()) == {1} and len(seen) == 24
        left.append(frozenset(range(pictures)) - set(seen))
    assert len(set(left)) > 1 or pictures == 24


def test_a_small_set_fills_its_only_batch():
    rows, inputs, _ = numbered([1, 1], batch_size=5).batch(0, 0)
    assert inputs["tokens"].shape[0] == 5 and set(rows.tolist()) == {0, 1}


def test_no_more_captions_than_the_most_and_others_the_next_time():
    captions = numbered([5, 1, 3], most=2)
    seen = {picture: set() for picture in range(3)}
    for number in range(12):
        for rows, inputs, _ in epoch(captions, number=number):
            for place, picture in enumerate(rows):
                firsts = [int(targets[0]) for _, targets, _ in unpacked(inputs, place)]
                assert len(set(firsts)) == len(firsts) == min(2, len(captions.ids[picture]))
                seen[int(picture)].update(firsts)
    for picture, firsts in seen.items():
        assert firsts == {int(ids[0]) for ids in captions.ids[picture]}


def test_pictures_of_about_the_same_length_go_together_but_not_in_that_order():
    rng = np.random.default_rng(0)
    captions = numbered([1] * 3 * POOL * 5, lengths=rng.integers(1, CUT, 3 * POOL * 5).tolist(), batch_size=5)
    words = np.array([len(ids[0]) for ids in captions.ids])
    batches = [words[captions.rows(0, step)] for step in range(captions.steps_per_epoch)]
    spread = np.mean([np.ptp(batch) for batch in batches])
    shuffled = np.mean([np.ptp(batch) for batch in rng.permutation(words).reshape(-1, 5)])
    assert spread < 0.3 * shuffled
    longer = [a.mean() < b.mean() for a, b in pairwise(batches)]
    assert 0.2 < np.mean(longer) < 0.8, "short ones first"


def test_pictures_that_a_process_does_not_need_are_not_read():
    data = load("sample", replace(PRESETS["tiny"], batch_size=5))
    (whole, weights), (part, again) = data.batch(0, 3), data.batch(0, 3, slice(1, 3))
    for name in ("tokens", "targets", "captions", "positions"):
        np.testing.assert_array_equal(part[name], whole[name])
    np.testing.assert_array_equal(again, weights)
    np.testing.assert_array_equal(part["image"][1:3], whole["image"][1:3])
    assert whole["image"].any(axis=(1, 2, 3)).all() and not part["image"][[0, 3, 4]].any()
