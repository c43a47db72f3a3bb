"""What `Attention` needs to know of the attention layers of Keras to take their place, weights and all."""

from typing import Any

import keras

from heedful.layers.tensor import Shape

OPTIONS = ("num_heads", "key_dim", "value_dim", "output_dim", "dropout", "seed", "use_bias")
OF_WEIGHTS = ("kernel_initializer", "bias_initializer", "kernel_regularizer", "bias_regularizer")
SAME = ("name", "trainable", "dtype", "dropout", "seed", "use_bias", "use_gate", *OF_WEIGHTS)
# How Keras calls what the two layers have: ours, theirs.
MULTI_HEAD = {"num_heads": "num_heads", "key_dim": "key_dim", "value_dim": "value_dim"}
GROUPED_QUERY = {"num_heads": "num_query_heads", "num_key_value_heads": "num_key_value_heads", "key_dim": "head_dim"}
# What `Attention` has nothing for, and the values that mean it is not used.
WITHOUT = {
    "sliding_window": (None,),
    "activity_regularizer": (None,),
    "kernel_constraint": (None,),
    "bias_constraint": (None,),
    "attention_axes": (None, [1], (1,)),
}
REMEDIES = {"sliding_window": ": give each call attention_mask=window_mask(T, S, left)"}


def options(layer: keras.layers.Layer) -> dict[str, Any]:
    """The arguments that make the same `Attention`. Raises ValueError for another layer, and for what ours has not."""
    names = {keras.layers.MultiHeadAttention: MULTI_HEAD, keras.layers.GroupQueryAttention: GROUPED_QUERY}
    if type(layer) not in names:
        raise ValueError(f"only a MultiHeadAttention or GroupQueryAttention of Keras can be taken over, not {layer!r}")
    config = layer.get_config()
    for name, unused in WITHOUT.items():
        if config.get(name) not in unused:
            raise ValueError(f"Attention has no {name}, which is {config[name]!r} here{REMEDIES.get(name, '')}")
    width = config.get("output_shape")
    if isinstance(width, list | tuple):
        if len(width) != 1:
            raise ValueError(f"the output of Attention has one width, and not the shape {tuple(width)}")
        width = width[0]
    ours = {name: config[theirs] for name, theirs in names[type(layer)].items()}
    return {**{name: config[name] for name in SAME if name in config}, **ours, "output_dim": width}


def shapes(layer: keras.layers.Layer) -> tuple[Shape, Shape, Shape]:
    """Those of query, value and key that it was built for, with the widths alone."""
    dense = {one.name: one for one in layer._flatten_layers(include_self=False, recursive=False)}
    query, value, key = (dense[name].kernel.shape[0] for name in ("query", "value", "key"))
    return (None, None, query), (None, None, value), (None, None, key)
