"""The memory of a decoder that grows by a step: pure functions, the state goes in and comes out.

    cache = empty(batch, heads, length, width)                       # once
    cache = append(cache, attention.memory(step), index)             # step (batch, 1, features), index 0, 1, 2, ...
    output, weights, _ = attention.attend(step, cache, mask=written(index, length), offset=index)

Nothing is kept in variables, so a beam is a reordered cache, a cancelled decoder leaves nothing behind, and the graph
exports to TFLite. The room is static: what has not been written yet is masked.
"""

from keras import ops

from heedful.layers.attention import Memory
from heedful.layers.tensor import Tensor


def empty(
    batch: int | Tensor, heads: int, length: int, key_width: int, value_width: int | None = None, dtype: str = "float32"
) -> Memory:
    """Room for `length` steps: keys `(batch, heads, length, key_width)` in float32, as `Attention.memory` gives them,
    and values `(batch, heads, length, value_width)` in `dtype`, `key_width` wide unless told.
    """
    value_width = key_width if value_width is None else value_width
    return (
        ops.zeros((batch, heads, length, key_width), "float32"),
        ops.zeros((batch, heads, length, value_width), dtype),
    )


def append(cache: Memory, step: Memory, index: int | Tensor) -> Memory:
    """The cache with the memory of some steps, `(batch, heads, steps, width)` each, written from position `index` on.

    `index` is a number or a scalar integer tensor; the steps must fit, for what lies beyond the room is undefined.
    """
    keys, values = (
        ops.slice_update(room, (0, 0, index, 0), ops.cast(new, room.dtype))
        for room, new in zip(cache, step, strict=True)
    )
    return keys, values


def written(index: int | Tensor, length: int) -> Tensor:
    """The mask of a step just appended at `index`, which sees itself and what came before: `(1, length)` booleans."""
    return ops.expand_dims(ops.less_equal(ops.arange(length, dtype="int32"), index), 0)
