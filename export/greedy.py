"""The greedy loop of a decoder, in the graph: a whole answer from one call of a file.

Static shapes and builtin operators; what goes from token to token, such as a cache of `heedful.layers`, is a value that
comes in and goes out. `likeliest_tokens` takes the most probable token, `token_by_token` leaves the choice to its step.

    def generate(source):
        memory = attention.memory(encoder(source))  # computed once

        def step(token, index, tokens, state):
            ...  # your own layers
            return scores, {"attention": weights}, {"hidden": hidden}

        start = {"hidden": ops.zeros((1, UNITS))}
        return likeliest_tokens(step, start, length=12, start=START, end=END, told={"attention": (SOURCE,)})

    export_tflite("writer.tflite", model, examples, signatures={"generate": Signature(generate, inputs)})
"""

from collections.abc import Callable, Mapping
from typing import Any

from keras import ops

Tensor = Any
State = dict[str, Tensor]
# Token int32 (batch,), its number from 0, all tokens int32 (batch, length) and the state -> what decides on the next
# token, what is told of it by name, the next state.
Step = Callable[[Tensor, Tensor, Tensor, State], tuple[Tensor, State, State]]


def likeliest_tokens(
    step: Step, state: State, *, length: int, start: int, end: int, pad: int = 0, batch: Any = 1,
    told: Mapping[str, tuple[int, ...]] | None = None,
) -> State:  # fmt: skip
    """The likeliest token after token until `end`, or until there are `length`.

    Args:
        step: called as `step(token, index, tokens, state)` with the token before, int32 `(batch,)`, first `start`; the
            number of the new one, a scalar from 0; what is written so far, int32 `(batch, length)`, `pad` behind it;
            and the state. It returns scores `(batch, vocabulary)`, what is to be told of the new token by name, and the
            next state under the same names.
        state: tensors by name, as they are before the first token; none changes its shape or type.
        length: the most tokens.
        start: the token before the first.
        end: the token that ends; `pad` ends as well. Neither is among the tokens that are returned.
        pad: what stands behind the end; it may be `start` or `end` as well.
        batch: how many are written at once, a number or a scalar.
        told: the shapes of what is told of one token, without the batch; `{"attention": (50,)}`, say.

    Returns:
        `tokens` int32 `(batch, length)`; how many they are, `length` int32 `(batch,)`; and what is told of each,
        float32 `(batch, length, ...)`. Zeros, and `pad`, behind the end.

    Raises:
        ValueError: the step does not return what it must, or `told` has a name that the answer has already.
    """
    if taken := {"tokens", "length"} & set(told or ()):
        raise ValueError(f"told has {taken.pop()}, which is a name of the answer: choose another one")

    def next_token(token, index, tokens, state):
        scores, news, after = step(token, index, tokens, state)
        found = ops.cast(ops.top_k(scores, 1)[1][:, 0], "int32")
        # What is finished stays so: the end becomes pad, and after pad comes pad.
        goes_on = ops.logical_and(going(index, token, start, pad), ops.not_equal(found, end))
        news = {name: ops.where(aligned(goes_on, value), value, 0.0) for name, value in news.items()}
        return ops.where(goes_on, found, pad), news, after

    tokens, found = token_by_token(next_token, state, length=length, start=start, pad=pad, batch=batch, told=told)
    return {"tokens": tokens, "length": ops.sum(ops.cast(ops.not_equal(tokens, pad), "int32"), axis=1), **found}


def token_by_token(
    step: Step, state: State, *, length: int, start: int, pad: int = 0, batch: Any = 1,
    told: Mapping[str, tuple[int, ...]] | None = None,
) -> tuple[Tensor, State]:  # fmt: skip
    """The same loop where `step` returns the next token itself, int32 `(batch,)`, and `pad` where nothing follows.

    It runs until all have come to `pad`. Returns the tokens int32 `(batch, length)` and what is told of each, which is
    not set to zero behind the end.
    """
    names, shapes = list(state), dict(told or {})
    first = ops.full((batch,), start, dtype="int32")
    tokens = ops.full((batch, length), pad, dtype="int32")
    rooms = [ops.zeros((batch, length, *shape), "float32") for shape in shapes.values()]

    def unfinished(index, token, *_):
        return ops.logical_and(index < length, ops.any(going(index, token, start, pad)))

    def write(index, token, tokens, *more):
        rooms, before = more[: len(shapes)], dict(zip(names, more[len(shapes) :], strict=True))
        found, news, after = step(token, index, tokens, before)
        check_step(before, after, shapes, news)
        tokens = ops.slice_update(tokens, (0, index), ops.expand_dims(found, 1))
        places = [(0, index, *(0 for _ in shape)) for shape in shapes.values()]
        added = (ops.cast(ops.expand_dims(news[name], 1), "float32") for name in shapes)
        rooms = map(ops.slice_update, rooms, places, added)
        return (index + 1, found, tokens, *rooms, *(after[name] for name in names))

    begin = (ops.convert_to_tensor(0, "int32"), first, tokens, *rooms, *state.values())
    _, _, tokens, *more = ops.while_loop(unfinished, write, begin)
    return tokens, dict(zip(shapes, more, strict=False))


def going(index: Tensor, token: Tensor, start: int, pad: int) -> Tensor:
    """Which are not finished, `(batch,)` booleans: behind `token` comes another one."""
    going_on = ops.not_equal(token, pad)
    return ops.logical_or(ops.equal(index, 0), going_on) if start == pad else going_on


def aligned(flags: Tensor, value: Tensor) -> Tensor:
    """Flags `(batch,)` with as many axes as `value` `(batch, ...)` has."""
    return flags if len(value.shape) == 1 else ops.expand_dims(flags, tuple(range(1, len(value.shape))))


def check_step(before: State, after: State, shapes: Mapping[str, tuple[int, ...]], news: State) -> None:
    """Raises `ValueError` where a step does not return the state that it got, or does not tell what it is to."""
    if set(after) != set(before):
        raise ValueError(f"the state has {listed(before)}, and the step returns a state of {listed(after)}")
    for name, value in before.items():
        was, is_ = (f"{tensor.dtype} {tuple(tensor.shape)}" for tensor in (value, after[name]))
        if value.dtype != after[name].dtype or differ(value.shape, after[name].shape):
            raise ValueError(f"the state {name} begins as {was}, and the step returns it as {is_}")
    if set(news) != set(shapes):
        raise ValueError(f"told has {listed(shapes)}, and the step tells {listed(news)}")
    for name, shape in shapes.items():
        if differ(found := news[name].shape[1:], shape):
            raise ValueError(f"told has {name} of shape {tuple(shape)}, and the step tells it as {tuple(found)}")


def listed(names: Mapping[str, Any]) -> str:
    return ", ".join(names) or "nothing"


def differ(a: Any, b: Any) -> bool:
    """Whether two shapes differ where both are known when the graph is built."""
    pairs = zip(a, b, strict=False)
    return len(a) != len(b) or any(isinstance(i, int) and isinstance(j, int) and i != j for i, j in pairs)
