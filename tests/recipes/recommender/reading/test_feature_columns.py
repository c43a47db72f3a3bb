"""Which columns of an items file become features, and what their values are called."""

import json

import numpy as np
import pytest

from heedful.recipes.recommender.reading.feature_columns import fields_of, find_edges, known_edges, range_names

SIZE = 60
IDS = [f"i{number}" for number in range(SIZE)]
RANDOM = np.random.default_rng(3)
PRICES = np.round(RANDOM.lognormal(3, 1, SIZE), 2)


def understood(cells, name="column", asked=(), before=None):
    """The fields of one column, a cell for each item; None is a cell that is not there."""
    columns = {name: {item: cell for item, cell in zip(IDS, cells, strict=False) if cell is not None}}
    return fields_of(columns, set(IDS), SIZE, asked, before or {}, {})


def values(cells, **how):
    """The values of each item, where the column becomes a field."""
    found = understood(cells, **how)
    assert not found.left_out, found.left_out
    (field,) = found.values.values()
    return [field.get(item, ()) for item in IDS]


def why(cells, **how):
    found = understood(cells, **how)
    assert not found.values, found.values
    (reason,) = found.left_out.values()
    return reason


def test_text_that_items_share_is_a_category():
    brands = [("Acme", "Zenith", "Ünal & Söhne", "")[number % 4] for number in range(SIZE)]
    assert values(brands) == [(brand,) if brand else () for brand in brands]


def test_a_value_of_a_single_item_says_nothing_of_others():
    brands = ["Acme"] * 30 + ["Zenith"] * 28 + ["Only one", "Only two"]
    assert values(brands)[-3:] == [("Zenith",), (), ()]


@pytest.mark.parametrize("separator", ["|", ";", ", ", "json", "list"])
def test_lists_are_several_values(separator):
    colours = [("red", "green", "blue")[number % 3 :] for number in range(SIZE)]
    written = {"json": json.dumps, "list": list}.get(separator, separator.join)
    assert values([written(each) for each in colours]) == [tuple(each) for each in colours]


def test_a_comma_within_names_cuts_nothing():
    """Cut, there would be more values and not fewer."""
    towns = [("Paris, Texas", "Rome, Georgia", "Athens, Ohio")[number % 3] for number in range(SIZE)]
    assert values(towns) == [(town,) for town in towns]


@pytest.mark.parametrize("form", ["{:.2f}", "${:.2f}", "{:.2f} €", "USD {:.2f}", "{:,.2f}"], ids=str)
def test_numbers_are_ranges_of_equally_many_items(form):
    found = values([form.format(price) for price in PRICES], name="price")
    bounds = {}
    for price, (name,) in zip(PRICES, found, strict=True):
        bounds.setdefault(name, []).append(price)
    assert len(bounds) == 10 and all(3 <= len(prices) <= 9 for prices in bounds.values())
    for name, prices in bounds.items():
        words = name.split()
        if words[0] == "under":
            assert max(prices) < float(words[1])
        elif words[1] == "to":
            assert float(words[0]) <= min(prices) and max(prices) < float(words[2])
        else:
            assert words[1:] == ["or", "more"] and min(prices) >= float(words[0])


def test_few_different_numbers_are_values_of_their_own():
    assert values([str(number % 7 / 2) for number in range(SIZE)])[:3] == [("0",), ("0.5",), ("1",)]


def test_numbers_go_into_the_ranges_that_a_model_has():
    before = {"price": [("under 10",), ("10 to 20.5",), (), ("20.5 or more",)]}
    found = values([str(price) for price in PRICES], name="price", before=before)
    wanted = ["under 10" if price < 10 else "10 to 20.5" if price < 20.5 else "20.5 or more" for price in PRICES]
    assert found == [(name,) for name in wanted]


def test_edges_are_as_round_as_they_can_be_apart():
    np.testing.assert_array_equal(find_edges(np.array([*range(1, 101)])), [*range(11, 100, 10)])
    years = np.repeat(np.arange(1990, 2000), 9)
    np.testing.assert_array_equal(find_edges(years), range(1991, 2000))
    assert len(find_edges(np.arange(9.0))) == 0  # one range of all


def test_names_of_ranges_give_back_their_edges():
    edges = np.array([-2.5, 0.001, 3, 1e7])
    names = range_names(edges)
    assert names == ["under -2.5", "-2.5 to 0.001", "0.001 to 3", "3 to 10000000", "10000000 or more"]
    np.testing.assert_array_equal(known_edges(names[1:]), edges)
    assert len(known_edges(["Acme", "5 to 8"])) == len(known_edges(["nine to five"])) == len(known_edges([])) == 0


@pytest.mark.parametrize("form", ["2{:03d}-05-31", "31/05/2{:03d}", "5/31/2{:03d} 12:00"])
def test_dates_are_years(form):
    found = values([form.format(number % 4) for number in range(SIZE)], name="released")
    assert found == [(f"200{number % 4}",) for number in range(SIZE)]


def test_a_code_in_numbers_is_a_category():
    codes = [str(1000 + number % 30) for number in range(SIZE)]
    assert values(codes, name="colour_code") == [(code,) for code in codes]
    assert values(codes, name="weight")[0][0].startswith("under")


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ([f"name {number}" for number in range(SIZE)], "different for nearly every item"),
        ([f"{4006381333931 + 17 * number}" for number in range(SIZE)], "different for nearly every item"),
        ([str(number) for number in range(SIZE)], "different for nearly every item"),
        (["new"] * SIZE, "the same for nearly every item"),
        (["5"] * SIZE, "the same for nearly every item"),
        (["yes"] * 5 + [None] * (SIZE - 5), "not known of it"),
        ([f"https://shop.example/{number % 3}.jpg" for number in range(SIZE)], "addresses"),
        ([f"{'a tent for two ' * 6}{number % 3}" for number in range(SIZE)], "long texts"),
        ([[f"{'dry in any rain ' * 6}{number % 3}", "light " * 11] for number in range(SIZE)], "long texts"),
        ([[IDS[number - 1], IDS[number - 2]] for number in range(SIZE)], "ids of items"),
        ([""] * SIZE, "empty"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_tells_no_items_apart_or_no_two_alike_is_left_out(cells, reason):
    assert reason in why(cells)


def test_of_two_columns_that_say_the_same_the_names_are_taken():
    kinds = [number % 5 for number in range(SIZE)]
    columns = {
        "colour_code": dict(zip(IDS, map(str, kinds), strict=True)),
        "colour": {item: ("red", "green", "blue", "pink", "grey")[kind] for item, kind in zip(IDS, kinds, strict=True)},
    }
    found = fields_of(columns, set(IDS), SIZE, (), {}, {})
    assert list(found.values) == ["colour"] and found.left_out == {"colour_code": "as colour"}


def test_what_the_user_asks_for_is_read_whatever_it_is():
    names = [f"name {number}" for number in range(SIZE)]
    assert values(names, name="Maker Name", asked=("maker_name",)) == [(name,) for name in names]
