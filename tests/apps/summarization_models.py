"""A tiny summarizing `.tflite` by plain formulas, and the same formulas in NumPy float64: nothing is trained."""

import functools
import json
from pathlib import Path

import numpy as np
import pytest
from tflite_graph import converted

from heedful.apps.model_file import attach

SOURCE, LENGTH = 13, 5
START, END = 1, 2
TOKENIZER = json.loads((Path(__file__).parent / "tokenizer_golden.json").read_text(encoding="utf-8"))["tokenizer"]
WORDS = len(TOKENIZER["model"]["vocab"])
DECODING = {"beam": 3, "length_penalty": 0.7, "no_repeated_ngram": 0, "min_words": 1}
FACTS = {"max_source": SOURCE, "max_words": LENGTH, "decoding": DECODING}
CARD = {"recipe": "text_summarization", "facts": FACTS}

_random = np.random.default_rng(4)
NEXT = _random.normal(size=(WORDS, WORDS)) * 2  # what likes to follow what
LOOK = _random.normal(size=(WORDS, WORDS)) * 2  # what a token looks for
GATE = _random.normal(size=WORDS) * 2  # how much likes to be copied after a token
TIRED = 6.0  # how much less likely a token is written for each time that it was read
LATE = 2.5  # how much likelier END is with each token
BANNED = np.zeros(WORDS)
BANNED[[0, START]] = -1e9
BANNED[3:180] = -9.0  # mostly no single bytes


def step(token, index, ids, read):
    """Log-probabilities, attention, the share of copying and how often each token was read, of one row."""
    look = np.where(ids > 0, np.exp(LOOK[token, ids]), 0.0)
    attention = look / max(look.sum(), 1e-9)
    read = read + np.eye(WORDS)[token]
    logits = NEXT[token] - TIRED * read + LATE * index * np.eye(WORDS)[END] + BANNED
    written = np.exp(logits - logits.max())
    copied = 1 / (1 + np.exp(-GATE[token]))
    mixed = (1 - copied) * written / written.sum() + copied * attention @ np.eye(WORDS)[ids]
    return np.log(mixed + 1e-9), attention, copied, read


def greedy(ids):
    """Tokens, attention and copying of the likeliest next token, again and again; the first is never END."""
    token, read, found = START, np.zeros(WORDS), []
    for index in range(LENGTH):
        scores, attention, copied, read = step(token, index, ids, read)
        token = int(np.where((np.arange(WORDS) == END) & (index == 0), -np.inf, scores).argmax())
        if token == END:
            break
        found.append((token, attention, copied))
    tokens, attention, copied = zip(*found, strict=True)
    return list(tokens), np.array(attention), np.array(copied)


@functools.cache
def graph():
    """The bare flatbuffer."""
    tf = pytest.importorskip("tensorflow")
    following, looks, gates, banned = (tf.constant(a.astype(np.float32)) for a in (NEXT, LOOK, GATE[:, None], BANNED))
    end = tf.one_hot([END], WORDS)

    def forward(token, index, ids, read):
        one, there = tf.one_hot(token, WORDS), tf.one_hot(ids, WORDS)[0]
        look = tf.exp(one @ looks @ tf.transpose(there)) * tf.cast(ids > 0, tf.float32)
        attention = look / tf.maximum(tf.reduce_sum(look, -1, keepdims=True), 1e-9)
        read = read + one
        logits = one @ following - TIRED * read + end * LATE * tf.cast(index, tf.float32)[:, None] + banned
        copied = tf.sigmoid(one @ gates)
        mixed = (1 - copied) * tf.nn.softmax(logits) + copied * (attention @ there)
        return tf.math.log(mixed + 1e-9), attention, copied[:, 0], read

    text = tf.TensorSpec((1, SOURCE), tf.int32, name="ids")

    @tf.function(input_signature=[text])
    def encode(ids):
        return {"source": tf.identity(ids), "read": tf.zeros((1, WORDS))}

    @tf.function(
        input_signature=[
            tf.TensorSpec((1,), tf.int32, name="token"),
            tf.TensorSpec((1,), tf.int32, name="index"),
            tf.TensorSpec((1, SOURCE), tf.int32, name="source"),
            tf.TensorSpec((1, WORDS), tf.float32, name="read"),
        ]
    )
    def decode_step(token, index, source, read):
        scores, attention, copied, read = forward(token, index, source, read)
        return {"scores": scores, "attention": attention, "copied": copied, "read": read}

    @tf.function(input_signature=[text])
    def generate(ids):
        token, open_, read = tf.constant([START]), tf.constant([1]), tf.zeros((1, WORDS))
        tokens, maps, shares, length = [], [], [], tf.constant([0])
        for index in range(LENGTH):
            scores, attention, copied, read = forward(token, tf.constant([index]), ids, read)
            token = tf.argmax(scores - 1e9 * end * (index == 0), -1, tf.int32)
            open_ = open_ * tf.cast(token != END, tf.int32)
            length = length + open_
            tokens.append(token * open_)
            maps.append(attention * tf.cast(open_, tf.float32)[:, None])
            shares.append(copied * tf.cast(open_, tf.float32))
        found = {"tokens": tokens, "attention": maps, "copied": shares}
        return {"length": length, **{name: tf.stack(parts, 1) for name, parts in found.items()}}

    return converted(generate=generate, encode=encode, decode_step=decode_step)


def content(tokenizer=None, **changes):
    """The graph as an exported model, with another tokenizer (bytes) and changes to its facts (None: left out)."""
    card = {**CARD, "facts": {name: value for name, value in {**FACTS, **changes}.items() if value is not None}}
    tokens = json.dumps(TOKENIZER).encode() if tokenizer is None else tokenizer
    return attach(graph(), {"card.json": json.dumps(card).encode(), "tokenizer.json": tokens})
