"""From files to splits: leave-one-out, unknown ids, catalogues that grow, and users with hardly any actions."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small_recommender import CONFIG, log_of

from heedful.apps.errors import InputError
from heedful.recipes.contract import knowledge_of
from heedful.recipes.recommender.data import Examples, describe, examples, load, look
from heedful.recipes.recommender.reading.item_catalogue import FILE, FIRST, PAD, UNKNOWN, Catalogue

HISTORIES = {
    "ann": ["tent", "lamp", "rope", "soap", "kite"],
    "bob": ["lamp", "tent", "kite"],
    "cat": ["rope", "soap"],
    "dan": ["soap"],
    "eve": ["kite", "rope", "lamp", "tent"],
}


def written(folder, histories, name="log.csv"):
    """A table whose rows are out of order, oldest action at time 100."""
    rows = [f"{user},{item},{100 + place}" for user, items in histories.items() for place, item in enumerate(items)]
    rows = [rows[i] for i in np.random.default_rng(0).permutation(len(rows))]
    path = folder / name
    path.write_text("\n".join(["user,item,timestamp", *rows]) + "\n")
    return str(path)


def names(data, rows):
    """The ids of rows; "-" is padding, "?" the unknown item."""
    return ["-?"[row] if row < FIRST else data.catalogue.ids[row - FIRST] for row in rows]


def of_user(data, user, examples):
    """Which example of a split is that of a user."""
    (index,) = np.flatnonzero(data.log.starts[list(data.log.users).index(user)] == examples.starts)
    return int(index)


@pytest.fixture
def shop_log(tmp_path):
    return load(written(tmp_path, HISTORIES), CONFIG)


def test_the_last_action_is_for_testing_and_the_one_before_for_validation(shop_log):
    wanted = {"test": 1, "validation": 2}
    for name, back in wanted.items():
        split = shop_log.split(name)
        assert len(split) == 3
        for user in ("ann", "bob", "eve"):
            index, items = of_user(shop_log, user, split), HISTORIES[user]
            assert names(shop_log, [split.targets[index]]) == [items[-back]]
            assert names(shop_log, split.history(index)) == items[:-back]
            assert split.log.times[split.ends[index]] == 100 + len(items) - back
            assert split.lengths[index] == len(items) - back


def test_training_sees_neither_and_short_histories_only_train(shop_log):
    training = shop_log.training
    for number, user in enumerate(training.users):
        items = names(shop_log, training.items[training.starts[number] : training.starts[number + 1]])
        assert items == (HISTORIES[user][:-2] if len(HISTORIES[user]) >= 3 else HISTORIES[user])
    assert shop_log.summary["splits"] == {"train": len(training), "validation": 3, "test": 3}
    counts = np.bincount(training.items, minlength=shop_log.catalogue.rows)
    np.testing.assert_array_equal(shop_log.counts, counts)
    assert shop_log.counts[PAD] == shop_log.counts[UNKNOWN] == 0


def test_the_training_split_looks_for_what_is_trained_last(shop_log):
    split = shop_log.split("train")
    assert len(split) == 2  # of users with a past before it
    index = of_user(shop_log, "ann", split)
    assert names(shop_log, [split.targets[index]]) == ["rope"]
    assert names(shop_log, split.history(index)) == ["tent", "lamp"]


def test_all_is_validation_and_test(shop_log):
    every, parts = shop_log.split("all"), [shop_log.split(name) for name in ("validation", "test")]
    np.testing.assert_array_equal(every.targets, np.concatenate([part.targets for part in parts]))
    assert [list(every.history(i)) for i in range(len(every))] == [
        list(part.history(i)) for part in parts for i in range(len(part))
    ]


def test_windows_hold_the_newest_actions_on_the_right():
    split = Examples(log_of([2, 3, 4, 5, 6, 7, 8], [9, 10, 11]), np.array([0, 7]), np.array([6, 9]))
    np.testing.assert_array_equal(split.windows(np.array([1, 0]), 5), [[0, 0, 0, 9, 10], [3, 4, 5, 6, 7]])
    np.testing.assert_array_equal(split.windows(np.array([0]), 2), [[6, 7]])
    assert split.windows(np.array([0]), 11).dtype == np.int32
    assert split.windows(np.zeros(0, int), 5).shape == (0, 5)


def test_a_first_action_as_target_has_an_empty_history():
    log = log_of([2, 3, 4], [5, 6], [7])
    split = examples(log, 3)
    assert len(split) == 0  # the action before it is what a model needs
    validation = examples(log, 2)
    assert list(validation.targets) == [3] and list(validation.history(0)) == [2]


def test_unknown_ids_are_row_1_for_a_finished_model(shop_log, tmp_path):
    later = {"fay": ["sofa", "tent", "sofa2", "lamp"], "gus": ["lamp"], "hal": ["kite", "sofa", "rope"]}
    data = load(written(tmp_path, later, "later.csv"), CONFIG, evaluating=knowledge_of(shop_log))
    assert data.catalogue.ids == shop_log.catalogue.ids
    np.testing.assert_array_equal(data.catalogue.counts, shop_log.catalogue.counts)
    split = data.split("test")
    index = of_user(data, "fay", split)
    assert names(data, split.history(index)) == ["?", "tent", "?"]
    assert names(data, [split.targets[index]]) == ["lamp"]
    assert names(data, [data.split("validation").targets[of_user(data, "hal", data.split("validation"))]]) == ["?"]
    assert data.summary["report"]["unknown"] == {"ids": 2, "rows": 3}


def test_a_finished_model_may_meet_a_table_with_nothing_to_evaluate(shop_log, tmp_path):
    path = written(tmp_path, {"fay": ["tent"], "gus": ["lamp", "kite"]}, "later.csv")
    data = load(path, CONFIG, evaluating=knowledge_of(shop_log))
    for name in ("validation", "test", "train", "all"):
        with pytest.raises(InputError, match=r"later\.csv has no user with 3 actions or more, .*: give more data\.$"):
            data.split(name)


def test_continuing_keeps_rows_appends_items_and_adds_up_counts(shop_log, tmp_path):
    later = {"fay": ["sofa", "tent", "bowl", "lamp"], "gus": ["lamp", "sofa"]}
    data = load(written(tmp_path, later, "later.csv"), CONFIG, continuing=knowledge_of(shop_log))
    old = len(shop_log.catalogue)
    assert data.catalogue.ids[:old] == shop_log.catalogue.ids
    assert set(data.catalogue.ids[old:]) == {"sofa", "bowl"}
    new = dict(zip(data.catalogue.ids, data.catalogue.counts, strict=True))
    before = dict(zip(shop_log.catalogue.ids, shop_log.catalogue.counts, strict=True))
    trained = {"sofa": 2, "tent": 1, "lamp": 1}  # of fay only what is not held out
    assert new == {name: before.get(name, 0) + trained.get(name, 0) for name in data.catalogue.ids}
    assert Catalogue.from_json(data.attachments[FILE]).ids == data.catalogue.ids


def test_what_a_model_must_remember(shop_log):
    assert shop_log.facts == {
        "items": 5, "length": CONFIG.length, "top": 5, "candidates": CONFIG.candidates,
        "repeats": False, "ranker_length": CONFIG.ranker_length,
    }  # fmt: skip
    assert list(shop_log.attachments) == [FILE]
    inputs, weights = shop_log.batch(0, 0)
    assert inputs["history"].max() < shop_log.catalogue.rows and len(weights) == len(inputs["history"])
    assert "validation 3, test 3" in describe(shop_log.summary)
    assert "0.0% of the training actions come back" in describe(shop_log.summary)


@pytest.mark.parametrize(
    "histories",
    [
        {"ann": ["tent"], "bob": ["lamp"], "cat": ["soap"]},
        {"ann": ["tent", "lamp"], "bob": ["lamp", "soap"]},
        {"ann": ["tent", "lamp", "soap"]},  # one action is left for training
        {"ann": ["tent"] * 5, "bob": ["tent"] * 4},
    ],
    ids=["one each", "two each", "one user", "one item"],
)
def test_too_little_to_learn_is_one_sentence(histories, tmp_path):
    with pytest.raises(InputError, match=r"^[^\n]*log\.csv leaves too little to learn: it takes users with 3 actions"):
        load(written(tmp_path, histories), CONFIG)


def test_nothing_left_after_dropping_is_one_sentence(tmp_path):
    with pytest.raises(InputError, match=r"log\.csv has no interactions left"):
        load(written(tmp_path, HISTORIES), replace(CONFIG, core=7))


def test_a_look_shows_what_was_understood_and_three_histories(tmp_path):
    path = written(tmp_path, HISTORIES)
    (tmp_path / "log_items.csv").write_text("item,title\nlamp,A lamp\n")
    found = look(path, CONFIG)
    assert list(found.examples) == [
        "ann: tent, A lamp, rope, soap, kite", "eve: kite, rope, A lamp, tent", "bob: A lamp, tent, kite",
    ]  # fmt: skip
    columns = "user = user, item = item, timestamp = timestamp"
    assert found.summary["read"] == [
        f"log.csv: interactions, a table separated by commas, {columns}",
        "log_items.csv: items, a table separated by commas, item = item, title = title",
    ]
    assert "read log.csv (interactions, a table separated by commas), log_items.csv (items" in describe(found.summary)


def test_columns_are_the_users_to_choose(tmp_path):
    path = Path(written(tmp_path, HISTORIES))
    path.write_text(path.read_text().replace("user,item,timestamp", "a,b,c"))
    data = load(str(path), CONFIG, columns={"user": "a", "item": "b", "timestamp": "c"})
    assert names(data, data.log.items[data.log.starts[0] : data.log.starts[1]]) == HISTORIES[data.log.users[0]]
    with pytest.raises(InputError, match=r"log\.csv has no column d for user: it has a, b, c"):
        load(str(path), CONFIG, columns={"user": "d"})


def test_the_order_of_rows_is_said_to_be_that_of_time(tmp_path):
    (tmp_path / "log.csv").write_text("user,item\n" + "".join(f"u{n % 4},{n % 7}\n" for n in range(29)))
    said = "no column of times: the order of the file is taken for the order of time"
    assert said in look(str(tmp_path / "log.csv"), CONFIG).summary["read"]


def clocked(folder, name="clock.csv"):
    """Forty users who act every few hours of their own, over a month; "late" things are only taken in its last days."""
    rng = np.random.default_rng(1)
    rows = []
    for user in range(40):
        for time in np.sort(1_700_000_000 + rng.integers(0, 30 * 86400, rng.integers(2, 12))):
            item = "late" if time > 1_700_000_000 + 28 * 86400 else f"thing {rng.integers(9)}"
            rows.append((int(time), f"user {user}", item))
    path = folder / name
    path.write_text("user,item,timestamp\n" + "".join(f"{u},{i},{t}\n" for t, u, i in sorted(rows)))
    return str(path), rows


def test_a_split_by_time_keeps_everything_later_out_of_training(tmp_path):
    path, rows = clocked(tmp_path)
    data = load(path, replace(CONFIG, split="time"))
    times = sorted(time for time, _, _ in rows)
    first, second = (times[int(share * len(times))] for share in (0.8, 0.9))
    before = [row for row in rows if row[0] < first]
    assert data.training.times.max() < first <= data.split("validation").log.times[data.split("validation").ends].min()
    assert data.split("test").log.times[data.split("test").ends].min() >= second
    assert sorted(data.training.times.tolist()) == sorted(time for time, _, _ in before)
    counts = dict(zip(data.catalogue.ids, data.catalogue.counts.tolist(), strict=True))
    assert counts == {item: sum(row[2] == item for row in before) for item in data.catalogue.ids}
    assert counts["late"] == 0 and "late" in names(data, data.split("test").targets)
    for name in ("validation", "test"):
        moment = first if name == "validation" else second
        for user in {user for _, user, _ in rows}:
            mine = sorted((time, item) for time, other, item in rows if other == user)
            index = np.flatnonzero(
                data.log.starts[list(data.log.users).index(user)] == data.split(name).starts
            )  # of no or one example
            if len(index):
                history = names(data, data.split(name).history(index[0]))
                assert history == [item for time, item in mine if time < moment] and history
                assert names(data, [data.split(name).targets[index[0]]]) == [mine[len(history)][1]]
    later = {user for time, user, _ in rows if time >= second} - {user for time, user, _ in rows if time < second}
    assert data.summary["left_out"]["test users without an action before"] == len(later)
    assert "the same for all users: what was before 2023-12" in describe(data.summary)


def test_batches_of_a_split_by_time_hold_nothing_later(tmp_path):
    data = load(clocked(tmp_path)[0], replace(CONFIG, split="time"))
    late = FIRST + data.catalogue.ids.index("late")
    for step in range(2 * data.steps_per_epoch):
        assert not any((values == late).any() for values in data.batch(0, step)[0].values())


def test_a_split_by_time_asks_for_a_clock(tmp_path):
    config = replace(CONFIG, split="time")
    (tmp_path / "rows.csv").write_text("user,item\n" + "ann,tent\nbob,lamp\nann,rope\nbob,soap\n" * 5)
    for path in (written(tmp_path, HISTORIES), str(tmp_path / "rows.csv")):
        with pytest.raises(InputError, match=r"\.csv has no times of a clock, .*--columns timestamp=NAME") as caught:
            load(path, config)
        assert "\n" not in str(caught.value)
        with pytest.raises(InputError, match=r"\.csv has no times of a clock, so times=true cannot be used"):
            load(path, replace(CONFIG, times=True))
    (tmp_path / "alone.csv").write_text("user,item,timestamp\n" + "".join(f"u{n},i{n},{n * n}\n" for n in range(20)))
    with pytest.raises(InputError, match="too little to learn: it takes users with actions both before and after"):
        load(str(tmp_path / "alone.csv"), config)


def test_a_model_is_told_when_the_actions_were_and_when_the_target_happened(tmp_path):
    path, rows = clocked(tmp_path)
    data = load(path, replace(CONFIG, times=True))
    split = data.split("test")
    found = split.times(np.arange(len(split)), 5)
    assert found.dtype == np.int32 and found.shape == (len(split), 6)
    for index, start in enumerate(split.starts):
        user = data.log.users[int(np.searchsorted(data.log.starts, start))]
        mine = sorted(time - 946_684_800 for time, other, _ in rows if other == user)[-6:]
        assert found[index].tolist() == [0] * (6 - len(mine)) + mine
    # A finished model may meet a log without a clock: then nothing is known.
    other = load(written(tmp_path, HISTORIES), replace(CONFIG, times=True), evaluating=knowledge_of(data))
    assert not other.split("test").times(np.arange(3), 5).any()
