"""Columns by the user's choice, by any of their names, and by content; and the sentence about a file that lacks one."""

from pathlib import Path

import pytest

from heedful.apps.errors import InputError
from heedful.recipes.shared.reading.columns import SPLIT, Column, understand

USER = Column("user", ("user_id", "reviewerID", "customer", "visitor", "Käufer"))
TEXT = Column("text", ("body", "content"), rivals=("body", "content"))
CAPTION = Column("caption", ("comment",), several=True)
WANTED = (USER, TEXT, SPLIT)


def columns(names, wanted=WANTED, chosen=None, samples=None, by_content=None):
    found = understand(Path("mine"), names, wanted, chosen or {}, samples or {}, by_content)
    return {name: list(taken) for name, taken in found.columns.items()}, found.notes


@pytest.mark.parametrize(
    "name",
    ["user", "User ID", "userId", "USER_ID", "reviewer-id", " Visitor", "user_id:token", "KAUFER", "Ka\u0308ufer"],
)
def test_names_in_any_spelling(name):
    assert columns(["what", name, "Text"])[0] == {"user": [name], "text": ["Text"]}


def test_the_first_of_several_names_is_taken_and_a_guess_is_said():
    found, notes = columns(["customer", "user id", "text", "SPLIT"])
    assert found == {"user": ["user id"], "text": ["text"], "split": ["SPLIT"]}
    assert notes == ("user id is read as the user",)


def test_what_the_user_chose_by_name_or_by_number():
    names = ["customer", "user id", "text", "Text"]
    found, notes = columns(names, chosen={"user": "customer", "text": "Text"})
    assert found == {"user": ["customer"], "text": ["Text"]} and notes == ("customer is read as the user",)
    assert columns(names, chosen={"user": "2", "text": "4"})[0] == {"user": ["user id"], "text": ["Text"]}
    with pytest.raises(InputError, match=r"mine has no column who for user: it has customer, .*--columns user=NAME"):
        columns(names, chosen={"user": "who"})


def test_rivals_make_it_ask_unless_one_says_hardly_anything():
    long, short = ["a long text of many words"] * 3, ["x"] * 3
    with pytest.raises(InputError) as caught:
        columns(["user", "body", "content"], samples={"body": long, "content": [text + "!" for text in long]})
    assert str(caught.value) == (
        "mine has the columns body and content, and each may be the text: choose one with --columns text=body."
    )
    for others in (short, long):  # next to nothing, and a copy
        assert columns(["user", "body", "content"], samples={"body": long, "content": others})[0]["text"] == ["body"]


def test_several_columns_of_captions():
    wanted = (CAPTION, USER)
    assert columns(["user", "caption_0", "caption_1", "Caption 2", "comment_number"], wanted)[0] == {
        "caption": ["caption_0", "caption_1", "Caption 2"], "user": ["user"],
    }  # fmt: skip
    assert columns(["user", "comment"], wanted)[0]["caption"] == ["comment"]
    assert columns(["user", "comment1"], wanted)[0]["caption"] == ["comment1"]


def test_by_content_where_no_name_tells_it():
    def look(samples, found):
        assert found == {"user": ["user"]}
        return {"text": [name for name, cells in samples.items() if all(" " in cell for cell in cells)]}

    samples = {"user": ["1", "2"], "a": ["so it is", "that is all"], "b": ["x", "y"]}
    found, notes = columns(["user", "a", "b"], samples=samples, by_content=look)
    assert found["text"] == ["a"] and notes == ("a is read as the text",)
    with pytest.raises(InputError, match="has the columns a and b, and each may be the text"):
        columns(["user", "a", "b"], samples=samples | {"b": ["or that", "or this"]}, by_content=look)


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (["a", "text"], "mine has the columns a, text and needs user (or user_id, reviewerID, customer): name them so, "
                        "or choose with --columns user=NAME."),
        (["x" * 50], f"mine has the columns {'x' * 37}... and needs user (or user_id, reviewerID, customer); text "
                     "(or body, content): name them so, or choose with --columns user=NAME text=NAME."),
        (["user", "text", "Text"], "mine has the column text twice: keep one of them."),
        (["user", "text", "split", "Split"], "mine has the column split twice: keep one of them."),
    ],
)  # fmt: skip
def test_what_is_missing_or_twice_there(names, says):
    with pytest.raises(InputError) as caught:
        columns(names)
    assert str(caught.value) == says


def test_a_split_of_any_name():
    samples = {"id": ["1", "2"], "body": ["a b", "c d"], "Set": ["Train", "val"], "state": ["valid", "valid"]}
    names = ["customer", "body", "state", "Set"]
    assert columns(names, samples=samples)[0]["split"] == ["Set"]
    assert "split" not in columns(names, samples=samples | {"Set": ["Train", "other"]})[0]


def test_parts_of_a_data_set_are_understood_alike():
    before = {"user": ["customer"], "text": ["gone"]}
    found = understand(Path("mine"), ["customer", "user id", "body"], WANTED, {}, {}, before=before)
    assert found.columns == {"user": ["customer"], "text": ["body"]}
