"""Fields of a catalogue as numbers, and what the item table makes of them."""

import keras
import numpy as np
from small_recommender import float64, shake

from heedful.recipes.recommender.network.item_fields import item_fields
from heedful.recipes.recommender.network.item_table import ItemTable
from heedful.recipes.recommender.reading.item_catalogue import FIRST, UNKNOWN, Catalogue

WIDTH = 7
SHOP = Catalogue(
    ids=("a", "b", "c", "d"),
    titles=("Red tent", "Red lamp", "Big tent, red", "d"),
    features=(("wet", "cold"), (), ("wet",), ()),
    counts=np.array([3, 1, 0, 0]),
    more={"brand": (("Acme",), ("wet",), ("Acme",), ()), "price": ((), (), ("5 to 8",), ())},
)


def test_every_value_of_every_field_has_a_number_of_its_own():
    fields = item_fields(SHOP, titles=False)
    assert fields.names == (
        *(("genres", "cold"), ("genres", "wet"), ("brand", "Acme"), ("brand", "wet"), ("price", "5 to 8")),
    )
    assert fields.columns == (2, 1, 1)
    np.testing.assert_array_equal(
        fields.rows, [[0] * 4, [0] * 4, [2, 1, 3, 0], [0, 0, 4, 0], [2, 0, 3, 5], [0, 0, 0, 0]]
    )


def test_words_of_titles_are_one_more_field():
    fields = item_fields(SHOP, titles=True)
    assert fields.names[5:] == (("title", "tent"),)  # "red" is in most titles, and the other words in one alone
    np.testing.assert_array_equal(fields.rows[FIRST:, -1], [6, 0, 6, 0])


def test_a_catalogue_without_titles_has_no_words():
    ids = Catalogue(("tent 1", "tent 2", "lamp 1"))
    assert item_fields(ids, titles=True).names == () and item_fields(ids, titles=True).rows.shape == (5, 0)


def some_items() -> ItemTable:
    fields = item_fields(SHOP, titles=True)
    items = ItemTable(SHOP.rows, WIDTH, len(fields.names), fields.columns, seed=5, name="items")
    items.build((None, None))
    items.describe(SHOP, fields)
    return shake(items)


def test_vectors_are_id_plus_the_mean_of_each_field():
    items = some_items()
    ids, values = float64(items.embeddings), float64(items.feature_embeddings)
    cold, wet, acme, brand_wet, price, tent = range(1, 7)
    wanted = [
        ids[FIRST] + (values[cold] + values[wet]) / 2 + values[acme] + values[tent],
        ids[FIRST + 1] + values[brand_wet],
        ids[UNKNOWN] + values[wet] + values[acme] + values[price] + values[tent],
        ids[UNKNOWN],
    ]
    np.testing.assert_allclose(float64(items.table())[FIRST:], wanted, atol=1e-6)


def test_a_table_of_a_single_field_made_before_there_were_several_still_loads(tmp_path):
    """Its configuration holds a number and no list."""
    config = {"rows": 5, "width": WIDTH, "features": 2, "most_features": 2, "dropout": 0.1, "seed": 1, "name": "items"}
    given = [[0, 0], [0, 0], [2, 1], [0, 0], [2, 0]]
    items, twin = ItemTable.from_config(config), ItemTable.from_config(config)
    for each in (items, twin):
        each.build((None, None))
    items.feature_rows.assign(given)
    values = float64(shake(items).feature_embeddings)
    store = {}
    items.save_own_variables(store)
    twin.load_own_variables(store)
    wanted = float64(items.embeddings)
    wanted[[2, 4]] += [(values[1] + values[2]) / 2, values[2]]
    np.testing.assert_allclose(float64(twin.table()), wanted, atol=1e-6)


def test_keras_file_brings_back_the_fields(tmp_path):
    items = some_items()
    rows = keras.Input((None,), dtype="int32")
    keras.Model(rows, items(rows)).save(tmp_path / "items.keras")
    twin = keras.saving.load_model(tmp_path / "items.keras", compile=False, safe_mode=True).get_layer("items")
    np.testing.assert_array_equal(float64(twin.table()), float64(items.table()))
