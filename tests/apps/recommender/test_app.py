"""From a history to recommendations with a tiny model of known formulas."""

import json
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
import recommender_models
import speech_models
from recommender_models import FIRST, IDS, ITEMS, LENGTH, PIECE, ROWS, TITLES, TOP, formulas

from heedful.apps.errors import InputError
from heedful.apps.model_file import ModelFile, attach
from heedful.apps.recommender import RecommenderModel, describe, rank, recommend, run_one
from heedful.apps.recommender.history import read_ids
from heedful.apps.recommender.moments import seconds_of

pytest.importorskip("ai_edge_litert")

HISTORY = ["id-4", "id-9", "id-2", "id-9"]


@pytest.fixture(scope="module")
def model():
    return RecommenderModel(ModelFile.from_bytes(recommender_models.content(), "tiny.tflite"))


def rows(history):
    return [FIRST + IDS.index(item) if item in IDS else 1 for item in history]


def expected(history, count):
    """Ids and scores of the best items that are not in the history, from the formulas."""
    scores, _ = formulas(rows(history)[-LENGTH:])
    order = [row for row in np.argsort(-scores) if row >= FIRST and row not in rows(history)][:count]
    return [IDS[row - FIRST] for row in order], scores[order]


def assert_explained(entry, history):
    """Attention and its three greatest weights are those of the formulas."""
    past = history[-LENGTH:]
    attention = formulas(rows(past))[1][rows([entry.item])[0]]
    np.testing.assert_allclose(entry.attention, attention, atol=1e-6)
    best = np.argsort(-attention)[:3]
    assert [one.item for one in entry.attended] == [past[i] for i in best]
    assert [one.steps_back for one in entry.attended] == [len(past) - i for i in best]
    np.testing.assert_allclose([one.weight for one in entry.attended], attention[best], atol=1e-6)


@pytest.mark.parametrize(
    "history",
    [HISTORY, ["id-0"], ["id-12"] * 40, ["new", "id-5", "also new"], ["new"], IDS[:LENGTH]],
    ids=["repeated", "one", "one often", "unknown among", "all unknown", "whole window"],
)
def test_recommendations_are_the_formulas(model, history):
    answer = recommend(model, history, TOP)
    items, scores = expected(history, TOP)
    assert [entry.item for entry in answer] == items
    assert [entry.title for entry in answer] == [TITLES[IDS.index(item)] for item in items]
    np.testing.assert_allclose([entry.score for entry in answer], scores, atol=1e-6)
    for entry in answer:
        assert_explained(entry, list(history))
    assert [entry.item for entry in recommend(model, history, 2)] == items[:2]


def test_of_a_long_history_the_last_are_read_and_none_is_recommended(model):
    """The first ten thousand are the very items that the graph would recommend."""
    end = ["id-6"] * LENGTH
    best, _ = expected(end, TOP)
    answer = recommend(model, best[:2] * 5000 + end, TOP)
    assert [entry.item for entry in answer] == best[2:]
    np.testing.assert_allclose([entry.score for entry in answer], expected(end, TOP)[1][2:], atol=1e-6)
    assert_explained(answer[0], end)


def test_where_there_are_repeats_the_graph_alone_decides():
    """What it recommends stays, though the history before what the model reads holds it."""
    content = recommender_models.content({"repeats": True})
    model = RecommenderModel(ModelFile.from_bytes(content, "tiny.tflite"))
    end = ["id-6"] * LENGTH
    best, _ = expected(end, TOP)
    assert [entry.item for entry in recommend(model, best[:2] * 5000 + end, TOP)] == best


def test_what_the_catalogue_has_no_more_of_is_not_filled_up(model):
    """The graph then returns masked rows, padding and the unknown item among them."""
    history = [item for item in IDS if item not in ("id-3", "id-7")]
    assert {entry.item for entry in recommend(model, history, TOP)} == {"id-3", "id-7"}
    assert [entry.item for entry in recommend(model, ["id-3", *history], TOP)] == ["id-7"]
    assert recommend(model, IDS * 3, TOP) == []


@pytest.mark.parametrize("size", [1, PIECE, PIECE + 1, ITEMS])
def test_any_number_of_candidates_is_ranked(model, size):
    candidates = list(np.random.default_rng(5).permutation(IDS)[:size])
    answer = rank(model, HISTORY, candidates + candidates[:1])
    scores, _ = formulas(rows(HISTORY))
    order = sorted(candidates, key=lambda item: -scores[rows([item])[0]])
    assert [entry.item for entry in answer] == order  # the history's own items among them, each once
    np.testing.assert_allclose([entry.score for entry in answer], scores[rows(order)], atol=1e-6)
    for entry in answer:
        assert_explained(entry, HISTORY)


def test_ids_are_strings(model):
    numbers = RecommenderModel(
        ModelFile.from_bytes(recommender_models.content(ids=[str(n) for n in range(ITEMS)], titles=None), "numbers")
    )
    assert [int(entry.item) for entry in recommend(numbers, [4, 9], TOP)] == [  # pyright: ignore[reportArgumentType]
        IDS.index(entry.item) for entry in recommend(model, ["id-4", "id-9"], TOP)
    ]
    assert numbers.title("4") == "4" and numbers.title("unheard") == "unheard"


def items(answer):
    return [entry.item for entry in answer]


def test_a_history_may_be_a_text_or_a_file(model, tmp_path):
    (tmp_path / "taken.csv").write_text("item\nid-4\nid-9\n")
    expected = items(recommend(model, ["id-4", "id-9"], TOP))
    for given in ("id-4, title 9", str(tmp_path / "taken.csv"), tmp_path / "taken.csv"):
        assert items(recommend(model, given, TOP)) == expected
        assert items(rank(model, given, "Title 7,id-3")) == items(rank(model, ["id-4", "id-9"], ["id-7", "id-3"]))
    for empty in ([], " , "):
        with pytest.raises(InputError, match="empty"):
            recommend(model, empty)


def test_run_gives_stable_json(model):
    result = run_one(model, " id-4, id-9 ,new,")
    assert json.loads(json.dumps(result)) == result
    assert list(result) == ["history", "titles", "unknown", "read", "asked", "recommendations"]
    assert result["history"] == ["id-4", "id-9", "new"] and result["titles"] == ["Title 4", "Title 9", "new"]
    assert (result["unknown"], result["read"], result["asked"]) == (["new"], 3, TOP)
    assert [entry["item"] for entry in result["recommendations"]] == expected(["id-4", "id-9", "new"], TOP)[0]
    for entry in result["recommendations"]:
        assert list(entry) == ["item", "title", "score", "attended"]
        assert [list(one) for one in entry["attended"]] == [["item", "title", "steps_back", "weight"]] * 3
        assert sum(one["weight"] for one in entry["attended"]) == pytest.approx(1, abs=2e-4)
    long, ranked = (run_one(model, given, candidates="id-1, id-11,id-5,id-6") for given in (",".join(IDS), "id-4"))
    assert list(long) == list(ranked) == ["history", "titles", "unknown", "read", "candidates"]
    assert (len(long["history"]), long["read"]) == (ITEMS, LENGTH)
    assert [entry["item"] for entry in ranked["candidates"]] == ["id-5", "id-6", "id-1", "id-11"]


def test_describe_is_for_people(model):
    attended = [
        {"item": "a", "title": "Heat (1995)", "steps_back": 2, "weight": 0.4112},
        {"item": "b", "title": "b", "steps_back": 1, "weight": 0.3},
    ]
    entry = {"item": "541", "title": "Blade Runner", "score": 0.0612, "attended": attended}
    result = {"history": ["a", "b"], "titles": ["Heat (1995)", "b"], "unknown": ["b"], "read": 2, "asked": 2}
    entries = [entry, {"item": "c", "title": "c", "score": 0.00712, "attended": []}]
    assert describe({**result, "recommendations": entries}).split("\n") == [
        "after Heat (1995), b",
        "  unknown to the model: b",
        "  1  Blade Runner (541)  0.0612  because of: Heat (1995) (2 back, 41 %), b (1 back, 30 %)",
        "  2  c                   0.0071  because of: -",
    ]
    assert "  only 1 of 2: " in describe({**result, "recommendations": [entry]})
    del result["asked"]
    assert "only" not in describe({**result, "candidates": [entry]})
    long = describe(run_one(model, ",".join(["x"] * 9000 + list(IDS[:3]) * 400)))
    assert long.startswith("after 10,200 actions, the last of them Title 1, Title 2, Title 0,")
    assert "the model read the last 11 of 10,200 actions" in long and "unknown to the model: x\n" in long
    unknown = describe(run_one(model, ",".join(f"x{n}" for n in range(9))))
    assert "unknown to the model: x0, x1, x2, x3, x4 and 4 more" in unknown


def test_hostile_titles_stay_in_their_line():
    titles = ["a\nb\r\n\x1b[31mc\u2028d", "word " * 100, "$x$ %s {y}", "", *TITLES[4:]]
    hostile = RecommenderModel(ModelFile.from_bytes(recommender_models.content(titles=titles), "hostile.tflite"))
    result = run_one(hostile, "id-5", candidates=",".join(IDS))
    lines = describe(result).splitlines()
    assert len(lines) == 1 + ITEMS and all(line.isprintable() and len(line) < 170 for line in lines)
    assert any("a b [31mc d (id-0)" in line for line in lines) and any("$x$ %s {y} (id-2)" in line for line in lines)
    assert {entry["title"] for entry in result["candidates"]} == set(titles)  # JSON holds them as they are


@pytest.fixture(scope="module")
def timed():
    return RecommenderModel(ModelFile.from_bytes(recommender_models.content({"times": True}), "timed.tflite"))


YESTERDAY, NOW = "2024-05-30T12:00", "2024-05-31T12:00"


def test_a_model_with_times_is_told_when_the_actions_were_and_when_it_is_asked(timed, tmp_path):
    (tmp_path / "times.txt").write_text(f"1970-01-02\n{YESTERDAY}\n")
    noon = 1_717_070_400  # 30 May 2024, 12:00 UTC
    for times in (
        ["2024-05-29", YESTERDAY], f"2024-05-29, {YESTERDAY}", tmp_path / "times.txt", [None, noon], ("", f"{noon}.5"),
        [datetime(2024, 5, 29), datetime(2024, 5, 30, 14, tzinfo=timezone(timedelta(hours=2)))],
    ):  # fmt: skip
        for days, now in ((1, NOW), (3, noon + 3 * 86400), (6, datetime(2024, 6, 5, 13))):
            best = recommend(timed, ["id-9", "id-11"], 1, times=times, now=now)
            assert [entry.item for entry in best] == [f"id-{days}"], (times, now)
    long = ["id-9"] * 4 * LENGTH
    best = recommend(timed, long, 1, times=["2024-01-01"] * (len(long) - 1) + [YESTERDAY], now=NOW)
    assert best[0].item == "id-1"


def test_without_times_a_model_with_times_answers_as_if_nothing_was_known(timed):
    assert recommend(timed, ["id-9"], 1)[0].item == "id-0"  # both times are 0


def test_it_is_asked_at_this_moment_by_default(timed):
    for days in (2, 5):
        newest = datetime.now(UTC) - timedelta(days=days, minutes=1)
        assert recommend(timed, ["id-9"], 1, times=[newest])[0].item == f"id-{days}"


def test_dates_are_read_as_they_are_written():
    day = 8917 * 86400  # from 1 January 2000 to 31 May 2024: 24 years of which 6 are leap years, and 151 days
    assert seconds_of("2024-05-31") == seconds_of("20240531") == day
    assert seconds_of("2024-05-31T12:00:00Z") == seconds_of("2024-05-31 14:00+02:00") == day + 43200
    assert seconds_of("946684801") == seconds_of(946684801.9) == 1 and seconds_of("946684799") == -1
    assert seconds_of(None) == seconds_of("") == 0


WRONG_TIMES = {
    "fewer": (lambda m: recommend(m, ["id-4", "id-5"], 1, times=["2024-05-31"]), "2 actions and 1 times: give one for"),
    "no time": (lambda m: recommend(m, ["id-4"], 1, times=["soon"]), "'soon' is no time: write seconds since 1970"),
    "milliseconds": (lambda m: recommend(m, ["id-4"], 1, times=[1_717_070_400_000]), "not between 1931 and 2068"),
    "no number": (lambda m: recommend(m, ["id-4"], 1, times=[float("nan")]), "not between 1931 and 2068"),
    "now alone": (lambda m: recommend(m, ["id-4"], 1, now=NOW), "now says little without the times"),
    "candidates": (lambda m: run_one(m, "id-4", candidates="id-5", times=NOW), "candidates are ranked without times"),
}


@pytest.mark.parametrize("name", WRONG_TIMES)
def test_wrong_times_are_one_sentence(timed, name):
    call, reason = WRONG_TIMES[name]
    with pytest.raises(InputError, match=reason) as caught:
        call(timed)
    assert "\n" not in str(caught.value)


def test_a_model_without_times_says_so(model):
    with pytest.raises(InputError, match=r"tiny\.tflite takes no times: leave them out, or train"):
        recommend(model, ["id-4"], 1, times=[NOW])


FILES = {
    "lines": ("a.txt", "\ufeffid-4\r\n\r\n  id-9\n", ["id-4", "id-9"]),
    "a comma is part of an id": ("a.txt", "one, two\nitem", ["one, two", "item"]),
    "header": ("a.csv", "\nitem\nid-4\n\n id-9", ["id-4", "id-9"]),
    "columns": ("a.CSV", 'time,item,user\n1,id-4,7\n2,"id, 9",7\n', ["id-4", "id, 9"]),
    "tabs": ("a.tsv", "item\ttime\nid-4\t3\n", ["id-4"]),
    "no header": ("a.csv", "id-4\nid-9\n", ["id-4", "id-9"]),
    "no suffix": ("id-4", "id-9\n", ["id-9"]),
}


@pytest.mark.parametrize("name", FILES)
def test_files_of_ids(tmp_path, name):
    file, text, ids = FILES[name]
    (tmp_path / file).write_bytes(text.encode())
    assert read_ids(tmp_path / file) == ids == read_ids(str(tmp_path / file))


BROKEN_FILES = {
    "empty": ("a.txt", b"\n \n", "is an empty history"),
    "empty csv": ("a.csv", b"", "is an empty history"),
    "only a header": ("a.csv", b"item\n", "is an empty history"),
    "not text": ("a.txt", b"\xff\xfe\x00a", "is no text in UTF-8"),
    "a model": ("a.tflite", b"\x1c\x00\x00\x00TFL3", "is no text in UTF-8"),
    "no column": ("a.csv", b"user,movie\n1,2\n", "has no column 'item'"),
    "short line": ("a.csv", b"time,item\n1,id-4\n\n2\n", "line 4 has no item"),
    "empty cell": ("a.csv", b"time,item\n1,id-4\n2,\n", "line 3 has no item"),
    "quotes": ("a.csv", b'item\n"id-4\n', "is no CSV"),
    "many users": ("a.csv", b"user,item\n1,id-4\n2,id-4\n", "the actions of 2 users"),
}


@pytest.mark.parametrize("name", BROKEN_FILES)
def test_broken_files_of_ids_are_one_sentence(tmp_path, name):
    file, content, reason = BROKEN_FILES[name]
    (tmp_path / file).write_bytes(content)
    with pytest.raises(InputError, match=reason) as caught:
        read_ids(str(tmp_path / file))
    assert str(caught.value).startswith(str(tmp_path / file)) and "\n" not in str(caught.value)


def test_a_misspelt_path_is_not_an_id(tmp_path):
    for given in (str(tmp_path / "nowhere.txt"), str(tmp_path), tmp_path / "nowhere"):
        with pytest.raises(InputError, match="neither a file nor an item"):
            read_ids(given)
    assert read_ids("notes.txt", {"notes.txt"}) == ["notes.txt"]
    assert read_ids("a.txt,b.txt") == ["a.txt", "b.txt"]
    assert read_ids(",".join(["x"] * 9000)) == ["x"] * 9000  # longer than any path may be


WRONG = {
    "empty text": (lambda model: run_one(model, " , "), "list of ids is empty"),
    "no candidates": (lambda model: run_one(model, "id-4", candidates=""), "list of ids is empty"),
    "empty history": (lambda model: recommend(model, []), "the history is empty"),
    "empty history to rank": (lambda model: rank(model, [], ["id-4"]), "the history is empty"),
    "nothing to rank": (lambda model: rank(model, ["id-4"], []), "the list of candidates is empty"),
    "too many": (lambda model: recommend(model, ["id-4"], TOP + 1), r"tiny\.tflite gives 1 to 5 .*, not 6"),
    "none": (lambda model: recommend(model, ["id-4"], 0), r"tiny\.tflite gives 1 to 5 .*, not 0"),
    "unknown candidates": (
        lambda model: rank(model, ["id-4"], [*"abcdefg", "id-4"]),
        r"tiny\.tflite does not know a, b, c, d, e and 2 more",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_requests_are_one_sentence(model, name):
    call, reason = WRONG[name]
    with pytest.raises(InputError, match=reason) as caught:
        call(model)
    assert "\n" not in str(caught.value)


def without_items():
    return attach(recommender_models.graph(), {"card.json": json.dumps(recommender_models.CARD).encode()})


def with_card(card):
    return attach(recommender_models.content(), {"card.json": json.dumps(card).encode()})


def with_items(text):
    return attach(recommender_models.content(), {"items.json": text})


BROKEN_MODELS = {
    "a speech model": (lambda: with_card(speech_models.card()), "is a model of speech_commands, not of recommender"),
    "facts beside the key": (lambda: with_card({"recipe": "recommender", **recommender_models.FACTS}), "does not fit"),
    "other length": (lambda: recommender_models.content({"length": LENGTH + 1}), "does not fit"),
    "other top": (lambda: recommender_models.content({"top": "many"}), "does not fit"),
    "other pieces": (lambda: recommender_models.content({"candidates": None}), "does not fit"),
    "no times in the graph": (
        lambda: attach(recommender_models.graph(), {
            "card.json": json.dumps({**recommender_models.CARD, "facts": {**recommender_models.FACTS, "times": True}})
            .encode(),
            "items.json": json.dumps({"ids": IDS, "titles": TITLES}).encode(),
        }), "does not fit",
    ),
    "items missing": (without_items, r"carries no items\.json"),
    "items fewer": (lambda: recommender_models.content(ids=IDS[1:], titles=None), "does not fit"),
    "items and card fewer": (
        lambda: recommender_models.content({"items": ITEMS - 1}, ids=IDS[1:], titles=None), "does not fit"
    ),
    "an id twice": (lambda: recommender_models.content(ids=("id-1", *IDS[1:])), "does not fit"),
    "titles fewer": (lambda: recommender_models.content(titles=TITLES[1:]), r"damaged items\.json"),
    "items no JSON": (lambda: with_items(b'{"ids": ["a"'), r"damaged items\.json"),
    "items a list": (lambda: with_items(b'["a"]'), r"damaged items\.json"),
    "items without titles": (lambda: with_items(b'{"ids": ["a"]}'), r"damaged items\.json"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN_MODELS)
def test_models_of_something_else_are_refused(name):
    make, reason = BROKEN_MODELS[name]
    with pytest.raises(InputError, match=reason) as caught:
        RecommenderModel(ModelFile.from_bytes(make(), "other.tflite"))
    assert "other.tflite" in str(caught.value) and "\n" not in str(caught.value)


def test_the_formulas_are_those_of_the_graph(model):
    """What the graph scores, unmasked, so that nothing above compares it with itself."""
    history = np.array([[0] * (LENGTH - len(HISTORY)) + rows(HISTORY)], np.int32)
    scores = model.file.run("score", history=history)["scores"]
    assert scores.shape == (1, ROWS)
    np.testing.assert_allclose(scores[0], formulas(rows(HISTORY))[0], atol=1e-6)
