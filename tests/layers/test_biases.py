"""`RelativePositionBias` against T5's rule for its buckets, written out distance by distance."""

import math
from pathlib import Path

import keras
import numpy as np
import pytest
from attention_reference import gradient, numpy

from heedful.layers import Attention, RelativePositionBias

HEADS, QUERIES, KEYS, WIDTH = 3, 7, 11, 6


def bucket(later_by: int, buckets: int, longest: int, bidirectional: bool) -> int:
    """The bucket of a key that comes `later_by` places after the query (Raffel et al. 2020, section 2.1)."""
    start = 0
    if bidirectional:
        buckets //= 2
        start = buckets if later_by > 0 else 0
        distance = abs(later_by)
    else:
        distance = max(-later_by, 0)
    exact = buckets // 2
    if distance < exact:
        return start + distance
    far = exact + int(math.log(distance / exact) / math.log(longest / exact) * (buckets - exact))
    return start + min(far, buckets - 1)


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
    attention = Attention(num_heads=HEADS, key_dim=5, bias=layer)
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
    layer = Attention(num_heads=HEADS, key_dim=5, bias=some_bias(num_buckets=8, max_distance=9, bidirectional=False))
    _, whole = layer(value, value, return_attention_scores=True)
    _, step, _ = layer.attend(value[:, 4:5], layer.memory(value), offset=4)
    np.testing.assert_allclose(numpy(step), numpy(whole)[:, :, 4:5], atol=1e-6)


def test_keras_file(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    value = rng.normal(size=(2, KEYS, WIDTH)).astype("float32")
    symbolic = keras.Input((KEYS, WIDTH))
    layer = Attention(num_heads=HEADS, key_dim=5, bias=some_bias(num_buckets=8, max_distance=9))
    model = keras.Model(symbolic, layer(symbolic, symbolic))
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(numpy(model(value)), numpy(again(value)))
    assert layer.bias is not None and numpy(layer.bias.table).any()


@pytest.mark.parametrize(
    "options", [{"num_buckets": 2}, {"num_buckets": 1, "bidirectional": False}, {"max_distance": 8}]
)
def test_buckets_that_cannot_be_shared_out(options: dict) -> None:
    with pytest.raises(ValueError, match="cannot be shared out"):
        RelativePositionBias(HEADS, **options)
