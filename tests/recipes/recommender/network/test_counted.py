"""Counted tables against a dictionary that counts, the mixture against its formula, and the exported file."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from scipy import sparse
from small_recommender import CONFIG, ROWS, float64, knowledge_for, shake, some_catalogue, some_histories

from heedful.export.exporter import Exporter
from heedful.export.verification import interpreter
from heedful.recipes.recommender import export
from heedful.recipes.recommender.model import build, with_counts
from heedful.recipes.recommender.network.counted import CountedAlways, CountedNext, Mixture, in_levels
from heedful.recipes.recommender.reading.item_catalogue import FIRST, PAD, UNKNOWN
from heedful.recipes.recommender.training.counted_parts import NETWORK

WINDOW, DECAY, BATCH, LENGTH = 3, 0.7, 29, CONFIG.length


def some_table(seed=0, density=0.3):
    """Positive numbers of very different sizes between items; some items have none."""
    rng = np.random.default_rng(seed)
    dense = np.exp(rng.normal(0, 2, (ROWS, ROWS))) * (rng.random((ROWS, ROWS)) < density)
    dense[:FIRST] = dense[:, :FIRST] = dense[FIRST + 4] = 0
    return sparse.csr_array(dense)


def layer_of(table, rows=ROWS, window=WINDOW, name="counted_transitions"):
    layer = CountedNext(rows, table.nnz, int(np.diff(table.indptr).max()), window, DECAY, name=name)
    layer.build((None, LENGTH))
    layer.describe(table)
    return layer


def spoken(table, history):
    """What each of the newest actions says for each item, `(LENGTH, ROWS)`, added up one by one."""
    said = np.zeros((LENGTH, table.shape[0]))
    for back in range(WINDOW):
        said[LENGTH - 1 - back] = DECAY**back * table.toarray()[history[LENGTH - 1 - back]]
    return said


def test_probabilities_are_the_rows_of_the_newest_actions_added_up():
    table, histories = some_table(), some_histories(BATCH, LENGTH)
    found = float64(layer_of(table)(histories))
    for history, row in zip(histories, found, strict=True):
        total = spoken(table, history).sum(0)
        np.testing.assert_allclose(row, total / max(total.sum(), 1e-30), rtol=0.08, atol=1e-9)  # of 256 levels
    assert (found.sum(1) > 0.99).sum() > BATCH // 2


def test_nothing_is_known_after_unknown_items():
    history = np.full((1, LENGTH), PAD, np.int32)
    history[0, -2:] = UNKNOWN, FIRST + 4
    assert not float64(layer_of(some_table())(history)).any()


def test_shares_of_the_actions_are_what_they_said():
    table, histories = some_table(1), some_histories(BATCH, LENGTH, 1)
    items = np.random.default_rng(2).integers(FIRST, ROWS, (BATCH, 5)).astype(np.int32)
    found = float64(layer_of(table).said(histories, items))
    assert found.shape == (BATCH, 5, LENGTH)
    for history, rows, shares in zip(histories, items, found, strict=True):
        said = spoken(table, history)[:, rows].T
        np.testing.assert_allclose(shares, said / np.maximum(said.sum(1, keepdims=True), 1e-30), rtol=0.08, atol=1e-9)


def test_rows_beyond_sixteen_bits_are_found_again():
    rows = (1 << 16) + 5
    table = sparse.csr_array(([2.0, 1.0], ([FIRST, FIRST], [rows - 1, 7])), shape=(rows, rows))
    history = np.full((1, LENGTH), PAD, np.int32)
    history[0, -1] = FIRST
    found = float64(layer_of(table, rows)(history))[0]
    assert set(np.flatnonzero(found)) == {7, rows - 1}
    np.testing.assert_allclose(found[rows - 1], 2 / 3, rtol=0.01)


def test_levels_are_even_in_ratio():
    values = np.exp(np.random.default_rng(3).uniform(-9, 4, 1000))
    levels, codes = in_levels(values)
    assert np.abs(levels[codes] / values - 1).max() < 13 / 255 / 2 * 1.01  # half a step of 13 in logarithms
    assert in_levels(np.array([0.5, 0.5]))[0][0] == np.float32(0.5)


def test_popularity_is_the_share_of_the_counts():
    layer = CountedAlways(ROWS)
    layer.build((None, LENGTH))
    counts = np.arange(ROWS)
    layer.describe(counts)
    np.testing.assert_allclose(float64(layer(some_histories(2, LENGTH)))[1], counts / counts.sum(), rtol=1e-6)


def test_the_mixture_is_the_mean_of_probabilities():
    rng = np.random.default_rng(4)
    scores = rng.normal(0, 3, (BATCH, ROWS)).astype("float32")
    counted = rng.dirichlet(np.ones(ROWS), BATCH).astype("float32")
    mixture = Mixture(ROWS, [0.4, 0.6])
    mixture.build()
    network = float64(mixture.network(scores))
    items = np.exp(scores[:, FIRST:].astype(float))
    np.testing.assert_allclose(network[:, FIRST:], items / items.sum(1, keepdims=True), rtol=1e-5)
    assert not network[:, :FIRST].any()
    wanted = 0.4 * network + 0.6 * counted
    np.testing.assert_allclose(float64(mixture([network.astype("float32"), counted])), np.log(wanted), rtol=1e-5)
    rows = np.tile(np.arange(FIRST, FIRST + 5, dtype="int32"), (BATCH, 1))
    parts = float64(mixture.parts([network.astype("float32"), counted], rows))
    np.testing.assert_allclose(parts[..., 1], 0.6 * counted[:, 2:7] / wanted[:, 2:7], atol=2e-3)
    np.testing.assert_allclose(parts.sum(-1), 1, rtol=1e-5)


def test_what_nobody_took_yet_keeps_the_word_of_the_network():
    mixture = Mixture(4, [0.25, 0.75])
    mixture.build()
    mixture.describe(np.array([0, 3, 5, 0]))
    network, counted = np.array([[0.1, 0.2, 0.3, 0.4]], "float32"), np.array([[0.0, 0.5, 0.5, 0.0]], "float32")
    found = np.exp(float64(mixture([network, counted])))
    np.testing.assert_allclose(found, [[0.1, 0.05 + 0.375, 0.075 + 0.375, 0.4]], rtol=1e-5)
    parts = float64(mixture.parts([network, counted], np.array([[3, 1]], "int32")))
    np.testing.assert_allclose(parts, [[[1, 0], [0.05 / 0.425, 0.375 / 0.425]]], atol=1e-5)


@pytest.fixture(scope="module")
def model():
    bare = shake(build(replace(CONFIG, top=5), knowledge_for(some_catalogue())))
    popular = CountedAlways(ROWS, name="counted_popularity")
    popular.build((None, LENGTH))
    popular.describe(np.arange(ROWS))
    parts = {"transitions": layer_of(some_table(5)), "popularity": popular}
    counts = np.arange(ROWS)  # nobody took the first two, which are no items
    return with_counts(bare, parts, {NETWORK: 0.3, "transitions": 0.6, "popularity": 0.1}, counts)


def test_attention_is_that_of_the_parts_in_their_shares(model):
    histories = some_histories(BATCH, LENGTH, 6)[LENGTH // 2 :: 2]
    answer = {name: float64(value) for name, value in model.recommend(histories).items()}
    np.testing.assert_allclose(answer["parts"].sum(-1), 1, rtol=1e-5)
    alone = float64(model.explain(model.items(answer["items"].astype("int32")), model.tower.last(
        model.items(histories), histories != PAD)[1], histories))  # fmt: skip
    table = some_table(5)
    for number, history in enumerate(histories):
        for place, item in enumerate(answer["items"][number].astype(int)):
            said = spoken(table, history)[:, item]
            network, counted, _ = answer["parts"][number, place]
            wanted = network * alone[number, place] + counted * said / max(said.sum(), 1e-30)
            np.testing.assert_allclose(
                answer["attention"][number, place], wanted / max(wanted.sum(), 1e-9), rtol=0.08, atol=1e-6
            )


def test_a_saved_model_counts_as_before(model, tmp_path):
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    histories = some_histories(BATCH, LENGTH, 7)
    np.testing.assert_array_equal(float64(again(histories)["scores"]), float64(model(histories)["scores"]))


def test_a_file_is_asked_where_the_order_is_decided(model, monkeypatch):
    rows = [
        {"history": row[None], "candidates": np.zeros((1, CONFIG.candidates), np.int32)}
        for row in some_histories(14, LENGTH, 8)
    ]
    assert all(len(asked) == 14 for asked in export.examples(model, rows).values())
    scores = float64(model.score(rows[3]["history"])["scores"])[0]
    left = np.setdiff1d(np.arange(FIRST, ROWS), rows[3]["history"])
    best = np.sort(scores[left])[::-1][: model.top + 1]
    gap = (best[:-1] - best[1:]).min() / max(1, abs(best).max())
    monkeypatch.setattr(export, "NEAR", gap * 0.5)
    assert export.decided(model, {"history": rows[3]["history"]})
    monkeypatch.setattr(export, "NEAR", gap * 20)
    assert not export.decided(model, {"history": rows[3]["history"]})


@pytest.fixture(scope="module")
def exporter(model):
    shipped = export.deployed(model)
    alone = [{"history": row[None]} for row in some_histories(14, LENGTH, 8)]
    offered = np.arange(FIRST, FIRST + CONFIG.candidates, dtype=np.int32)[None]
    examples = {"recommend": alone, "rank": [row | {"candidates": offered} for row in alone], "score": alone}
    return Exporter(shipped, export.signatures(shipped), examples, export.FLOAT_LAYERS)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="the export runs under TensorFlow")
@pytest.mark.parametrize(
    ("quantize", "tolerance"),
    [("none", 1e-5), ("float16", 0.02), *(pytest.param(k, 0.2, marks=pytest.mark.long) for k in ("dynamic", "int8"))],
)
def test_the_file_recommends_and_explains_as_keras_does(model, exporter, quantize, tolerance):
    runner = interpreter(exporter.export(quantize)).get_signature_runner("recommend")
    for history in some_histories(50, LENGTH, 9):
        wanted = {name: float64(value) for name, value in model.recommend(history[None]).items()}
        found = runner(history=history[None])
        if quantize == "none":
            np.testing.assert_array_equal(found["items"], wanted["items"])
        same = found["items"] == wanted["items"]
        for name in ("scores", "parts", *(("attention",) if quantize != "int8" else ())):  # the tower is in eight bits
            np.testing.assert_allclose(found[name][same], wanted[name][same], atol=tolerance, err_msg=name)
        np.testing.assert_allclose(found["parts"].sum(-1), 1, atol=1e-3)
