"""Which words have numbers, and the file that keeps them."""

import pytest

from heedful.apps.errors import InputError
from heedful.recipes.image_captioning.reading.vocabulary import SPECIAL, UNKNOWN, Vocabulary

CAPTIONS = ("A dog runs .", "a Dog, a cat!", "two cats", "The cat -- 2 years")


def test_words_by_falling_count_and_then_by_the_alphabet():
    assert Vocabulary.from_captions(CAPTIONS, min_count=2, most=0).tokens == (*SPECIAL, "a", "cat", "dog")
    assert Vocabulary.from_captions(iter(CAPTIONS), min_count=1, most=4).tokens[4:] == ("a", "cat", "dog", "2")


def test_no_word_is_frequent_enough():
    with pytest.raises(InputError, match="7 times: set a smaller min_count"):
        Vocabulary.from_captions(CAPTIONS, min_count=7, most=0)


def test_numbers_of_words():
    vocabulary = Vocabulary((*SPECIAL, "a", "dog"))
    assert vocabulary.ids(["dog", "a", "zebra", "<pad>x"]) == [5, 4, UNKNOWN, UNKNOWN]


def test_the_file_is_a_token_on_each_line():
    vocabulary = Vocabulary((*SPECIAL, "a", "собака", "犬"))
    content = vocabulary.to_text()
    assert content.decode().split("\n") == [*SPECIAL, "a", "собака", "犬", ""]
    assert Vocabulary.from_text(content) == vocabulary
    assert Vocabulary.from_text(content.rstrip(b"\n")) == vocabulary


@pytest.mark.parametrize(
    "content", [b"", b"a\nb\n", b"\xff\xfe", b"<pad>\n<start>\n<end>\n<unknown>\na\na\n", b"<pad>\n\n<end>\n"]
)
def test_what_is_no_vocabulary(content):
    with pytest.raises(InputError, match=r"vocabulary\.txt is not"):
        Vocabulary.from_text(content)
