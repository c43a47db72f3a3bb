"""Where a sentence ends."""

import pytest

from heedful.recipes.text_summarization.scoring.sentences import sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It rose 3.5 percent. Why?  Nobody knows!", ["It rose 3.5 percent.", "Why?", "Nobody knows!"]),
        ("Dear Ann,\n\n  see www.heedful.org for more\n", ["Dear Ann,", "see www.heedful.org for more"]),
        ("Mr. Smith left.", ["Mr.", "Smith left."]),
        ("雨が降る。風が吹く！晴れ", ["雨が降る。", "風が吹く！", "晴れ"]),
        ("बारिश हुई। धूप निकली।", ["बारिश हुई।", "धूप निकली।"]),
        ("no end", ["no end"]),
        (" \n ", []),
    ],
)
def test_sentences(text, expected):
    assert sentences(text) == expected
