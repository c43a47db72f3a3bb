"""Several paths are one source, `--columns` are a mapping, and both come back in messages of one line."""

import pytest

from heedful.apps.errors import InputError
from heedful.recipes.suite.sources import columns_of, in_one_line, joined, slug


def test_paths_stand_on_a_line_each():
    assert joined([]) == "" and joined(["a b.csv"]) == "a b.csv" and joined(["a.csv", "b.csv"]) == "a.csv\nb.csv"
    with pytest.raises(InputError, match="has a line break in its name: rename it"):
        joined(["a.csv", "b\n.csv"])


def test_columns_are_headers_by_name():
    assert columns_of([]) is None
    assert columns_of(["document=ctext", "summary = head lines", "a=b=c"]) == {
        "document": "ctext", "summary": "head lines", "a": "b=c",
    }  # fmt: skip
    assert columns_of(["document=ctext", "document=ctext"]) == {"document": "ctext"}


@pytest.mark.parametrize("wrong", ["ctext", "=ctext", "document=", "document= ", ""])
def test_columns_of_another_form_are_refused(wrong):
    with pytest.raises(InputError) as error:
        columns_of(["summary=title", wrong])
    assert str(error.value).startswith(f"--columns {wrong}: expected name=header")


def test_a_name_with_two_headers_is_refused():
    with pytest.raises(InputError, match=r"^--columns document=body: document is ctext already"):
        columns_of(["document=ctext", "document=body"])


def test_a_source_of_several_is_named_on_one_line():
    with pytest.raises(InputError, match=r"^a\.csv, b\.csv are empty\.$"), in_one_line("a.csv\nb.csv"):
        raise InputError("a.csv\nb.csv are empty.")
    error = InputError("a.csv is empty.")
    with pytest.raises(InputError) as raised, in_one_line("a.csv"):
        raise error
    assert raised.value is error


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("sample", "sample"),
        ("tfds:movielens/1m-ratings", "tfds-movielens-1m-ratings"),
        ("/data/my words/", "my-words"),
        ("data/part1.csv\ndata/part2.csv\nx.csv", "part1.csv-and-2-more"),
        (".", "data"),
    ],
)
def test_a_folder_is_named_for_its_source(source, name):
    assert slug(source) == name
