"""Shapes and masks that do not fit are refused in a sentence that names the remedy, and never broadcast in silence."""

from typing import Any

import keras
import numpy as np
import pytest
from attention_reference import BATCH, HEADS, KEY_DIM, KEYS, QUERIES, WIDTH, inputs, numpy
from keras import ops

from heedful.layers import Attention, AttentionPooling, CoAttention, GatedFusion, SentinelAttention, all_of

SEVERAL = {"num_heads": HEADS, "key_dim": KEY_DIM}
PICTURES, VECTORS = np.zeros((2, 3, 4, WIDTH), "float32"), np.zeros((2, WIDTH), "float32")
OPTIONS = pytest.mark.parametrize("options", [{}, SEVERAL], ids=["one_head", "heads"])


def layers_of(sequence: np.ndarray, options: dict[str, Any]) -> dict[str, Any]:
    """Each layer that reads a sequence, called with one."""
    query, value, _ = inputs()
    return {
        "query": lambda: Attention(**options)(sequence, value),
        "value": lambda: Attention(**options)(query, sequence),
        "key": lambda: Attention(**options)(query, value, sequence),
        "symbolic": lambda: Attention(**options)(*[keras.Input(sequence.shape[1:])] * 2),
        "inputs": lambda: AttentionPooling(**options)(sequence),
        "first": lambda: CoAttention()([sequence, value]),
        "sentinel": lambda: SentinelAttention()(query, value, sequence),
    }


@OPTIONS
@pytest.mark.parametrize("name", layers_of(PICTURES, {}))
def test_pictures_and_vectors_are_refused_with_the_remedy(name: str, options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"reshape .* pictures to \(batch, places, channels\)|a list of two sequences"):
        layers_of(PICTURES, options)[name]()
    with pytest.raises(ValueError, match=r"expand_dims\(x, 1\)|a list of two sequences"):
        layers_of(VECTORS, options)[name]()


@OPTIONS
def test_a_built_layer_checks_every_call(options: dict[str, Any]) -> None:
    query, value, _ = inputs()
    layer = Attention(**options)
    layer(query, value)
    for call in (lambda: layer(PICTURES, PICTURES), lambda: layer(query, value, value[:, 1:])):
        with pytest.raises(ValueError, match=r"reshape|6 keys and 7 values"):
            call()
    with pytest.raises(ValueError, match="reshape"):
        layer.memory(ops.convert_to_tensor(PICTURES))
    with pytest.raises(ValueError, match=r"expand_dims\(x, 1\)"):
        layer.attend(ops.convert_to_tensor(VECTORS), layer.memory(ops.convert_to_tensor(value)))


@OPTIONS
def test_a_mask_of_pairs_without_a_batch_is_that_of_every_example(options: dict[str, Any]) -> None:
    """As `MultiHeadAttention` broadcasts it, also where there are as many queries as examples."""
    query, value, _ = inputs()
    query = query[:, :BATCH]
    pairs = np.random.default_rng(1).random((BATCH, KEYS)) < 0.5
    pairs[:, 3] = True
    layer = Attention(**options)
    found = layer(query, value, attention_mask=pairs, return_attention_scores=True)
    wanted = layer(query, value, attention_mask=np.stack([pairs] * BATCH), return_attention_scores=True)
    for tensor, other in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(numpy(tensor), numpy(other))
    if options:
        theirs = keras.layers.MultiHeadAttention(HEADS, KEY_DIM)
        expected = theirs(query, value, attention_mask=pairs)
        layer.set_weights(theirs.get_weights())
        np.testing.assert_allclose(numpy(layer(query, value, attention_mask=pairs)), numpy(expected), atol=1e-5)


WRONG_MASKS = {
    "query_mask": [(BATCH, KEYS), (BATCH, QUERIES, 1), (QUERIES,)],
    "value_mask": [(BATCH, QUERIES), (BATCH, KEYS, 1), (BATCH, QUERIES, KEYS), (KEYS,)],
    "key_mask": [(BATCH, QUERIES), (BATCH, KEYS, 1)],
    "attention_mask": [(BATCH, KEYS), (KEYS, QUERIES), (BATCH, KEYS, QUERIES), (BATCH, 5, QUERIES, KEYS), (KEYS,)],
}


@OPTIONS
@pytest.mark.parametrize(("name", "shape"), [(n, s) for n, shapes in WRONG_MASKS.items() for s in shapes], ids=str)
def test_a_mask_of_another_shape_is_refused(name: str, shape: tuple[int, ...], options: dict[str, Any]) -> None:
    query, value, _ = inputs()
    layer, mask = Attention(**options), np.ones(shape, bool)
    meant = "a mask of keys is value_mask" if name == "attention_mask" else "a mask of pairs .* is attention_mask"
    with pytest.raises(ValueError, match=f"{name} is .*{meant}"):
        layer(query, value, **{name: mask})
    symbolic = [keras.Input(array.shape[1:], batch_size=BATCH) for array in (query, value)]
    with pytest.raises(ValueError, match=f"{name} is .*{meant}"):
        layer(*symbolic, **{name: keras.Input(batch_shape=shape, dtype="bool")})


def test_value_mask_with_an_axis_too_many_does_not_mask_queries() -> None:
    """Where there are as many queries as keys, `(batch, S, 1)` would broadcast over the keys."""
    _, value, _ = inputs()
    with pytest.raises(ValueError, match="value_mask is"):
        Attention()(value, value, value_mask=np.ones((BATCH, KEYS, 1), bool))


@pytest.mark.parametrize(
    "shape", [(QUERIES, KEYS), (BATCH, KEYS, QUERIES), (KEYS,), (BATCH, 5, QUERIES, KEYS)], ids=str
)
def test_attend_refuses_a_mask_of_another_shape(shape: tuple[int, ...]) -> None:
    query, value, _ = (ops.convert_to_tensor(array) for array in inputs())
    layer = Attention()
    layer(query, value)
    with pytest.raises(ValueError, match=r"the mask of attend is .*`mask\[None\]`"):
        layer.attend(query, layer.memory(value), np.ones(shape, bool))


def test_masks_of_numbers_that_are_not_whole_are_refused() -> None:
    """Elsewhere a float mask is added to the scores, 0 keeps and -inf drops: read as a boolean it is upside down."""
    query, value, mask = inputs()
    layer, added = Attention(), np.where(mask, 0.0, -np.inf).astype("float32")
    valid, asked = np.ones((BATCH, KEYS), "float32"), np.ones((BATCH, QUERIES), "float32")
    layer(query, value)
    memory = layer.memory(ops.convert_to_tensor(value))
    calls = (
        lambda: layer(query, value, attention_mask=added),
        lambda: layer(query, value, value_mask=valid),
        lambda: layer(query, value, query_mask=asked),
        lambda: layer.attend(ops.convert_to_tensor(query), memory, added),
        lambda: layer.memory(ops.convert_to_tensor(value), mask=valid),
        lambda: AttentionPooling()(value, valid),
        lambda: CoAttention()([query, value], [asked, None]),
        lambda: GatedFusion(5)([query, query], [asked, None]),
        lambda: SentinelAttention()(query, value, query, value_mask=valid),
        lambda: all_of(valid),
    )
    for call in calls:
        with pytest.raises(ValueError, match="is float32, but masks are boolean"):
            call()
    wanted = numpy(layer(query, value, attention_mask=mask))
    np.testing.assert_array_equal(numpy(layer(query, value, attention_mask=added == 0)), wanted)
    np.testing.assert_array_equal(numpy(layer(query, value, attention_mask=mask.astype("int32"))), wanted)


def test_masks_of_the_other_layers_are_checked() -> None:
    query, value, _ = inputs()
    wrong, pairs = np.ones((BATCH, 5), bool), np.ones((BATCH, KEYS, 1), bool)
    calls = (
        lambda: AttentionPooling()(value, wrong),
        lambda: AttentionPooling("last")(value, pairs),
        lambda: CoAttention()([query, value], [wrong, None]),
        lambda: CoAttention()([query, value], [None, pairs]),
        lambda: GatedFusion(5)([query, query], [wrong, None]),
        lambda: SentinelAttention()(query, value, query, value_mask=wrong),
        lambda: SentinelAttention()(query, value, query, value_mask=pairs),
    )
    for call in calls:
        with pytest.raises(ValueError, match="mask is"):
            call()
