"""The catalogue: rows, and what `items.json` holds."""

import json

import numpy as np
import pytest

from heedful.recipes.recommender.reading.item_catalogue import FIRST, PAD, UNKNOWN, Catalogue


def test_positions_are_rows_after_padding_and_unknown():
    catalogue = Catalogue(("a", "007", "b"))
    assert (PAD, UNKNOWN, FIRST) == (0, 1, 2)
    assert (len(catalogue), catalogue.rows) == (3, 5)
    assert catalogue.row_of() == {"a": 2, "007": 3, "b": 4}


def test_what_is_not_given_says_so():
    catalogue = Catalogue(("a", "b"))
    assert catalogue.titles == ("a", "b")
    assert catalogue.features == ((), ())
    assert catalogue.counts.tolist() == [0, 0] and catalogue.counts.dtype == np.int64


def test_columns_of_another_length_are_refused():
    with pytest.raises(ValueError, match="3 titles"):
        Catalogue(("a", "b"), titles=("A", "B", "C"))


def test_round_trip():
    catalogue = Catalogue(
        ("1", "02", "ü"), ("One", "Two", "Drei"), (("War", "Comedy"), (), ("Comedy",)), np.array([7, 0, 5])
    )
    again = Catalogue.from_json(catalogue.to_json())
    assert (again.ids, again.titles, again.features) == (catalogue.ids, catalogue.titles, catalogue.features)
    assert again.counts.tolist() == [7, 0, 5] and again.counts.dtype == np.int64


def test_the_file_is_columns_by_name():
    content = json.loads(Catalogue(("1", "2"), ("One", "Two"), (("War",), ("Art", "War")), np.array([3, 2])).to_json())
    assert content == {
        "ids": ["1", "2"],
        "titles": ["One", "Two"],
        "features": [[1], [0, 1]],
        "feature_names": ["Art", "War"],
        "fields": None,
        "counts": [3, 2],
    }


def test_ids_alone_stay_small():
    content = json.loads(Catalogue(("1", "2")).to_json())
    assert content["titles"] is None and content["features"] is None


def test_an_empty_catalogue_survives():
    again = Catalogue.from_json(Catalogue(()).to_json())
    assert len(again) == 0 and again.rows == FIRST and again.counts.shape == (0,)


FIELDS = Catalogue(
    ("1", "2", "3"), features=(("War",), (), ("Art", "War")), counts=np.array([3, 2, 0]),
    more={"brand": (("Acme",), (), ("War",)), "nothing": ((), (), ()), "price": (("5 to 8",), ("under 5",), ())},
)  # fmt: skip


def test_fields_are_numbers_behind_those_of_the_genres_and_say_their_name():
    content = json.loads(FIELDS.to_json())
    assert content["feature_names"] == ["Art", "War", "brand Acme", "brand War", "price 5 to 8", "price under 5"]
    assert content["fields"] == {"genres": 2, "brand": 2, "price": 2}
    assert content["features"] == [[1, 2, 4], [5], [0, 1, 3]]


def test_fields_come_back_and_those_without_a_value_are_none():
    again = Catalogue.from_json(FIELDS.to_json())
    assert again.features == FIELDS.features and list(FIELDS.fields) == ["genres", "brand", "price"]
    assert again.fields == FIELDS.fields and again.feature_names == FIELDS.feature_names


def test_fields_without_genres():
    catalogue = Catalogue(("1", "2"), more={"year": (("1999",), ())})
    again = Catalogue.from_json(catalogue.to_json())
    assert (again.features, again.fields) == (((), ()), {"year": (("1999",), ())})


def test_a_file_of_before_there_were_fields_is_read():
    content = b'{"ids":["1","2"],"titles":null,"features":[[1],[0,1]],"feature_names":["Art","War"],"counts":[3,2]}'
    assert Catalogue.from_json(content).fields == {"genres": (("War",), ("Art", "War"))}


def test_fields_of_another_length_are_refused():
    with pytest.raises(ValueError, match="2 ids got 1 values of brand"):
        Catalogue(("a", "b"), more={"brand": (("Acme",),)})
