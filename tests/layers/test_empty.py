"""No examples, no queries or no history: what comes out is empty or zeros, as `MultiHeadAttention` gives it."""

from typing import Any

import keras
import numpy as np
import pytest
from attention_reference import HEADS, KEY_DIM, NORMALIZERS, WIDTH, numpy

from heedful.layers import Attention, AttentionPooling, CoAttention, GatedFusion, SentinelAttention

SIZES = {"no_examples": (0, 3, 7), "no_queries": (2, 0, 7), "no_history": (2, 3, 0)}
EVERY_SIZE = pytest.mark.parametrize(("batch", "queries", "keys"), SIZES.values(), ids=SIZES)
SEVERAL = {"num_heads": HEADS, "key_dim": KEY_DIM}
HEADED = pytest.mark.parametrize("options", [{}, SEVERAL], ids=["one_head", "heads"])
MASKED = pytest.mark.parametrize("masked", [False, True], ids=["all", "masked"])


def sequence(batch: int, length: int, masked: bool) -> tuple[np.ndarray, np.ndarray | None]:
    return np.ones((batch, length, WIDTH), "float32"), np.ones((batch, length), bool) if masked else None


def assert_zeros(tensors: Any, *shapes: tuple[int, ...]) -> None:
    tensors = keras.tree.flatten(tensors)
    assert [tuple(x.shape) for x in tensors] == [*shapes]
    for tensor in tensors:
        assert not numpy(tensor).any()


@EVERY_SIZE
@MASKED
@HEADED
@pytest.mark.parametrize("normalizer", NORMALIZERS)
def test_attention(normalizer: str, options: dict[str, Any], masked: bool, batch: int, queries: int, keys: int) -> None:
    (query, asked), (value, valid) = sequence(batch, queries, masked), sequence(batch, keys, masked)
    layer = Attention("additive", NORMALIZERS[normalizer](), **options)
    masks = {"query_mask": asked, "value_mask": valid, "use_causal_mask": masked}
    output, weights = layer(query, value, return_attention_scores=True, training=True, **masks)
    assert tuple(output.shape) == (batch, queries, WIDTH)
    assert_zeros(weights, (batch, HEADS if options else 1, queries, keys))
    assert_zeros(layer(query, value, **masks), (batch, queries, WIDTH))


@EVERY_SIZE
@MASKED
@HEADED
def test_co_attention(options: dict[str, Any], masked: bool, batch: int, queries: int, keys: int) -> None:
    (query, asked), (value, valid) = sequence(batch, queries, masked), sequence(batch, keys, masked)
    layer = CoAttention(normalizer="entmax15", **options)
    found = layer([query, value], mask=[asked, valid], return_attention_scores=True)
    heads = layer.num_heads
    shapes = (batch, queries, WIDTH), (batch, keys, WIDTH), (batch, heads, queries, keys), (batch, heads, keys, queries)
    assert_zeros(found, *shapes)


@EVERY_SIZE
@MASKED
def test_the_sentinel(masked: bool, batch: int, queries: int, keys: int) -> None:
    (query, asked), (value, valid) = sequence(batch, queries, masked), sequence(batch, keys, masked)
    output, weights = SentinelAttention(5)(
        query, value, query, value_mask=valid, query_mask=asked, return_attention_scores=True
    )
    assert tuple(weights.shape) == (batch, 1, queries, keys + 1)
    np.testing.assert_array_equal(numpy(output), query if keys == 0 else np.zeros_like(query))


@MASKED
@HEADED
@pytest.mark.parametrize("query", ["learned", "last", "middle"])
@pytest.mark.parametrize(("batch", "length"), [(0, 5), (2, 0)])
def test_pooling(batch: int, length: int, query: str, options: dict[str, Any], masked: bool) -> None:
    value, valid = sequence(batch, length, masked)
    layer = AttentionPooling(query, 3, normalizer="sparsemax", **options)
    found = layer(value, mask=valid, return_attention_scores=True)
    assert_zeros(found, (batch, 3 * WIDTH), (batch, layer.attention.num_heads, 3, length))


@MASKED
def test_fusion(masked: bool) -> None:
    value, valid = sequence(0, 5, masked)
    assert_zeros(GatedFusion(4)([value, value], mask=[valid, None]), (0, 5, 4))
