"""The greedy loop, against plain loops, on every backend."""

import numpy as np
import pytest
from keras import ops

from heedful.export.greedy import likeliest_tokens, token_by_token

PAD, START, END = 0, 1, 2
BATCH, LENGTH, WORDS = 5, 11, 7


def test_the_likeliest_words_until_the_end():
    """Scores that the state counts through; what comes behind an end is neither a word nor told of."""
    scores = np.random.default_rng(3).normal(size=(LENGTH, BATCH, WORDS)).astype("float32")
    scores[..., [PAD, START, END]] = -9.0
    ends = [3, 0, 7, 20, 5]
    for row, end in enumerate(ends[:3]):
        scores[end, row, END] = 9.0
    for row, end in enumerate(ends[4:], 4):
        scores[end, row, END] = 9.0
    given = ops.convert_to_tensor(scores)

    def step(token, index, tokens, state):
        now = ops.take(given, state["count"][0], axis=0)
        return now, {"most": ops.max(now, axis=1), "all": now}, {"count": state["count"] + 1}

    state = {"count": ops.zeros((BATCH,), "int32")}
    found = likeliest_tokens(
        step, state, length=LENGTH, start=START, end=END, batch=BATCH, told={"most": (), "all": (WORDS,)}
    )
    real = np.arange(LENGTH) < np.array(ends)[:, None]
    by_row = scores.swapaxes(0, 1)
    wanted = {
        "tokens": np.where(real, by_row.argmax(-1), PAD),
        "length": real.sum(1),
        "most": np.where(real, by_row.max(-1), 0.0),
        "all": np.where(real[..., None], by_row, 0.0),
    }
    assert list(found) == list(wanted)
    for name, value in wanted.items():
        np.testing.assert_array_equal(ops.convert_to_numpy(found[name]), value, err_msg=name)


def test_the_loop_stops_when_nobody_goes_on():
    """Each token is told where it stands and what came before it; two rounds are enough for all."""

    def step(token, index, tokens, state):
        word = ops.where(state["left"] > 0, token + 5, PAD)
        return word, {"index": ops.cast(state["left"] * 0 + index, "float32")}, {"left": state["left"] - 1}

    left = ops.convert_to_tensor(np.array([2, 0, 1], np.int32))
    tokens, told = token_by_token(step, {"left": left}, length=LENGTH, start=START, batch=3, told={"index": ()})
    wanted = np.zeros((3, LENGTH), int)
    wanted[0, :2], wanted[2, 0] = (START + 5, START + 10), START + 5
    np.testing.assert_array_equal(ops.convert_to_numpy(tokens), wanted)
    assert ops.convert_to_numpy(told["index"]).max() == 2.0


@pytest.mark.parametrize(("start", "end", "pad"), [(1, 2, 0), (0, 2, 0), (1, 1, 0), (3, 3, 3), (1, 0, 0)], ids=str)
def test_start_end_and_pad_are_the_users_own(start, end, pad):
    """T5 starts with pad; GPT-2 has one token for all three."""
    written = [[4, 5, 6, end, 5], [end, 4, 4, 4, 4], [5, 6, 5, 6, 5]]
    given = ops.one_hot(ops.convert_to_tensor(np.array(written, np.int32)), WORDS)

    def step(token, index, tokens, state):
        scores = ops.take(given, index, axis=1)
        return scores, {"score": ops.max(scores, axis=1)}, state

    found = likeliest_tokens(step, {}, length=5, start=start, end=end, pad=pad, batch=3, told={"score": ()})
    wanted = [[4, 5, 6, pad, pad], [pad] * 5, [5, 6, 5, 6, 5]]
    np.testing.assert_array_equal(ops.convert_to_numpy(found["tokens"]), wanted)
    np.testing.assert_array_equal(ops.convert_to_numpy(found["length"]), [3, 0, 5])
    np.testing.assert_array_equal(ops.convert_to_numpy(found["score"]), np.not_equal(wanted, pad))


def test_the_first_token_before_is_start():
    def step(token, index, tokens, state):
        return ops.one_hot(token + 1, WORDS), {}, state

    found = likeliest_tokens(step, {}, length=9, start=2, end=6, batch=2)
    np.testing.assert_array_equal(ops.convert_to_numpy(found["tokens"]), [[3, 4, 5, 0, 0, 0, 0, 0, 0]] * 2)


def test_told_may_have_any_number_of_axes():
    def step(token, index, tokens, state):
        return ops.one_hot(token + 1, WORDS), {"grid": ops.ones((1, 2, 3, 4))}, state

    found = likeliest_tokens(step, {}, length=5, start=3, end=6, told={"grid": (2, 3, 4)})
    assert ops.convert_to_numpy(found["grid"]).sum((2, 3, 4)).tolist() == [[24, 24, 0, 0, 0]]


WRONG = {
    "a state is lost": ({"a": (1, 3)}, {}, {}, {}, "the state has a, and the step returns a state of nothing"),
    "a state grows": ({"a": (1, 3)}, {"a": (1, 4)}, {}, {}, r"the state a begins as .*1, 3.* returns it as .*1, 4"),
    "a told thing is missing": ({}, {}, {"w": (3,)}, {}, "told has w, and the step tells nothing"),
    "one is told too much": ({}, {}, {}, {"w": (1, 3)}, "told has nothing, and the step tells w"),
    "another shape is told": (
        {},
        {},
        {"w": (3,)},
        {"w": (1, 4)},
        r"w of shape \(3,\), and the step tells it as \(4,\)",
    ),
    "a told name is taken": ({}, {}, {"length": ()}, {"length": (1,)}, "length, which is a name of the answer"),
}


@pytest.mark.parametrize(("before", "after", "told", "news", "sentence"), WRONG.values(), ids=WRONG)
def test_a_step_that_does_not_fit_is_told_so(before, after, told, news, sentence):
    made = lambda shapes: {name: ops.zeros(shape) for name, shape in shapes.items()}  # noqa: E731

    def step(token, index, tokens, state):
        return ops.one_hot(token + 1, WORDS), made(news), made(after)

    with pytest.raises(ValueError, match=sentence):
        likeliest_tokens(step, made(before), length=3, start=1, end=2, told=told)


def test_a_state_of_another_type_is_told_so():
    def step(token, index, tokens, state):
        return ops.one_hot(token + 1, WORDS), {}, {"count": ops.cast(state["count"], "float32")}

    with pytest.raises(ValueError, match=r"the state count begins as .*int32.* returns it as .*float32"):
        likeliest_tokens(step, {"count": ops.zeros((1,), "int32")}, length=3, start=1, end=2)
