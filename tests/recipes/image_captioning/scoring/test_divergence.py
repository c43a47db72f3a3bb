"""Divergence of attention maps against SciPy's distance and the formula in loops; identical maps are found out."""

import itertools
import math

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon

from heedful.recipes.image_captioning.scoring.divergence import divergence


def maps(words: int, cells: int = 13, seed: int = 0, sharp: float = 3.0) -> np.ndarray:
    logits = sharp * np.random.default_rng([seed, words]).standard_normal((words, cells))
    weights = np.exp(logits)
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)


def slow(first, second) -> float:
    first, second = (np.asarray(m, np.float64) / np.sum(m, dtype=np.float64) for m in (first, second))
    middle = (first + second) / 2

    def relative(p):
        return sum(a * math.log2(a / b) for a, b in zip(p, middle, strict=True) if a > 0)

    return (relative(first) + relative(second)) / 2


def test_against_scipy_and_the_formula():
    attention = [maps(words) for words in (2, 5, 11)]
    attention[1][2, :7] = 0  # hard attention
    wanted, by_scipy = [], []
    for each in attention:
        pairs = list(itertools.combinations(each.astype(np.float64), 2))
        wanted.append(np.mean([slow(*pair) for pair in pairs]))
        by_scipy.append(np.mean([jensenshannon(*pair, base=2) ** 2 for pair in pairs]))
    assert divergence(attention) == pytest.approx(np.mean(wanted), rel=1e-9)
    assert divergence(attention) == pytest.approx(np.mean(by_scipy), rel=1e-6)


def test_identical_maps_have_none():
    """A model that looks the same way for every word has pictures as fine as any; here it has exactly 0."""
    same = [np.repeat(maps(1, seed=caption), words, axis=0) for caption, words in enumerate((2, 7, 19))]
    assert divergence(same) == pytest.approx(0, abs=1e-12)
    uniform = [np.full((5, 49), 1 / 49, np.float32)]
    assert divergence(uniform) == pytest.approx(0, abs=1e-12)
    nearly = [each * (1 + 1e-3 * np.random.default_rng(0).random(each.shape)) for each in same]
    assert 0 < (divergence(nearly) or 0) < 1e-5


def test_different_pictures_with_the_same_map_for_all_words_do_not_count():
    per_caption = [np.repeat(np.eye(7)[[caption]], 3, axis=0) for caption in range(7)]
    assert divergence(per_caption) == pytest.approx(0, abs=1e-12)


def test_maps_without_a_cell_in_common_are_one_apart():
    assert divergence([np.eye(5)]) == pytest.approx(1.0)
    assert divergence([np.eye(5)[[0, 0, 1]]]) == pytest.approx(2 / 3)  # one of three pairs is the same map


def test_maps_are_brought_to_sum_one():
    attention = [maps(5)]
    assert divergence([attention[0] * [[2], [3], [5], [7], [11]]]) == pytest.approx(divergence(attention), rel=1e-6)


def test_captions_of_one_word_do_not_count():
    assert divergence([maps(5), maps(1), maps(0)]) == divergence([maps(5)])
    assert divergence([maps(1), maps(0)]) is None
    assert divergence([]) is None


@pytest.mark.parametrize("value", [np.nan, np.inf, -0.1])
def test_broken_maps(value):
    attention = maps(3)
    attention[1, 4] = value
    with pytest.raises(ValueError, match="weights are broken"):
        divergence([attention])


def test_a_word_that_looks_nowhere():
    with pytest.raises(ValueError, match="empty"):
        divergence([maps(3) * [[1], [0], [1]]])
