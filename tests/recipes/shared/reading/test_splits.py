"""Splits: the published rule against sha1 written out, names as people write them, and what is said of empty ones."""

import hashlib
from collections import Counter

import pytest

from heedful.apps.errors import InputError
from heedful.recipes.shared.reading.splits import (
    SPLIT_NAMES,
    SPLITS,
    at_least_one,
    check_trainable,
    hash_rule,
    hash_split,
    pick,
    split_in_name,
    split_in_words,
    split_of,
    with_validation,
)

KEYS = [f"key {number}" for number in range(20_000)]


def by_hand(key: bytes, validation: int, test: int) -> str:
    """Shares in percent: the last 27 bits of the digest as a whole number, against whole numbers."""
    number = 100 * (int.from_bytes(hashlib.sha1(key).digest()[-4:]) & (2**27 - 1))
    limits = validation * (2**27 - 1), (validation + test) * (2**27 - 1)
    return "validation" if number < limits[0] else "test" if number < limits[1] else "train"


@pytest.mark.parametrize(("validation", "test"), [(10, 10), (5, 5), (20, 3), (0, 50)])
def test_the_hash_is_the_published_rule(validation, test):
    found = [hash_split(key, validation / 100, test / 100) for key in KEYS]
    assert found == [by_hand(key.encode(), validation, test) for key in KEYS]
    counts = Counter(found)
    assert counts["validation"] / len(KEYS) == pytest.approx(validation / 100, abs=0.006)
    assert counts["test"] / len(KEYS) == pytest.approx(test / 100, abs=0.009)


def test_a_tenth_each_unless_told_otherwise():
    assert [hash_split(key) for key in KEYS[:999]] == [by_hand(key.encode(), 10, 10) for key in KEYS[:999]]


@pytest.mark.parametrize("key", ["", "犬.png", "caf\udce9.png", "half \ud83d a character", b"caf\xe9.png"])
def test_any_key(key):
    content = key if isinstance(key, bytes) else key.encode("utf-8", "surrogatepass")
    assert hash_split(key) == by_hand(content, 10, 10)


def test_names_of_splits():
    assert [split_of(text) for text in (" Train ", "restval", "VAL", "dev", "valid", "Testing", "holdout", "")] == [
        "train", "train", "validation", "validation", "validation", "test", None, None,
    ]  # fmt: skip
    assert set(SPLIT_NAMES.values()) == set(SPLITS)


@pytest.mark.parametrize(
    ("stem", "expected"),
    [
        ("captions_val2014", ("captions_*2014", "validation")), ("my-TRAIN", ("my-*", "train")),
        ("dev_news", ("*_news", "validation")), ("training.of.test", ("training.of.*", "test")),
        ("trains", ("trains", None)), ("contest", ("contest", None)), ("letters", ("letters", None)),
    ],
)  # fmt: skip
def test_splits_in_names_of_files(stem, expected):
    assert split_in_name(stem) == expected


def test_validation_is_taken_from_train_where_there_is_none():
    splits = ["test" if number % 7 == 0 else "train" for number in range(len(KEYS))]
    taken, rule = with_validation(splits, KEYS, "each key", 0.05)
    for before, after, key in zip(splits, taken, KEYS, strict=True):
        assert after == ("validation" if before == "train" and by_hand(key.encode(), 5, 0) == "validation" else before)
    assert rule == "; validation is 5 % of train, by a hash of each key"
    for splits in (["train", "validation"], ["test", "test"], []):
        assert with_validation(splits, ["a"] * len(splits), "each key") == (splits, "")


@pytest.mark.parametrize("count", [2, 3, 5, 8])
def test_of_few_at_least_one_is_validated_by_and_one_trained_on(count):
    for start in range(0, 400, count):
        keys = KEYS[start : start + count]
        splits, words = with_validation(["train"] * count, keys, "each key")
        assert {"train", "validation"} == set(splits) and "by a hash of each key" in words
        if "so few" in words and splits.count("train") > 1:
            assert keys[splits.index("validation")] == min(keys, key=lambda key: by_number(key.encode()))
        hashed = [hash_split(key) for key in keys]
        filled, words = at_least_one(hashed, keys, "each key")
        assert {"train", "validation"} <= set(filled) and (words == "") == (filled == hashed)
    assert with_validation(["train", "test"], KEYS[:2], "each key") == (["train", "test"], "")
    assert with_validation(["train", "train"], ["a", "a"], "each key")[0] == ["train", "train"]  # one speaker, say


def by_number(key: bytes) -> int:
    return int.from_bytes(hashlib.sha1(key).digest()[-4:]) & (2**27 - 1)


def test_the_rule_in_words():
    assert hash_rule("each path") == "a hash of each path: 80 % train, 10 % validation, 10 % test"
    assert hash_rule("each text", 0.05, 0.05) == "a hash of each text: 90 % train, 5 % validation, 5 % test"


def test_a_split_is_picked_or_what_there_is_is_said():
    splits = {"train": [0] * 1234, "validation": [], "test": [1, 2]}
    assert pick(splits, "train", "clips", "mine") == [splits["train"]]
    assert pick(splits, "all", "clips", "mine") == [splits["train"], splits["test"]]
    with pytest.raises(InputError) as caught:
        pick(splits, "validation", "clips", "mine")
    expected = "mine has no validation clips: choose a split that has some, train (1,234), test (2)."
    assert str(caught.value) == expected
    with pytest.raises(InputError, match=r"^mine has no clips: give some\.$"):
        pick({"train": []}, "all", "clips", "mine")


def test_what_a_training_needs():
    check_trainable({"train", "validation"}, "clips", "mine")
    for there, says in (({"validation"}, "to train on"), (["train", "test"], "to choose the best model by")):
        with pytest.raises(InputError, match=f"^mine has no clips {says}: give more, or mark some"):
            check_trainable(there, "clips", "mine")
    left = {"empty clip": ["a.wav", "b.wav"], "clip that is twice in train": ["c.wav"]}
    told = r"^mine has no clips to train on \(3 were left out; the first reason is empty clip: a\.wav\): give more"
    with pytest.raises(InputError, match=told):
        check_trainable((), "clips", "mine", left)


@pytest.mark.parametrize(
    ("stem", "split"),
    [
        ("Flickr_8k.trainImages", "train"), ("coco-cn_val", "validation"), ("testing_list", "test"),
        ("latestImages", None), ("trainer", None),
    ],
)  # fmt: skip
def test_words_in_a_name_are_told_apart_by_their_capitals_too(stem, split):
    assert split_in_words(stem) == split
