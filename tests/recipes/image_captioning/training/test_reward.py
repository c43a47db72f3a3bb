"""CIDEr-D on tensors against the scorer of pycocoevalcap, which is fed with the same words and the same pictures."""

import numpy as np
import pytest
from keras import ops
from pycocoevalcap.cider.cider_scorer import CiderScorer

from heedful.recipes.image_captioning.config import PRESETS
from heedful.recipes.image_captioning.data import load
from heedful.recipes.image_captioning.reading.vocabulary import END, FIRST, PAD, UNKNOWN
from heedful.recipes.image_captioning.training import reward

LENGTH = 11


def padded(captions: list[list[list[int]]], length: int = LENGTH) -> np.ndarray:
    """int32 `(pictures, most captions, length)`."""
    array = np.full((len(captions), max(map(len, captions)), length), PAD, np.int32)
    for picture, of_picture in enumerate(captions):
        for number, ids in enumerate(of_picture):
            array[picture, number, : len(ids)] = ids
    return array


def corpus(pictures: int, words: int, samples: int, seed: int) -> tuple[list, list]:
    """Samples and one to five references of each picture, all near one caption; some words are unknown, some captions
    are cut and have no end, some samples are nothing but their end.
    """
    rng = np.random.default_rng(seed)

    def near(start: np.ndarray, unknown: bool) -> list[int]:
        kept = [int(word) if rng.random() < 0.7 else int(rng.integers(FIRST, FIRST + words)) for word in start]
        kept = [UNKNOWN if unknown and rng.random() < 0.05 else word for word in kept[: rng.integers(0, len(kept) + 1)]]
        return kept if len(kept) == LENGTH else [*kept, END]

    made, references = [], []
    for _ in range(pictures):
        start = rng.integers(FIRST, FIRST + words, rng.integers(3, LENGTH + 1))
        made.append([near(start, False) for _ in range(samples)])
        references.append([near(start, True) for _ in range(rng.integers(1, 6))])
    return made, references


def scored(samples: list, references: list) -> np.ndarray:
    """The scorer's CIDEr-D of every sample `(pictures, samples)`."""
    text = lambda ids: " ".join(map(str, ids))  # noqa: E731
    found = []
    for number in range(len(samples[0])):
        scorer = CiderScorer()
        for of_picture, wanted in zip(samples, references, strict=True):
            scorer += (text(of_picture[number]), [text(ids) for ids in wanted])
        found.append(scorer.compute_score()[1])
    return np.stack(found, axis=1)


def rewards(samples: list, references: list) -> np.ndarray:
    arrays = (padded(samples), padded(references), *reward.rarity(padded(references)))
    return ops.convert_to_numpy(reward.cider(*map(ops.convert_to_tensor, arrays)))


@pytest.mark.parametrize(("words", "seed"), [(3, 0), (17, 1), (200, 2)])
def test_random_captions_score_as_pycocoevalcap_says(words, seed):
    samples, references = corpus(pictures=37, words=words, samples=3, seed=seed)
    expected = scored(samples, references)
    assert expected.max() > 1
    np.testing.assert_allclose(rewards(samples, references), expected, atol=1e-4)


def test_sentences_score_as_pycocoevalcap_says():
    data = load("sample", PRESETS["tiny"])
    captions = [[[*map(int, ids), END][:LENGTH] for ids in of_picture] for of_picture in data.captions.ids[:200]]
    samples = [[captions[row][0], captions[row - 1][0]] for row in range(200)]
    references = [of_picture[1:] for of_picture in captions]
    found = rewards(samples, references)
    np.testing.assert_allclose(found, scored(samples, references), atol=1e-4)
    assert found[:, 0].mean() > 2 * found[:, 1].mean()


def test_the_end_is_a_word():
    references = [[[4, 5, 6, END]] * 2, [[6, 5, 4, END]], [[7, 8, END]]]
    whole, cut, longer = rewards([[[4, 5, 6, END], [4, 5, END], [4, 5, 6, 4, END]]] + [[[4, END]] * 3] * 2, references)[
        0
    ]
    assert whole == pytest.approx(10, abs=1e-4)
    assert cut < longer < whole


def test_captions_of_fewer_words_than_the_longest_n_gram():
    references = [[[4, 5, END]], [[6, END]], [[6, 7, END]]]
    samples = [[[4, END], [5, 4, END]]] * 3
    arrays = (padded(samples, 3), padded(references, 3), *reward.rarity(padded(references, 3)))
    found = ops.convert_to_numpy(reward.cider(*map(ops.convert_to_tensor, arrays)))
    np.testing.assert_allclose(found, scored(samples, references), atol=1e-4)


def test_the_table_holds_what_two_pictures_have():
    references = padded([[[4, 5, END], [4, 6, END]], [[4, 5, END]], [[7, 5, END]]])
    ngrams, idf = reward.rarity(references)
    assert ngrams.dtype == np.int32 and idf.dtype == np.float32
    assert len(ngrams) % reward.ROUND == 0 and (np.diff(ngrams.astype(np.int64)) >= 0).all()

    def value(*ids):
        ngram = int(reward.hashes(np.array([ids], np.int32), len(ids))[0, 0])
        place = int(np.searchsorted(ngrams, ngram))
        return np.exp(idf[place if ngrams[place] == ngram else -1])

    in_two = {(4,): 2, (5,): 3, (END,): 3, (4, 5): 2, (5, END): 3, (4, 5, END): 2}
    for ids, pictures in in_two.items():
        assert value(*ids) == pytest.approx(3 / pictures)
    assert np.sum(ngrams < reward.LAST) == len(in_two)
    assert value(6) == value(9, 9) == pytest.approx(3)


def test_hashes_are_the_same_of_arrays_and_tensors_and_rarely_collide():
    ids = np.random.default_rng(0).integers(FIRST, 9973, (20011, 4)).astype(np.int32)
    for order in range(1, 5):
        found = reward.hashes(ids, order)
        np.testing.assert_array_equal(ops.convert_to_numpy(reward.hashes(ops.convert_to_tensor(ids), order)), found)
        assert len(np.unique(found[:, 0])) >= len(np.unique(ids[:, :order], axis=0)) - 1
