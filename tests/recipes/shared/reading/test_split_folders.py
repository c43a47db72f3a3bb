"""The splits that folders are named for."""

import pytest

from heedful.recipes.shared.reading.split_folders import split_of_folder, split_of_folders


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("Train", "train"),
        ("train2017", "train"),
        ("train-clean-100", "train"),
        ("val_images", "validation"),
        ("01-dev", "validation"),
        ("testing_set", "test"),
        ("restval", "train"),
        ("trainer", ""),
        ("up", ""),
        ("latest", ""),
    ],
)
def test_split_of_a_folder(name, split):
    assert split_of_folder(name) == split


def test_the_first_folder_that_is_named_for_a_split_says_it():
    assert split_of_folders(("up", "test", "train")) == "test"
    assert split_of_folders(("up", "anna")) == ""
