"""Rows of a classifier put into a graph by hand, against the logits by the formula."""

import numpy as np
import pytest
import tone_embedding
from small_graph import small_graph
from tone_embedding import LABELS, TONES

from heedful.apps.graph.flatbuffer import read, write
from heedful.apps.graph.label_rows import Row, label_rows, put_rows
from heedful.apps.graph.rules import breaches

pytest.importorskip("ai_edge_litert")
WIDTH = len(TONES)
ROUNDING = {"float32": 1e-5, "float16": 2e-2, "int8": 0.2, "int8 of one scale": 0.2}  # of a logit


def runners(graph):
    from ai_edge_litert.interpreter import Interpreter

    model = Interpreter(model_content=write(graph))
    return {name: model.get_signature_runner(name) for name in ("classify", "embed")}


def softmax(logits):
    shares = np.exp(logits - logits.max())
    return shares / shares.sum()


def some_rows(*places):
    rng = np.random.default_rng(6)
    return {place: Row(rng.normal(0, 8, WIDTH).astype(np.float32), float(rng.normal(0, 3))) for place in places}


@pytest.mark.parametrize("kind", tone_embedding.KINDS)
def test_the_rows_are_those_of_the_graph(kind):
    rows = label_rows(tone_embedding.graph(kind), "probabilities")
    assert len(rows) == len(LABELS) and {row.bias for row in rows} == {0.0}
    np.testing.assert_allclose([row.weights for row in rows], tone_embedding.directions(), atol=16 / 127)


@pytest.mark.parametrize("reshaped", [False, True])
@pytest.mark.parametrize("kind", tone_embedding.KINDS)
def test_rows_added_and_changed_give_their_logits(kind, reshaped):
    graph = tone_embedding.graph(kind, reshaped)
    before, rows = runners(graph), label_rows(graph, "probabilities")
    given = some_rows(1, 4, 5, 6)
    put_rows(graph, "probabilities", given)
    graph = read(write(graph))
    assert not breaches(graph, "classify")
    after = runners(graph)
    for seed in range(5):
        waveform = tone_embedding.mixture(seed)[None]
        embedding = tone_embedding.embedding(waveform[0])
        logits = np.array([embedding @ row.weights + row.bias for row in rows] + [0.0] * 3)
        for place, row in given.items():
            logits[place] = embedding @ row.weights + row.bias
        found = after["classify"](waveform=waveform)
        assert found["probabilities"].shape == (1, 7)
        wanted = softmax(logits)
        np.testing.assert_allclose(
            np.log(found["probabilities"][0] + 1e-9), np.log(wanted + 1e-9), atol=4 * ROUNDING[kind]
        )
        np.testing.assert_array_equal(found["attention"], before["classify"](waveform=waveform)["attention"])
        old = before["classify"](waveform=waveform)["probabilities"][0][[0, 2, 3]]
        new = found["probabilities"][0][[0, 2, 3]]
        np.testing.assert_allclose(new / new.sum(), old / old.sum(), rtol=1e-4)
        assert np.array_equal(
            after["embed"](waveform=waveform)["embedding"], before["embed"](waveform=waveform)["embedding"]
        )


def test_int8_rows_that_stay_keep_their_bytes_and_scales():
    graph = tone_embedding.graph("int8")
    put_rows(graph, "probabilities", some_rows(4))
    rows = label_rows(graph, "probabilities")
    untouched = label_rows(tone_embedding.graph("int8"), "probabilities")
    for place in range(4):
        np.testing.assert_array_equal(rows[place].weights, untouched[place].weights)
    given = some_rows(4)[4]
    np.testing.assert_allclose(rows[4].weights, given.weights, atol=np.abs(given.weights).max() / 254 + 1e-6)


def test_rows_are_added_again_and_again_without_growing_by_more_than_themselves():
    graph = tone_embedding.graph()
    sizes = []
    for place in (4, 5, 6):
        put_rows(graph, "probabilities", some_rows(place))
        sizes.append(len(write(graph)))
    assert len(label_rows(graph, "probabilities")) == 7
    assert sizes[2] - sizes[1] < WIDTH * 4 + 100


def test_a_graph_without_such_an_answer_is_told():
    with pytest.raises(ValueError, match="no output probabilities"):
        label_rows(small_graph(), "probabilities")
    with pytest.raises(ValueError, match="no softmax of a fully connected operator"):
        label_rows(small_graph(), "sum")
    with pytest.raises(ValueError, match="no softmax of a fully connected operator"):
        label_rows(tone_embedding.graph(), "embedding")


def test_logits_that_serve_something_else_are_left_alone():
    graph = tone_embedding.graph()
    classify = graph.subgraphs[0]
    softmax_operator = next(item for item in classify.operators if classify.outputs[0] in item.outputs)
    classify.operators.append(softmax_operator)
    with pytest.raises(ValueError, match="serves something else"):
        label_rows(graph, "probabilities")
