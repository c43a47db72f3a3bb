"""What `Attention` needs to know of a `keras.layers.MultiHeadAttention` to take its place, weights and all."""

from typing import Any

import keras

from heedful.layers.tensor import Shape

OPTIONS = ("num_heads", "key_dim", "value_dim", "output_dim", "dropout", "seed", "use_bias")
SAME = ("name", "trainable", "dtype", *(name for name in OPTIONS if name != "output_dim"))
OF_WEIGHTS = ("kernel_initializer", "bias_initializer", "kernel_regularizer", "bias_regularizer")
# What `Attention` has nothing for, and the values that mean it is not used.
WITHOUT = {
    "sliding_window": (None,),
    "use_gate": (None, False),
    "activity_regularizer": (None,),
    "kernel_constraint": (None,),
    "bias_constraint": (None,),
    "attention_axes": (None, [1], (1,)),
}
REMEDIES = {"sliding_window": ": give each call attention_mask=window_mask(T, S, left)"}


def options(layer: keras.layers.MultiHeadAttention) -> dict[str, Any]:
    """The arguments that make the same `Attention`. Raises ValueError for another layer, and for what ours has not."""
    if type(layer) is not keras.layers.MultiHeadAttention:
        raise ValueError(f"only a keras.layers.MultiHeadAttention can be taken over, not {layer!r}")
    config = layer.get_config()
    for name, unused in WITHOUT.items():
        if config.get(name) not in unused:
            raise ValueError(f"Attention has no {name}, which is {config[name]!r} here{REMEDIES.get(name, '')}")
    width = config["output_shape"]
    if isinstance(width, list | tuple):
        if len(width) != 1:
            raise ValueError(f"the output of Attention has one width, and not the shape {tuple(width)}")
        width = width[0]
    return {**{name: config[name] for name in (*SAME, *OF_WEIGHTS)}, "output_dim": width}


def shapes(layer: keras.layers.MultiHeadAttention) -> tuple[Shape, Shape, Shape]:
    """Those of query, value and key that it was built for, with the widths alone."""
    query, value, key = (dense.kernel.shape[0] for dense in (layer.query_dense, layer.value_dense, layer.key_dense))
    return (None, None, query), (None, None, value), (None, None, key)
