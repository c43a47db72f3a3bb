"""The memory of a decoder that goes on step by step: pure functions, the state goes in and comes out.

A text that is written keeps all of its steps. The cache is as long as the text may become, and fills from the front:

    steps, state = attention.make_cache(batch, length), None         # once
    steps = append(steps, attention.memory(step), index)             # step (batch, 1, features), index 0, 1, 2, ...
    output, weights, state = attention.attend(
        step, steps, mask=append_mask(index, length), state=state, offset=index
    )

A prompt, several steps that are known from the start, is written in one go, and each of its steps sees itself and those
before it. A score with a state reads it step by step instead, as above:

    prompt                                                           # (batch, P, features)
    steps = append(attention.make_cache(batch, length), attention.memory(prompt), 0)
    output, weights, _ = attention.attend(prompt, steps, mask=append_mask(0, length, steps=P))
    index = P                                                        # where the next step is written

Prompts of several lengths are padded at their end, and `index`, `(batch,)` integers, begins at the length of each: the
steps that follow are written over the padding, and `append_mask` hides what is left of it. `append`, `append_mask` and
`offset` take such an index as they take a number.

A stream that does not end keeps the newest `length` steps and forgets the others. The cache fills from the back, so
that the query always stands at the last place, wherever the stream is by then:

    steps, state = attention.make_cache(batch, length), None
    count = min(count + 1, length)                                   # steps that the cache holds, 1 at the first
    steps, state = slide(steps, attention.memory(step)), slide_state(state)
    output, weights, state = attention.attend(
        step, steps, mask=slide_mask(count, length), state=state, offset=length - 1
    )

Each step then equals that of the attention over the whole stream with `window_mask(T, T, left=length - 1)`, position
biases included, because they depend on the distance alone. Two cases need a longer cache, and a window in it:

- Several steps at once, T queries that each see `length` keys: `N = length - 1 + T` places, `offset=length - 1`, and
  `all_of(slide_mask(count, N), window_mask(T, N, left=length - 1, offset=length - 1))`.
- A score with a state, which looks at the weights of places around those it scores (`LocationScore`): one place more,
  for the oldest key of the step before. With `cumulative` half a kernel more, `kernel_size // 2`, instead of one. The
  same holds for `ForwardAttention`, whose weights move on from there. `Monotonic` needs none outside of training.

With `sinks` a stream keeps its very first steps as well, on which a model trained over whole sequences often puts much
of its weight (StreamingLLM, Xiao et al. 2023, arXiv:2309.17453). `slide` must then know how many steps it finds:

    steps = slide(steps, attention.memory(step), sinks=4, count=count)   # count before this step, 0 at the first
    count = min(count + 1, length)

Each step then equals `window_mask(T, T, left=length - 1 - sinks, sinks=sinks)`. A position bias takes the distances in
the cache, as StreamingLLM does: once sinks are cut off from the others, they are nearer than they were in the stream.

Nothing is kept in variables, so a beam is a reordered cache, a cancelled decoder leaves nothing behind, and the graph
exports to TFLite. The size of a cache is static: what has not been written yet is masked.
"""

from typing import Any

import keras
from keras import ops

from heedful.layers.attention import Memory
from heedful.layers.tensor import Tensor


def append(cache: Memory, step: Memory, index: int | Tensor) -> Memory:
    """The cache with the memory of some steps written from position `index` on.

    Args:
        cache: keys and values, `(batch, heads, length, width)` each.
        step: the memory of the steps, `(batch, heads, steps, width)` each. They must fit, for what lies beyond the
            cache is undefined.
        index: a number, a scalar integer tensor, or `(batch,)` integers, one for each example.

    Returns:
        Keys and values, `(batch, heads, length, width)` each.
    """
    if len(getattr(index, "shape", ())) == 1:
        keys, values = (_written_at(buffer, new, index) for buffer, new in zip(cache, step, strict=True))
        return keys, values
    keys, values = (
        ops.slice_update(buffer, (0, 0, index, 0), ops.cast(new, buffer.dtype))
        for buffer, new in zip(cache, step, strict=True)
    )
    return keys, values


def _written_at(buffer: Tensor, new: Tensor, index: Tensor) -> Tensor:
    """`buffer (batch, heads, length, width)` with `new (batch, heads, steps, width)` from each example's index on."""
    since = ops.expand_dims(ops.arange(ops.shape(buffer)[2], dtype="int32"), 0) - _column(index)  # 0 at the first step
    since = ops.reshape(since, (-1, 1, ops.shape(buffer)[2], 1))
    steps = ops.shape(new)[2]
    chosen = ops.take_along_axis(ops.cast(new, buffer.dtype), ops.clip(since, 0, steps - 1), axis=2)
    return ops.where(ops.logical_and(since >= 0, since < steps), chosen, buffer)


def append_mask(index: int | Tensor, length: int, steps: int = 1) -> Tensor:
    """The mask of steps just appended from `index` on, each of which sees itself and what came before.

    Args:
        index: where the first of them was written: a number, a scalar tensor, or `(batch,)` integers.
        length: of the cache.
        steps: how many were appended at once.

    Returns:
        Booleans, for one step `(1, length)` or `(batch, length)`, for several `(1, steps, length)` or `(batch, steps,
        length)`.

    Example:

    >>> from keras import ops
    >>> from heedful.layers import cache
    >>> ops.convert_to_numpy(cache.append_mask(1, length=4)).astype(int).tolist()
    [[1, 1, 0, 0]]
    >>> mask = cache.append_mask(1, length=4, steps=2)  # a prompt of two behind another step
    >>> ops.convert_to_numpy(mask).astype(int).tolist()
    [[[1, 1, 0, 0], [1, 1, 1, 0]]]
    """
    positions = ops.expand_dims(ops.arange(length, dtype="int32"), 0)
    if steps == 1:
        return ops.less_equal(positions, _column(index))
    last = _column(index) + ops.expand_dims(ops.arange(steps, dtype="int32"), 0)  # that each step may see
    return ops.less_equal(ops.expand_dims(positions, 0), ops.expand_dims(last, -1))


def _column(index: int | Tensor) -> Tensor:
    """A number or `(batch,)` integers as int32 `(1 or batch, 1)`."""
    return ops.reshape(ops.cast(index, "int32"), (-1, 1))


def slide(cache: Memory, step: Memory, sinks: int = 0, count: int | Tensor | None = None) -> Memory:
    """The cache with the memory of some steps behind what it holds, and as many of the oldest forgotten.

    Args:
        cache: keys and values, `(batch, heads, length, width)` each.
        step: the memory of the steps, `(batch, heads, steps, width)` each.
        sinks: how many of the first steps of the stream are never forgotten.
        count: with sinks, how many steps the cache held before: a number, a scalar integer tensor, or `(batch,)`
            integers, one for each stream. Any number from `length` on means that it is full.

    Returns:
        Keys and values, `(batch, heads, length, width)` each. Raises ValueError for sinks without a count, and for
        sinks that leave no place for other steps.
    """
    keys, values = (_slid(buffer, new, sinks, count) for buffer, new in zip(cache, step, strict=True))
    return keys, values


def slide_state(state: Any, sinks: int = 0, count: int | Tensor | None = None) -> Any:
    """The state of a recurrent score, `(batch, heads, 1, S)`, moved by a step as its keys are; None stays None.

    A state of several parts, such as a tuple of them, is moved part by part. `sinks` and `count` are those of `slide`.
    """

    def moved(part: Tensor | None) -> Tensor | None:
        if part is None:
            return None
        places = ops.swapaxes(part, -1, -2)
        return ops.swapaxes(_slid(places, ops.zeros_like(places[:, :, :1]), sinks, count), -1, -2)

    return keras.tree.map_structure(moved, state)


def _slid(buffer: Tensor, new: Tensor, sinks: int, count: int | Tensor | None) -> Tensor:
    """`buffer (batch, heads, length, width)` with `new (batch, heads, steps, width)` at its end."""
    joined, steps = ops.concatenate([buffer, ops.cast(new, buffer.dtype)], axis=2), ops.shape(new)[2]
    if not sinks:
        return joined[:, :, steps:]
    length = buffer.shape[2]
    if count is None:
        raise ValueError(f"slide keeps {sinks} sinks from when the cache is full on: give it the count of steps held")
    if not 0 < sinks < length:
        raise ValueError(f"a cache of {length} steps keeps 0 to {length - 1} sinks, not {sinks}")
    # What is not full yet begins further back by the places that are still empty.
    first = ops.clip(length - _column(count), 0, steps)
    places = ops.reshape(first + ops.arange(sinks, dtype="int32"), (-1, 1, sinks, 1))
    return ops.concatenate([ops.take_along_axis(joined, places, axis=2), joined[:, :, steps + sinks :]], axis=2)


def slide_mask(count: int | Tensor, length: int) -> Tensor:
    """The mask of a cache that slid `count` times: its last `count` places, or all, `(1, length)` booleans.

    Streams of a batch that began at different times have a count each, `(batch,)` integers -> `(batch, length)`.
    """
    since_end = length - ops.arange(length, dtype="int32")  # 1 at the newest place
    return ops.less_equal(ops.expand_dims(since_end, 0), ops.reshape(ops.cast(count, "int32"), (-1, 1)))
