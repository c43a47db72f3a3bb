"""Training batches: what an epoch holds, how windows lie, and what the losses get beside them."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import chisquare
from small_recommender import CONFIG, ROWS, log_of

from heedful.apps.recommender.moments import ORIGIN
from heedful.recipes.recommender.reading.item_catalogue import FIRST, PAD
from heedful.recipes.recommender.reading.log import Log
from heedful.recipes.recommender.training.batches import GROWTH, SHORTEST, Batches, bucket_lengths

LENGTH = 29
ITEMS = 997


def numbered(lengths, length=LENGTH, **settings) -> Batches:
    """Users of these lengths; the n-th action of all is row FIRST + n, so that a row tells whose action it is."""
    ends = np.cumsum(lengths)
    log = log_of(*(list(range(FIRST + end - size, FIRST + end)) for end, size in zip(ends, lengths, strict=True)))
    config = replace(CONFIG, length=length, **settings)
    return Batches(log, config, FIRST + len(log))


def popular(seed=0, users=83, **settings) -> Batches:
    """Users who take 3 to 40 items, popular ones more often."""
    rng = np.random.default_rng(seed)
    shares = 1 / np.arange(1, ROWS - FIRST + 1)
    histories = [FIRST + rng.choice(ROWS - FIRST, size, p=shares / shares.sum()) for size in rng.integers(3, 41, users)]
    return Batches(log_of(*map(list, histories)), replace(CONFIG, length=LENGTH, **settings), ROWS)


def epoch(batches, seed=0, number=0):
    start = number * batches.steps_per_epoch
    return [batches.batch(seed, step) for step in range(start, start + batches.steps_per_epoch)]


def windows_of(batches, seed=0, number=0):
    """(history, target) of each window of an epoch without its padding, each distinct filled-up window once."""
    for bucket in batches.buckets:
        seen = 0
        for inputs, weights in epoch(batches, seed, number):
            if inputs["history"].shape[1] != bucket.length:
                continue
            weights = weights[:, : bucket.length]
            for history, targets, weight in zip(inputs["history"], inputs["targets"], weights, strict=True):
                seen += 1
                yield history[weight > 0], targets[weight > 0]
        assert seen == bucket.batches * bucket.size


def test_bucket_lengths_grow_geometrically_to_the_whole_length():
    for length in (1, 5, 8, 13, 50, 200, 499):
        grid = bucket_lengths(length)
        assert grid[-1] == length and grid == sorted(set(grid))
        assert all(shorter % 4 == 0 and shorter >= SHORTEST for shorter in grid[:-1])
        assert all(a / b >= GROWTH - 2 / b for a, b in pairwise(grid))


def test_a_batch_is_a_pure_function_of_seed_and_step():
    one, other = popular(), popular()
    steps = [0, 1, one.steps_per_epoch, 2 * one.steps_per_epoch + 3]
    forward = [one.batch(5, step) for step in steps]
    backward = [other.batch(5, step) for step in steps[::-1]][::-1]
    for (inputs, weights), (again, weighed) in zip(forward, backward, strict=True):
        assert inputs.keys() == again.keys()
        np.testing.assert_array_equal(weights, weighed)
        for name in inputs:
            np.testing.assert_array_equal(inputs[name], again[name])
    for differs in (one.batch(6, 0), one.batch(5, one.steps_per_epoch)):
        assert any(not np.array_equal(differs[0][name], forward[0][0][name]) for name in ("history", "candidates"))


def test_every_action_of_a_short_history_is_learned_once_an_epoch():
    lengths = [0, 1, 2, 3, LENGTH, LENGTH + 1, 17, 11, 2]
    batches = numbered(lengths, batch_size=1)
    # The last batch of a bucket is filled up with windows of the same bucket.
    filled = sum(bucket.batches * bucket.size - len(bucket.users) for bucket in batches.buckets)
    for number in range(2):
        windows = list(windows_of(batches, number=number))
        distinct = {tuple(history): tuple(targets) for history, targets in windows}
        assert len(windows) - len(distinct) == filled
        pairs = Counter(pair for history, targets in distinct.items() for pair in zip(history, targets, strict=True))
        starts = np.cumsum([0, *lengths])
        wanted = [
            (FIRST + place, FIRST + place + 1)
            for start, size in zip(starts, lengths, strict=False)
            for place in range(start, start + size - 1)
        ]
        assert pairs == Counter(wanted)


def test_every_window_of_an_epoch_is_there_once_before_any_is_repeated():
    batches = popular()
    for bucket, rows in batches.plan(3, 1):
        assert len(rows) == bucket.size
    for bucket in batches.buckets:
        rows = np.concatenate([rows for other, rows in batches.plan(3, 1) if other is bucket])
        counts = np.bincount(rows, minlength=len(bucket.users))
        assert counts.min() >= 1 and len(rows) - len(bucket.users) < bucket.size


def test_long_histories_give_contiguous_windows_whose_ends_move_over_the_whole_history():
    size = 5 * LENGTH
    batches = numbered([size, 3], batch_size=1)
    long = FIRST + np.arange(size)
    learned, ends = np.zeros(size, int), set()
    for number in range(60):
        windows = {tuple(h): t for h, t in windows_of(batches, number=number) if len(h) > 3}
        # as many as the history holds; two may coincide only where their shares of the ends meet
        assert 4 <= len(windows) <= 5
        for history, targets in windows.items():
            assert len(history) == LENGTH
            np.testing.assert_array_equal(history, long[history[0] - FIRST :][:LENGTH])
            np.testing.assert_array_equal(targets, np.array(history) + 1)
            learned[targets - FIRST] += 1
            ends.add(int(targets[-1]))
    assert learned[0] == 0 and (learned[1:] > 0).all()
    assert min(ends) >= FIRST + LENGTH and max(ends) == long[-1]
    assert len(ends) > (size - LENGTH) // 2


def test_padding_is_on_the_left():
    for inputs, _ in epoch(popular()):
        history, targets = inputs["history"], inputs["targets"]
        real = history != PAD
        assert history.dtype == targets.dtype == np.int32
        assert (np.diff(real.astype(int)) >= 0).all() and real[:, -1].all()
        np.testing.assert_array_equal(targets != PAD, real)
        np.testing.assert_array_equal(history[:, 1:][real[:, :-1]], targets[:, :-1][real[:, :-1]])


def test_weights_make_the_mean_of_both_losses_and_padding_weighs_nothing():
    for inputs, weights in epoch(popular(ranker_weight=0.3)):
        real, count = inputs["history"] != PAD, inputs["candidates"].shape[1]
        assert weights.dtype == np.float32 and weights.shape == (len(real), real.shape[1] + count)
        following, offered = weights[:, :-count], weights[:, -count:]
        assert (following[~real] == 0).all()
        losses = np.random.default_rng(0).random(weights.shape)
        wanted = losses[:, :-count][real].mean() + 0.3 * losses[:, -count:].mean()
        assert (losses * weights).mean() == pytest.approx(wanted, rel=1e-5)
        assert np.ptp(following[real]) == np.ptp(offered) == 0


def test_the_ranker_gets_the_actions_before_the_item_that_was_taken():
    batches = numbered([LENGTH - 5, 7, 3, 2, 40, 90] * 3, ranker_length=5)
    moments = set()
    for inputs, _ in epoch(batches) + epoch(batches, number=1):
        assert inputs["recent"].shape[1] == 5 and inputs["recent"].dtype == inputs["candidates"].dtype == np.int32
        for history, targets, recent, taken in zip(
            inputs["history"], inputs["targets"], inputs["recent"], inputs["candidates"][:, 0], strict=True
        ):
            (moment,) = np.flatnonzero(targets == taken)
            moments.add(moment - len(history))
            past = history[max(0, moment - 4) : moment + 1]
            np.testing.assert_array_equal(recent, np.pad(past, (5 - len(past), 0)))
            assert recent[-1] + 1 == taken
    assert len(moments) > 15, "moments of the whole window are ranked"


def test_negatives_follow_popularity():
    batches = popular()
    drawn = batches.popular((211, 97), np.random.default_rng(0))
    assert drawn.dtype == np.int32 and drawn.min() >= FIRST
    counts = batches.counts[FIRST:]
    assert (
        chisquare(np.bincount(drawn.ravel(), minlength=ROWS)[FIRST:], counts / counts.sum() * drawn.size).pvalue > 1e-3
    )
    assert len(drawn[drawn == FIRST]) > 5 * len(drawn[drawn == ROWS - 1])


def test_negatives_are_mostly_neither_taken_nor_in_the_window():
    rng = np.random.default_rng(0)
    items = [list(FIRST + rng.permutation(ITEMS)[:size]) for size in rng.integers(3, 41, 83)]
    batches = Batches(log_of(*items), replace(CONFIG, length=LENGTH, ranker_negatives=7), FIRST + ITEMS)
    held = total = 0
    for inputs, _ in epoch(batches):
        taken, others = inputs["candidates"][:, :1], inputs["candidates"][:, 1:]
        held += ((others[:, :, None] == inputs["history"][:, None]).any(-1) | (others == taken)).sum()
        total += others.size
    assert held / total < 1e-3


def test_where_items_come_back_a_negative_may_be_in_the_window():
    """As often as by chance: here the window is a fourth of a catalogue that is equally popular."""
    items = [(FIRST + (np.arange(12) + start) % 40).tolist() for start in range(40)]
    batches = Batches(log_of(*items), replace(CONFIG, length=LENGTH, ranker_negatives=7), FIRST + 40, repeats=True)
    held = total = same = 0
    for inputs, _ in epoch(batches):
        taken, others = inputs["candidates"][:, :1], inputs["candidates"][:, 1:]
        held += (others[:, :, None] == inputs["history"][:, None]).any(-1).sum()
        same += (others == taken).sum()
        total += others.size
    assert 0.15 < held / total < 0.35
    assert same / total < 1e-2


def test_a_negative_that_cannot_be_avoided_is_given_all_the_same():
    """Everyone has taken everything."""
    batches = Batches(log_of([2, 3, 4], [4, 3, 2]), replace(CONFIG, length=LENGTH), 5)
    inputs, _ = batches.batch(0, 0)
    assert set(np.unique(inputs["candidates"])) <= {2, 3, 4}


def test_each_loss_gets_the_negatives_that_it_needs():
    bce = popular(loss="bce")
    for inputs, _ in epoch(bce):
        assert inputs["negatives"].shape == inputs["targets"].shape and inputs["negatives"].dtype == np.int32
        assert np.isin(inputs["negatives"], bce.seen).all()
    sampled = popular(full_softmax=5, negatives=31)
    assert sampled.batch(0, 0)[0]["negatives"].shape == (31,)
    assert "negatives" not in popular(full_softmax=ROWS).batch(0, 0)[0]


def test_buckets_waste_little_on_lengths_as_they_are():
    """Log-normal lengths with the median of MovieLens-1M (96) and many short ones."""
    lengths = np.exp(np.random.default_rng(0).normal(np.log(96), 1.0, 3000)).astype(int).clip(2, 2000)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    items = np.random.default_rng(1).integers(FIRST, ROWS, starts[-1]).astype(np.int32)
    log = Log(items, np.arange(len(items)), starts, ("",) * len(lengths))
    batches = Batches(log, replace(CONFIG, length=200, batch_size=32), ROWS)
    real = padded = 0
    for inputs, _ in epoch(batches):
        real += (inputs["history"] != PAD).sum()
        padded += inputs["history"].size
    assert 1 - real / padded < 0.2
    sizes = [bucket.size for bucket in batches.buckets]
    assert sizes == sorted(sizes, reverse=True) and sizes[-1] == 32, "the shorter, the more in a batch"
    assert max(bucket.length * bucket.size for bucket in batches.buckets) <= 32 * 200


def test_users_without_a_next_action_are_in_no_batch():
    batches = numbered([0, 1, 4, 1, 0])
    assert {int(user) for bucket in batches.buckets for user in bucket.users} == {2}
    assert numbered([0, 1, 1]).buckets == []


def test_the_loss_of_a_next_item_counts_as_its_action_weighs():
    """Each action has a weight that tells which it is; that of a first action, which nothing predicts, does nothing."""
    lengths = [2, 3, LENGTH, 17, 11, 2] * 12  # no bucket has to be filled up
    plain = numbered(lengths, batch_size=1)
    own = np.random.default_rng(1).random(len(plain.log)).astype(np.float32)
    own[plain.log.starts[:-1]] = 1000
    weighed = Batches(replace(plain.log, weights=own), plain.config, plain.counts.size)
    mean = np.delete(own, plain.log.starts[:-1]).mean()
    total = count = 0.0
    for step in range(plain.steps_per_epoch):
        (inputs, flat), (same, weights) = plain.batch(0, step), weighed.batch(0, step)
        targets, size = inputs["targets"], inputs["targets"].shape[1]
        np.testing.assert_array_equal(targets, same["targets"])
        wanted = np.where(targets == PAD, 0, own[targets - FIRST] / mean)
        np.testing.assert_allclose(weights[:, :size], flat[:, :size] * wanted, rtol=1e-5)
        np.testing.assert_array_equal(weights[:, size:], flat[:, size:])
        total, count = total + wanted[targets != PAD].sum(), count + (targets != PAD).sum()
    assert count == plain.pairs.sum() and total / count == pytest.approx(1, rel=1e-5)


def test_weights_that_are_all_one_or_all_zero_change_nothing():
    plain = popular()
    for own in (np.ones(len(plain.log), np.float32), np.zeros(len(plain.log), np.float32)):
        weighed = Batches(replace(plain.log, weights=own), plain.config, ROWS)
        np.testing.assert_allclose(weighed.batch(0, 1)[1], plain.batch(0, 1)[1], rtol=1e-6)


def test_times_are_those_of_history_and_targets_and_some_windows_have_none():
    """A log whose n-th row happened at second 1,000 n of the clock's first year."""
    batches = numbered([3, 9, 40, 2, 17, 90] * 9, times=True)
    batches.log = replace(batches.log, times=ORIGIN + 1000 * batches.log.items.astype(np.int64))
    told = hidden = 0
    for inputs, _ in epoch(batches) + epoch(batches, number=1):
        times, history, targets = (inputs[name] for name in ("times", "history", "targets"))
        assert times.dtype == np.int32 and times.shape == (len(history), history.shape[1] + 1)
        shown = times[:, -1] != 0
        assert not times[~shown].any()
        np.testing.assert_array_equal(times[shown, :-1], 1000 * history[shown])
        np.testing.assert_array_equal(times[shown, 1:], np.where(targets, 1000 * targets, times[:, 1:])[shown])
        told, hidden = told + shown.sum(), hidden + (~shown).sum()
    assert 0.04 < hidden / (told + hidden) < 0.18
    assert "times" not in numbered([3, 9]).batch(0, 0)[0]
