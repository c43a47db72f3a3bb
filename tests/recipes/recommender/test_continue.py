"""Learning on from a trained model: who keeps what, where new items start, and what cannot be continued."""

from dataclasses import replace

import numpy as np
import pytest
from small_recommender import CONFIG, ITEMS, ROWS, float64, knowledge_for, shake, some_catalogue, some_histories

from heedful.apps.errors import InputError
from heedful.recipes.contract import knowledge_of
from heedful.recipes.recommender.data import load
from heedful.recipes.recommender.model import build, inherit
from heedful.recipes.recommender.reading.item_catalogue import FIRST, UNKNOWN, Catalogue

NEW = 5


def grown(before: Catalogue) -> Catalogue:
    """`NEW` more items, one of a kind that sorts before all others, so that the numbers of all kinds move."""
    features = (("anvil",), ("tent", "zeppelin"), (), ("lamp",), ("anvil", "lamp"))
    counts = np.concatenate([before.counts, np.ones(NEW, np.int64)])
    counts[ITEMS - 1] = 4  # never seen before, now it was
    ids = (*before.ids, *(f"new-{place}" for place in range(NEW)))
    return Catalogue(ids, features=(*before.features, *features), counts=counts)


@pytest.fixture(scope="module")
def models():
    """A trained model and one of more items that continues from it."""
    before = some_catalogue()
    catalogue = grown(before)
    old = shake(build(CONFIG, knowledge_for(before)), size=1.0)
    new = build(CONFIG, knowledge_for(catalogue))
    inherit(new, knowledge_for(catalogue), old, knowledge_for(before))
    return old, new, before, catalogue


def test_tower_and_ranker_are_the_old_ones(models):
    old, new, _, _ = models
    for part in ("tower", "ranker"):
        weights, wanted = getattr(new, part).weights, getattr(old, part).weights
        assert len(weights) == len(wanted)
        for weight, was in zip(weights, wanted, strict=True):
            np.testing.assert_array_equal(float64(weight), float64(was))
            assert weight is not was


def test_items_keep_their_rows_and_their_vectors(models):
    old, new, before, _ = models
    trained = [*range(FIRST), *(FIRST + np.flatnonzero(before.counts))]
    np.testing.assert_array_equal(float64(new.items.embeddings)[trained], float64(old.items.embeddings)[trained])
    np.testing.assert_allclose(float64(new.items.table())[trained], float64(old.items.table())[trained], atol=1e-6)


def test_the_scores_of_old_items_are_the_old_ones(models):
    old, new, before, _ = models
    warm = FIRST + np.flatnonzero(before.counts)
    histories = some_histories(29, CONFIG.length)
    histories[np.isin(histories, np.setdiff1d(np.arange(FIRST, ROWS), warm))] = UNKNOWN
    found, wanted = (float64(model(histories)["scores"])[:, warm] for model in (new, old))
    np.testing.assert_allclose(found, wanted, atol=1e-4)


def test_items_that_training_never_saw_start_near_the_unknown_one(models):
    _, new, before, _ = models
    embeddings = float64(new.items.embeddings)
    unseen = [*(FIRST + np.flatnonzero(before.counts == 0)), *range(ROWS, ROWS + NEW)]
    away = embeddings[unseen] - embeddings[UNKNOWN]
    assert np.abs(away).max() < 0.1 < np.abs(embeddings[FIRST:ROWS]).max()
    assert np.linalg.norm(away[:, None] - away[None], axis=-1)[np.triu_indices(len(away), 1)].min() > 0.01


def test_features_whose_numbers_moved_keep_their_vectors(models):
    old, new, before, catalogue = models
    assert before.feature_names.index("lamp") != catalogue.feature_names.index("lamp")
    vectors, taught = float64(new.items.feature_embeddings), float64(old.items.feature_embeddings)
    for number, name in enumerate(before.feature_names, 1):
        np.testing.assert_array_equal(vectors[1 + catalogue.feature_names.index(name)], taught[number])
    for name in ("anvil", "zeppelin"):
        assert np.abs(vectors[1 + catalogue.feature_names.index(name)]).max() < 0.1


def test_values_keep_their_vectors_by_field_and_name():
    """A brand is no genre of the same name; words of titles are a field like others."""
    ids, counts = ("1", "2", "3", "4"), np.array([3, 3, 3, 0])
    titles = ("red tent", "red lamp", "big tent", "big lamp")
    first = Catalogue(ids, titles, (("Acme",),) * 4, counts, {"brand": (("Acme",), ("Zenith",), (), ())})
    second = Catalogue(
        (*ids, "5"), (*titles, "tent"), (("Acme",), ("book",), (), (), ()), np.append(counts, 2),
        {"age": (("old",),) * 5, "brand": (("Beta",), ("Zenith",), ("Acme",), (), ())},
    )  # fmt: skip
    old = shake(build(CONFIG, knowledge_for(first)), size=1.0)
    new = build(CONFIG, knowledge_for(second))
    inherit(new, knowledge_for(second), old, knowledge_for(first))
    before = ["genres Acme", "brand Acme", "brand Zenith", "big", "lamp", "red", "tent"]
    now = ["genres Acme", "genres book", "age old", "brand Acme", "brand Beta", "brand Zenith", "big", "lamp", "red"]
    taught, vectors = float64(old.items.feature_embeddings), float64(new.items.feature_embeddings)
    assert (len(taught), len(vectors)) == (1 + len(before), 1 + len(now))  # "tent" is in more than two of five titles
    for name in now:
        vector = vectors[1 + now.index(name)]
        if name in before:
            np.testing.assert_array_equal(vector, taught[1 + before.index(name)])
        else:
            assert np.abs(vector).max() < 0.1


@pytest.mark.parametrize("old_has", [True, False], ids=["before", "now"])
def test_a_catalogue_may_come_to_have_features_or_lose_them(old_has):
    before, catalogue = some_catalogue(old_has), some_catalogue(not old_has)
    old, new = shake(build(CONFIG, knowledge_for(before))), build(CONFIG, knowledge_for(catalogue))
    inherit(new, knowledge_for(catalogue), old, knowledge_for(before))
    np.testing.assert_array_equal(float64(new.items.embeddings)[FIRST], float64(old.items.embeddings)[FIRST])


@pytest.mark.parametrize(
    "change",
    [
        {"width": 22},
        {"hidden": 17},
        {"heads": 7},
        {"length": 11},
        {"blocks": 1},
        {"blocks": 3},
        {"distances": False},
        {"ranker_width": 5},
        {"ranker_units": (17, 5)},
        {"ranker_hidden": (19, 3)},
        {"ranker_hidden": (3,)},
    ],
    ids=str,
)
def test_a_model_that_is_built_differently_is_one_sentence(change):
    """More blocks as well as fewer: the shapes of the first weights agree."""
    facts = knowledge_for(some_catalogue())
    old, new = build(CONFIG, facts), build(replace(CONFIG, **change), facts)
    with pytest.raises(InputError, match=r"^the model to continue from is built differently: give --preset and --set"):
        inherit(new, facts, old, facts)


def test_settings_that_change_no_weight_may_change():
    facts = knowledge_for(some_catalogue())
    old = shake(build(CONFIG, facts))
    new = build(replace(CONFIG, dropout=0.4, ranker_length=3, top=3, candidates=5, item_dropout=0.3), facts)
    inherit(new, facts, old, facts)
    np.testing.assert_array_equal(float64(new.tower.positions), float64(old.tower.positions))


def test_from_file_to_file(tmp_path):
    """Ids keep their rows from the first table to the second, and the model its answers to them."""
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    days = {first: ["a b c d", "b d c a", "c a b"], second: ["e a b f", "f b c e", "b e d"]}
    for path, users in days.items():
        rows = [f"{u},{item},{t}" for u, items in enumerate(users) for t, item in enumerate(items.split())]
        path.write_text("\n".join(["user,item,timestamp", *rows]))
    before = load(str(first), CONFIG)
    facts = knowledge_of(before)
    old = shake(build(CONFIG, facts))
    after = load(str(second), CONFIG, continuing=facts)
    now = knowledge_of(after)
    new = build(CONFIG, now)
    inherit(new, now, old, facts)
    assert after.catalogue.ids[:4] == before.catalogue.ids and set(after.catalogue.ids[4:]) == {"e", "f"}
    warm = FIRST + np.flatnonzero(before.catalogue.counts)
    history = np.zeros((1, CONFIG.length), np.int32)
    history[0, -2:] = warm[:2]
    np.testing.assert_allclose(
        float64(new(history)["scores"])[:, warm], float64(old(history)["scores"])[:, warm], atol=1e-5
    )
