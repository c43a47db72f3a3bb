"""Decoding step by step, from a cache that grows or slides, equals attention over the whole sequence: every score and
every bias, one head without projections and several with them, at every position.
"""

import functools
import itertools
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from attention_reference import SCORES, numpy
from keras import ops

from heedful.layers import (
    ALiBi,
    Attention,
    LocationScore,
    RelativePositionBias,
    RotaryEmbedding,
    all_of,
    cache,
    window_mask,
)

BATCH, ROOM, KEY_DIM, STEPS, WIDTH, VALUE_DIM = 2, 4, 5, 7, 11, 13

BIASES: dict[str, Callable[[int], keras.layers.Layer]] = {
    "both_ways": lambda heads: RelativePositionBias(heads, num_buckets=8, max_distance=7),
    "one_way": lambda heads: RelativePositionBias(heads, num_buckets=6, max_distance=7, bidirectional=False),
    "alibi": ALiBi,
}


PAIRS = [
    *itertools.product(SCORES, ["no_bias", *BIASES, "heads"]),
    *((score, "shared_keys") for score in SCORES if SCORES[score]().inner_product),
]


class EveryBias(keras.layers.Layer):
    """Three heads without a bias and three with each of them, side by side: cheaper than one after the other."""

    heads = 3 * (1 + len(BIASES))

    def __init__(self) -> None:
        super().__init__()
        self.biases = [some_bias(name, 3) for name in BIASES]

    def build(self, input_shape: Any = None) -> None:
        self.built = True

    def call(self, queries: Any, keys: Any, offset: Any) -> Any:
        added = [bias(queries=queries, keys=keys, offset=offset) for bias in self.biases]
        return ops.concatenate([ops.zeros_like(added[0]), *added], axis=0)


def some_bias(name: str, heads: int) -> keras.layers.Layer:
    bias = BIASES[name](heads)
    if isinstance(bias, RelativePositionBias):
        bias.build()
        bias.table.assign(np.random.default_rng(1).normal(size=bias.table.shape))
    return bias


@functools.cache  # most of a test is building its layer, and no test changes one
def layer(score: str, kind: str) -> Attention:
    """One head without projections, with no bias or the one of that name; or several with projections.

    "heads" have each of the biases, "shared_keys" are turned by their positions and gated.
    """
    if kind == "heads":
        bias: Any = EveryBias()
        heads: dict[str, Any] = {"num_heads": bias.heads, "key_dim": KEY_DIM, "value_dim": VALUE_DIM}
    elif kind == "shared_keys":
        bias, heads = some_bias("alibi", 4), {"num_heads": 4, "num_key_value_heads": 2, "key_dim": 6, "use_gate": True}
        heads["rotary_embedding"] = RotaryEmbedding(max_wavelength=50.0)
    else:
        bias, heads = some_bias(kind, 1) if kind in BIASES else None, {}
    attention = Attention(SCORES[score](), position_bias=bias, **heads)
    attention.build((BATCH, STEPS, WIDTH), (BATCH, STEPS, WIDTH))
    return attention


def some_sequence() -> Any:
    sequence = np.random.default_rng(0).normal(size=(BATCH, STEPS, WIDTH)).astype("float32")
    return ops.convert_to_tensor(sequence)


def step_of(sequence: Any, index: int) -> Any:
    return sequence[:, index : index + 1]


def assert_streams_like_the_whole(attention: Attention, size: int) -> None:
    """The loop for a stream in a buffer of ROOM steps against the whole sequence in windows of at most `size`."""
    sequence = some_sequence()
    window = window_mask(STEPS, STEPS, left=size - 1)
    whole, weights = attention(sequence, sequence, attention_mask=window, return_attention_scores=True)
    whole, weights = numpy(whole), numpy(weights)
    inside = window_mask(1, ROOM, left=size - 1, offset=ROOM - 1) if size < ROOM else None
    buffer, state = attention.make_cache(BATCH, ROOM), None
    count = 0
    for index in range(STEPS):
        step = step_of(sequence, index)
        count = min(count + 1, ROOM)
        buffer, state = cache.slide(buffer, attention.memory(step)), cache.slide_state(state)
        mask = all_of(cache.slide_mask(count, ROOM), inside)
        output, found, state = attention.attend(step, buffer, mask, state, offset=ROOM - 1)
        np.testing.assert_allclose(numpy(output), whole[:, index : index + 1], atol=1e-5, err_msg=f"step {index}")
        found, held = numpy(found), min(index + 1, ROOM)
        wanted = weights[..., index : index + 1, index + 1 - held : index + 1]
        np.testing.assert_allclose(found[..., ROOM - held :], wanted, atol=1e-5, err_msg=f"step {index}")
        assert not found[..., : ROOM - held].any(), "what was never written has weight"


@pytest.mark.parametrize(("score", "kind"), PAIRS)
def test_steps_of_a_growing_cache_have_the_formula_of_the_whole(score: str, kind: str) -> None:
    attention, sequence = layer(score, kind), some_sequence()
    whole, weights = attention(sequence, sequence, use_causal_mask=True, return_attention_scores=True)
    whole, weights = numpy(whole), numpy(weights)
    buffer, state = attention.make_cache(BATCH, STEPS), None
    for index in range(STEPS):
        step = step_of(sequence, index)
        buffer = cache.append(buffer, attention.memory(step), index)
        output, found, state = attention.attend(step, buffer, cache.append_mask(index, STEPS), state, offset=index)
        np.testing.assert_allclose(numpy(output), whole[:, index : index + 1], atol=1e-5, err_msg=f"step {index}")
        np.testing.assert_allclose(numpy(found), weights[..., index : index + 1, :], atol=1e-5, err_msg=f"step {index}")


@pytest.mark.parametrize(("score", "kind"), PAIRS)
def test_steps_of_a_sliding_cache_have_the_formula_of_the_whole(score: str, kind: str) -> None:
    attention = layer(score, kind)
    assert_streams_like_the_whole(attention, size=ROOM - attention.score.recurrent)


def test_steps_that_look_at_all_weights_before_have_the_formula_of_the_whole() -> None:
    """With `cumulative`, places that no query of the window can see any more still count within half a kernel."""
    attention = Attention(LocationScore(19, filters=2, kernel_size=5, cumulative=True), position_bias=ALiBi(1))
    attention.build((BATCH, STEPS, WIDTH), (BATCH, STEPS, WIDTH))
    assert_streams_like_the_whole(attention, size=ROOM - 5 // 2)


def test_several_steps_at_once_have_the_formula_of_the_whole() -> None:
    """Chunks of a stream: the buffer holds what the first query of a chunk sees, and the chunk."""
    attention, sequence, size, chunk = layer("dot_product", "alibi"), some_sequence(), 2, 3
    whole = numpy(attention(sequence, sequence, attention_mask=window_mask(STEPS, STEPS, left=size - 1)))
    length, first = size - 1 + chunk, size - 1
    window = window_mask(chunk, length, left=size - 1, offset=first)
    buffer, count = attention.make_cache(BATCH, length), 0
    for index in range(0, STEPS - chunk + 1, chunk):
        steps = sequence[:, index : index + chunk]
        buffer, count = cache.slide(buffer, attention.memory(steps)), min(count + chunk, length)
        output, _, _ = attention.attend(steps, buffer, all_of(cache.slide_mask(count, length), window), offset=first)
        np.testing.assert_allclose(numpy(output), whole[:, index : index + chunk], atol=1e-5)
