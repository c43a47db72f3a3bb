"""What counts as a word in any script."""

import pytest

from heedful.recipes.shared.reading.words import unspaced, word_count, words


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


@pytest.mark.parametrize(("text", "count"), [
    ("A man's dog, 2 years", 5), ("", 0), ("深圳2001年开通地铁。", 8), ("橋の 建設", 4), ("Größe – äh", 3),
    ("서울 시의회는 다리를", 3),
])  # fmt: skip
def test_counted_between_spaces(text, count):
    assert word_count(text) == count


def test_a_very_long_text_is_counted_alike():
    assert word_count("one two\n" * 200_000) == 400_000


def test_scripts_without_spaces_between_words():
    assert unspaced(["两个男人在街上走。", "iPhone 很好"]) and unspaced(["猫が好きです"]) and unspaced(["ฉันรักแมว"])
    assert not unspaced(["Donaudampfschifffahrtsgesellschaft"]) and not unspaced(
        ["고양이를 좋아해요", "我 said he, and no more"]
    )
    assert not unspaced([]) and not unspaced(["", "!"])
