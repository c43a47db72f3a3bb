"""Words are scored by the vectors that they are read as, and start as likely as Zipf has them."""

import keras
import numpy as np
import pytest
from small_captioner import TOKENS, WIDTH
from small_recommender import float64, shake

from heedful.recipes.image_captioning.network.word_embedding import MANDELBROT, Words, expected
from heedful.recipes.image_captioning.reading.vocabulary import END, FIRST, PAD, START, UNKNOWN


def some_words(**options) -> Words:
    words = Words(TOKENS, WIDTH, **options)
    words.build(None)
    return words


def test_a_word_is_scored_by_the_vector_that_it_is_read_as():
    words = shake(some_words())
    tokens = np.array([[3, 5, 22], [5, 2, 0]], np.int32)
    vectors = float64(words.vectors)
    np.testing.assert_allclose(float64(words(tokens)), vectors[tokens] * np.sqrt(WIDTH), atol=1e-5)
    hidden = np.random.default_rng(0).normal(size=(2, 3, WIDTH)).astype("float32")
    np.testing.assert_allclose(float64(words.score(hidden)), hidden @ vectors.T + float64(words.bias), atol=1e-5)
    assert words.count_params() == TOKENS * (WIDTH + 1)


def test_vectors_are_read_with_unit_variance():
    words = Words(997, 101)
    words.build(None)
    assert float64(words(np.arange(997, dtype=np.int32))).std() == pytest.approx(1, abs=0.02)


def test_scores_start_as_likely_as_words_are():
    """Zipf's law in Mandelbrot's form: the n-th word is as likely as 1 / (n + 2.7), and a caption ends as often as the
    first of them is there.
    """
    likely = np.exp(float64(expected(TOKENS)((TOKENS,), "float32")))
    words = likely[FIRST:]
    rank = np.arange(1, len(words) + 1)
    np.testing.assert_allclose(words / words[0], (1 + MANDELBROT) / (rank + MANDELBROT), rtol=1e-5)
    assert likely[END] == pytest.approx(words[0])
    assert likely[[PAD, START, UNKNOWN]].max() < words.min()
    assert np.log(likely).mean() == pytest.approx(0, abs=1e-6), "scores of unit variance stay near zero"
    np.testing.assert_allclose(float64(some_words().bias), np.log(likely), atol=1e-6)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_lower_precision_keeps_scores_and_their_bias_whole(policy):
    """A bias in half precision would lose what tells rare words apart."""
    words, hidden = some_words(dtype=policy), np.zeros((2, WIDTH), "float32")

    class Reader(keras.layers.Layer):
        def call(self, x):
            return words.score(keras.ops.cast(x, self.compute_dtype))

    found = Reader(dtype=policy)(hidden)
    assert keras.backend.standardize_dtype(found.dtype) == "float32"
    np.testing.assert_allclose(float64(found)[0], float64(words.bias), atol=1e-6)
    assert keras.backend.standardize_dtype(words(np.array([3], np.int32)).dtype) == policy.removeprefix("mixed_")
