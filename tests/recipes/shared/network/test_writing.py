"""What the graphs of writing models share, against plain loops."""

import keras
import numpy as np
import pytest

from heedful.apps.tokenizer import END, PAD, START
from heedful.recipes.shared.network.writing import BARRED, allowed, likeliest, repeated, word_by_word

BATCH, LENGTH, WORDS = 5, 11, 7


def plainly(tokens, index, n):
    """Every n-gram among the first `index` words whose beginning is what the next word follows."""
    counts = np.zeros((len(tokens), WORDS))
    for row, sentence in enumerate(tokens):
        words = sentence[:index].tolist()
        for start in range(index - n + 1):
            if words[start : start + n - 1] == words[index - n + 1 :]:
                counts[row, words[start + n - 1]] += 1
    return counts


@pytest.mark.parametrize("n", [2, 3, 4, 13])
def test_repeated_words(n):
    """Behind the words stands anything; few different ones, so that much is repeated."""
    tokens = np.random.default_rng(2).integers(3, 6, (BATCH, LENGTH)).astype(np.int32)
    found = [
        keras.ops.convert_to_numpy(
            repeated(keras.ops.convert_to_tensor(tokens), keras.ops.convert_to_tensor(index), n, WORDS)
        )
        for index in range(LENGTH)
    ]
    for index, counts in enumerate(found):
        np.testing.assert_array_equal(counts, plainly(tokens, index, n))
    assert np.max(found) > 1 or n > LENGTH


def test_pairs_by_hand():
    tokens = np.array([[3, 5, 3, 6, 3, 0, 0], [3, 3, 3, 0, 3, 6, 6], [5, 3, 0, 0, 3, 6, 3]], np.int32)
    wanted = [[0, 0, 0, 0, 0, 1, 1], [0, 0, 0, 2, 0, 0, 0], [0] * WORDS]
    for sentence, words, counts in zip(tokens, (5, 3, 2), wanted, strict=True):
        found = repeated(keras.ops.convert_to_tensor(sentence[None]), keras.ops.convert_to_tensor(words), 2, WORDS)
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(found), [counts])


def test_the_likeliest_words_until_the_end():
    """Scores that the state counts through; what comes behind an end is neither a word nor told of."""
    scores = np.random.default_rng(3).normal(size=(LENGTH, BATCH, WORDS)).astype("float32")
    scores[..., [PAD, START, END]] = -9.0
    ends = [3, 0, 7, 20, 5]
    for row, end in enumerate(ends[:3]):
        scores[end, row, END] = 9.0
    for row, end in enumerate(ends[4:], 4):
        scores[end, row, END] = 9.0
    given = keras.ops.convert_to_tensor(scores)

    def step(token, index, tokens, state):
        now = keras.ops.take(given, state["count"][0], axis=0)
        return now, {"most": keras.ops.max(now, axis=1), "all": now}, {"count": state["count"] + 1}

    state = {"count": keras.ops.zeros((BATCH,), "int32")}
    found = likeliest(step, state, {"most": (), "all": (WORDS,)}, BATCH, LENGTH)
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
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(found[name]), value, err_msg=name)


def test_the_loop_stops_when_nobody_goes_on():
    """Each token is told where it stands and what came before it; two rounds are enough for all."""

    def step(token, index, tokens, state):
        word = keras.ops.where(state["left"] > 0, token + 5, PAD)
        return word, {"index": keras.ops.cast(state["left"] * 0 + index, "float32")}, {"left": state["left"] - 1}

    left = keras.ops.convert_to_tensor(np.array([2, 0, 1], np.int32))
    tokens, told = word_by_word(step, {"left": left}, {"index": ()}, 3, LENGTH)
    wanted = np.zeros((3, LENGTH), int)
    wanted[0, :2], wanted[2, 0] = (START + 5, START + 10), START + 5
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(tokens), wanted)
    assert keras.ops.convert_to_numpy(told["index"]).max() == 2.0


def test_what_may_not_be_written_is_barred():
    tokens = np.array([[3, 5, 3, 0]], np.int32)
    scores = keras.ops.zeros((1, WORDS))
    index = keras.ops.convert_to_tensor(3)
    for n, barred in ((0, [PAD, END]), (2, [PAD, END, 5])):
        found = keras.ops.convert_to_numpy(allowed(scores, keras.ops.convert_to_tensor(tokens), index, (PAD, END), n))
        np.testing.assert_array_equal(found[0], [BARRED * (word in barred) for word in range(WORDS)])
