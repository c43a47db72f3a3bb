"""What stands on a screen: any letter is written, and nothing makes a terminal act."""

import io
import json

import pytest

from heedful.recipes.suite.screen import escaped, escaped_all, forgive


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [("ascii", b"gr\\xfcn \\u5f00"), ("cp1252", b"gr\xfcn \\u5f00"), ("utf-8", "grün 开".encode())],
)
def test_letters_that_an_encoding_lacks_are_written_as_escapes(encoding, expected):
    content = io.BytesIO()
    stream = io.TextIOWrapper(content, encoding=encoding)
    forgive(stream, None, io.StringIO())  # a process without a screen, and a notebook
    print("grün 开", end="", file=stream, flush=True)
    assert content.getvalue() == expected


def test_bytes_that_are_no_letter_are_written_in_any_encoding():
    content = io.BytesIO()
    stream = io.TextIOWrapper(content, encoding="utf-8")
    forgive(stream)
    print("a\udcff", end="", file=stream, flush=True)
    assert content.getvalue() == b"a\\udcff"


def test_what_a_terminal_acts_upon_is_escaped_and_all_else_stays():
    assert escaped("a\x1b[31m\tb\x07\x9b \u202egnp.exe\u2028 \udcff") == (
        "a\\x1b[31m\\tb\\x07\\x9b \\u202egnp.exe\\u2028 \\udcff"
    )
    spelling = "my  file (1)\\n gru\u0308n\u00a0开灯\u3000حرك \u200d👩\u200d🚀.csv"
    assert escaped(spelling) == spelling
    assert escaped("two\nlines\r\n", keep="\n") == "two\nlines\\r\n"


def test_all_texts_of_a_result_are_escaped():
    result = {"la\x1bbel": ["a\nb", {"deep": "\x00"}], "n": 3, "share": 0.5, "none": None, "yes": True}
    assert escaped_all(result) == {
        "la\\x1bbel": ["a\\nb", {"deep": "\\x00"}], "n": 3, "share": 0.5, "none": None, "yes": True,
    }  # fmt: skip
    assert json.dumps(escaped_all({"plain": [1, "a"]})) == '{"plain": [1, "a"]}'
