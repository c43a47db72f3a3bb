"""A tiny recommender `.tflite` by plain formulas, and the same formulas in NumPy float64: nothing is trained."""

import functools
import json

import numpy as np
import pytest
from tflite_graph import converted

from heedful.apps.model_file import attach

LENGTH, TOP, PIECE, ITEMS = 11, 5, 3, 13
FIRST = 2
ROWS = FIRST + ITEMS
IDS = tuple(f"id-{position}" for position in range(ITEMS))
TITLES = tuple(f"Title {position}" for position in range(ITEMS))
FACTS = {"length": LENGTH, "top": TOP, "candidates": PIECE, "items": ITEMS}
CARD = {"recipe": "recommender", "facts": FACTS}


def formulas(history):
    """Scores `(ROWS,)` and attention `(ROWS, len(history))` of rows read by the model, the oldest first.

    An item is drawn to its neighbours in the catalogue, a newer action counts more, and the score is how near the
    attended actions are.
    """
    past = np.asarray(history, np.float64)
    distance = np.abs(np.arange(ROWS)[:, None] - past)
    logits = -distance / 2 + 0.3 * np.arange(len(past))
    attention = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    return (attention / (1 + distance)).sum(1) + 0.001 * np.arange(ROWS), attention


@functools.cache
def graph(timed=False):
    """The bare flatbuffer. Asked so many days after the newest action, a `timed` one wants the item of that number."""
    tf = pytest.importorskip("tensorflow")
    items = np.arange(ROWS, dtype=np.float32)

    def everything(history):
        real = tf.cast(history > 0, tf.float32)  # (1, length)
        distance = tf.abs(items[:, None] - tf.cast(history, tf.float32))  # (rows, length)
        ages = np.arange(LENGTH, dtype=np.float32)
        attention = tf.nn.softmax(-distance / 2 + 0.3 * ages - 1e9 * (1 - real), axis=-1)
        scores = tf.reduce_sum(attention / (1 + distance), -1) + 0.001 * items
        return scores[None], attention

    history_spec = tf.TensorSpec((1, LENGTH), tf.int32, name="history")

    def recommended(history, wanted=0.0):
        scores, attention = everything(history)
        scores = scores + wanted
        seen = tf.reduce_max(tf.one_hot(history[0], ROWS), 0)
        special = tf.constant([1.0] * FIRST + [0.0] * ITEMS)
        best, rows = tf.math.top_k(scores - 1e9 * tf.maximum(seen, special), TOP)
        return {"items": rows, "scores": best, "attention": tf.gather(attention, rows[0])[None]}

    @tf.function(input_signature=[history_spec])
    def recommend(history):
        return recommended(history)

    @tf.function(input_signature=[history_spec, tf.TensorSpec((1, LENGTH + 1), tf.int32, name="times")])
    def recommend_at(history, times):
        days = tf.cast((times[:, -1:] - times[:, -2:-1]) // 86400, tf.float32)
        return recommended(history, -10 * tf.abs(items - FIRST - days))

    @tf.function(input_signature=[history_spec, tf.TensorSpec((1, PIECE), tf.int32, name="candidates")])
    def rank(history, candidates):
        scores, attention = everything(history)
        return {
            "scores": tf.gather(scores[0], candidates),
            "attention": tf.gather(attention, candidates[0])[None],
        }

    @tf.function(input_signature=[history_spec])
    def score(history):
        return {"scores": everything(history)[0]}

    return converted(recommend=recommend_at if timed else recommend, rank=rank, score=score)


def content(facts=None, **columns):
    """The graph as an exported model, with changes to its facts and to the columns of its items."""
    card = {**CARD, "facts": {**FACTS, **(facts or {})}}
    items = {"ids": IDS, "titles": TITLES, "features": None, "feature_names": [], "counts": [0] * ITEMS, **columns}
    graph_bytes = graph(bool(card["facts"].get("times")))
    return attach(graph_bytes, {"card.json": json.dumps(card).encode(), "items.json": json.dumps(items).encode()})
