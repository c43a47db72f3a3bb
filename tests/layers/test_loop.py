"""A recurrent score as one loop: the numbers, gradients and noise of the steps written out, in a graph of one step."""

from typing import Any

import keras
import numpy as np
import pytest
from attention_reference import QUERIES, WIDTH, differentiable, inputs, numpy
from keras import ops

from heedful.layers import ALiBi, Attention, LocationScore

BACKEND = keras.backend.backend()


def pair(**options: Any) -> tuple[Attention, Attention]:
    """The same layer as a loop and written out."""
    query, value, _ = inputs()
    layers = [
        Attention(LocationScore(7, filters=2, kernel_size=3, cumulative=True, unroll=unroll), **options)
        for unroll in (False, True)
    ]
    for layer in layers:
        layer(query, value)
    layers[1].set_weights(layers[0].get_weights())
    return layers[0], layers[1]


@pytest.mark.parametrize("heads", [1, 2])
def test_the_loop_has_the_values_and_gradients_of_the_steps_written_out(heads: int) -> None:
    query, value, mask = inputs()
    options: dict[str, Any] = {"num_heads": heads, "key_dim": 5 if heads > 1 else None, "position_bias": ALiBi(heads)}
    found = []
    for layer in pair(**options):

        def loss(query: Any, value: Any, mask: Any, layer: Attention = layer) -> Any:
            output, weights = layer(query, value, attention_mask=mask, return_attention_scores=True)
            return ops.sum(ops.square(output)) + ops.sum(ops.square(weights)), (output, weights)

        found.append(differentiable(loss, layer.trainable_variables)(query, value, constants=[mask]))
    (results, slopes), (wanted, wanted_slopes) = found
    for one, other in zip([*results, *slopes], [*wanted, *wanted_slopes], strict=True):
        np.testing.assert_allclose(numpy(one), numpy(other), atol=1e-5)


@pytest.mark.parametrize("options", [{"dropout": 0.5, "seed": 3}, {"normalizer": "gumbel_softmax"}], ids=str)
def test_noise_of_training_is_that_of_the_steps_written_out_and_goes_on_from_call_to_call(options: Any) -> None:
    query, value, _ = inputs()
    layers = pair(**options)
    for layer in layers:  # one state of the generators; the same steps draw from it
        for variable in layer.non_trainable_variables:
            variable.assign(ops.convert_to_tensor(layers[0].non_trainable_variables[0].value))
    looped, written_out = ([numpy(layer(query, value, training=True)) for _ in range(2)] for layer in layers)
    np.testing.assert_allclose(looped, written_out, atol=1e-5)
    assert np.abs(looped[0] - looped[1]).max() > 1e-3
    assert np.abs(looped[0] - numpy(layers[0](query, value))).max() > 1e-3


def test_the_number_of_steps_may_be_unknown_and_change() -> None:
    query, value = keras.Input((None, WIDTH)), keras.Input((None, WIDTH))
    looped, written_out = pair()
    model = keras.Model([query, value], looped(query, value))
    random = np.random.default_rng(0)
    for length in (2, 5):
        arrays = [random.normal(size=(2, size, WIDTH)).astype("float32") for size in (length, length + 1)]
        np.testing.assert_allclose(model.predict(arrays, verbose=0), numpy(written_out(*arrays)), atol=1e-5)


def test_two_hundred_steps_make_a_graph_of_the_size_of_two() -> None:
    layer, _ = pair()
    value = inputs()[1]
    sizes = []
    for length in (2, 200):
        query = np.zeros((2, length, WIDTH), "float32")
        if BACKEND == "tensorflow":
            import tensorflow as tf

            graph = tf.function(lambda query: layer(query, value)).get_concrete_function(tf.constant(query)).graph
            definition = graph.as_graph_def()
            functions = definition.library.function
            sizes.append(len(definition.node) + sum(len(function.node_def) for function in functions))
        elif BACKEND == "jax":
            import jax

            sizes.append(len(str(jax.make_jaxpr(lambda query: layer(query, value))(query)).splitlines()))
        else:
            pytest.skip("PyTorch runs step by step in any case")
    assert sizes[1] <= 1.05 * sizes[0]


def test_no_steps_and_wrong_values() -> None:
    layer, written_out = pair()
    for each in (layer, written_out):
        output, weights = each(*(array[:, :0] for array in inputs()[:1]), inputs()[1], return_attention_scores=True)
        assert tuple(output.shape) == (2, 0, WIDTH)
        assert tuple(weights.shape) == (2, 1, 0, 7)
    assert QUERIES > 1, "else no loop was run above"
    assert LocationScore.from_config(LocationScore(unroll=True).get_config()).unroll
    wrong: dict[str, Any]
    for wrong in ({"kernel_size": 4}, {"kernel_size": 0}, {"filters": 0}):
        with pytest.raises(ValueError, match="at least 1 filter and an odd kernel_size"):
            LocationScore(**wrong)
