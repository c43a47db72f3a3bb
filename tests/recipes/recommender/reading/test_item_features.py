"""Features of an items file, from the file to the catalogue, and what the summary says of them."""

from math import inf

import pytest

from heedful.apps.errors import InputError
from heedful.recipes.recommender.config import Config
from heedful.recipes.recommender.data import describe, load
from heedful.recipes.recommender.reading.item_catalogue import Catalogue
from heedful.recipes.recommender.reading.table import read

COLOURS, BRANDS = ("red", "green", "blue"), ("Acme", "Zenith")
ITEMS = 40


def rows(start=0, stop=ITEMS):
    return "".join(
        f"{number},Thing {number},{('tea', 'toys')[number % 2]},{BRANDS[number % 7 % 2]},{number + 0.5},"
        f"{COLOURS[number % 3]},https://shop.example/{number}.jpg\n"
        for number in range(start, stop)
    )


HEADER = "item_id,title,genres,Brand,price,colour,photo\n"
LOG = "user,item,timestamp\n" + "".join(f"u{user},{3 * user + step},{step}\n" for user in range(9) for step in range(4))


def shop(folder, items=""):
    (folder / "items.csv").write_text(items or HEADER + rows())
    (folder / "interactions.csv").write_text(LOG)
    return folder


def fields_by_item(catalogue):
    return {
        item: {name: values[place] for name, values in catalogue.fields.items() if values[place]}
        for place, item in enumerate(catalogue.ids)
    }


def ends_of(name):
    """The ends of a range by its name."""
    low, between, high = name.partition(" to ")
    if between:
        return float(low), float(high)
    return (-inf, float(name[6:])) if name.startswith("under ") else (float(name.removesuffix(" or more")), inf)


def test_other_columns_are_fields_of_the_items(tmp_path):
    catalogue = read(shop(tmp_path)).catalogue
    assert list(catalogue.fields) == ["genres", "Brand", "price", "colour"]
    told = fields_by_item(catalogue)
    assert len(told) == ITEMS
    for number in range(ITEMS):
        (price,) = told[str(number)].pop("price")
        assert told[str(number)] == {
            "genres": (("tea", "toys")[number % 2],),
            "Brand": (BRANDS[number % 7 % 2],),
            "colour": (COLOURS[number % 3],),
        }
        low, high = ends_of(price)
        assert low <= number + 0.5 < high


def test_the_summary_says_what_is_read_and_what_is_not(tmp_path):
    said = describe(load(str(shop(tmp_path)), Config(titles=True)).summary)
    assert (
        "\nfeatures of the items: genres (2 values), Brand (2 values), price (8 values), colour (3 values); "
        "left out: photo (addresses)\n" in said
    )


@pytest.mark.parametrize(
    ("features", "fields"),
    [
        ("brand,colour", ["Brand", "colour"]),
        ("price, genres", ["price", "genres"]),
        ("photo", ["photo"]),
        ("none", []),
        ("", ["genres", "Brand", "price", "colour"]),
    ],
)
def test_fields_are_chosen_by_name(tmp_path, features, fields):
    assert set(read(shop(tmp_path), features=features).catalogue.fields) == set(fields)


@pytest.mark.parametrize("source", ["files", "sample"])
def test_a_name_that_is_none_of_them_is_one_sentence(tmp_path, source):
    given = str(shop(tmp_path)) if source == "files" else source
    there = "genres, Brand, price, colour, photo" if source == "files" else "genres"
    with pytest.raises(InputError, match=f"^{given} has no features maker: choose from {there} with --set features="):
        load(given, Config(features="maker"))


def test_a_log_without_an_items_file_has_no_features_to_choose_from(tmp_path):
    (tmp_path / "log.csv").write_text(LOG)
    assert load(str(tmp_path / "log.csv"), Config(features="none")).catalogue.fields == {}
    with pytest.raises(InputError, match="has no features brand: choose from none"):
        load(str(tmp_path / "log.csv"), Config(features="brand"))


def test_what_a_model_was_told_stands_where_the_new_file_says_nothing(tmp_path):
    """Its items keep their fields, new ones get theirs, and prices go into the ranges that it has."""
    known = Catalogue(
        ("0", "gone"), more={"price": (("under 20",), ("20 or more",)), "origin": (("Peru",), ("Chile",))}
    )
    told = fields_by_item(read(shop(tmp_path), known=known).catalogue)
    assert told["gone"] == {"price": ("20 or more",), "origin": ("Chile",)}
    assert told["0"] == {
        "genres": ("tea",), "Brand": ("Acme",), "price": ("under 20",), "colour": ("red",), "origin": ("Peru",),
    }  # fmt: skip
    assert told["19"]["price"] == ("under 20",) and told["20"]["price"] == ("20 or more",)


def test_a_column_named_like_a_field_of_ours_keeps_apart(tmp_path):
    items = HEADER.replace("Brand", "title 2").replace("genres", "kind").replace("colour", "genres")
    table = read(shop(tmp_path, items + rows()), columns={"genres": "kind"})
    assert table.catalogue.features[0] in (("tea",), ("toys",))
    assert set(table.catalogue.more["genres of the file"]) == {(colour,) for colour in COLOURS}


def test_fields_of_items_whose_ids_are_written_as_fractions(tmp_path):
    items = HEADER + "".join(line.replace(",", ".0,", 1) + "\n" for line in rows().splitlines())
    told = fields_by_item(read(shop(tmp_path, items)).catalogue)
    assert told["2"]["colour"] == ("blue",) and len(told) == ITEMS
