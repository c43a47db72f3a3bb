"""Rows of every form: the same values, and each row that cannot be used with its reason.

What broken files make of them is in the tables of bad input of the recipes.
"""

import gzip
import json
from pathlib import Path

import pytest

from heedful.apps.errors import InputError
from heedful.recipes.shared.reading.columns import SPLIT, Column
from heedful.recipes.shared.reading.rows import form_of, read_rows

COLUMNS = (Column("item", ("id",)), Column("title", obligatory=False), SPLIT)
TABLE = [["Title", "ID", "unread"], ["One, or two", "7", "x"], ["", "007", "y"]]
EXPECTED = [({"item": "7", "title": "One, or two"}, 2), ({"item": "007", "title": ""}, 3)]


def quoted(mark):
    return "".join(mark.join(f'"{cell}"' if "," in cell else cell for cell in row) + "\n" for row in TABLE)


def write(folder, name, content):
    content = content if isinstance(content, bytes) else content.encode()
    (folder / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return folder / name


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", quoted(",")),
        ("a.txt", quoted(";")),
        ("a.csv.gz", quoted("|")),
        ("a.tsv", quoted("\t")),
        ("a.TSV", quoted(",")),  # whatever its name says
        ("a.jsonl", "\n" + "".join(json.dumps(dict(zip(*pair, strict=True))) + "\n" for pair in
                                   ((("title", "id", "z"), TABLE[1]), (("title", "id", "y"), TABLE[2])))),
    ],
)  # fmt: skip
def test_forms(tmp_path, name, content):
    found = read_rows(write(tmp_path, name, content), COLUMNS)
    assert [(row.values, row.where) for row in found.rows] == [
        (values, f"{name}:{line}") for values, line in EXPECTED
    ]  # fmt: skip
    assert found.note == "ID is read as the item" or name.endswith("jsonl")
    assert not found.skipped


def test_movielens(tmp_path):
    path = write(tmp_path, "movies.dat", "7::Amélie: le film::train\n\n8::Eight\n9::Nine::\n".encode("latin-1"))
    found = read_rows(path, COLUMNS, movielens=True)
    assert [tuple(row.values.values()) for row in found.rows] == [
        ("7", "Amélie: le film", "train"), ("9", "Nine", ""),
    ]  # fmt: skip
    assert found.skipped == {"broken row": ["movies.dat:3 (2 fields where 3 are expected)"]} and found.separator == "::"
    with pytest.raises(InputError, match=r"has the columns .* and needs item"):
        read_rows(path, COLUMNS)


def test_reasons(tmp_path):
    lines = [
        '{"id": "1", "split": "val"}',
        '{"id": "", "split": "x"}',
        '{"id": 3}',
        "[",
        '{"id": "4", "title": 5}',
        "7",
    ]
    lines += [json.dumps({"id": str(number)}) for number in range(9)]
    found = read_rows(write(tmp_path, "a.jsonl", "\n".join(lines)), COLUMNS)
    assert [row.values for row in found.rows[:3]] == [
        {"item": "1", "split": "val"}, {"item": "4", "split": ""}, {"item": "0", "split": ""},
    ]  # fmt: skip
    assert {reason: len(names) for reason, names in found.skipped.items()} == {
        "empty item": 1, "item that is not text": 1, "row that is not JSON": 1, "row that is not a JSON object": 1,
    }  # fmt: skip
    assert found.skipped["item that is not text"] == ["a.jsonl:3 (3)"]


def test_a_row_of_more_lines_than_there_may_be(tmp_path):
    path = write(tmp_path, "a.csv", 'item,title\n1,"a\n\n\nb"\n')
    assert read_rows(path, COLUMNS, most_lines=4).rows[0].values["title"] == "a\n\n\nb"
    with pytest.raises(InputError, match="the quote that opens in line 2 is not closed"):
        read_rows(path, COLUMNS, most_lines=3)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "is empty: expected .jsonl, .csv or .tsv text"),
        (" ,\n,\n", "is empty"),
        ("item\n", "has a header and no rows: expected"),
        ('"item\n', "the names of the columns cannot be read (unexpected end of data): correct"),
        ("item,title\n1\n2\n3,c\n", "2 of 3 rows cannot be used; the first reason is broken row: a.csv:2"),
    ],
)  # fmt: skip
def test_files_that_are_refused(tmp_path, content, says):
    path = write(tmp_path, "a.csv", content)
    with pytest.raises(InputError) as caught:
        read_rows(path, COLUMNS)
    assert str(caught.value).startswith(str(path)) and says in str(caught.value)


def test_endings():
    found = [form_of(Path(name)) for name in ("a.csv", "b.JSONL.GZ", "c.d.tsv", "e.xlsx", "csv")]
    assert found == [".csv", ".jsonl", ".tsv", None, None]
