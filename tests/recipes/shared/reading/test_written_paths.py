"""Which of the files that are there end most like a written path."""

import unicodedata

import pytest

from heedful.recipes.shared.reading.written_paths import common_tail, composed, longest_tails


def test_letters_and_accents_written_apart_are_one_letter():
    assert composed(unicodedata.normalize("NFD", "für/Ärger")) == "für/Ärger"


@pytest.mark.parametrize(
    ("written", "there", "count"),
    [
        ("data/up/a", "home/anna/up/a", 2),
        ("UP/A", "up/a", 2),
        (unicodedata.normalize("NFD", "für/a"), "für/a", 2),
        ("up/a", "a", 1),
        ("up/b", "up/a", 0),
    ],
)
def test_parts_are_compared_from_the_last_one_on(written, there, count):
    assert common_tail(written.split("/"), there.split("/")) == count


def test_all_that_fit_best_are_given():
    there = [path.split("/") for path in ("x/up/a", "x/down/a", "y/up/a")]
    assert longest_tails(["z", "up", "a"], there) == (2, [0, 2])
    assert longest_tails(["a"], []) == (0, [])
