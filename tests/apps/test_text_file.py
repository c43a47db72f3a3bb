"""What is text, and what is a sentence about why not."""

import pytest

from heedful.apps.errors import InputError
from heedful.apps.text_file import read_text

WRONG = {
    "invalid UTF-8": (b"Rain \xff\xfe", "is no text in UTF-8: save it again"),
    "zeros": (b"Rain\0in Oslo", "is no text in UTF-8"),
    "UTF-16": ("Rain".encode("utf-16"), "is no text in UTF-8"),
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "is no text in UTF-8"),
}


def test_text_is_as_it_is(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbf" + "Łódź\r\n😀\r\x1b".encode())
    assert read_text(tmp_path / "a.txt", "") == "Łódź\r\n😀\r\x1b"
    (tmp_path / "a.txt").write_bytes(b"")
    assert read_text(str(tmp_path / "a.txt"), "") == ""


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_text(tmp_path, name):
    content, reason = WRONG[name]
    (tmp_path / "a.txt").write_bytes(content)
    with pytest.raises(InputError, match=rf"a\.txt {reason}") as caught:
        read_text(tmp_path / "a.txt", "save it again")
    assert "\n" not in str(caught.value)


def test_what_is_no_file(tmp_path):
    with pytest.raises(InputError, match="is a folder: give a text file"):
        read_text(tmp_path, "")
    with pytest.raises(InputError, match=r"b\.txt does not exist: check the spelling"):
        read_text(tmp_path / "b.txt", "")
