"""A layer is called alike with arrays and with symbolic inputs: the same arguments in the same order, and the results
that `compute_output_spec` promises, whatever stands in whichever place.
"""

import inspect
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from attention_reference import BATCH, HEADS, KEY_DIM, KEYS, inputs, numpy

import heedful.layers
from heedful.layers import Attention, AttentionPooling, CoAttention, GatedFusion, SentinelAttention

EVERY_LAYER = [
    kind
    for kind in vars(heedful.layers).values()
    if isinstance(kind, type) and issubclass(kind, keras.layers.Layer) and "compute_output_spec" in vars(kind)
]
QUERY, VALUE, PAIRS = inputs()
ASKED, VALID = np.array([[True, True, False], [True, True, True]]), np.arange(KEYS) < np.array([[5], [4]])

WEIGHTS, GATE = {"return_attention_scores": True}, {"return_gate": True}
CALLS: dict[str, tuple[Callable[[], keras.layers.Layer], list[Any], dict[str, bool]]] = {
    "pooling": (AttentionPooling, [VALUE, VALID], {}),
    "pooling_weights": (AttentionPooling, [VALUE, VALID], WEIGHTS),
    "pooling_heads": (
        lambda: AttentionPooling(num_queries=2, num_heads=HEADS, key_dim=KEY_DIM, flatten=False),
        [VALUE, VALID],
        WEIGHTS,
    ),
    "attention": (Attention, [QUERY, VALUE, VALUE, ASKED, VALID], {}),
    "attention_all": (
        Attention,
        [QUERY, VALUE, VALUE, ASKED, VALID, VALID, PAIRS],
        {**WEIGHTS, "use_causal_mask": True},
    ),
    "heads": (lambda: Attention(num_heads=HEADS, key_dim=KEY_DIM), [QUERY, VALUE, VALUE, ASKED], WEIGHTS),
    "sentinel": (SentinelAttention, [QUERY, VALUE, QUERY, VALID, ASKED], {}),
    "sentinel_weights": (SentinelAttention, [QUERY, VALUE, QUERY, VALID], WEIGHTS),
    "co_attention": (CoAttention, [[QUERY, VALUE], [ASKED, VALID]], {}),
    "co_attention_weights": (CoAttention, [[QUERY, VALUE], [ASKED, VALID]], WEIGHTS),
    "co_attention_heads": (
        lambda: CoAttention(num_heads=HEADS, key_dim=KEY_DIM),
        [[QUERY, VALUE], [ASKED, VALID]],
        WEIGHTS,
    ),
    "fusion": (lambda: GatedFusion(5), [[QUERY, QUERY], [ASKED, ASKED]], {}),
    "fusion_gate": (lambda: GatedFusion(5), [[QUERY, QUERY], [ASKED, ASKED]], GATE),
}


def test_every_layer_that_says_what_comes_out_is_known() -> None:
    assert {kind.__name__ for kind in EVERY_LAYER} >= {"Attention", "AttentionPooling", "CoAttention", "GatedFusion"}


@pytest.mark.parametrize("kind", EVERY_LAYER, ids=lambda kind: kind.__name__)
def test_what_comes_out_is_asked_for_as_the_layer_is_called(kind: type[keras.layers.Layer]) -> None:
    called, promised = (inspect.signature(f).parameters.values() for f in (kind.call, kind.compute_output_spec))
    assert [(p.name, p.default, p.kind) for p in called] == [(p.name, p.default, p.kind) for p in promised]


@pytest.mark.parametrize("name", CALLS)
def test_arguments_by_position_mean_the_same_in_a_functional_model(name: str) -> None:
    make, arguments, options = CALLS[name]
    layer = make()
    eager = layer(*arguments, **options)
    arrays: list[np.ndarray] = []

    def symbol(argument: Any) -> Any:
        if isinstance(argument, list):
            return [symbol(one) for one in argument]
        arrays.append(argument)
        return keras.Input(argument.shape[1:], batch_size=BATCH, dtype=str(argument.dtype))

    symbols = [symbol(argument) for argument in arguments]
    promised = layer(*symbols, **options)
    flat = keras.tree.flatten(promised)
    assert [tuple(x.shape) for x in flat] == [tuple(x.shape) for x in keras.tree.flatten(eager)]
    found = keras.tree.flatten(keras.Model(keras.tree.flatten(symbols), flat)(arrays))
    for tensor, wanted in zip(found, keras.tree.flatten(eager), strict=True):
        np.testing.assert_allclose(numpy(tensor), numpy(wanted), atol=1e-6)
