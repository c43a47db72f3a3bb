"""What every model that writes words in its graph needs, in static shapes and builtin operators."""

from collections.abc import Callable, Sequence

import numpy as np
from keras import ops

from heedful.apps.tokenizer import END, PAD, START
from heedful.layers.tensor import Tensor

BARRED = -1e4  # the score of what may not be written; half precision holds it

State = dict[str, Tensor]
Shapes = dict[str, tuple[int, ...]]
# Token, index, the tokens so far and the state -> what becomes a token, what is told of it by name, the next state.
Step = Callable[[Tensor, Tensor, Tensor, State], tuple[Tensor, State, State]]


def likeliest(step: Step, state: State, told: Shapes, batch: int, length: int) -> State:
    """The likeliest token after token, by the scores `(batch, vocabulary)` that `step` gives; see `word_by_word`.

    Returns `tokens` int32 `(batch, length)`, how many there are, `length` int32 `(batch,)`, and what is told of them;
    zeros behind the end.
    """

    def next_word(token, index, tokens, state):
        scores, told, after = step(token, index, tokens, state)
        word = ops.cast(ops.top_k(scores, 1)[1][:, 0], "int32")
        # What is finished stays so: END becomes PAD, and after PAD comes PAD.
        goes_on = ops.logical_and(ops.not_equal(token, PAD), ops.not_equal(word, END))
        real = {1: goes_on, 2: ops.expand_dims(goes_on, 1)}
        told = {name: ops.where(real[len(value.shape)], value, 0.0) for name, value in told.items()}
        return ops.where(goes_on, word, PAD), told, after

    tokens, found = word_by_word(next_word, state, told, batch, length)
    return {"tokens": tokens, "length": ops.sum(ops.cast(ops.not_equal(tokens, PAD), "int32"), axis=1), **found}


def word_by_word(step: Step, state: State, told: Shapes, batch: int, length: int) -> tuple[Tensor, State]:
    """A loop in the graph until all have come to PAD: tokens int32 `(batch, length)`, and what is told of each, float32
    `(batch, length, ...)` where `told` has the shapes of one.

    `step` gives the next token int32 `(batch,)`; it begins with START and `state`.
    """
    names = list(state)
    first = ops.full((batch,), START, dtype="int32")
    tokens = ops.full((batch, length), PAD, dtype="int32")
    found = [ops.zeros((batch, length, *shape), "float32") for shape in told.values()]

    def unfinished(index, token, *_):
        return ops.logical_and(index < length, ops.any(ops.not_equal(token, PAD)))

    def next_word(index, token, tokens, *more):
        found, state = more[: len(told)], dict(zip(names, more[len(told) :], strict=True))
        word, new, after = step(token, index, tokens, state)
        tokens = ops.slice_update(tokens, (0, index), ops.expand_dims(word, 1))
        places = [(0, index, *(0 for _ in shape)) for shape in told.values()]
        added = (ops.expand_dims(new[name], 1) for name in told)
        found = map(ops.slice_update, found, places, added)
        return (index + 1, word, tokens, *found, *(after[name] for name in names))

    start = (ops.convert_to_tensor(0, "int32"), first, tokens, *found, *state.values())
    _, _, tokens, *more = ops.while_loop(unfinished, next_word, start)
    return tokens, dict(zip(told, more, strict=False))


def allowed(scores: Tensor, tokens: Tensor, index: Tensor, never: Sequence[int], no_repeated_ngram: int) -> Tensor:
    """Scores `(batch, vocabulary)` without the tokens that are `never` written, and those by which so many would follow
    each other twice; see `repeated`.
    """
    scores = scores + barred(never, scores.shape[-1])
    if no_repeated_ngram:
        scores = scores + BARRED * repeated(tokens, index, no_repeated_ngram, scores.shape[-1])
    return scores


def barred(tokens: Sequence[int], vocabulary: int) -> np.ndarray:
    """What is added to scores so that these tokens are not written: float32 `(vocabulary,)`."""
    added = np.zeros(vocabulary, np.float32)
    added[list(tokens)] = BARRED
    return added


def repeated(tokens: Tensor, index: Tensor, n: int, vocabulary: int) -> Tensor:
    """How often each word would complete, as word number `index` from 0, an n-gram that is there: float32 `(batch,
    vocabulary)`.

    Of what is written so far, `tokens` int32 `(batch, length)`, the first `index` are words; the others are not looked
    at. `n` is at least 2.
    """
    batch, length = ops.shape(tokens)[0], tokens.shape[1]
    starts = max(length - n + 1, 0)
    last = ops.maximum(index - n + 1, 0) + ops.arange(n - 1)  # places of the words that the new one would follow
    followed = ops.take(tokens, ops.minimum(last, length - 1), axis=1)
    complete = ops.cast(ops.arange(starts) + n <= index, "float32")
    matches = ops.broadcast_to(ops.expand_dims(complete, 0), (batch, starts))
    for place in range(n - 1):
        same = ops.equal(tokens[:, place : place + starts], followed[:, place : place + 1])
        matches = matches * ops.cast(same, "float32")
    words = tokens[:, n - 1 :] + vocabulary * ops.expand_dims(ops.arange(batch, dtype="int32"), 1)
    counts = ops.scatter(ops.reshape(words, (-1, 1)), ops.reshape(matches, (-1,)), (batch * vocabulary,))
    return ops.reshape(counts, (-1, vocabulary))
