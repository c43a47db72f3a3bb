"""`model.quantize` after training: every score keeps its numbers, and so does what is read from the projections."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from attention_reference import HEADS, KEY_DIM, SCORES, inputs, numpy
from keras import ops

from heedful.layers import AdditiveScore, Attention, Chunked, Dice, LocalActivationScore, Score, SoftCap

EVERY_SCORE: dict[str, Callable[[], Score]] = {
    **SCORES,
    "local_activation_deep": lambda: LocalActivationScore((17, 5), "relu"),
    "local_activation_dice": lambda: LocalActivationScore((17, 5), Dice()),
    "chunked_additive": lambda: Chunked(AdditiveScore(19), 2),
    "chunked_local_activation": lambda: Chunked(LocalActivationScore((17,)), 2),
    "soft_cap": lambda: SoftCap(AdditiveScore(19), 1.0),
}
LEAST = {"int8": 0.995, "int4": 0.9}  # correlation of the scores before and after


def quantized(layer: keras.layers.Layer, mode: str) -> None:
    """Every part of the layer that Keras can quantize, as `Model.quantize` does it."""
    for part in layer._flatten_layers(include_self=False):
        if isinstance(part, keras.layers.Dense | keras.layers.EinsumDense):
            part.quantize(mode, **({"type_check": False} if type(part) is not keras.layers.Dense else {}))


@pytest.mark.parametrize("mode", ["int8", pytest.param("int4", marks=pytest.mark.long)])
@pytest.mark.parametrize("name", EVERY_SCORE)
def test_every_score_keeps_its_numbers(name: str, mode: str) -> None:
    query, value, _ = (ops.convert_to_tensor(array) for array in inputs())
    score = EVERY_SCORE[name]()
    score.build(query.shape, value.shape)
    before = numpy(score(query, score.project(value)))
    quantized(score, mode)
    after = numpy(score(query, score.project(value)))
    assert np.corrcoef(before.ravel(), after.ravel())[0, 1] > LEAST[mode]


@pytest.mark.parametrize("mode", LEAST)
def test_projected_values_of_quantized_projections_add_up_to_the_output(mode: str) -> None:
    query, value, _ = inputs()
    layer = Attention(num_heads=HEADS, key_dim=KEY_DIM)
    layer.build(query.shape, value.shape)
    bias: Any = np.arange(query.shape[-1], dtype="float32")
    assert layer.output_dense is not None
    layer.output_dense.bias.assign(bias)
    memory = layer.memory(ops.convert_to_tensor(value))
    before = numpy(layer.projected_values(memory))
    quantized(layer, mode)
    output, weights = layer(query, value, return_attention_scores=True)
    offers = numpy(layer.projected_values(layer.memory(ops.convert_to_tensor(value))))
    assert np.corrcoef(before.ravel(), offers.ravel())[0, 1] > LEAST[mode]
    summed = np.einsum("bhts,bhso->bto", numpy(weights), offers) + bias
    np.testing.assert_allclose(summed, numpy(output), atol=0.05)
