"""Tokens said piece by piece, and pieces as words."""

from heedful.apps.rewritten import joined, spelt, words


def test_pieces_are_what_tokens_say():
    assert spelt([b"a\xe6", b"\x97", b"\xa5b", b" \xf0", b"\x9f\x98\x80"]) == ["a日", "", "b", " 😀", ""]
    assert spelt([b"\xe6", b"A", b"\xf0\x9f", b"\xc3"]) == ["\ufffd", "A", "\ufffd", "\ufffd"]
    assert spelt([]) == []
    assert words(["The", " ma", "yor", ",", "\n", "Ada", " ", "😀", "", "東", "京x"]) == [
        *(range(0, 1), range(1, 4), range(4, 6), range(6, 9), range(9, 10), range(10, 11))
    ]
    assert words([]) == [] and words(["x" * 20] * 3) == [range(0, 1), range(1, 2), range(2, 3)]


def test_no_space_begins_a_text_or_a_line():
    assert joined([" Rain", " in", " Oslo", "\n", " 12", " mm"]) == ["Rain", " in", " Oslo", "\n", "12", " mm"]
    assert joined(["", " ", "ó", " mm"]) == ["", "", "ó", " mm"] and joined([]) == []
