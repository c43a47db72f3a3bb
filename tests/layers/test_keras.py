"""Coming from the attention layers of Keras: a layer taken over in one call, and the options of Keras layers."""

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from attention_reference import BATCH, HEADS, KEY_DIM, KEYS, OUTPUT_DIM, VALUE_DIM, inputs, numpy

from heedful.layers import Attention

TAKEN: dict[str, dict[str, Any]] = {
    "plain": {},
    "widths": {"value_dim": VALUE_DIM, "output_shape": OUTPUT_DIM},
    "without_bias": {"use_bias": False, "output_shape": (OUTPUT_DIM,)},
    "dropout": {"dropout": 0.3, "seed": 7, "name": "looking"},
    "weights": {"kernel_initializer": "he_normal", "bias_initializer": "ones", "kernel_regularizer": "l2"},
    "gate": {"value_dim": VALUE_DIM, "use_gate": True, "bias_initializer": "normal"},
}
GROUPED: dict[str, dict[str, Any]] = {
    "pairs": {"num_key_value_heads": 2},
    "multi_query": {"num_key_value_heads": 1, "use_bias": False},
    "each_its_own": {"num_key_value_heads": 4, "dropout": 0.3, "name": "looking"},
    "gate": {"num_key_value_heads": 2, "use_gate": True},
}


def of_keras(layer: type, *args: Any, **options: Any) -> Any:
    try:
        return layer(*args, **options)
    except (TypeError, ValueError):
        pytest.skip(f"this Keras has no {', '.join(options)}")


@pytest.mark.parametrize("options", TAKEN.values(), ids=TAKEN)
def test_multi_head_attention_is_taken_over_in_one_call(options: dict[str, Any]) -> None:
    query, value, mask = inputs()
    mask[-1, -1, 0] = True  # what Keras returns for a query that may attend to nothing depends on the path it takes
    key = np.random.default_rng(1).normal(size=(BATCH, KEYS, 23)).astype("float32")
    theirs = of_keras(keras.layers.MultiHeadAttention, HEADS, KEY_DIM, **options)
    arguments = {"attention_mask": mask, "return_attention_scores": True}
    expected = theirs(query, value, key, **arguments)
    ours = Attention.from_multi_head_attention(theirs)
    for found, wanted in zip(ours(query, value, key, **arguments), expected, strict=True):
        np.testing.assert_allclose(numpy(found), numpy(wanted), atol=1e-5)
    assert (ours.name, ours.dropout, ours.seed) == (theirs.name, options.get("dropout", 0.0), options.get("seed"))
    np.testing.assert_allclose(float(sum(ours.losses)), float(sum(theirs.losses)), rtol=1e-5)


@pytest.mark.parametrize("options", GROUPED.values(), ids=GROUPED)
def test_grouped_query_attention_is_taken_over(options: dict[str, Any], tmp_path: Path) -> None:
    query, value, mask = inputs()
    mask[-1, -1, 0] = True
    theirs = of_keras(keras.layers.GroupQueryAttention, KEY_DIM, 4, **options)
    arguments = {"attention_mask": mask, "return_attention_scores": True}
    expected = theirs(query, value, **arguments)
    ours = Attention.from_multi_head_attention(theirs)
    for found, wanted in zip(ours(query, value, **arguments), expected, strict=True):
        np.testing.assert_allclose(numpy(found), numpy(wanted), atol=1e-5)
    # Where nobody asks for the weights, PyTorch takes another way.
    np.testing.assert_allclose(numpy(ours(query, value, attention_mask=mask)), numpy(expected[0]), atol=1e-5)
    assert ours.memory(value)[0].shape[1] == options["num_key_value_heads"]
    assert ours.name == theirs.name


def test_one_that_is_not_built_gives_its_options_alone() -> None:
    ours = Attention.from_multi_head_attention(keras.layers.MultiHeadAttention(HEADS, KEY_DIM, value_dim=VALUE_DIM))
    assert not ours.built and (ours.num_heads, ours.key_dim, ours.value_dim) == (HEADS, KEY_DIM, VALUE_DIM)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"attention_axes": (1, 2)}, "no attention_axes"),
        ({"sliding_window": 3}, r"no sliding_window.*attention_mask=window_mask\(T, S, left\)"),
        ({"kernel_constraint": "max_norm"}, "no kernel_constraint"),
        ({"output_shape": (2, 3)}, "one width"),
    ],
)
def test_what_attention_has_not_is_named(options: dict[str, Any], sentence: str) -> None:
    theirs = of_keras(keras.layers.MultiHeadAttention, HEADS, KEY_DIM, **options)
    with pytest.raises(ValueError, match=sentence):
        Attention.from_multi_head_attention(theirs)


def test_another_layer_is_refused() -> None:
    with pytest.raises(ValueError, match="only a MultiHeadAttention or GroupQueryAttention of Keras can be taken over"):
        Attention.from_multi_head_attention(keras.layers.Attention())  # type: ignore[arg-type]


def test_initializers_and_regularizers_reach_every_projection_and_a_file(tmp_path: Path) -> None:
    query, value, _ = inputs()
    layer = Attention(
        num_heads=HEADS,
        key_dim=KEY_DIM,
        kernel_initializer=keras.initializers.RandomNormal(stddev=3.0),
        bias_initializer="ones",
        kernel_regularizer=keras.regularizers.L2(0.5),
        bias_regularizer="l1",
    )
    symbolic = [keras.Input(array.shape[1:]) for array in (query, value)]
    model = keras.Model(symbolic, layer(*symbolic))
    kernels, biases = ([numpy(w) for w in layer.weights if w.name == name] for name in ("kernel", "bias"))
    assert len(kernels) == len(biases) == 4
    assert all(2 < kernel.std() < 4 for kernel in kernels)
    assert np.abs(kernels[0] - kernels[1]).max() > 0.1, "each projection draws for itself"
    assert all((bias == 1).all() for bias in biases)
    wanted = 0.5 * sum((k**2).sum() for k in kernels) + 0.01 * sum(b.size for b in biases)
    np.testing.assert_allclose(float(sum(model.losses)), wanted, rtol=1e-5)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(float(sum(loaded.losses)), wanted, rtol=1e-5)
    assert json.dumps(loaded.get_layer(layer.name).get_config()) == json.dumps(layer.get_config())
