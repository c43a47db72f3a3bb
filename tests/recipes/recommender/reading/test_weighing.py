"""What actions weigh: by their events, by their ratings, by both; and what is said of it."""

import json
from dataclasses import replace

import numpy as np
import pytest
from small_recommender import CONFIG

from heedful.apps.errors import InputError
from heedful.recipes.contract import knowledge_of
from heedful.recipes.recommender.config import Config
from heedful.recipes.recommender.data import describe, load
from heedful.recipes.recommender.reading import chunks
from heedful.recipes.recommender.reading.item_catalogue import FIRST
from heedful.recipes.recommender.reading.table import describe_report, read
from heedful.recipes.recommender.reading.weighing import Weighing, weights_of_events

HEADER = "user,item,time,event\n"
EVENTS = [  # user, item, time, event
    ("ann", "tent", 1, "view"), ("ann", "tent", 2, "cart"), ("ann", "tent", 3, "buy"), ("ann", "lamp", 4, "view"),
    ("bob", "lamp", 1, "VIEW "), ("bob", "rope", 2, "view"), ("bob", "rope", 5, "buy"), ("bob", "soap", 6, "wish"),
    ("bob", "kite", 7, ""),
]  # fmt: skip


def written(folder, text, name="log.csv"):
    (folder / name).write_text(text)
    return folder / name


def shop(folder):
    rows = [EVENTS[place] for place in np.random.default_rng(3).permutation(len(EVENTS))]
    return written(folder, HEADER + "".join(",".join(map(str, row)) + "\n" for row in rows))


def weights_of(table) -> np.ndarray:
    assert table.log.weights is not None and table.log.weights.dtype == np.float32
    return table.log.weights


def weighed(table):
    """`{user: [(item, weight times that of the lightest action)]}`."""
    log, ids = table.log, table.catalogue.ids
    parts = weights_of(table) / weights_of(table).min()
    return {
        user: [
            (ids[log.items[place] - FIRST], round(float(parts[place]), 4))
            for place in range(log.starts[number], log.starts[number + 1])
        ]
        for number, user in enumerate(log.users)
    }


def test_by_default_all_events_weigh_the_same_and_are_counted(tmp_path):
    table = read(shop(tmp_path))
    assert table.log.weights is None and len(table.log) == 9
    assert table.report["events"]["kept"] == {"view": 4, "buy": 2, "cart": 1, "wish": 1, "no event": 1}
    said = describe_report(table.report)
    assert "events: view 4, buy 2, " in said and "; all weigh the same, and --set events=view:1,buy:1," in said
    one = read(written(tmp_path, HEADER + "a,x,1,click\na,y,2,click\n", "one.csv"))
    assert "events: click 2\n" in describe_report(one.report)
    assert "events" not in describe_report(read(written(tmp_path, "user,item\na,x\na,y\n", "none.csv")).report)


@pytest.mark.parametrize("block", [1 << 20, 60])
def test_events_weigh_what_the_user_says_and_others_are_left_out(tmp_path, monkeypatch, block):
    monkeypatch.setattr(chunks, "BLOCK", block)
    table = read(shop(tmp_path), weighing=Weighing.of("view:1, cart:3,Buy:5,wish:0", ""))
    assert weighed(table) == {
        "ann": [("tent", 1), ("tent", 3), ("tent", 5), ("lamp", 1)],
        "bob": [("lamp", 1), ("rope", 1), ("rope", 5)],
    }
    assert weights_of(table).mean() == pytest.approx(1, rel=1e-6)
    said = describe_report(table.report)
    assert "9 rows, 7 kept; dropped: 2 of events without a weight (" in said
    assert "wish 1" in said and "no event 1" in said
    assert "events: view 4 (weight 1), buy 2 (weight 5), cart 1 (weight 3)" in said
    assert table.report["dropped"]["events"] == 2 and json.loads(json.dumps(table.report)) == table.report


def test_what_is_taken_back_counts_where_it_is_named(tmp_path):
    text = HEADER + "a,x,1,view\na,y,2,remove_from_cart\na,z,3,view\n"
    path = written(tmp_path, text)
    assert len(read(path).log) == 2
    table = read(path, weighing=Weighing.of("view:2,remove_from_cart:0.5", ""))
    assert weighed(table) == {"a": [("x", 4), ("y", 1), ("z", 4)]}


def test_the_heaviest_of_actions_at_once_stays(tmp_path):
    text = HEADER + "a,x,1,view\na,x,1,buy\na,y,1,view\na,x,1,cart\nb,x,1,view\nb,x,1,view\n"
    table = read(written(tmp_path, text), weighing=Weighing.of("view:1,cart:3,buy:5", ""))
    assert weighed(table) == {"a": [("x", 5), ("y", 1)], "b": [("x", 1)]}
    assert table.report["dropped"]["duplicates"] == 3


def test_the_core_and_the_held_out_parts_keep_the_weights(tmp_path):
    """Every weight tells its action: against plain Python."""
    rng = np.random.default_rng(5)
    rows = [(f"u{rng.zipf(1.5) % 17}", f"i{rng.zipf(1.5) % 13}", time) for time in range(301)]
    text = HEADER + "".join(f"{u},{i},{t},e{t % 5}\n" for u, i, t in rows)
    events = ",".join(f"e{number}:{number + 1}" for number in range(5))
    data = load(str(written(tmp_path, text)), replace(CONFIG, core=3, events=events))
    assert len(data.log.users) > 3 and len(data.log) < 301
    for log in (data.log, data.training):
        assert log.weights is not None and len(log.weights) == len(log)
        by_time = log.times % 5 + 1
        np.testing.assert_allclose(log.weights / log.weights[0], by_time / by_time[0], rtol=1e-5)
    assert len(data.training) < len(data.log)
    np.testing.assert_array_equal(data.counts, np.bincount(data.training.items, minlength=data.catalogue.rows))


RATED = "user,item,time,rating\na,x,1,5\na,y,2,1\na,z,3,\nb,x,1,3\nb,y,2,-1\nb,z,3,0\n"


def test_ratings_as_strength(tmp_path):
    """The mean of 5, 1, 3 and 0 is 2.25; one without a rating weighs as the mean does."""
    path = written(tmp_path, RATED)
    table = read(path, weighing=Weighing.of("", "rating"))
    wanted = np.array([5 / 2.25, 1 / 2.25, 1, 3 / 2.25, 1, 0])
    np.testing.assert_allclose(weights_of(table), wanted / wanted.mean(), rtol=1e-6)
    said = describe_report(table.report)
    assert "an action weighs its rating, divided by the mean of 2.25; 2 without a rating weigh as the mean" in said
    assert read(path).log.weights is None
    both = read(path, weighing=Weighing.of("", "rating"), minimum_rating=2)
    np.testing.assert_allclose(weights_of(both), [5 / 4, 3 / 4], rtol=1e-6)


def test_events_and_ratings_multiply(tmp_path):
    text = "user,item,time,event,rating\na,x,1,buy,4\na,y,2,view,2\na,z,3,view,\n"
    table = read(written(tmp_path, text), weighing=Weighing.of("view:1,buy:5", "rating"))
    wanted = np.array([5 * 4 / 3, 2 / 3, 1])
    np.testing.assert_allclose(weights_of(table), wanted / wanted.mean(), rtol=1e-6)


def test_events_of_several_files_and_of_sequences(tmp_path):
    written(tmp_path, HEADER + "a,x,1,view\n", "log_1.csv")
    written(tmp_path, HEADER + "a,y,2,buy\nb,x,3,view\n", "log_2.csv")
    table = read(tmp_path, weighing=Weighing.of("view:1,buy:4", ""))
    assert weighed(table) == {"a": [("x", 1), ("y", 4)], "b": [("x", 1)]}
    sessions = [
        {"session": 1, "events": [{"aid": 7, "ts": 1, "type": "clicks"}, {"aid": 8, "ts": 2, "type": "orders"}]},
        {"session": 2, "events": [{"aid": 8, "ts": 3, "type": "carts"}, {"aid": 9, "ts": 4, "type": "clicks"}]},
    ]
    path = written(tmp_path, "".join(json.dumps(session) + "\n" for session in sessions), "otto.jsonl")
    table = read(path, weighing=Weighing.of("clicks:1,carts:6,orders:3", ""))
    assert weighed(table) == {"1": [("7", 1), ("8", 3)], "2": [("8", 6), ("9", 1)]}
    assert read(path).report["events"]["kept"] == {"clicks": 2, "orders": 1, "carts": 1}


def test_a_column_that_the_user_chooses(tmp_path):
    path = written(tmp_path, "1,tent,cat,pv,10\n1,lamp,cat,buy,20\n2,tent,cat,pv,30\n")
    table = read(path, weighing=Weighing.of("pv:1,buy:4", ""), columns={"event": "4"})
    assert weighed(table) == {"1": [("tent", 1), ("lamp", 4)], "2": [("tent", 1)]}


@pytest.mark.parametrize(
    ("text", "settings", "says"),
    [
        (HEADER + "a,x,1,view\na,y,2,buy\n", {"events": "view:1,bought:3"},
         r"^[^\n]*log\.csv has no event bought: it has view, buy, so correct the setting events\.$"),
        ("user,item,time\na,x,1\na,y,2\n", {"events": "view:1"},
         r"^[^\n]*log\.csv has no events: name their column with --columns event=NAME, or leave the setting events"),
        ("user,item,time\na,x,1\na,y,2\n", {"strength": "rating"}, r"log\.csv has the columns .* and needs rating"),
        ("user,item,time,rating\na,x,1,0\na,y,2,-1\n", {"strength": "rating"}, r"has no rating above 0: leave"),
        (HEADER + "a,x,,view\na,y,2,buy\n", {"events": "view:1,buy:0"},
         r"no interactions left of 2 rows: dropped were 1 for missing values \(timestamp 1\), 1 for an event without"),
    ],
)  # fmt: skip
def test_what_cannot_be_weighed_is_one_sentence(tmp_path, text, settings, says):
    with pytest.raises(InputError, match=says):
        load(str(written(tmp_path, text)), replace(CONFIG, **settings))


def test_words_that_hardly_come_again_do_not_fill_the_report(tmp_path):
    text = HEADER + "".join(f"u{n % 9},i{n % 7},{n},word{n // 2}\n" for n in range(1000)) + "u1,i1,1000,view\n" * 3
    found = read(written(tmp_path, text), weighing=Weighing.of("view:1,word0:2", "")).report
    assert found["dropped"]["events"] == 998 and len(found["events"]["left_out"]) == 100
    assert " 2 and others)" in describe_report(found)
    assert json.loads(json.dumps(found)) == found


def test_the_sample_has_neither():
    with pytest.raises(InputError, match="the sample has neither events nor ratings"):
        load("sample", replace(CONFIG, events="view:1"))


@pytest.mark.parametrize("events", ["view", "view:", "view:x", ":3", "view:-1", "view:inf", "view:0", "view:1,buy"])
def test_a_setting_that_is_no_list_of_weights(events):
    with pytest.raises(ValueError, match=rf"^events={events} "):
        Config(events=events)


def test_names_may_hold_blanks_and_colons():
    assert weights_of_events("Add to cart:3, page:view:0.5,") == {"add to cart": 3, "page:view": 0.5}
    assert weights_of_events("") == {}


def test_a_finished_model_is_evaluated_on_logs_without_events(tmp_path):
    rows = [f"u{n % 5},i{n % 7},{n},{('view', 'buy')[n % 3 == 0]},{1 + n % 5}\n" for n in range(60)]
    path = written(tmp_path, "user,item,time,event,rating\n" + "".join(rows))
    config = replace(CONFIG, events="view:1,buy:5", strength="rating")
    data = load(str(path), config)
    assert "events: view 40 (weight 1), buy 20 (weight 5)" in describe(data.summary)
    plain = written(tmp_path, "user,item,time\n" + "".join(row.rsplit(",", 2)[0] + "\n" for row in rows), "plain.csv")
    again = load(str(plain), config, evaluating=knowledge_of(data))
    assert len(again.log) == 60 and len(again.split("test")) == 5
    with pytest.raises(InputError, match="needs rating"):
        load(str(plain), config)
