"""What may not be written, against plain loops."""

import keras
import numpy as np
import pytest

from heedful.apps.tokenizer import END, PAD
from heedful.recipes.shared.network.writing import BARRED, allowed, repeated

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


def test_what_may_not_be_written_is_barred():
    tokens = np.array([[3, 5, 3, 0]], np.int32)
    scores = keras.ops.zeros((1, WORDS))
    index = keras.ops.convert_to_tensor(3)
    for n, barred in ((0, [PAD, END]), (2, [PAD, END, 5])):
        found = keras.ops.convert_to_numpy(allowed(scores, keras.ops.convert_to_tensor(tokens), index, (PAD, END), n))
        np.testing.assert_array_equal(found[0], [BARRED * (word in barred) for word in range(WORDS)])
