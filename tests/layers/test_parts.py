"""A wrong part is named when a layer is made, in a sentence that says what to give instead."""

import functools
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from attention_reference import BATCH, HEADS, KEY_DIM, KEYS, WIDTH, inputs
from keras import ops

from heedful.layers import (
    AdditiveScore,
    ALiBi,
    Attention,
    AttentionPooling,
    CoAttention,
    Hardmax,
    LocalActivationScore,
    RelativePositionBias,
    SentinelAttention,
    softmax,
)

FOUR: dict[str, Any] = {"num_heads": 4, "key_dim": KEY_DIM}


@keras.saving.register_keras_serializable(package="heedful_tests")
def of_a_module(scores: Any, mask: Any = None, training: bool | None = None) -> Any:
    return softmax(scores, mask)


class WideBias(keras.layers.Layer):
    """A bias of three heads that does not say so."""

    def call(self, queries: Any, keys: Any, offset: Any = 0) -> Any:
        return ops.zeros((3, queries, keys))


WRONG_SCORE: Any = AdditiveScore
WRONG: dict[str, tuple[Callable[[], Any], str]] = {
    "function_without_mask": (
        lambda: Attention(normalizer=keras.ops.softmax),
        "called as normalizer.*softmax does not",
    ),
    "layer_without_mask": (
        lambda: Attention(normalizer=keras.layers.ReLU()),
        "called as normalizer.*ReLU does not take",
    ),
    "class_of_a_normalizer": (lambda: Attention(normalizer=Hardmax), r"Hardmax is a class.*Hardmax\(\.\.\.\)"),
    "class_of_a_score": (lambda: Attention(WRONG_SCORE), r"AdditiveScore is a class.*AdditiveScore\(\.\.\.\)"),
    "class_of_a_bias": (
        lambda: Attention(position_bias=ALiBi),
        r"ALiBi is a class: give the position_bias itself, ALiBi\(\.\.\.\)",
    ),
    "heads_by_position": (lambda: Attention(8, 64), r"heads are named, Attention\(num_heads=8"),  # type: ignore[arg-type]
    "lambda": (lambda: Attention(normalizer=lambda s, mask=None, training=None: s), "<lambda> could be saved but not"),
    "function_inside": (lambda: Attention(normalizer=inside()), "<locals>.normalizer could be saved but not loaded"),
    "partial": (lambda: Attention(normalizer=functools.partial(of_a_module)), "could be saved but not loaded"),
    "pooling": (lambda: AttentionPooling(normalizer=Hardmax), "Hardmax is a class"),
    "co_attention": (lambda: CoAttention(normalizer=Hardmax), "Hardmax is a class"),
    "co_attention_score": (lambda: CoAttention(AdditiveScore), "AdditiveScore is a class"),  # type: ignore[arg-type]
    "name_of_a_bias": (
        lambda: Attention(position_bias="alibi", **FOUR),
        r"a position_bias is a layer, as ALiBi\(num_heads=4\), not 'alibi'",
    ),  # type: ignore[arg-type]
    "bias_of_two_heads": (lambda: Attention(position_bias=ALiBi(2), **FOUR), "ALiBi has 2 heads and the attention 4"),
    "bias_of_one_head": (
        lambda: Attention(position_bias=RelativePositionBias(1), **FOUR),
        "has 1 heads and the attention 4",
    ),
    "no_key_dim": (lambda: Attention(key_dim=0), "key_dim of Attention must be at least 1, not 0"),
    "no_value_dim": (lambda: Attention(value_dim=-1), "value_dim of Attention must be at least 1"),
    "no_output_dim": (lambda: Attention(output_dim=0), "output_dim of Attention must be at least 1"),
    "no_units": (lambda: AdditiveScore(-3), "units of AdditiveScore must be at least 1, not -3"),
    "no_hidden_units": (
        lambda: LocalActivationScore((5, 0)),
        "hidden_units of LocalActivationScore must be at least 1",
    ),
    "no_sentinel_units": (lambda: SentinelAttention(0), "units of AdditiveScore must be at least 1"),
    "integers": (lambda: Attention(key_dim=8, dtype="int8_from_float32"), "`model.quantize` turns its projections"),
}


def inside() -> Any:
    def normalizer(scores: Any, mask: Any = None, training: bool | None = None) -> Any:
        return scores

    return normalizer


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_part_is_named_at_construction(name: str) -> None:
    make, sentence = WRONG[name]
    with pytest.raises(ValueError, match=sentence):
        make()


def test_right_parts_are_taken() -> None:
    for normalizer in ("hardmax", Hardmax(), of_a_module, softmax):
        Attention(normalizer=normalizer, position_bias=ALiBi(4), **FOUR)
    twin = Attention.from_config(Attention(normalizer=of_a_module).get_config())
    assert twin.normalizer is of_a_module


def test_a_bias_of_other_heads_that_does_not_say_so_is_named_at_the_call() -> None:
    query, value, _ = inputs()
    with pytest.raises(ValueError, match=f"WideBias gave .*3.* for {HEADS} heads"):
        Attention(num_heads=HEADS, key_dim=KEY_DIM, position_bias=WideBias())(query, value)


def test_parts_of_a_layer_without_weights_say_how_to_make_them() -> None:
    value = ops.convert_to_tensor(np.ones((BATCH, KEYS, WIDTH), "float32"))
    for layer in (Attention(key_dim=KEY_DIM), Attention("additive"), SentinelAttention()):
        with pytest.raises(ValueError, match=r"no weights yet: call it once, or build\(query_shape, value_shape"):
            layer.memory(value)
    with pytest.raises(ValueError, match="no weights yet"):
        Attention(key_dim=KEY_DIM).attend(value, (value, value))
