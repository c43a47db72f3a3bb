"""`RelativePositionBias` against T5's rule for its buckets, written out distance by distance, and `ALiBi` against the
slopes of its authors.
"""

import math
from pathlib import Path

import keras
import numpy as np
import pytest
from attention_reference import bucket, gradient, numpy

from heedful.layers import ALiBi, Attention, RelativePositionBias, cache

HEADS, QUERIES, KEYS, WIDTH = 3, 7, 11, 6


def some_bias(**options) -> RelativePositionBias:
    layer = RelativePositionBias(HEADS, **options)
    layer.build()
    layer.table.assign(np.random.default_rng(1).normal(size=layer.table.shape))
    return layer


@pytest.mark.parametrize("bidirectional", [True, False])
@pytest.mark.parametrize(("buckets", "longest"), [(8, 13), (32, 128), (6, 200)])
@pytest.mark.parametrize("offset", [0, 5, 190])
def test_every_distance_has_the_bucket_of_t5(bidirectional: bool, buckets: int, longest: int, offset: int) -> None:
    layer = some_bias(num_buckets=buckets, max_distance=longest, bidirectional=bidirectional)
    found, table = numpy(layer(queries=QUERIES, keys=211, offset=offset)), numpy(layer.table)
    for query in range(QUERIES):
        for key in range(211):
            row = bucket(key - query - offset, buckets, longest, bidirectional)
            np.testing.assert_array_equal(found[:, query, key], table[row], err_msg=f"query {query}, key {key}")


def test_it_starts_at_zero_and_learns() -> None:
    layer = RelativePositionBias(HEADS)
    layer.build()
    assert not numpy(layer(queries=QUERIES, keys=KEYS)).any()
    rng = np.random.default_rng(0)
    query = rng.normal(size=(2, QUERIES, WIDTH)).astype("float32")
    value = rng.normal(size=(2, KEYS, WIDTH)).astype("float32")
    attention = Attention(num_heads=HEADS, key_dim=5, position_bias=layer)
    attention(query, value)

    def loss(x):
        return keras.ops.sum(keras.ops.square(attention(x, value)))

    assert np.isfinite(gradient(loss, query)).all()
    model = keras.Sequential([keras.Input((KEYS, WIDTH)), SelfAttention(attention)])
    model.compile("sgd", "mse")
    model.train_on_batch(value, np.ones_like(value))
    assert numpy(layer.table).any()


class SelfAttention(keras.layers.Layer):
    """Attention of a sequence to itself, for a sequential model."""

    def __init__(self, attention: Attention):
        super().__init__()
        self.attention = attention

    def call(self, x):
        return self.attention(x, x)


def test_one_step_is_the_row_of_the_whole() -> None:
    rng = np.random.default_rng(0)
    value = keras.ops.convert_to_tensor(rng.normal(size=(2, KEYS, WIDTH)).astype("float32"))
    layer = Attention(
        num_heads=HEADS, key_dim=5, position_bias=some_bias(num_buckets=8, max_distance=9, bidirectional=False)
    )
    _, whole = layer(value, value, return_attention_scores=True)
    _, step, _ = layer.attend(value[:, 4:5], layer.memory(value), offset=4)
    np.testing.assert_allclose(numpy(step), numpy(whole)[:, :, 4:5], atol=1e-6)


def test_keras_file(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    value = rng.normal(size=(2, KEYS, WIDTH)).astype("float32")
    symbolic = keras.Input((KEYS, WIDTH))
    layer = Attention(num_heads=HEADS, key_dim=5, position_bias=some_bias(num_buckets=8, max_distance=9))
    model = keras.Model(symbolic, layer(symbolic, symbolic))
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(numpy(model(value)), numpy(again(value)))
    assert layer.position_bias is not None and numpy(layer.position_bias.table).any()


@pytest.mark.parametrize(
    "options", [{"num_buckets": 2}, {"num_buckets": 1, "bidirectional": False}, {"max_distance": 8}]
)
def test_buckets_that_cannot_be_shared_out(options: dict) -> None:
    with pytest.raises(ValueError, match="cannot be shared out"):
        RelativePositionBias(HEADS, **options)


def slopes_of_the_authors(heads: int) -> list[float]:
    """As in the code that came with the paper (ofirpress/attention_with_linear_biases, `get_slopes`)."""

    def of_a_power_of_two(n: int) -> list[float]:
        start = 2 ** (-(2 ** -(math.log2(n) - 3)))
        return [start * start**i for i in range(n)]

    if math.log2(heads).is_integer():
        return of_a_power_of_two(heads)
    closest = 2 ** math.floor(math.log2(heads))
    return of_a_power_of_two(closest) + slopes_of_the_authors(2 * closest)[0::2][: heads - closest]


@pytest.mark.parametrize("heads", [1, 2, 3, 5, 8, 12, 16, 23])
@pytest.mark.parametrize("offset", [0, 5])
def test_alibi_is_the_formula_of_its_authors(heads: int, offset: int) -> None:
    found = numpy(ALiBi(heads)(queries=QUERIES, keys=KEYS, offset=offset))
    assert found.shape == (heads, QUERIES, KEYS)
    for head, slope in enumerate(slopes_of_the_authors(heads)):
        for query in range(QUERIES):
            for key in range(KEYS):
                assert found[head, query, key] == pytest.approx(-slope * abs(query + offset - key), rel=1e-6)


def test_trap_13_alibi_is_not_lost_in_cached_steps() -> None:
    """Elsewhere the bias of a step was that of a sequence of one, which is zero: step by step there was no ALiBi."""
    rng = np.random.default_rng(0)
    sequence = rng.normal(size=(2, KEYS, WIDTH)).astype("float32")
    layer, plain = Attention(position_bias=ALiBi(1)), Attention()
    layer.build(sequence.shape, sequence.shape)
    buffer = layer.make_cache(2, KEYS)
    _, whole = layer(sequence, sequence, use_causal_mask=True, return_attention_scores=True)
    _, without = plain(sequence, sequence, use_causal_mask=True, return_attention_scores=True)
    assert np.abs(numpy(whole) - numpy(without))[:, :, -1].max() > 1e-3
    for index in range(KEYS):
        step = keras.ops.convert_to_tensor(sequence[:, index : index + 1])
        buffer = cache.append(buffer, layer.memory(step), index)
        _, found, _ = layer.attend(step, buffer, cache.append_mask(index, KEYS), offset=index)
        scores = sequence[:, index].astype("float64")[:, None] @ np.swapaxes(sequence[:, : index + 1], 1, 2)
        scores = scores / math.sqrt(WIDTH) - 2.0**-8 * np.arange(index, -1, -1)
        wanted = (np.exp(scores) / np.exp(scores).sum(-1, keepdims=True))[:, None]
        np.testing.assert_allclose(numpy(found)[..., : index + 1], wanted, atol=2e-6)
        np.testing.assert_allclose(numpy(found), numpy(whole)[:, :, index : index + 1], atol=1e-6)


def test_alibi_in_a_keras_file(tmp_path: Path) -> None:
    value = np.random.default_rng(0).normal(size=(2, KEYS, WIDTH)).astype("float32")
    symbolic = keras.Input((KEYS, WIDTH))
    layer = Attention(num_heads=HEADS, key_dim=5, position_bias=ALiBi(HEADS, name="near"))
    model = keras.Model(symbolic, layer(symbolic, symbolic))
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(numpy(model(value)), numpy(again(value)))
    assert isinstance(layer.position_bias, ALiBi) and not layer.position_bias.weights
    assert ALiBi.from_config(layer.position_bias.get_config()).get_config() == layer.position_bias.get_config()


def test_alibi_of_no_heads() -> None:
    with pytest.raises(ValueError, match="num_heads must be at least 1, not 0"):
        ALiBi(0)
