"""What the programs over every composition go through: layers by name, for one normalizer or for none."""

import itertools
from collections.abc import Callable
from typing import Any

import keras
from attention_reference import HEADS, KEY_DIM, NORMALIZERS, SCORES, UNITS

from heedful.layers import (
    ALiBi,
    Attention,
    AttentionPooling,
    Chunked,
    CoAttention,
    CosineScore,
    Dice,
    ForwardAttention,
    GatedFusion,
    LocalActivationScore,
    Monotonic,
    RelativePositionBias,
    RotaryEmbedding,
    SentinelAttention,
    SoftCap,
)

BIASES: dict[str, Callable[[int], keras.layers.Layer | None]] = {
    "none": lambda heads: None,
    "relative": lambda heads: RelativePositionBias(heads, num_buckets=6, max_distance=5),
    "alibi": ALiBi,
}
# Normalizers with a state, which look at one query after the other.
RECURRENT: dict[str, Callable[[], Any]] = {
    "monotonic": lambda: Monotonic(initial_offset=0.0),
    "expected_monotonic": lambda: Monotonic(initial_offset=0.0, hard=False),
    "chunkwise": lambda: Monotonic(chunk_size=2, initial_offset=0.0),
    "forward": ForwardAttention,
}
CHUNKED = ("additive", "local_activation")  # the scores that hold a vector for each pair
POOLINGS = ("learned", "last", "middle")
CHUNK = 2

# (query, value, query mask, value mask) -> what a layer gives, weights included
Call = Callable[..., list[Any]]


def attentions(normalizer: str) -> dict[str, Attention]:
    """With every score, head count and bias; scores that hold a vector for each pair in chunks as well."""
    found = {}
    for score, heads, bias in itertools.product(SCORES, (1, HEADS), BIASES):
        options: dict[str, Any] = {"num_heads": heads, "key_dim": KEY_DIM if heads > 1 else None}
        whole, name = SCORES[score], f"{score}_{normalizer}_{heads}_{bias}"
        forms = {name: whole()} | ({f"chunked_{name}": Chunked(whole(), CHUNK)} if score in CHUNKED else {})
        for form, made in forms.items():
            found[form] = Attention(made, NORMALIZERS[normalizer](), position_bias=BIASES[bias](heads), **options)
    return found


def options_of_attention(normalizer: str) -> dict[str, Attention]:
    """What an attention may have besides, a layer each."""
    options: dict[str, dict[str, Any]] = {
        "shared_keys": {"num_heads": 4, "key_dim": 6, "num_key_value_heads": 2},
        "rotary": {"num_heads": HEADS, "key_dim": 6, "rotary_embedding": RotaryEmbedding()},
        "gate": {"num_heads": HEADS, "key_dim": KEY_DIM, "use_gate": True},
        "chunks": {"num_heads": HEADS, "key_dim": KEY_DIM, "chunk_size": CHUNK},
        "soft_cap": {"num_heads": HEADS, "key_dim": KEY_DIM, "score": SoftCap("scaled_dot", 2.0)},
        "learned_temperature": {"num_heads": HEADS, "key_dim": KEY_DIM, "score": CosineScore(0.5, True)},
    }
    return {
        f"{name}_{normalizer}": Attention(normalizer=NORMALIZERS[normalizer](), **each)
        for name, each in options.items()
    }


def calls(normalizer: str) -> dict[str, Call]:
    """Every layer that takes a normalizer, called with masks, the attentions with a causal one too."""
    layers = {**attentions(normalizer), **options_of_attention(normalizer)}
    found: dict[str, Call] = {name: _attention(layer) for name, layer in layers.items()}
    for query in POOLINGS:
        found[f"pooling_{normalizer}_{query}"] = _pooling(
            AttentionPooling(query, num_queries=2, normalizer=NORMALIZERS[normalizer]())
        )
    heads: dict[str, Any] = {"normalizer": NORMALIZERS[normalizer](), "num_heads": HEADS, "key_dim": KEY_DIM}
    found[f"pooling_{normalizer}_heads"] = _pooling(AttentionPooling(num_queries=2, flatten=False, **heads))
    found[f"co_attention_{normalizer}_heads"] = _co_attention(CoAttention(**heads))
    for score in SCORES:
        if score != "location":  # it is recurrent, which CoAttention refuses
            layer = CoAttention(SCORES[score](), NORMALIZERS[normalizer]())
            found[f"co_attention_{score}_{normalizer}"] = _co_attention(layer)
    return found


def recurrent_calls(normalizer: str) -> dict[str, Call]:
    """An attention with every score, and a pooling, for one of the normalizers with a state."""
    layers = {
        f"{score}_{normalizer}": Attention(SCORES[score](), RECURRENT[normalizer](), num_heads=HEADS, key_dim=KEY_DIM)
        for score in SCORES
    }
    pooling = AttentionPooling(num_queries=2, normalizer=RECURRENT[normalizer]())
    calls: dict[str, Call] = {name: _attention(layer) for name, layer in layers.items()}
    return {**calls, f"pooling_{normalizer}": _pooling(pooling)}


def calls_without_normalizer() -> dict[str, Call]:
    """The layers that take none."""
    dice, fusion, sentinel = Dice(), GatedFusion(UNITS), SentinelAttention(UNITS)
    judged = Attention(LocalActivationScore((UNITS,), activation=Dice()), "sigmoid")
    return {
        "dice": lambda query, *_: [dice(query)],
        "dice_of_local_activation": _attention(judged),
        "gated_fusion": lambda query, value, query_mask, _: list(
            fusion([query, dice(query)], mask=[query_mask, None], return_gate=True)
        ),
        "sentinel": lambda query, value, query_mask, value_mask: list(
            sentinel(query, value, query, value_mask, query_mask, return_attention_scores=True)
        ),
    }


def _attention(layer: Attention) -> Call:
    def call(query: Any, value: Any, query_mask: Any, value_mask: Any) -> list[Any]:
        masks = {"query_mask": query_mask, "value_mask": value_mask, "use_causal_mask": True}
        return list(layer(query, value, return_attention_scores=True, **masks))

    return call


def _pooling(layer: AttentionPooling) -> Call:
    return lambda query, value, query_mask, value_mask: list(
        layer(value, mask=value_mask, return_attention_scores=True)
    )


def _co_attention(layer: CoAttention) -> Call:
    return lambda query, value, *masks: list(layer([query, value], mask=list(masks), return_attention_scores=True))
