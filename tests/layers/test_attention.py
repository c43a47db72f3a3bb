"""`Attention` as a whole: against Keras' own layers, its masks, its bias, its errors."""

from typing import Any

import keras
import numpy as np
import pytest
from attention_reference import BATCH, HEADS, KEY_DIM, KEYS, QUERIES, VALUE_DIM, WIDTH, attention, double, inputs, numpy

from heedful.layers import Attention, GeneralScore, LocationScore, causal_mask, padding_mask, window_mask

VALUE_WIDTH, KEY_WIDTH = 13, 19


@keras.saving.register_keras_serializable(package="heedful_tests")
class DistanceBias(keras.layers.Layer):
    """`-slope[head] * |query position - key position|`, to see what Attention asks of a position bias."""

    def __init__(self, slopes: tuple[float, ...], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.slopes = tuple(slopes)

    def call(self, queries: int, keys: int, offset: Any = 0) -> Any:
        position = keras.ops.arange(queries, dtype="float32") + keras.ops.cast(offset, "float32")
        distance = keras.ops.abs(position[None, :, None] - keras.ops.arange(keys, dtype="float32")[None, None])
        return -keras.ops.convert_to_tensor(self.slopes)[:, None, None] * distance

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "slopes": self.slopes}


def sources() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """query, value and key of three different widths."""
    random = np.random.default_rng(7)
    return (
        random.normal(size=(BATCH, QUERIES, WIDTH)).astype("float32"),
        random.normal(size=(BATCH, KEYS, VALUE_WIDTH)).astype("float32"),
        random.normal(size=(BATCH, KEYS, KEY_WIDTH)).astype("float32"),
    )


@pytest.mark.parametrize("heads", [1, 3])
def test_with_key_dim_it_is_multi_head_attention(heads: int) -> None:
    query, value, key = sources()
    _, _, mask = inputs()
    mask[-1, -1, 0] = True  # what Keras returns for a query that may attend to nothing depends on the path it takes
    theirs = keras.layers.MultiHeadAttention(heads, KEY_DIM, VALUE_DIM)
    ours = Attention(num_heads=heads, key_dim=KEY_DIM, value_dim=VALUE_DIM)
    arguments = {"attention_mask": mask, "return_attention_scores": True, "use_causal_mask": True}
    expected = theirs(query, value, key, **arguments)
    ours.build(query.shape, value.shape, key.shape)
    ours.set_weights(theirs.get_weights())
    for found, wanted in zip(ours(query, value, key, **arguments), expected, strict=True):
        np.testing.assert_allclose(numpy(found), numpy(wanted), atol=1e-5)


def test_the_projections_can_be_quantized_as_those_of_keras() -> None:
    query, value, _ = inputs()
    sequences = [keras.Input(array.shape[1:]) for array in (query, value)]
    layer = Attention(num_heads=HEADS, key_dim=KEY_DIM)
    model = keras.Model(sequences, layer(*sequences))
    before = model.predict([query, value], verbose=0)
    model.quantize("int8")
    kernels = [weight for weight in layer.weights if weight.name == "kernel"]
    assert [keras.backend.standardize_dtype(kernel.dtype) for kernel in kernels] == ["int8"] * 4
    np.testing.assert_allclose(model.predict([query, value], verbose=0), before, atol=0.05)


def test_without_key_dim_it_is_dot_product_attention() -> None:
    query, value, _ = inputs()
    valid = np.arange(KEYS)[None] < np.array([[5], [7]])
    expected = keras.layers.Attention()([query, value], mask=[None, valid], return_attention_scores=True)
    output, weights = Attention("dot")(query, value, value_mask=valid, return_attention_scores=True)
    for found, wanted in zip((output, weights[:, 0]), expected, strict=True):
        np.testing.assert_allclose(numpy(found), numpy(wanted), atol=1e-5)


def test_separate_keys_of_another_width_follow_the_formula() -> None:
    query, value, key = sources()
    _, _, mask = inputs()
    layer = Attention(GeneralScore(), "entmax15")
    output, weights = layer(query, value, key, attention_mask=mask, return_attention_scores=True)
    expected = attention(layer, "entmax15", query, value, key, mask)
    np.testing.assert_allclose(numpy(output), expected[0], atol=1e-5)
    np.testing.assert_allclose(numpy(weights), expected[1], atol=2e-6)


@pytest.mark.parametrize(
    ("options", "width"),
    [
        ({}, VALUE_WIDTH),
        ({"value_dim": 5}, 5),
        ({"output_dim": 17}, 17),
        ({"value_dim": 5, "output_dim": 17}, 17),
        ({"key_dim": 3}, WIDTH),
        ({"key_dim": 3, "num_heads": 2}, WIDTH),
        ({"key_dim": 3, "num_heads": 2, "value_dim": 5, "output_dim": 17, "use_bias": False}, 17),
    ],
)
def test_output_width_follows_the_options(options: dict[str, Any], width: int) -> None:
    query, value, key = sources()
    layer = Attention("additive", **options)
    assert tuple(layer(query, value, key).shape) == (BATCH, QUERIES, width)
    assert layer.compute_output_shape(query.shape, value.shape, key.shape) == (BATCH, QUERIES, width)


def test_lengths_may_be_unknown_until_run_time() -> None:
    query, value, _ = inputs()
    symbolic = keras.Input((None, WIDTH)), keras.Input((None, WIDTH))
    layer = Attention("additive", "sparsemax", num_heads=HEADS, key_dim=KEY_DIM)
    output = layer(*symbolic, use_causal_mask=True, return_attention_scores=True)
    assert [tuple(t.shape) for t in output] == [(None, None, WIDTH), (None, HEADS, None, None)]
    found = keras.Model(symbolic, output).predict([query, value], verbose=0)
    expected = layer(query, value, use_causal_mask=True, return_attention_scores=True)
    for ours, wanted in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, numpy(wanted), atol=1e-6)


def test_a_mask_per_head_binds_that_head_only() -> None:
    query, value, _ = inputs()
    per_head = np.ones((BATCH, HEADS, QUERIES, KEYS), bool)
    per_head[:, 1, :, 3:] = False
    layer = Attention(num_heads=HEADS, key_dim=KEY_DIM)
    _, weights = layer(query, value, attention_mask=per_head, return_attention_scores=True)
    weights = numpy(weights)
    assert not weights[:, 1, :, 3:].any()
    assert (weights[:, 0] > 0).all()


def test_mask_functions_fit_the_mask_arguments() -> None:
    query, value, _ = inputs()
    layer = Attention()
    lengths = np.array([4, 6])
    _, weights = layer(
        query,
        value,
        value_mask=padding_mask(lengths, KEYS),
        attention_mask=window_mask(QUERIES, KEYS, left=1, right=2),
        use_causal_mask=True,
        return_attention_scores=True,
    )
    allowed = [[[t - 1 <= s <= t and s < length for s in range(KEYS)] for t in range(QUERIES)] for length in lengths]
    np.testing.assert_array_equal(numpy(weights)[:, 0] > 0, allowed)
    memory = layer.memory(keras.ops.convert_to_tensor(value))
    _, step, _ = layer.attend(query[:, 2:3], memory, causal_mask(1, KEYS, offset=2))
    np.testing.assert_array_equal(numpy(step) > 0, np.tile(np.arange(KEYS) <= 2, (BATCH, 1, 1, 1)))


def test_output_carries_the_mask_of_the_query_and_weights_carry_none() -> None:
    embed = keras.layers.Embedding(5, WIDTH, mask_zero=True)
    tokens = np.array([[1, 2, 0], [3, 4, 1]])
    output, weights = Attention(normalizer="hardmax", key_dim=KEY_DIM)(
        embed(tokens), embed(tokens), return_attention_scores=True
    )
    np.testing.assert_array_equal(numpy(output._keras_mask), tokens != 0)
    assert getattr(weights, "_keras_mask", None) is None
    assert not numpy(weights)[0, :, 2].any()
    assert not numpy(output)[0, 2].any()


@pytest.mark.filterwarnings("error:.*destroy the mask")
def test_masked_inputs_raise_no_warning() -> None:
    embedded = keras.layers.Embedding(5, WIDTH, mask_zero=True)(np.array([[1, 2, 0]]))
    layers = Attention(), Attention(key_dim=KEY_DIM), Attention("location"), Attention(normalizer="gumbel_softmax")
    for layer in layers:
        layer(embedded, embedded)


def test_float64_goes_all_the_way_formula() -> None:
    """Parts that are named take the precision of the layer."""
    query, value, mask = (array.astype("float64") if array.dtype != bool else array for array in inputs())
    several: dict[str, Any] = {"num_heads": HEADS, "key_dim": KEY_DIM}
    for options in ({}, several):
        with double():
            layer = Attention("additive", "entmax15", dtype="float64", **options)
            output, weights = layer(query, value, attention_mask=mask, return_attention_scores=True)
        assert {keras.backend.standardize_dtype(x.dtype) for x in (output, weights)} == {"float64"}
        expected = attention(layer, "entmax15", query, value, value, mask)
        np.testing.assert_allclose(numpy(output), expected[0], atol=1e-13)
        np.testing.assert_allclose(numpy(weights).reshape(expected[1].shape), expected[1], atol=1e-13)


@pytest.mark.parametrize("options", [{}, {"num_heads": HEADS, "key_dim": KEY_DIM}], ids=["one_head", "heads"])
@pytest.mark.parametrize("garbage", [np.nan, np.inf, 1e30])
def test_what_nobody_reads_may_hold_anything(options: dict[str, Any], garbage: float) -> None:
    query, value, _ = inputs()
    asked = np.array([[True, True, False], [True, True, True]])
    valid = np.arange(KEYS)[None] < np.array([[5], [4]])
    layer = Attention("additive", **options)
    masks = {"query_mask": asked, "value_mask": valid, "return_attention_scores": True}
    clean = layer(query, value, **masks)
    query[~asked], value[~valid] = garbage, garbage
    for found, wanted in zip(layer(query, value, **masks), clean, strict=True):
        np.testing.assert_array_equal(numpy(found), numpy(wanted))
    columns = {"attention_mask": asked[..., None] & valid[:, None], "return_attention_scores": True}
    for found, wanted in zip(layer(query, value, value[:, ::1].copy(), **columns), clean, strict=True):
        np.testing.assert_allclose(numpy(found), numpy(wanted), atol=1e-6)


@pytest.mark.parametrize("options", [{}, {"num_heads": HEADS, "key_dim": KEY_DIM, "value_dim": VALUE_DIM}])
def test_formula_of_weights_times_offers_adds_up_to_the_output(options: dict[str, Any]) -> None:
    query, value, _ = inputs()
    layer = Attention("additive", **options)
    output, weights = layer(query, value, return_attention_scores=True)
    offers = numpy(layer.projected_values(layer.memory(keras.ops.convert_to_tensor(value))))
    assert offers.shape == (BATCH, layer.num_heads, KEYS, WIDTH)
    if layer.output_dense is None:
        np.testing.assert_allclose(offers[:, 0], value)
    else:  # the bias starts at 0, which would hide that it comes on top
        layer.output_dense.bias.assign(np.arange(WIDTH, dtype="float32"))
        output = numpy(layer(query, value)) - np.arange(WIDTH)
    summed = np.einsum("bhts,bhso->bto", numpy(weights).reshape(BATCH, -1, QUERIES, KEYS), offers)
    np.testing.assert_allclose(summed, numpy(output), atol=1e-5)


def test_dropout_acts_in_training_and_leaves_the_returned_weights_alone() -> None:
    query, value, _ = inputs()
    layer = Attention(dropout=0.5, seed=3)
    still, weights = layer(query, value, return_attention_scores=True)
    noisy, noisy_weights = layer(query, value, return_attention_scores=True, training=True)
    np.testing.assert_array_equal(numpy(weights), numpy(noisy_weights))
    assert np.abs(numpy(still) - numpy(noisy)).max() > 0.1


def test_position_bias_is_added_to_the_scores_and_knows_where_a_step_is() -> None:
    query, value, _ = inputs()
    slopes = (0.5, 2.0)
    layer = Attention(num_heads=HEADS, key_dim=KEY_DIM, position_bias=DistanceBias(slopes))
    _, weights = layer(query, value, return_attention_scores=True)
    layer_without = Attention(num_heads=HEADS, key_dim=KEY_DIM)
    layer_without.build(query.shape, value.shape)
    layer_without.set_weights(layer.get_weights())
    _, plain = layer_without(query, value, return_attention_scores=True)
    distance = np.abs(np.arange(QUERIES)[:, None] - np.arange(KEYS)[None])
    expected = numpy(plain) * np.exp(-np.array(slopes)[:, None, None] * distance)
    expected /= expected.sum(-1, keepdims=True)
    np.testing.assert_allclose(numpy(weights), expected, atol=1e-6)
    _, step, _ = layer.attend(query[:, 2:3], layer.memory(keras.ops.convert_to_tensor(value)), offset=2)
    np.testing.assert_allclose(numpy(step), expected[:, :, 2:3], atol=1e-6)
    twin = Attention.from_config(layer.get_config())
    assert isinstance(twin.position_bias, DistanceBias)
    assert twin.position_bias.slopes == slopes


def test_every_part_learns() -> None:
    """No weight may be cut off from the loss: each moves in two steps of training."""
    query, value, _ = inputs()
    symbolic = keras.Input((QUERIES, WIDTH)), keras.Input((KEYS, WIDTH))
    score = LocationScore(units=5, filters=2, kernel_size=3, normalize=True)
    outputs = Attention(score, "entmax15", num_heads=HEADS, key_dim=KEY_DIM, output_dim=3)(*symbolic)
    model = keras.Model(symbolic, outputs)
    before = model.get_weights()
    model.compile(keras.optimizers.SGD(0.1), "mse")
    history = model.fit([query, value], np.ones((BATCH, QUERIES, 3)), epochs=2, batch_size=BATCH, verbose=0)
    assert history.history["loss"][1] < history.history["loss"][0]
    for variable, old, new in zip(model.weights, before, model.get_weights(), strict=True):
        assert np.isfinite(new).all()
        # The bias of the score shifts a whole row only nearly, that of the key projection likewise: small, not zero.
        assert not np.array_equal(old, new), variable.path


def test_wrong_use_is_one_clear_error() -> None:
    query, value, _ = inputs()
    with pytest.raises(ValueError, match="2 heads need a key_dim"):
        Attention(num_heads=2)
    with pytest.raises(ValueError, match="a mask of keys is value_mask"):
        Attention()(query, value, attention_mask=np.ones((BATCH, KEYS), bool))


def test_a_recurrent_score_written_out_says_that_it_must_know_how_many_steps_to_run() -> None:
    if keras.backend.backend() != "tensorflow":
        pytest.skip("only TensorFlow has axes of unknown length at run time")
    import tensorflow as tf

    query, value, _ = inputs()
    layer = Attention(LocationScore(unroll=True))
    layer(query, value)
    function = tf.function(lambda q, v: layer(q, v))
    with pytest.raises(ValueError, match="take unroll=False, or give the length"):
        function.get_concrete_function(tf.TensorSpec((BATCH, None, WIDTH)), tf.TensorSpec((BATCH, KEYS, WIDTH)))
