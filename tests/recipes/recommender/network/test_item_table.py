"""The item table: ids, features, the unknown item in place of what was never seen, and item dropout."""

import keras
import numpy as np
import pytest
from small_recommender import COLD, ITEMS, ROWS, float64, shake, some_catalogue

from heedful.recipes.recommender.network.item_fields import item_fields
from heedful.recipes.recommender.network.item_table import FrozenItems, ItemTable
from heedful.recipes.recommender.reading.item_catalogue import FIRST, PAD, UNKNOWN, Catalogue

WIDTH = 7


def some_table(catalogue: Catalogue, dropout=0.0) -> ItemTable:
    fields = item_fields(catalogue, titles=False)
    items = ItemTable(catalogue.rows, WIDTH, len(fields.names), fields.columns, dropout, seed=5, name="items")
    items.build((None, None))
    items.describe(catalogue, fields)
    return shake(items)


def written_out(items: ItemTable, catalogue: Catalogue, unknown=()) -> np.ndarray:
    """Item by item: the embedding of the id, or of the unknown item, plus the mean embedding of the features."""
    embeddings, vectors = float64(items.embeddings), np.zeros((catalogue.rows, WIDTH))
    for row in range(catalogue.rows):
        cold = row >= FIRST and (catalogue.counts[row - FIRST] == 0 or row in unknown)
        vectors[row] = embeddings[UNKNOWN if cold else row]
        names = catalogue.features[row - FIRST] if row >= FIRST else ()
        if names:
            numbers = [1 + catalogue.feature_names.index(name) for name in names]
            vectors[row] += float64(items.feature_embeddings)[numbers].mean(0)
    return vectors


@pytest.mark.parametrize("features", [True, False], ids=["features", "ids"])
def test_vectors_are_id_plus_mean_of_features(features):
    catalogue = some_catalogue(features)
    items = some_table(catalogue)
    wanted = written_out(items, catalogue)
    np.testing.assert_allclose(float64(items.table()), wanted, atol=1e-6)
    rows = np.array([[0, 1, 2], [FIRST + ITEMS - 1, 5, 5]], np.int32)
    np.testing.assert_allclose(float64(items(rows)), wanted[rows], atol=1e-6)
    assert tuple(items(keras.Input((3,), dtype="int32")).shape) == (None, 3, WIDTH)


def test_an_item_that_training_never_saw_is_told_apart_by_its_features_alone():
    catalogue = some_catalogue()
    items = some_table(catalogue)
    vectors, unknown = float64(items.table()), float64(items.embeddings)[UNKNOWN]
    for row in range(ROWS - COLD, ROWS):
        names = catalogue.features[row - FIRST]
        of_features = [float64(items.feature_embeddings)[1 + catalogue.feature_names.index(name)] for name in names]
        np.testing.assert_allclose(vectors[row], unknown + (np.mean(of_features, 0) if names else 0), atol=1e-6)
    np.testing.assert_allclose(vectors[UNKNOWN], unknown, atol=1e-7)
    np.testing.assert_allclose(float64(some_table(some_catalogue(False)).table())[-COLD:], [unknown] * COLD, atol=1e-6)


def test_item_dropout_treats_so_many_items_as_unknown_in_training_only():
    catalogue, share, steps = some_catalogue(), 0.2, 400
    items = some_table(catalogue, share)
    plain, none = written_out(items, catalogue), written_out(items, catalogue, unknown=range(ROWS))
    warm = np.arange(FIRST, ROWS - COLD)
    dropped = np.zeros(len(warm))
    for _ in range(steps):
        found = float64(items.table(training=True))
        unknown = np.isclose(found[warm], none[warm], atol=1e-6).all(1)
        known = np.isclose(found[warm], plain[warm], atol=1e-6).all(1)
        assert (unknown ^ known).all()
        dropped += unknown
        np.testing.assert_allclose(found[[PAD, UNKNOWN]][1:], plain[[PAD, UNKNOWN]][1:], atol=1e-6)
    # five standard deviations of the mean, and of each item
    assert abs(dropped.mean() / steps - share) < 5 * np.sqrt(share * (1 - share) / steps / len(warm))
    assert np.abs(dropped / steps - share).max() < 5 * np.sqrt(share * (1 - share) / steps)
    np.testing.assert_allclose(float64(items.table(training=False)), plain, atol=1e-6)
    np.testing.assert_allclose(float64(items.table()), plain, atol=1e-6)


def test_frozen_items_are_the_finished_table():
    items = some_table(some_catalogue())
    frozen = FrozenItems(ROWS, WIDTH)
    frozen.build((None, None))
    frozen.vectors.assign(items.table())
    rows = np.arange(ROWS, dtype=np.int32)[None]
    np.testing.assert_array_equal(float64(frozen(rows)), float64(items(rows)))
    np.testing.assert_array_equal(float64(frozen.table()), float64(items.table()))
    assert frozen.count_params() == ROWS * WIDTH


def test_keras_file_brings_back_vectors_features_and_dropout(tmp_path):
    items = some_table(some_catalogue(), 0.1)
    rows = keras.Input((None,), dtype="int32")
    keras.Model(rows, items(rows)).save(tmp_path / "items.keras")
    twin = keras.saving.load_model(tmp_path / "items.keras", compile=False, safe_mode=True).get_layer("items")
    assert twin.get_config() == items.get_config()
    np.testing.assert_array_equal(float64(twin.table()), float64(items.table()))


def test_known_and_features_are_given_and_not_learned():
    items = some_table(some_catalogue())
    assert {weight.name for weight in items.trainable_weights} == {"embeddings", "feature_embeddings"}
    assert {weight.name for weight in items.non_trainable_weights} == {"known", "feature_rows"}
