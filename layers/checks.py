"""What a call gives is checked before anything is computed, as far as sizes are known: errors that name the remedy.

Unchecked, most wrong shapes broadcast to something, and the numbers are wrong without a word.
"""

from collections.abc import Sequence
from typing import Any

import keras

from heedful.layers.tensor import Masks, Shape, Tensor

FLOATS = ("float16", "bfloat16", "float32", "float64")


def attention_call(
    layer: Any,
    query: Tensor,
    value: Tensor,
    key: Tensor | None,
    query_mask: Tensor | None,
    value_mask: Tensor | None,
    key_mask: Tensor | None,
    attention_mask: Tensor | None,
    added: Tensor | None,
) -> None:
    """The arguments of `Attention.call`. Raises ValueError for shapes that do not fit each other."""
    keys: Any = value if key is None else key
    sequences(layer, query=query.shape, value=value.shape, key=keys.shape)
    same_length(value.shape, keys.shape)
    sequence_mask("query_mask", query_mask, query.shape)
    sequence_mask("value_mask", value_mask, value.shape)
    sequence_mask("key_mask", key_mask, keys.shape)
    if attention_mask is not None:
        mask_of_pairs(attention_mask, query.shape, layer.num_heads, value.shape[1])
    if added is not None:
        attention_bias(added, query.shape, layer.num_heads, value.shape[1])


def sequences(layer: Any, **shapes: Shape) -> None:
    """Raises ValueError for a shape that is not `(batch, length, width)`."""
    for name, shape in shapes.items():
        if len(shape) == 3:
            continue
        remedy = (
            "reshape the axes between batch and width to one, as pictures to (batch, places, channels)"
            if len(shape) > 3
            else "a single vector is a sequence of one, ops.expand_dims(x, 1)"
        )
        raise ValueError(
            f"the {name} of {type(layer).__name__} is (batch, length, width), not of shape {_text(shape)}: {remedy}"
        )


def same_length(value: Shape, key: Shape) -> None:
    """Raises ValueError where there is not one value for each key."""
    if isinstance(key[1], int) and isinstance(value[1], int) and key[1] != value[1]:
        raise ValueError(f"each key has a value, but there are {key[1]} keys and {value[1]} values")


def boolean(mask: Tensor, name: str = "a mask") -> None:
    """Raises ValueError for a mask of floating-point numbers."""
    dtype = keras.backend.standardize_dtype(mask.dtype)
    if dtype in FLOATS:
        raise ValueError(
            f"{name} is {dtype}, but masks are boolean, True = attend: of one with 1 and 0 give `mask > 0`, of one "
            "that elsewhere is added to the scores, with 0 and -inf, `mask == 0`"
        )


def sequence_mask(name: str, mask: Tensor | None, sequence: Shape) -> None:
    """Raises ValueError for a mask that is not a boolean for each step of `sequence (batch, ..., width)`."""
    if mask is None:
        return
    boolean(mask, name)
    if not fit(mask.shape, (_batch(sequence), *sequence[1:-1])):
        meant = "(batch, length)" if len(sequence) == 3 else "(batch, ...)"
        raise ValueError(
            f"{name} is {meant}, here {_text(sequence[:-1])}, not of shape {_text(mask.shape)}: a mask of pairs of "
            "query and key is attention_mask"
        )


def masks_of_inputs(inputs: Sequence[Tensor], masks: Masks | None) -> Masks:
    """A mask or None for each of several inputs. Raises ValueError for masks that do not fit."""
    given = (None,) * len(inputs) if masks is None else masks
    if isinstance(given, Sequence) and len(given) == len(inputs):
        for mask, x in zip(given, inputs, strict=True):
            sequence_mask("mask", mask, x.shape)
        return given
    raise ValueError(f"there is a mask or None for each of {len(inputs)} inputs, in a list, not {masks!r}")


def mask_of_pairs(mask: Tensor, query: Shape, heads: int, keys: int | None) -> None:
    """Raises ValueError for a mask that is not `(T, S)`, `(batch, T, S)` or `(batch, heads, T, S)`."""
    boolean(mask, "attention_mask")
    pairs = (query[1], keys)
    wanted = {2: pairs, 3: (_batch(query), *pairs), 4: (_batch(query), heads, *pairs)}
    if not fit(mask.shape, wanted.get(len(mask.shape), ())):
        raise ValueError(
            "attention_mask is (T, S), (batch, T, S) or (batch, heads, T, S), here "
            f"{_text((query[0], heads, *pairs))}, not of shape {_text(mask.shape)}; a mask of keys is value_mask"
        )


def step_mask(mask: Tensor, query: Shape, heads: int, keys: int | None) -> None:
    """Raises ValueError for a mask that is not `(batch, S)`, `(batch, T, S)` or `(batch, heads, T, S)`."""
    boolean(mask)
    batch, pairs = _batch(query), (query[1], keys)
    wanted = {2: (batch, keys), 3: (batch, *pairs), 4: (batch, heads, *pairs)}
    if not fit(mask.shape, wanted.get(len(mask.shape), ())):
        raise ValueError(
            f"the mask of attend is (batch, S), (batch, T, S) or (batch, heads, T, S), here "
            f"{_text((query[0], heads, *pairs))}, not of shape {_text(mask.shape)}: give one of pairs, (T, S), an axis "
            "for the batch, `mask[None]`"
        )


def attention_bias(bias: Tensor, query: Shape, heads: int, keys: int | None) -> None:
    """Raises ValueError for a bias that is not numbers `(batch or 1, heads or 1, T, S)`."""
    dtype, pairs = keras.backend.standardize_dtype(bias.dtype), (query[1], keys)
    if dtype not in FLOATS:
        raise ValueError(f"attention_bias is added to the scores, but is {dtype}: a mask is attention_mask")
    if not fit(bias.shape, (_batch(query), heads, *pairs)):
        raise ValueError(
            f"attention_bias is (batch or 1, heads or 1, T, S), here {_text((query[0], heads, *pairs))}, not of shape "
            f"{_text(bias.shape)}"
        )


def fit(shape: Shape, wanted: Shape) -> bool:
    """Whether `shape` is or broadcasts to `wanted`, as far as both are known."""
    pairs = zip(shape, wanted, strict=False)
    return len(shape) == len(wanted) and all(
        one in (1, other) for one, other in pairs if isinstance(one, int) and isinstance(other, int)
    )


def _batch(sequence: Shape) -> int | None:
    """The size of the batch; None, which is any, where it is 1, because then the others may have more."""
    return None if sequence[0] == 1 else sequence[0]


def _text(shape: Shape) -> str:
    return f"({', '.join(map(str, shape))}{',' * (len(shape) == 1)})"


def sizes(layer: Any, **given: int | None) -> None:
    """Raises ValueError for a size below 1; None is any."""
    for name, size in given.items():
        if size is not None and size < 1:
            raise ValueError(f"{name} of {type(layer).__name__} must be at least 1, not {size}")


def heads(num_heads: int, num_key_value_heads: int | None, key_dim: int | None, use_gate: bool) -> None:
    """Raises ValueError for numbers of heads that do not fit, and for what needs projections without any."""
    if num_heads < 1 or (num_heads > 1 and key_dim is None):
        raise ValueError(f"{num_heads} heads need a key_dim, the width of each head's queries and keys")
    shared = num_heads if num_key_value_heads is None else num_key_value_heads
    if shared < 1 or num_heads % shared:
        raise ValueError(f"{num_heads} heads cannot share {shared} heads of keys evenly: take a divisor of {num_heads}")
    if use_gate and key_dim is None:
        raise ValueError("use_gate projects the query to each head, which needs a key_dim")


def float_policy(layer: Any) -> None:
    """Raises ValueError for a precision that only the parts of a layer can have."""
    if layer.dtype_policy.quantization_mode is not None:
        raise ValueError(
            f"{type(layer).__name__} is made in floating point, not as {layer.dtype_policy.name}: `model.quantize` "
            "turns its projections to integers afterwards"
        )


def built(layer: Any, shapes: str) -> None:
    """Raises ValueError for a layer without weights yet."""
    if not layer.built:
        raise ValueError(f"{type(layer).__name__} has no weights yet: call it once, or build({shapes}), first")
