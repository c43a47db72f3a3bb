"""Recommendations, reasons and parts in the web app: the same as `heedful.apps.recommender`."""

import json
import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest
import recommender_models
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from node_bridge import Bridge
from recommender_models import IDS, ITEMS, LENGTH, PIECE, TITLES, TOP

from heedful.apps import recommender
from heedful.apps.errors import InputError
from heedful.apps.model_file import ModelFile, attach
from heedful.apps.recommender import RecommenderModel
from heedful.apps.recommender.app import _items_of, _line
from heedful.apps.recommender.history import read_ids
from heedful.apps.recommender.moments import seconds_of
from heedful.apps.recommender.recommendation import aligned

pytest.importorskip("ai_edge_litert")

SHOP = Path(__file__).parents[3] / "saved_models" / "recommender" / "shop" / "model.tflite"
EXAMPLE = "two-person-tent,espresso-machine,sleeping-bag,coffee-grinder"
NEAR = 1e-4
same = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def shop():
    return recommender.load(SHOP)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A small model with changes to its facts and items, as a path for Node and opened for Python."""
    folder = tmp_path_factory.mktemp("made")

    def make(facts=None, **columns):
        path = folder / f"{len(list(folder.iterdir()))}.tflite"
        path.write_bytes(recommender_models.content(facts, **columns))
        return str(path), recommender.load(path)

    return make


def refused(call, *given):
    """What it says of input that it refuses."""
    with pytest.raises(InputError) as caught:
        call(*given)
    return str(caught.value)


def assert_same(found, expected):
    """Recommendations of Node and of Python: item by item, number by number."""
    assert [one["item"] for one in found] == [one.item for one in expected]
    assert [one["title"] for one in found] == [one.title for one in expected]
    for one, other in zip(found, expected, strict=True):
        assert one["score"] == pytest.approx(other.score, abs=NEAR)
        np.testing.assert_allclose(one["attention"], other.attention, rtol=0, atol=NEAR)
        assert list(one["parts"]) == list(other.parts)
        assert list(one["parts"].values()) == pytest.approx(list(other.parts.values()), abs=NEAR)
        reasons = [(past["item"], past["title"], past["stepsBack"]) for past in one["attended"]]
        assert reasons == [(past.item, past.title, past.steps_back) for past in other.attended]
        weights = [past["weight"] for past in one["attended"]]
        assert weights == pytest.approx([past.weight for past in other.attended], abs=NEAR)


def histories(model, number=200):
    """Random ones, short and longer than what is read, items again and again and unknown ones among them."""
    random = np.random.default_rng(3)
    for _ in range(number):
        size = int(random.choice([1, 2, 3, 5, 8, 13, 30, model.length, model.length + 1, 3 * model.length]))
        pool = random.choice(model.ids, max(1, size // int(random.integers(1, 4))), replace=False)
        yield [str(item) if random.random() < 0.95 else f"unknown {size}" for item in random.choice(pool, size)]


def test_two_hundred_histories_give_the_same_items_for_the_same_reasons(node: Bridge, shop):
    for place, history in enumerate(histories(shop)):
        count = 1 + place % shop.top
        assert_same(
            node.call("recommend", str(SHOP), history, count, None, None), recommender.recommend(shop, history, count)
        )


def test_candidates_are_ranked_alike(node: Bridge, shop):
    random = np.random.default_rng(4)
    for history, size in zip(histories(shop, 20), [1, 2, 49, 50, 51, 120] * 4, strict=False):
        candidates = [str(item) for item in random.choice(shop.ids, size)]
        assert_same(node.call("rank", str(SHOP), history, candidates), recommender.rank(shop, history, candidates))


def test_a_model_with_repeats_recommends_what_was_taken(node: Bridge, made):
    path, model = made({"repeats": True})
    once = made()
    history = ["id-7", "id-5"] * 20 + ["id-6"] * LENGTH  # what is no longer read would come again
    for one, opened in ((path, model), once):
        assert_same(node.call("recommend", one, history, TOP, None, None), recommender.recommend(opened, history, TOP))
    assert len(recommender.recommend(model, history, TOP)) > len(recommender.recommend(once[1], history, TOP))


def test_where_fewer_are_left_the_answer_is_shorter(node: Bridge, made):
    path, model = made()
    for left in range(4):
        found = node.call("recommend", path, list(IDS[left:]), TOP, None, None)
        assert len(found) == left
        assert_same(found, recommender.recommend(model, list(IDS[left:]), TOP))


def test_a_model_with_times_is_told_them(node: Bridge, made):
    path, model = made({"times": True})
    noon = 1_717_070_400  # 30 May 2024, 12:00 UTC
    answers = set()
    for times, now in (
        (["2024-05-29", "2024-05-30T12:00"], "2024-05-31T12:00"), ("2024-05-29, 2024-05-30T12:00", noon + 3 * 86400),
        ([None, noon], noon + 6 * 86400 + 60), (["", f"{noon}.5"], str(noon + 2 * 86400 + 1)), (None, None),
    ):  # fmt: skip
        expected = recommender.recommend(model, ["id-9", "id-11"], TOP, times, now)
        assert_same(node.call("recommend", path, ["id-9", "id-11"], TOP, times, now), expected)
        answers.add(expected[0].item)
    assert len(answers) == 5
    long = (["id-9"] * 4 * LENGTH, 1, [noon - 86400] * (4 * LENGTH - 1) + [noon], noon + 86400)
    assert_same(node.call("recommend", path, *long), recommender.recommend(model, *long))
    yesterday = [(datetime.now(UTC) - timedelta(days=2, minutes=1)).isoformat()]
    assert node.call("recommend", path, ["id-9"], 1, yesterday, None)[0]["item"] == "id-2"  # asked at this moment


def test_items_without_titles_are_called_by_their_ids(node: Bridge, made):
    path, model = made(ids=[str(number) for number in range(ITEMS)], titles=None)
    assert_same(
        node.call("recommend", path, "4, 9, new", TOP, None, None), recommender.recommend(model, "4, 9, new", TOP)
    )
    about = node.call("about", path)
    assert about["titles"] is False and about["shelf"]["items"][0]["title"] == about["shelf"]["items"][0]["item"]


WRONG = {
    "empty history": lambda m: (m.recommend, [], TOP),
    "empty text": lambda m: (m.recommend, " , ", TOP),
    "too many": lambda m: (m.recommend, ["id-4"], TOP + 1),
    "none": lambda m: (m.recommend, ["id-4"], 0),
    "times for a model without": lambda m: (m.recommend, ["id-4"], 1, ["2024-05-31"]),
    "now alone for a model without": lambda m: (m.recommend, ["id-4"], 1, None, "2024-05-31"),
    "nothing to rank": lambda m: (m.rank, ["id-4"], []),
    "unknown candidates": lambda m: (m.rank, ["id-4"], [*"abcdefg", "id-4"]),
    "an unreadable candidate": lambda m: (m.rank, ["id-4"], ["a\nb\r\n\x1b[31mc\u2028d" + "x" * 60, "id-4"]),
    "a path": lambda m: (m.recommend, "nowhere.csv", 1),
    "a title of several": lambda m: (m.recommend, "TWICE", 1),
}  # fmt: skip
WRONG_TIMES = {
    "fewer": (["id-4", "id-5"], 1, ["2024-05-31"]),
    "no time": (["id-4"], 1, ["it's soon"]),
    "milliseconds": (["id-4"], 1, [1_717_070_400_000]),
    "now alone": (["id-4"], 1, None, "2024-05-31"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_requests_are_the_same_sentence(node: Bridge, made, name):
    path, model = made(titles=["twice", "Twice", *TITLES[2:]])
    call, *given = WRONG[name](recommender)
    if call is recommender.recommend:
        given = [*given, None, None][:4]
    assert refused(node.call, call.__name__, path, *given) == refused(call, model, *given)


@pytest.mark.parametrize("name", WRONG_TIMES)
def test_wrong_times_are_the_same_sentence(node: Bridge, made, name):
    path, model = made({"times": True})
    given = [*WRONG_TIMES[name], None][:4]
    assert refused(node.call, "recommend", path, *given) == refused(recommender.recommend, model, *given)


def test_ids_and_titles_are_found_as_in_python(node: Bridge, made):
    """Titles in any case, with commas in them, and what is no item among them."""
    titles = ["Heat (1995)", "Good, the Bad, and the Ugly, The", "Straße", "ΟΔΟΣ", "the Ugly", "İzmir", *TITLES[6:]]
    path, model = made(titles=titles)
    known = [*IDS, *titles, "STRASSE", "οδος", "heat (1995)", "THE BAD", "nobody", "", "  ", "A, B"]
    random = np.random.default_rng(5)
    for size in [1, 2, 3, 5, 9] * 40:
        text = ", ".join(random.choice(known, size))
        if read := [part for part in text.split(",") if part.strip()]:
            assert node.call("items_of", path, text) == _items_of(model, text), (text, read)
    lines = "\n".join(["heat (1995)", "id-4", "straẞe", "Good, the Bad, and the Ugly, The"])
    assert node.call("items_of", path, {"name": "taken.txt", "text": lines}) == ["id-0", "id-4", "id-2", "id-1"]


def test_capital_and_small_letters_are_the_same_where_they_are_in_python(node: Bridge):
    """Of all letters that Python knows: those which fold alike there fold alike here, and no others."""
    letters = [letter for letter in map(chr, range(0x20000)) if unicodedata.category(letter) not in ("Cn", "Cs", "Co")]
    groups: dict[str, set[str]] = {}
    for letter, folded in zip(letters, node.call("folded_titles", letters), strict=True):
        groups.setdefault(letter.casefold(), set()).add(folded)
    assert {form: forms for form, forms in groups.items() if len(forms) > 1} == {}
    assert len({form for forms in groups.values() for form in forms}) == len(groups)


@same
@given(st.lists(st.text(), min_size=1))
def test_blanks_and_lines_are_those_of_python(node: Bridge, texts):
    assert node.call("stripped_ids", texts) == [text.strip() for text in texts]
    known = [text for text in texts if all(ord(letter) < 0x2FFFF for letter in text)]
    if all(letter.isprintable() or letter.isspace() or ord(letter) < 0x200 for text in known for letter in text):
        assert node.call("lines_of_titles", known) == [_line(text) for text in known]


FILES = {
    "lines": ("a.txt", "\ufeffid-4\r\n\r\n  id-9\n"),
    "a comma is part of an id": ("a.txt", "one, two\nitem"),
    "header": ("a.csv", "\nitem\nid-4\n\n id-9"),
    "columns": ("a.CSV", 'time,item,user\n1,id-4,7\n2,"id, ""9""\n",7\n'),
    "tabs": ("a.tsv", "item\ttime\nid-4\t3\n"),
    "no header": ("a.csv", 'id-4\n"id-9"\n""\nx"y\n'),
    "no suffix": ("id-4", "id-9\n"),
    "empty": ("a.txt", "\n \n"),
    "empty csv": ("a.csv", ""),
    "only a header": ("a.csv", "item\n"),
    "zeros": ("a.txt", "a\0b"),
    "no column": ("a.csv", "user,movie\n1,2\n"),
    "short line": ("a.csv", "time,item\n1,id-4\n\n2\n"),
    "empty cell": ("a.csv", "time,item\n1,id-4\n2,\n"),
    "quotes": ("a.csv", 'item\n"id-4\n'),
    "quotes without an end": ("a.csv", 'item\n"id-4'),
    "after quotes": ("a.csv", 'item\n"id"4\n'),
    "many users": ("a.csv", "user,item\n1,id-4\n2,id-4\n"),
}


def either(call, *given):
    try:
        return call(*given)
    except InputError as error:
        return str(error)


@pytest.mark.parametrize("name", FILES)
def test_files_of_ids_are_read_alike(node: Bridge, tmp_path, name):
    file, text = FILES[name]
    path = tmp_path / file
    path.write_bytes(text.encode())
    assert either(node.call, "ids_of_file", str(path), text) == either(read_ids, path)


@same
@given(st.text(st.sampled_from('ab",\n\t item'), max_size=30), st.sampled_from(["a.csv", "a.tsv", "a.txt"]))
def test_any_table_is_read_alike(node: Bridge, tmp_path, text, file):
    path = tmp_path / file
    path.write_bytes(text.encode())
    assert either(node.call, "ids_of_file", str(path), text) == either(read_ids, path)


@same
@given(st.text(st.sampled_from("ab.txsvgzjon, \x1f\x85"), max_size=20))
def test_any_text_of_ids_is_read_alike(node: Bridge, text):
    assume(not Path(text).is_dir())
    for known in ([], [text.strip()]):
        assert either(node.call, "ids_of_text", text, known) == either(read_ids, text, known)


MOMENTS = [
    "2024-05-31", "20240531", "2024-W22-5", "2024W225", "2024-W22", "2024W22", "2020-W53-7", "2021-W53-1",
    "2024-W00-1", "2024-W22-8", "2024-W22-0", "2024-02-30", "2023-02-29", "2024-02-29", "2024-13-01", "2024-00-01",
    "0000-01-01", "2024-5-31", "2024-05-31T12", "2024-05-31T12:30", "2024-05-31T1230", "2024-05-31T123015",
    "2024-05-31T12:30:15.25", "2024-05-31T12:3015", "2024-05-31T12:30:15,999999", "2024-05-31T24:00",
    "2024-05-31T23:60", "2024-05-31T23:59:60", "2024-05-31T", "2024-05-31 ", "2024-05-31 14:00+02:00",
    "2024-05-31T14:00-0330", "2024-05-31T14:00+02", "2024-05-31T14:00Z", "2024-05-31T14:00z",
    "2024-05-31T14:00+24:00", "2024-05-31T14:00+02:00:30", "2024-05-31Z", "2024-05-31+02:00", "2024-05-31x14:00",
    "20240531T140000Z", "946684801", "946684799", "946684801.9", "-1.5", "-946684800", "12.", ".5", "1e9", "1_000",
    "+5", "0", "1717070400000", "soon", "it's soon", 'say "now"', 'it\'s "now"', "2024-05-31T14:00:00.1234567",
    "1931-01-01", "2069-01-01", "2024-05-31T14:00:00-00:00", "2024-0531", "202405-31", "2024-05-31T14:00:00.", 0,
    946684801.9, -3, 1717070400000, None, "",
]  # fmt: skip


def test_dates_are_read_alike(node: Bridge):
    expected = [either(seconds_of, moment) for moment in MOMENTS]
    found = node.call("seconds_of", MOMENTS)
    assert dict(zip(map(str, MOMENTS), found, strict=True)) == dict(zip(map(str, MOMENTS), expected, strict=True))


zones = st.none() | st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@same
@given(st.lists(st.tuples(st.datetimes(datetime(1930, 1, 1), datetime(2070, 1, 1)), zones), min_size=1))
def test_any_date_is_read_alike(node: Bridge, moments):
    texts = [moment.replace(tzinfo=zone).isoformat() for moment, zone in moments]
    assert node.call("seconds_of", texts) == [either(seconds_of, text) for text in texts]


@same
@given(st.lists(st.floats(0, 1, width=32).map(lambda score: float(f"{score:.3g}")), max_size=6))
def test_scores_stand_in_line_as_in_python(node: Bridge, scores):
    digits = [float(np.float32(score)) for score in scores]  # as they come out of the graph: no exact halves but these
    if not any(str(1000 * score % 1) == "0.5" for score in digits):
        assert node.call("aligned_scores", digits) == aligned(digits)


def with_items(text):
    return attach(recommender_models.content(), {"items.json": text})


BROKEN = {
    "other length": lambda: recommender_models.content({"length": LENGTH + 1}),
    "other top": lambda: recommender_models.content({"top": "many"}),
    "another top": lambda: recommender_models.content({"top": TOP + 1}),
    "other pieces": lambda: recommender_models.content({"candidates": None}),
    "another piece": lambda: recommender_models.content({"candidates": PIECE + 1}),
    "items missing": lambda: attach(
        recommender_models.graph(), {"card.json": json.dumps(recommender_models.CARD).encode()}
    ),
    "items fewer": lambda: recommender_models.content(ids=IDS[1:], titles=None),
    "items and card fewer": lambda: recommender_models.content({"items": ITEMS - 1}, ids=IDS[1:], titles=None),
    "an id twice": lambda: recommender_models.content(ids=("id-1", *IDS[1:])),
    "titles fewer": lambda: recommender_models.content(titles=TITLES[1:]),
    "items no JSON": lambda: with_items(b'{"ids": ["a"'),
    "items a list": lambda: with_items(b'["a"]'),
    "items without titles": lambda: with_items(b'{"ids": ["a"]}'),
}


@pytest.mark.parametrize("name", BROKEN)
def test_models_that_do_not_fit_are_refused_alike(node: Bridge, tmp_path, name):
    path = tmp_path / "other.tflite"
    path.write_bytes(BROKEN[name]())
    expected = refused(lambda: RecommenderModel(ModelFile(path)))
    assert refused(node.call, "recommend", str(path), ["id-4"], 1, None, None) == expected


def test_ids_that_are_numbers_are_texts(node: Bridge):
    content = json.dumps({"ids": [1, "b", True, None], "titles": [2, "B", False, 4]})
    assert node.call("catalogue", content) == {"ids": ["1", "b", "True", "None"], "titles": ["2", "B", "False", "4"]}


def asked(node, question, path=SHOP):
    return node.call("ask", str(path), question)["answer"]


def test_the_app_answers_as_heedful_run_does(node: Bridge, shop):
    expected = recommender.run_one(shop, EXAMPLE)
    found = asked(node, {"do": "recommend", "history": EXAMPLE})
    assert [one["item"] for one in found["history"]] == expected["history"]
    assert (found["unknown"], found["read"], found["asked"]) == ([], expected["read"], expected["asked"])
    assert_same(found["recommendations"], recommender.recommend(shop, EXAMPLE))
    long = ",".join([*shop.ids[:60], "never seen"])
    found, expected = asked(node, {"do": "recommend", "history": long, "count": 5}), recommender.run_one(shop, long)
    assert (found["unknown"], found["read"], found["asked"]) == (["never seen"], expected["read"], 5)
    ranked = asked(node, {"do": "rank", "history": EXAMPLE, "candidates": "climbing rope,gas stove"})
    assert_same(ranked["recommendations"], recommender.rank(shop, EXAMPLE, "climbing rope,gas stove"))


def test_the_catalogue_is_shown_in_small_pieces(node: Bridge, shop):
    about = node.call("about", str(SHOP))
    assert (about["items"], about["length"], about["top"]) == (len(shop.ids), shop.length, shop.top)
    assert about["parts"] == list(shop.parts) and about["titles"] is True and about["repeats"] is False
    assert len(about["categories"]) == 18 and "camping" in about["categories"]
    shelf = about["shelf"]["items"]
    assert (
        len({entry["category"] for entry in shelf}) == 18
        and len(shelf) == len({entry["item"] for entry in shelf}) == 24
    )
    assert len(json.dumps(about)) < 5_000


def test_items_are_found_by_words_of_their_titles(node: Bridge, shop):
    found = asked(node, {"do": "find", "text": "  BAG "})
    every = {item for item, title in zip(shop.ids, shop.titles, strict=True) if "bag" in f"{title} {item}"}
    assert found["count"] == len(every) and {entry["item"] for entry in found["items"]} == every
    titles = [entry["title"] for entry in asked(node, {"do": "find", "text": "bag sleep"})["items"]]
    assert titles == ["sleeping bag", "baby sleeping bag"]
    camping = asked(node, {"do": "find", "text": "", "category": "camping", "limit": 5})
    assert [entry["category"] for entry in camping["items"]] == ["camping"] * 5 and camping["count"] == 22
    both = asked(node, {"do": "find", "text": "bag", "category": "camping"})["items"]
    assert {entry["item"] for entry in both} == {"sleeping-bag", "dry-bag"}
    assert asked(node, {"do": "find", "text": "nothing of the kind"}) == {"count": 0, "items": []}


def test_what_begins_with_the_words_comes_first(node: Bridge, made):
    path, _ = made(
        titles=["red lamp", "sublamp", "Lamp", "a-lamp", *TITLES[4:]], counts=[5, 9, 1, 7, *[0] * (ITEMS - 4)]
    )
    items = [entry["item"] for entry in asked(node, {"do": "find", "text": "lamp"}, path)["items"]]
    assert items == ["id-2", "id-3", "id-0", "id-1"]


def test_other_fields_than_genres_may_be_the_categories(node: Bridge, made):
    features = [[position % 2, 2] for position in range(ITEMS)]
    names = {"feature_names": ["brand Acme", "brand Zeta", "price 1 to 2"], "fields": {"brand": 2, "price": 1}}
    path, _ = made(features=features, **names)
    assert node.call("about", path)["categories"] == ["Acme", "Zeta"]
    zeta = asked(node, {"do": "find", "text": "", "category": "Zeta"}, path)
    assert [entry["item"] for entry in zeta["items"]] == list(IDS[1::2])
    assert node.call("about", made()[0])["categories"] == []


def test_a_list_is_read_into_items(node: Bridge):
    entries = asked(node, {"do": "read", "given": "Sleeping Bag, never seen"})
    assert [(entry["item"], entry["known"]) for entry in entries] == [("sleeping-bag", True), ("never seen", False)]
    assert entries[0]["category"] == "camping" and 0 <= entries[0]["hue"] < 360
