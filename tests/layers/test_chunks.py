"""Attention in chunks of queries: the numbers, the gradients and the noise of attention over all of them at once."""

import itertools
from typing import Any

import keras
import numpy as np
import pytest
from attention_reference import NORMALIZERS, SCORES, differentiable, inputs, numpy
from keras import ops

from heedful.layers import ALiBi, Attention, Dice, LocalActivationScore, RelativePositionBias, RotaryEmbedding

T, S, WIDTH, HEADS = 7, 5, 11, 4
KINDS: dict[str, dict[str, Any]] = {
    **{f"{score}_softmax": {"score": score} for score in SCORES if score != "location"},
    **{f"dot_product_{name}": {"normalizer": name} for name in NORMALIZERS if name != "gumbel_softmax"},
    "shared_keys": {"num_key_value_heads": 2, "rotary_embedding": RotaryEmbedding},
    "alibi": {"position_bias": lambda: ALiBi(HEADS)},
    "relative": {"position_bias": lambda: RelativePositionBias(HEADS, 6, 5)},
}


def layer(kind: str, chunk_size: int | None) -> Attention:
    options: dict[str, Any] = {name: part() if callable(part) else part for name, part in KINDS[kind].items()}
    made = SCORES[options.pop("score", "dot_product")](), NORMALIZERS[options.pop("normalizer", "softmax")]()
    return Attention(*made, num_heads=HEADS, key_dim=6, chunk_size=chunk_size, **options)


def arrays() -> tuple[np.ndarray, ...]:
    """Query, value, a bias, and a mask that is not the same for two heads; one query may attend to nothing."""
    random = np.random.default_rng(0)
    query, value = (random.normal(size=(2, length, WIDTH)).astype("float32") for length in (T, S))
    mask = random.random((2, HEADS, T, S)) < 0.8
    mask[0, :, 4] = False
    return query, value, random.normal(size=(2, 1, T, S)).astype("float32"), mask


def pair(kind: str, chunk_size: int) -> tuple[Attention, Attention]:
    """The layer and the same in chunks, with weights that are not zero."""
    whole, parts = layer(kind, None), layer(kind, chunk_size)
    for each in (whole, parts):
        each.build((2, T, WIDTH), (2, S, WIDTH))
    random = np.random.default_rng(1)
    for one, other in zip(whole.trainable_variables, parts.trainable_variables, strict=True):
        number = random.normal(size=one.shape) / 3
        one.assign(number)
        other.assign(number)
    return whole, parts


SHORT = ("additive_softmax", "dot_product_entmax15", "shared_keys", "relative")
KINDS_AND_CHUNKS = [
    *(pytest.param(kind, 3, marks=() if kind in SHORT else pytest.mark.long) for kind in KINDS),
    *(pytest.param("alibi", size, marks=pytest.mark.long) for size in (1, T - 1)),
]


@pytest.mark.parametrize(("kind", "chunk_size"), KINDS_AND_CHUNKS)
def test_numbers_and_gradients_are_those_of_all_queries_at_once(kind: str, chunk_size: int) -> None:
    *given, mask = arrays()
    wanted = np.random.default_rng(2).normal(size=(2, T, WIDTH)).astype("float32")

    def gradients(layer: Attention) -> Any:
        def function(query: Any, value: Any, bias: Any, mask: Any, wanted: Any) -> tuple[Any, Any]:
            output, weights = layer(
                query, value, attention_mask=mask, attention_bias=bias, return_attention_scores=True
            )
            return ops.sum(ops.multiply(output, wanted)), (output, weights)

        return differentiable(function, layer.trainable_variables)(*given, constants=[mask, wanted])

    whole, parts = pair(kind, chunk_size)
    (output, weights), slopes = gradients(whole)
    (found, found_weights), found_slopes = gradients(parts)
    np.testing.assert_allclose(found, output, atol=1e-5)
    np.testing.assert_allclose(found_weights, weights, atol=1e-6)
    assert any(slope.any() for slope in slopes)
    for ours, theirs in zip(found_slopes, slopes, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=2e-5 * max(1, np.abs(theirs).max()))
    without = parts(*given[:2], attention_mask=mask, attention_bias=given[2])
    np.testing.assert_allclose(numpy(without), output, atol=1e-5)


def test_recomputed_dropout_drops_what_was_dropped() -> None:
    """Outputs are linear in the values, so the gradient by them, times them, is the output: with the same noise."""
    query, key, _ = inputs()
    query = np.repeat(query, 4, axis=1)
    attention = Attention(dropout=0.5, chunk_size=3, seed=1)
    attention.build(query.shape, key.shape)

    def function(value: Any, query: Any, key: Any) -> tuple[Any, Any]:
        output = attention(query, value, key, training=True)
        return ops.sum(output), (output,)

    value = np.random.default_rng(4).normal(size=key.shape).astype("float32")
    (output,), (slope,) = differentiable(function)(value, constants=[query, key])
    assert float((slope * value).sum()) == pytest.approx(float(output.sum()), abs=1e-4)


def test_every_chunk_and_every_call_has_its_own_noise() -> None:
    ones = np.ones((1, 12, 4), "float32")
    attention = Attention(dropout=0.5, chunk_size=4, seed=1)
    calls = [numpy(attention(ones, np.eye(12, 64, dtype="float32")[None, :, :4], training=True)) for _ in range(2)]
    chunks = [part for call in calls for part in np.split(call[0], 3)]
    assert all(np.abs(one - other).max() > 0 for one, other in itertools.combinations(chunks, 2))


def test_what_runs_twice_must_change_nothing() -> None:
    judged = Attention(LocalActivationScore((8,), activation=Dice()), chunk_size=2)
    with pytest.raises(ValueError, match="leave out the chunk_size"):
        judged.build((1, T, WIDTH), (1, S, WIDTH))
    with pytest.raises(ValueError, match="a step is a query already"):
        Attention("location", chunk_size=2)
    with pytest.raises(ValueError, match="chunk_size"):
        Attention(chunk_size=0)


def test_a_model_learns_with_any_length() -> None:
    given = keras.Input((None, WIDTH))
    attention = Attention(num_heads=2, key_dim=4, dropout=0.2, chunk_size=4)
    hidden = keras.layers.GlobalAveragePooling1D()(attention(given, given, use_causal_mask=True))
    model = keras.Model(given, keras.layers.Dense(1)(hidden))
    model.compile("adam", "mse")
    random = np.random.default_rng(0)
    for length in (3, 9, 10):
        x = random.normal(size=(4, length, WIDTH)).astype("float32")
        model.fit(x, x[:, 0, :1], verbose=0)
        assert np.isfinite(model.predict(x, verbose=0)).all()
