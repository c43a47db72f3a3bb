"""Columns by any of their names, and the sentence about a file that lacks one."""

from pathlib import Path

import pytest

from heedful.apps.errors import InputError
from heedful.recipes.shared.reading.columns import SPLIT, Column, find_columns, guesses, split_header

USER = Column("user", ("user_id", "reviewerID", "customer", "visitor"))
TEXT = Column("text")
WANTED = (USER, TEXT, SPLIT)


@pytest.mark.parametrize("name", ["user", "User ID", "userId", "USER_ID", "reviewer-id", " Visitor"])
def test_names_in_any_spelling(name):
    assert find_columns(Path("x"), ["what", name, "Text"], WANTED) == {"user": name, "text": "Text"}


def test_the_first_of_several_names_is_taken_and_a_guess_is_said():
    found = find_columns(Path("x"), ["customer", "user id", "text", "SPLIT"], WANTED)
    assert found == {"user": "user id", "text": "text", "split": "SPLIT"}
    assert guesses(found) == "user id is read as the user"


@pytest.mark.parametrize(
    ("line", "separator", "names"),
    [
        ("user,text", ",", ["user", "text"]),
        ("a, b, c, d\ttext\tuser", "\t", ["a, b, c, d", "text", "user"]),
        ('"user" ; "te;xt"; text', ";", ["user", "te;xt", "text"]),
        ("who|text", "|", ["who", "text"]),
        ("a;b", ";", ["a", "b"]),
        ("", ",", []),
    ],
)
def test_the_separator_that_shows_most(line, separator, names):
    assert split_header(line, WANTED) == (separator, names)


@pytest.mark.parametrize(
    ("names", "separators", "says"),
    [
        (["a", "text"], ",\t", "mine has the columns a, text and needs user (or user_id, reviewerID, customer): "
                               "name them in its first line, separated by commas or tabs."),
        (["x" * 50], "", f"mine has the columns {'x' * 37}... and needs user (or user_id, reviewerID, customer); text: "
                         "name them so."),
        (["user", "text", "Text"], ",", "mine has the column text twice: keep one of them."),
        (["user", "text", "split", "Split"], ",", "mine has the column split twice: keep one of them."),
    ],
)  # fmt: skip
def test_what_is_missing_or_twice_there(names, separators, says):
    with pytest.raises(InputError) as caught:
        find_columns(Path("mine"), names, WANTED, separators)
    assert str(caught.value) == says
