"""How often people come back to items, counted by a loop, and what follows from it."""

from dataclasses import replace

import numpy as np
import pytest
from small_recommender import CONFIG, log_of

from heedful.recipes.contract import knowledge_of
from heedful.recipes.recommender.data import describe, load
from heedful.recipes.recommender.model import build
from heedful.recipes.recommender.reading.item_catalogue import FIRST, UNKNOWN
from heedful.recipes.recommender.reading.repeats import decided, repeat_share


def test_the_share_of_actions_that_come_back_is_that_of_a_loop():
    rng = np.random.default_rng(0)
    histories = [rng.integers(UNKNOWN, 20, rng.integers(1, 30)).tolist() for _ in range(50)]
    later = again = 0
    for history in histories:
        known = [row for row in history if row >= FIRST]
        for place, row in enumerate(known[1:], 1):
            later += 1
            again += row in known[:place]
    assert repeat_share(log_of(*histories)) == pytest.approx(again / later)
    assert 0.1 < again / later < 0.9


def test_nobody_comes_back_where_there_is_one_action_or_none():
    assert repeat_share(log_of([2], [3], [2])) == repeat_share(log_of([])) == 0
    assert repeat_share(log_of([2, 2])) == 1


OFTEN, RARELY = log_of([2, 3, 2, 4, 5, 6]), log_of(list(range(2, 200)), list(range(2, 200)))


@pytest.mark.parametrize(
    ("setting", "log", "allowed", "words"),
    [
        ("auto", OFTEN, True, "20.0% of the training actions come back"),
        ("auto", RARELY, False, "are never recommended"),
        ("allow", RARELY, True, "repeats=allow"),
        ("forbid", OFTEN, False, "repeats=forbid"),
    ],
)
def test_what_is_decided_is_said_with_the_figure(setting, log, allowed, words):
    found, sentence = decided(setting, log)
    assert found == allowed and words in sentence and "\n" not in sentence


def test_it_is_decided_once_and_kept_by_the_model(tmp_path):
    """By the log of a training; a log that the model is evaluated on decides nothing."""
    coming, going = tmp_path / "coming.csv", tmp_path / "going.csv"
    for path, rows in ((coming, ["ab" * 4, "ba" * 4, "cab" * 3]), (going, ["abcde", "bcdea", "cadbe"])):
        lines = [f"{u},{item},{100 + t}" for u, past in enumerate(rows) for t, item in enumerate(past)]
        path.write_text("\n".join(["user,item,timestamp", *lines]) + "\n")
    data = load(str(coming), CONFIG)
    assert data.repeats and data.facts["repeats"] is True and "may be recommended" in describe(data.summary)
    knowledge = knowledge_of(data)
    assert build(CONFIG, knowledge).choose.repeats
    assert load(str(going), CONFIG, evaluating=knowledge).repeats
    assert not load(str(going), CONFIG).repeats
    assert not load(str(coming), replace(CONFIG, repeats="forbid")).repeats
    old = replace(knowledge, facts={name: value for name, value in knowledge.facts.items() if name != "repeats"})
    assert not load(str(coming), CONFIG, evaluating=old).repeats, "a model from before there were repeats"
