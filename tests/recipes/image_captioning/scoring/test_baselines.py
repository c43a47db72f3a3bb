"""Captions that need no model: the most frequent, the nearest and the consensus, by hand and by brute force."""

from collections import Counter

import numpy as np

from heedful.recipes.image_captioning.scoring import baselines

TRAINING = [
    [["a", "dog", "runs"], ["two", "men"]],
    [["two", "men"]],
    [["a", "dog"], ["a", "dog", "runs"], ["grass"]],
]


def test_the_most_frequent_caption_and_the_first_of_equals():
    assert baselines.most_frequent(TRAINING) == ["a", "dog", "runs"]
    assert baselines.most_frequent([*TRAINING, [["two", "men"]]]) == ["two", "men"]


def test_random_captions_are_those_of_training_each_as_likely():
    found = baselines.random_captions(TRAINING, 6000, seed=3)
    counts = Counter(map(tuple, found))
    assert set(counts) == {tuple(caption) for captions in TRAINING for caption in captions}
    assert abs(counts["two", "men"] / 6000 - 2 / 6) < 0.03
    assert abs(counts["grass",] / 6000 - 1 / 6) < 0.03
    assert baselines.random_captions(TRAINING, 5, seed=3) == found[:5]
    assert baselines.random_captions(TRAINING, 50, seed=4) != found[:50]


def test_nearest_by_cosine_and_not_by_distance(monkeypatch):
    rng = np.random.default_rng(0)
    asked, training = rng.random((11, 5)), rng.random((7, 5)) * 10.0 ** rng.integers(-3, 4, (7, 1))
    cosine = [[q @ t / np.sqrt((q @ q) * (t @ t)) for t in training] for q in asked]
    np.testing.assert_array_equal(baselines.nearest_images(asked, training), np.argmax(cosine, axis=1))
    monkeypatch.setattr(baselines, "CHUNK", 3)
    np.testing.assert_array_equal(baselines.nearest_images(asked, training), np.argmax(cosine, axis=1))


def test_an_image_is_not_its_own_nearest(monkeypatch):
    monkeypatch.setattr(baselines, "CHUNK", 2)
    training = np.array([[1, 0], [1, 0.1], [0, 1], [0.2, 1], [0.1, 1]])
    names = ["a", "b", "c", "d", "e"]
    np.testing.assert_array_equal(baselines.nearest_images(training, training), range(5))
    np.testing.assert_array_equal(baselines.nearest_images(training, training, names, names), [1, 0, 4, 4, 3])
    np.testing.assert_array_equal(baselines.nearest_images(training[3:], training, ["new", "e"], names), [3, 3])


def test_features_of_nothing_are_near_to_nothing():
    found = baselines.nearest_images(np.zeros((1, 3)), np.eye(3))
    assert found.tolist() == [0]


def test_the_consensus_shares_most_words_with_the_others():
    captions = [["grass", "and", "snow"], ["a", "dog", "runs"], ["a", "brown", "dog", "runs"], ["a", "dog", "sits"]]
    # by hand: second 0 + 6/7 + 4/6, third 0 + 6/7 + 4/7, fourth 0 + 4/6 + 4/7
    assert baselines.central(captions) == ["a", "dog", "runs"]
    assert baselines.central(captions[:1]) == captions[0]
    assert baselines.central([["a"], ["b"]]) == ["a"]
    assert baselines.central([[], ["b"], ["b", "c"]]) == ["b"]
