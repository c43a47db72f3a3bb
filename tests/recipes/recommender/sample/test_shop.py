"""The simulated shop: whole, drifting, the same every time, and explained by its oracle to within sampling error."""

from functools import cache

import numpy as np
import pytest

from heedful.recipes.recommender.reading.item_catalogue import FIRST, PAD, UNKNOWN
from heedful.recipes.recommender.sample import shop as rules
from heedful.recipes.recommender.sample.shop import LATE, LONGEST, SHORTEST, USERS, shop


@cache
def sample():
    return shop()


@cache
def baskets():
    """Each user's rows, oldest first."""
    log = sample().log
    return [log.items[log.starts[user] : log.starts[user + 1]] for user in range(len(log.users))]


@cache
def before_last():
    """What the oracle says before each user's last action, and which row it was."""
    return sample().oracle.scores([basket[:-1] for basket in baskets()]), np.array([basket[-1] for basket in baskets()])


def category(row):
    return sample().catalogue.features[row - FIRST][0]


def written_out(history):
    """The rules of the module docstring for one history, one action at a time, in Python floats."""
    catalogue, process = sample().catalogue, sample().oracle.process
    names = list(dict.fromkeys(feature for (feature,) in catalogue.features))
    known = [row for row in history if row >= FIRST]
    weights = [0.0] * catalogue.rows
    for row in range(FIRST, catalogue.rows):
        if row in known:
            continue
        subject = category(row)
        ages = [age for age, taken in enumerate(reversed(known)) if category(taken) == subject]
        wish = sum(rules.MEMORY**age for age in ages) + rules.CURIOSITY * process.popularity[names.index(subject)]
        if known and category(known[-1]) == subject:
            wish *= rules.AGAIN
        last = known[-1 - min(ages)] - FIRST + 1 if ages else 0
        weights[row] = wish * process.follows[last, row - FIRST]
    return np.array(weights) / sum(weights)


@pytest.mark.long
def test_the_same_seed_makes_the_same_shop_and_another_seed_another():
    again, other = shop(), shop(1)
    for name in ("items", "times", "starts"):
        np.testing.assert_array_equal(getattr(sample().log, name), getattr(again.log, name))
    np.testing.assert_array_equal(sample().oracle.process.follows, again.oracle.process.follows)
    assert sample().catalogue.to_json() == again.catalogue.to_json() == other.catalogue.to_json()
    assert not np.array_equal(sample().log.items[:1000], other.log.items[:1000])


def test_the_log_is_whole():
    log, catalogue = sample().log, sample().catalogue
    assert (log.items.dtype, log.times.dtype, log.starts.dtype) == (np.int32, np.int64, np.int64)
    assert len(log.users) == len(set(log.users)) == len(log.starts) - 1 == USERS
    assert log.starts[0] == 0 and log.starts[-1] == len(log.items) == len(log.times)
    assert 300_000 < len(log) < 400_000
    assert log.lengths.min() == SHORTEST and log.lengths.max() == LONGEST
    assert log.items.min() >= FIRST and log.items.max() < catalogue.rows
    assert all(len(set(basket)) == len(basket) for basket in baskets()), "somebody took an item twice"
    inside = np.ones(len(log) - 1, bool)
    inside[log.starts[1:-1] - 1] = False
    assert (np.diff(log.times)[inside] >= 20).all(), "times tie or run backwards"


def test_names_are_unique_and_can_be_typed():
    catalogue = sample().catalogue
    assert len(catalogue) == 396
    assert len(set(catalogue.ids)) == len(set(catalogue.titles)) == len(catalogue)
    assert all(set(item) <= set("abcdefghijklmnopqrstuvwxyz-") for item in catalogue.ids)
    assert catalogue.titles[0] == "two-person tent" and catalogue.ids[0] == "two-person-tent"
    assert all(len(features) == 1 for features in catalogue.features) and len(catalogue.feature_names) == 18


def test_cold_items_have_a_category_and_no_interactions():
    counts = np.bincount(sample().log.items, minlength=sample().catalogue.rows)[FIRST:]
    np.testing.assert_array_equal(counts > 0, sample().oracle.process.sold)
    assert (counts == 0).sum() == rules.COLD
    assert all(sample().catalogue.features[item] for item in np.flatnonzero(counts == 0))


def test_popularity_is_skewed():
    counts = np.sort(np.bincount(sample().log.items)[FIRST:])[::-1]
    assert counts[:40].sum() > 0.25 * counts.sum()
    assert np.median(counts) > 100, "too rare to learn from"


def test_late_items_go_on_sale_in_the_second_half():
    log = sample().log
    first = np.full(sample().catalogue.rows, np.iinfo(np.int64).max)
    np.minimum.at(first, log.items, log.times)
    seen = first[first < np.iinfo(np.int64).max]
    middle = (log.times.min() + log.times.max()) / 2
    assert (seen > middle).sum() == LATE


def test_what_was_popular_lately_says_more_about_next_week_than_what_always_was():
    """By category: by item, a fortnight is a small sample."""
    log, week = sample().log, 7 * rules.DAY
    subject = sample().oracle.process.category[log.items - FIRST]
    recent, always = [], []
    for now in range(int(log.times.min()) + 12 * week, int(log.times.max()) - 2 * week, 2 * week):
        coming, lately, ever = (
            np.bincount(subject[(log.times >= begin) & (log.times < end)], minlength=18)
            for begin, end in ((now, now + week), (now - 2 * week, now), (0, now))
        )
        recent.append(np.corrcoef(coming, lately)[0, 1])
        always.append(np.corrcoef(coming, ever)[0, 1])
    assert np.mean(recent) > np.mean(always), (np.mean(recent), np.mean(always))


def test_interests_are_several_and_drift():
    kept, still_there = [], []
    for basket in baskets():
        if len(basket) >= 40:
            subjects = [category(row) for row in basket]
            kept.append(len(set(subjects[-10:]) & set(subjects[-20:-10])) / len(set(subjects[-10:])))
            still_there.append(len(set(subjects[-10:]) & set(subjects[:10])) / len(set(subjects[-10:])))
            assert len(set(subjects)) >= 2
    assert np.mean(kept) > np.mean(still_there) + 0.15, (np.mean(kept), np.mean(still_there))
    counts = [len({category(row) for row in basket[-10:]}) for basket in baskets()]
    assert 2 < np.mean(counts) < 6


@pytest.mark.parametrize("user", [0, 7, 101, 1009, 2003])
@pytest.mark.parametrize("length", [0, 1, 2, 5, 11, LONGEST])
def test_the_oracle_is_the_written_out_process(user, length):
    history = baskets()[user][:-1][:length]
    np.testing.assert_allclose(sample().oracle.scores([history])[0], written_out(history), rtol=1e-12, atol=1e-15)


def test_the_oracle_answers_in_the_order_of_the_question():
    histories = [baskets()[user][:length] for user, length in ((3, 2), (5, 7), (11, 0), (13, 5))]
    together = sample().oracle.scores(histories)
    assert together.shape == (4, sample().catalogue.rows) and together.dtype == np.float64
    for history, row in zip(histories, together, strict=True):
        np.testing.assert_allclose(sample().oracle.scores([history])[0], row, rtol=1e-12)
    assert sample().oracle.scores([]).shape == (0, sample().catalogue.rows)


def test_the_oracle_passes_over_items_that_the_shop_does_not_know():
    history = baskets()[2][:7]
    strange = np.insert(history, [0, 3, 7], [PAD, UNKNOWN, UNKNOWN])
    np.testing.assert_allclose(*sample().oracle.scores([history, strange]), rtol=1e-12)


def test_probabilities_sum_to_one_and_leave_out_what_was_seen():
    scores, _ = before_last()
    np.testing.assert_allclose(scores.sum(1), 1, rtol=1e-12)
    assert not scores[:, :FIRST].any()
    assert all(not row[basket[:-1]].any() for row, basket in zip(scores, baskets(), strict=True))


def test_who_has_seen_everything_gets_no_probability():
    everything = np.arange(FIRST, sample().catalogue.rows)
    assert not sample().oracle.scores([everything]).any()


def test_what_happened_agrees_with_the_oracle():
    """Likelihood, hits and each category's total lie where the oracle itself expects them, within 4 standard errors."""
    scores, taken = before_last()
    people = np.arange(len(taken))
    log = np.log(np.where(scores > 0, scores, 1))
    expected = (scores * log).sum(1)
    spread = (scores * log**2).sum(1) - expected**2
    assert abs((log[people, taken] - expected).sum()) < 4 * np.sqrt(spread.sum())

    place = (-scores).argsort(1).argsort(1)
    for top in (1, 5, 10):
        share = np.where(place < top, scores, 0).sum(1)
        hits = place[people, taken] < top
        assert abs((hits - share).sum()) < 4 * np.sqrt((share * (1 - share)).sum()), top

    subject = np.array([-1] * FIRST + list(sample().oracle.process.category))
    for number in range(subject.max() + 1):
        share = scores[:, subject == number].sum(1)
        error = (subject[taken] == number).sum() - share.sum()
        assert abs(error) < 4 * np.sqrt((share * (1 - share)).sum()), number


def test_the_order_of_the_history_matters():
    """A count of what was taken is not enough: the same items in another order lead elsewhere."""
    histories = [basket[:-1] for basket in baskets()[:200]]
    forward = sample().oracle.scores(histories)
    backward = sample().oracle.scores([history[::-1] for history in histories])
    assert np.abs(forward - backward).sum(1).mean() > 0.5
