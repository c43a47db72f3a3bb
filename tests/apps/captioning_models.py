"""A tiny captioning `.tflite` by plain formulas, and the same formulas in NumPy float64: nothing is trained."""

import functools
import json

import numpy as np
import pytest
from tflite_graph import converted

from heedful.apps.model_file import attach

SIZE, GRID, CELLS, LENGTH = 12, (2, 3), 6, 5
SPECIAL = ("<pad>", "<start>", "<end>", "<unknown>")
TOKENS = (*SPECIAL, "a", "cat", "$5", "on", "donaudampfschifffahrt", "猫", "red")
WORDS = len(TOKENS)
START, END = 1, 2
DECODING = {"beam": 3, "length_penalty": 0.7, "no_repeated_ngram": 0}
FACTS = {"image_size": SIZE, "grid": list(GRID), "max_words": LENGTH, "decoding": DECODING}
CARD = {"recipe": "image_captioning", "facts": FACTS}

_random = np.random.default_rng(8)
NEXT = _random.normal(size=(WORDS, WORDS))  # what likes to follow what
SEEN = _random.normal(size=(3, WORDS)) * 5  # what likes to be said of a colour
LOOK = _random.normal(size=(WORDS, 3)) * 9  # which colour a token looks at
TIRED = 3.0  # how much less likely a word is for each time that it was read
LATE = 0.8  # how much likelier END is with each word
BANNED = np.zeros(WORDS)
BANNED[[0, START, 3]] = -1e9


def encode(image):
    """Mean colour of each cell `(CELLS, 3)`, and the state before the first word."""
    rows, columns = GRID
    cells = np.asarray(image, np.float64).reshape(rows, SIZE // rows, columns, SIZE // columns, 3)
    return cells.mean((1, 3)).reshape(CELLS, 3) / 255, np.zeros(WORDS)


def step(token, index, cells, read):
    """Log-probabilities, attention and how often each token was read, of one row."""
    look = np.exp(cells @ LOOK[token])
    attention = look / look.sum()
    read = read + np.eye(WORDS)[token]
    logits = NEXT[token] + attention @ cells @ SEEN - TIRED * read + LATE * index * np.eye(WORDS)[END] + BANNED
    return logits - np.log(np.exp(logits).sum()), attention, read


def greedy(image):
    """Ids and attention of the most likely next word, again and again."""
    cells, read = encode(image)
    token, ids, maps = START, [], []
    for index in range(LENGTH):
        scores, attention, read = step(token, index, cells, read)
        token = int(scores.argmax())
        if token == END:
            break
        ids.append(token)
        maps.append(attention)
    return ids, np.array(maps).reshape(-1, CELLS)


@functools.cache
def graph():
    """The bare flatbuffer."""
    tf = pytest.importorskip("tensorflow")
    following, seen, looks, banned = (
        tf.constant(array.astype(np.float32)) for array in (NEXT, SEEN, LOOK, BANNED)
    )  # fmt: skip
    rows, columns = GRID

    def look(image):
        shape = (1, rows, SIZE // rows, columns, SIZE // columns, 3)
        cells = tf.reduce_mean(tf.reshape(tf.cast(image, tf.float32), shape), (2, 4)) / 255
        return tf.reshape(cells, (1, CELLS, 3)), tf.zeros((1, WORDS))

    def forward(token, index, cells, read):
        one = tf.one_hot(token, WORDS)  # (1, words)
        attention = tf.nn.softmax(tf.reduce_sum(cells * (one @ looks)[:, None], -1))
        read = read + one
        colour = tf.reduce_sum(attention[..., None] * cells, 1)
        end = tf.one_hot([END], WORDS) * LATE * tf.cast(index, tf.float32)[:, None]
        scores = tf.nn.log_softmax(one @ following + colour @ seen - TIRED * read + end + banned)
        return scores, attention, read

    picture = tf.TensorSpec((1, SIZE, SIZE, 3), tf.uint8, name="image")

    @tf.function(input_signature=[picture])
    def encode(image):
        cells, read = look(image)
        return {"cells": cells, "read": read}

    @tf.function(
        input_signature=[
            tf.TensorSpec((1,), tf.int32, name="token"),
            tf.TensorSpec((1,), tf.int32, name="index"),
            tf.TensorSpec((1, CELLS, 3), tf.float32, name="cells"),
            tf.TensorSpec((1, WORDS), tf.float32, name="read"),
        ]
    )
    def decode_step(token, index, cells, read):
        scores, attention, read = forward(token, index, cells, read)
        return {"scores": scores, "attention": attention, "read": read}

    @tf.function(input_signature=[picture])
    def generate(image):
        cells, read = look(image)
        token, open_ = tf.constant([START]), tf.constant([1])
        tokens, maps, length = [], [], tf.constant([0])
        for index in range(LENGTH):
            scores, attention, read = forward(token, tf.constant([index]), cells, read)
            token = tf.argmax(scores, -1, tf.int32)
            open_ = open_ * tf.cast(token != END, tf.int32)
            length = length + open_
            tokens.append(token * open_)
            maps.append(attention * tf.cast(open_, tf.float32)[:, None])
        return {"tokens": tf.stack(tokens, 1), "length": length, "attention": tf.stack(maps, 1)}

    return converted(generate=generate, encode=encode, decode_step=decode_step)


def content(vocabulary=None, **changes):
    """The graph as an exported model, with another vocabulary (bytes) and changes to its facts (None: left out)."""
    card = {**CARD, "facts": {name: value for name, value in {**FACTS, **changes}.items() if value is not None}}
    tokens = "".join(f"{token}\n" for token in TOKENS).encode() if vocabulary is None else vocabulary
    return attach(graph(), {"card.json": json.dumps(card).encode(), "vocabulary.txt": tokens})
