"""The linear model learns what pairs of words say, and what characters say where there are no spaces."""

import numpy as np

from heedful.recipes.shared.scoring.linear_text import support_vectors


def test_pairs_of_words_and_of_characters_are_learnt():
    texts = [f"{a} {b}" for a in ("not", "very") for b in ("good", "bad")] * 5
    targets = np.array([1, 0, 0, 1] * 5)  # neither word alone tells
    assert support_vectors(texts, targets).predict(["not good", "very good"]).tolist() == [1, 0]
    texts = ["房间很干净环境也非常好下次还会来住", "房间不干净环境也非常差下次不会来住"] * 5
    assert support_vectors(texts, np.array([0, 1] * 5)).predict(["服务很好很干净", "服务不好很差"]).tolist() == [0, 1]
