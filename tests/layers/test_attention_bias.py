"""Numbers added to the scores, in a call and in a step, against the formula in float64."""

from typing import Any

import numpy as np
import pytest
from attention_reference import (
    BATCH,
    HEADS,
    KEY_DIM,
    KEYS,
    QUERIES,
    inputs,
    normalize,
    numpy,
    project,
    read,
    score,
)
from keras import ops

from heedful.layers import ALiBi, Attention, LocationScore

SHAPES = {
    "whole": (BATCH, HEADS, QUERIES, KEYS),
    "all_heads": (BATCH, 1, QUERIES, KEYS),
    "all_examples": (1, HEADS, QUERIES, KEYS),
    "all": (1, 1, QUERIES, KEYS),
}


def some_bias(shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(3).normal(size=shape).astype("float32")


def scores_of(layer: Attention, query: np.ndarray, value: np.ndarray) -> np.ndarray:
    """`(batch, heads, T, S)`."""
    return np.array(
        [
            [
                score(layer.score, project(layer.query_dense, q, head), project(layer.key_dense, v, head))
                for head in range(HEADS)
            ]
            for q, v in zip(query, value, strict=True)
        ]
    )


@pytest.mark.parametrize("normalizer", ["softmax", "entmax15"])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_it_is_added_to_the_scores(shape: tuple[int, ...], normalizer: str) -> None:
    query, value, mask = inputs()
    layer, bias = Attention("additive", normalizer, num_heads=HEADS, key_dim=KEY_DIM), some_bias(shape)
    output, weights = layer(query, value, attention_mask=mask, attention_bias=bias, return_attention_scores=True)
    scores = scores_of(layer, query, value) + bias
    wanted = np.zeros_like(scores)
    for b, h, t in np.ndindex(*scores.shape[:3]):
        wanted[b, h, t] = normalize(normalizer, scores[b, h, t], mask[b, t])
    np.testing.assert_allclose(numpy(weights), wanted, atol=2e-6)
    np.testing.assert_allclose(numpy(output), read(layer, wanted, value, np.asarray(mask.any(-1))), atol=1e-5)
    without = layer(query, value, attention_mask=mask, attention_bias=bias)
    np.testing.assert_allclose(numpy(without), numpy(output), atol=1e-6)


@pytest.mark.parametrize("name", ["scaled_dot", "location"])
def test_steps_are_the_whole(name: str) -> None:
    query, value, mask = inputs()
    bias = some_bias((BATCH, HEADS, QUERIES, KEYS))
    part: Any = LocationScore(5, filters=2, kernel_size=3) if name == "location" else name
    layer = Attention(part, num_heads=HEADS, key_dim=KEY_DIM, position_bias=ALiBi(HEADS))
    whole = layer(query, value, attention_mask=mask, attention_bias=bias, return_attention_scores=True)
    memory, state = layer.memory(ops.convert_to_tensor(value)), None
    for t in range(QUERIES):
        now = slice(t, t + 1)
        output, weights, state = layer.attend(
            ops.convert_to_tensor(query[:, now]), memory, mask[:, now], state, t, attention_bias=bias[:, :, now]
        )
        np.testing.assert_allclose(numpy(output), numpy(whole[0])[:, now], atol=2e-6)
        np.testing.assert_allclose(numpy(weights), numpy(whole[1])[:, :, now], atol=2e-6)


@pytest.mark.parametrize("normalizer", ["softmax", "sparsemax", "sigmoid", "hardmax"])
def test_minus_infinity_masks_and_a_row_of_it_gives_zeros(normalizer: str) -> None:
    query, value, mask = inputs()
    layer = Attention(normalizer=normalizer, num_heads=HEADS, key_dim=KEY_DIM)
    bias = np.where(mask, 0, -np.inf).astype("float32")[:, None]
    found = layer(query, value, attention_bias=bias, return_attention_scores=True)
    wanted = layer(query, value, attention_mask=mask, return_attention_scores=True)
    assert not mask[-1, -1].any() and not numpy(found[0])[-1, -1].any()
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(numpy(one), numpy(other), atol=1e-6)


@pytest.mark.parametrize(
    ("bias", "sentence"),
    [
        (np.ones((BATCH, HEADS, QUERIES, KEYS), bool), "is bool: a mask is attention_mask"),
        (np.ones((QUERIES, KEYS), "float32"), r"attention_bias is \(batch or 1, heads or 1, T, S\)"),
        (np.ones((BATCH, 3, QUERIES, KEYS), "float32"), r"not of shape \(2, 3, 3, 7\)"),
    ],
)
def test_what_is_no_bias_is_refused(bias: Any, sentence: str) -> None:
    query, value, _ = inputs()
    layer = Attention(num_heads=HEADS, key_dim=KEY_DIM)
    with pytest.raises(ValueError, match=sentence):
        layer(query, value, attention_bias=bias)
    with pytest.raises(ValueError, match=sentence):
        layer.attend(ops.convert_to_tensor(query), layer.memory(ops.convert_to_tensor(value)), attention_bias=bias)


def test_scores_are_those_that_the_normalizer_gets() -> None:
    query, value, _ = inputs()
    layer = Attention("general", num_heads=HEADS, key_dim=KEY_DIM)
    _, weights = layer(query, value, return_attention_scores=True)
    found = numpy(layer.scores(query, value))
    np.testing.assert_allclose(found, scores_of(layer, query, value), atol=1e-5)
    exponentials = np.exp(found - found.max(-1, keepdims=True))
    np.testing.assert_allclose(numpy(weights), exponentials / exponentials.sum(-1, keepdims=True), atol=1e-6)
    with pytest.raises(ValueError, match="take `attend`"):
        recurrent = Attention("location")
        recurrent(query, value)
        recurrent.scores(query, value)
