"""What counts as a word in any script, and the round trip between words and numbers."""

import numpy as np
import pytest

from heedful.apps.errors import InputError
from heedful.recipes.image_captioning.vocabulary import END, PAD, SPECIAL, START, UNKNOWN, Vocabulary, words

CAPTIONS = ("A dog runs .", "a Dog, a cat!", "two cats", "The cat -- 2 years")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A black dog, running ...", ["a", "black", "dog", "running"]),
        ("a man's T-shirt (no. 42)", ["a", "man", "s", "t", "shirt", "no", "42"]),
        ("snake_case <end>", ["snake", "case", "end"]),
        ("Ein Mädchen läuft", ["ein", "mädchen", "läuft"]),
        ("Ma\u0308dchen", ["mädchen"]),
        ("Собака бежит по снегу.", ["собака", "бежит", "по", "снегу"]),
        ("كلب يجري في الثلج", ["كلب", "يجري", "في", "الثلج"]),
        ("كِتَاب", ["كِتَاب"]),
        ("कुत्ता दौड़ रहा है।", ["कुत्ता", "दौड\u093c", "रहा", "है"]),
        ("一只狗在跑。", ["一", "只", "狗", "在", "跑"]),
        ("犬が2匹いる・ネコ", ["犬", "が", "2", "匹", "い", "る", "ネ", "コ"]),
        ("개가 달린다", ["개가", "달린다"]),
        ("a 🐕 in the ❄️ 1️⃣", ["a", "in", "the", "1"]),
        ("ＦＵＬＬ width ①²", ["full", "width", "12"]),
        ("soft\u00adhyphen, zero\u200bwidth \ufeffmark", ["softhyphen", "zerowidth", "mark"]),
        ("İstanbul ﬁsh", ["i\u0307stanbul", "fish"]),
        ("🐕🐕 !!", []),
        ("", []),
    ],
)
def test_words(text, expected):
    assert words(text) == expected


def test_words_of_words_are_the_same_words():
    text = "A man's İstanbul ①² कुत्ता 犬が ＦＵＬＬ"
    assert words(" ".join(words(text))) == words(text)


def test_counts_are_of_what_would_be_written():
    vocabulary, counts = Vocabulary.build(CAPTIONS, min_count=2, most=0)
    assert vocabulary.tokens == (*SPECIAL, "a", "cat", "dog")
    assert counts.tolist() == [0, 0, 4, 6, 3, 2, 2] and counts.dtype == np.int64  # 6: runs two cats the 2 years
    assert Vocabulary.from_captions(CAPTIONS, 2, 0) == vocabulary


def test_most_keeps_the_frequent_and_then_the_first_of_the_alphabet():
    vocabulary, counts = Vocabulary.build(CAPTIONS, min_count=1, most=4)
    assert vocabulary.tokens[4:] == ("a", "cat", "dog", "2")
    assert counts[UNKNOWN] == 5 and counts.sum() == 4 + 13


def test_no_word_is_frequent_enough():
    with pytest.raises(InputError, match="7 times: set a smaller min_count"):
        Vocabulary.build(CAPTIONS, min_count=7, most=0)


def test_numbers_and_back():
    vocabulary = Vocabulary((*SPECIAL, "a", "dog"))
    assert vocabulary.ids(["dog", "a", "zebra", "<pad>x"]) == [5, 4, UNKNOWN, UNKNOWN]
    assert vocabulary.text(np.array([START, 4, UNKNOWN, 5, END, 4, PAD], np.int32)) == "a <unknown> dog"
    assert vocabulary.text([]) == "" and vocabulary.text([PAD, PAD]) == ""


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
