"""The way without weights: PyTorch has a kernel for it, and here TensorFlow works it out with operations of its own."""

from typing import Any

import keras
import numpy as np
import pytest
from attention_reference import HEADS, KEYS, QUERIES, Composition, attention, differentiable, inputs, numpy
from keras import ops

from heedful.layers import ALiBi, Attention, DotProductScore, fused


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The running backend counts as one with the kernel; one entry for each time that it is called."""
    if keras.backend.backend() == "jax":
        pytest.skip("the kernel of JAX wants values as wide as the keys")
    found, kernel = [], ops.dot_product_attention

    def counted(*arguments: Any, **options: Any) -> Any:
        found.append(options)
        return kernel(*arguments, **options)

    monkeypatch.setattr(fused, "_has_kernel", lambda: True)
    monkeypatch.setattr(ops, "dot_product_attention", counted)
    return found


@pytest.mark.parametrize("heads", [1, HEADS])
@pytest.mark.parametrize("scale", [None, 0.0, 1.7])
def test_the_output_without_weights_follows_the_formula(heads: int, scale: float | None, runs: list[Any]) -> None:
    query, value, mask = inputs()
    layer = Attention(DotProductScore(scale), num_heads=heads, key_dim=5, value_dim=3)
    output = layer(query, value, attention_mask=mask)
    assert len(runs) == 1
    np.testing.assert_allclose(numpy(output), attention(layer, "softmax", query, value, value, mask)[0], atol=1e-5)


def test_a_head_that_may_not_read_adds_nothing(runs: list[Any]) -> None:
    query, value, _ = inputs()
    mask = np.random.default_rng(2).random((len(query), HEADS, QUERIES, KEYS)) < 0.5
    mask[:, 1, 1] = False
    layer = Attention(num_heads=HEADS, key_dim=5)
    output = layer(query, value, attention_mask=mask)
    asked, _ = layer(query, value, attention_mask=mask, return_attention_scores=True)
    assert len(runs) == 1, "not where weights are asked for"
    np.testing.assert_allclose(numpy(output), numpy(asked), atol=1e-6)


def test_what_nobody_reads_may_be_nan_and_gradients_are_those_of_the_written_out_form(runs: list[Any]) -> None:
    query, value, mask = inputs()
    mask[:, :, 4] = False
    query[-1, -1], value[:, 4] = np.nan, np.nan
    layer = Composition("dot_product", "softmax", HEADS).layer()

    def loss(query: Any, value: Any, mask: Any, weights: bool) -> Any:
        results = layer(query, value, attention_mask=mask, return_attention_scores=weights)
        output = results[0] if weights else results
        return ops.sum(ops.square(output)), output

    layer(query, value)
    ways = [
        differentiable(lambda q, v, m, asked=asked: loss(q, v, m, asked), layer.trainable_variables)
        for asked in (False, True)
    ]
    (output, slopes), (expected, expected_slopes) = (way(query, value, constants=[mask]) for way in ways)
    assert runs
    for found, wanted in zip([output, *slopes], [expected, *expected_slopes], strict=True):
        np.testing.assert_allclose(numpy(found), numpy(wanted), atol=1e-5)


@pytest.mark.parametrize(
    ("options", "arguments"),
    [
        ({"score": "cosine"}, {}),
        ({"normalizer": "sparsemax"}, {}),
        ({"position_bias": ALiBi(2)}, {}),
        ({"dropout": 0.5}, {"training": True}),
        ({"dtype": "mixed_float16"}, {}),
    ],
    ids=lambda part: "_".join(part),
)
def test_all_else_is_written_out(options: dict[str, Any], arguments: dict[str, Any], runs: list[Any]) -> None:
    query, value, _ = inputs()
    Attention(**options, num_heads=2, key_dim=5)(query, value, **arguments)
    assert not runs


def test_dropout_does_not_count_outside_of_training(runs: list[Any]) -> None:
    query, value, _ = inputs()
    Attention(dropout=0.5)(query, value)
    assert len(runs) == 1


def test_only_pytorch_has_the_kernel() -> None:
    assert fused.applies(Attention(), *inputs()[:2], training=False) == (keras.backend.backend() == "torch")
