"""The exported file against Keras: shapes, the same recommendations, and what eight bits may not break."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from small_recommender import CONFIG, ITEMS, ROWS, float64, knowledge_for, shake, some_catalogue, some_histories

from heedful.export.exporter import Exporter
from heedful.export.verification import interpreter
from heedful.recipes.contract import Knowledge
from heedful.recipes.recommender import export
from heedful.recipes.recommender.model import build
from heedful.recipes.recommender.reading.item_catalogue import FIRST, PAD, UNKNOWN

if keras.backend.backend() != "tensorflow":
    pytest.skip("the export runs under TensorFlow", allow_module_level=True)

HISTORIES = 200
LENGTH, TOP, CANDIDATES = CONFIG.length, CONFIG.top, CONFIG.candidates


def candidates(count=HISTORIES, seed=1):
    return np.random.default_rng(seed).integers(PAD, ROWS, (count, CANDIDATES)).astype(np.int32)


@pytest.fixture(scope="module")
def model():
    return shake(build(CONFIG, knowledge_for(some_catalogue())))


@pytest.fixture(scope="module")
def exporter(model):
    shipped = export.deployed(model)
    alone = [{"history": row[None]} for row in some_histories(14, LENGTH, 5)]
    both = [{**row, "candidates": c[None]} for row, c in zip(alone, candidates(14), strict=True)]
    examples = {"recommend": alone, "rank": both, "score": alone}
    return Exporter(shipped, export.signatures(shipped), examples, export.FLOAT_LAYERS)


@pytest.fixture(
    scope="module", params=["none", *(pytest.param(kind, marks=pytest.mark.long) for kind in ("dynamic", "int8"))]
)
def converted(request, exporter):
    return request.param, interpreter(exporter.export(request.param))


def answers(run, signature, **arrays):
    """What the file says to each row, stacked."""
    runner = run.get_signature_runner(signature)
    rows = [
        runner(**{name: array[row : row + 1] for name, array in arrays.items()})
        for row in range(len(next(iter(arrays.values()))))
    ]
    return {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}


def test_signatures_have_the_shapes_and_types_of_the_contract(converted):
    _, run = converted
    wanted = {
        "recommend": (
            {"history": ("int32", [1, LENGTH])},
            {"items": ("int32", [1, TOP]), "scores": ("float32", [1, TOP]), "attention": ("float32", [1, TOP, LENGTH])},
        ),
        "rank": (
            {"history": ("int32", [1, LENGTH]), "candidates": ("int32", [1, CANDIDATES])},
            {"scores": ("float32", [1, CANDIDATES]), "attention": ("float32", [1, CANDIDATES, LENGTH])},
        ),
        "score": ({"history": ("int32", [1, LENGTH])}, {"scores": ("float32", [1, ROWS])}),
    }
    assert set(run.get_signature_list()) == set(wanted)
    for name, sides in wanted.items():
        runner = run.get_signature_runner(name)
        for details, expected in zip((runner.get_input_details(), runner.get_output_details()), sides, strict=True):
            assert {k: (np.dtype(d["dtype"]).name, list(d["shape"])) for k, d in details.items()} == expected


def test_recommendations_are_those_of_keras_in_float(converted, model):
    quantize, run = converted
    if quantize != "none":
        pytest.skip("a quantized file may choose otherwise")
    history = some_histories(HISTORIES, LENGTH)
    found = answers(run, "recommend", history=history)
    wanted = {name: float64(value) for name, value in model.recommend(history).items()}
    np.testing.assert_array_equal(found["items"], wanted["items"])
    for name in ("scores", "attention"):
        np.testing.assert_allclose(found[name], wanted[name], atol=1e-4, err_msg=name)
    offered = candidates()
    ranked = answers(run, "rank", history=history, candidates=offered)
    for name, value in model.rank(history, offered).items():
        np.testing.assert_allclose(ranked[name], float64(value), atol=1e-4, err_msg=name)


def test_any_file_recommends_distinct_items_that_are_not_in_the_history(converted):
    _, run = converted
    history = some_histories(HISTORIES // 2, LENGTH, 3)
    history[::7, -1:] = UNKNOWN
    history[3::11, -2:] = history[3::11, -1:]  # the same item twice
    found = answers(run, "recommend", history=history)
    assert np.isfinite(found["scores"]).all() and np.isfinite(found["attention"]).all()
    assert (found["items"] >= FIRST).all() and (found["items"] < ROWS).all()
    for items, scores, attention, taken in zip(
        *(found[name] for name in ("items", "scores", "attention")), history, strict=True
    ):
        assert len(set(items)) == TOP and not set(items) & set(taken)
        assert (np.diff(scores) <= 1e-6).all() and scores.sum() <= 1 + 1e-5 and scores.min() > 0
        np.testing.assert_allclose(attention.sum(-1), float((taken != PAD).any()), atol=1e-4)
        assert not attention[:, taken == PAD].any()


def test_a_quantized_file_mostly_agrees(converted, model):
    _, run = converted
    history = some_histories(HISTORIES // 2, LENGTH, 4)[1:]
    found, wanted = (
        answers(run, "recommend", history=history)["items"],
        float64(model.recommend(history)["items"]),
    )
    shared = [len(set(a) & set(b)) for a, b in zip(found, wanted, strict=True)]
    assert np.mean(shared) > 0.8 * TOP
    scores = answers(run, "rank", history=history, candidates=candidates(len(history)))["scores"]
    kept = float64(model.rank(history, candidates(len(history)))["scores"])
    assert np.corrcoef(scores.ravel(), kept.ravel())[0, 1] > 0.95


def test_predictor_gives_the_scores_and_ranks_of_the_model(model):
    predict, history = export.predictor(model), some_histories(300, LENGTH)
    assert predict.length == LENGTH
    np.testing.assert_allclose(predict.scores(history), float64(model(history)["scores"]), atol=1e-5)
    few = candidates(300)[:, :4]
    padded = np.pad(few, [(0, 0), (0, CANDIDATES - 4)])
    np.testing.assert_allclose(
        predict.rank(history, few), float64(model.rank(history, padded)["scores"])[:, :4], atol=1e-5
    )
    np.testing.assert_array_equal(predict.recommend(history), float64(model.recommend(history)["items"]))
    assert predict.scores(history[:5]).shape == (5, ROWS) and predict.rank(history[:5], few[:5]).shape == (5, 4)


@pytest.mark.parametrize("repeats", [False, True])
def test_a_diverse_file_gives_what_keras_gives(repeats):
    """With the operators that LiteRT has, in the order chosen."""
    facts = Knowledge({"repeats": repeats}, knowledge_for(some_catalogue()).attachments)
    model = shake(build(replace(CONFIG, diversity=0.4), facts))
    shipped = export.deployed(model)
    history = some_histories(HISTORIES, LENGTH, 6)
    signature = {"recommend": export.signatures(shipped)["recommend"]}
    run = interpreter(
        Exporter(shipped, signature, {"recommend": [{"history": history[:1]}]}, export.FLOAT_LAYERS).export("none")
    )
    found = answers(run, "recommend", history=history)
    for name, value in model.recommend(history).items():
        np.testing.assert_allclose(found[name], float64(value), atol=1e-4, err_msg=name)
    assert (np.diff(found["scores"]) > 1e-6).any(), "no longer in the order of scores"
    again = [bool(set(items) & set(past)) for items, past in zip(found["items"], history, strict=True)]
    assert any(again) == repeats


def test_repeats_and_diversity_are_kept_in_the_saved_model(tmp_path):
    facts = Knowledge({"repeats": True}, knowledge_for(some_catalogue()).attachments)
    model = shake(build(replace(CONFIG, diversity=0.4), facts))
    model.save(tmp_path / "model.keras")
    opened = keras.saving.load_model(tmp_path / "model.keras")
    history = some_histories(HISTORIES, LENGTH, 6)
    np.testing.assert_array_equal(
        float64(opened.recommend(history)["items"]), float64(model.recommend(history)["items"])
    )
    plain = shake(build(CONFIG, knowledge_for(some_catalogue())))
    assert (float64(plain.recommend(history)["items"]) != float64(model.recommend(history)["items"])).any()


def test_every_item_can_be_recommended(model):
    """As many as there are: what was seen comes last with a probability of 0, and padding never."""
    shipped = export.deployed(model)
    shipped.choose.top = ITEMS
    history = some_histories(LENGTH + 1, LENGTH)
    table = shipped.items.table()
    items = float64(shipped.choose(shipped(history)["scores"], history, table)[0])
    assert (np.sort(items, axis=1) == np.arange(FIRST, ROWS)).all()
