"""Rows of every form: the same values, and each row that cannot be used with its reason.

What broken files make of them is in the tables of bad input of the recipes.
"""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from heedful.apps.errors import InputError
from heedful.recipes.shared.reading.columns import SPLIT, Column
from heedful.recipes.shared.reading.rows import read_rows

COLUMNS = (Column("item", ("id",)), Column("title", obligatory=False), SPLIT)
CAPTIONS = (Column("image"), Column("caption", several=True))


def write(folder, name, content):
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder / name


def test_what_was_understood_is_said(tmp_path):
    found = read_rows(write(tmp_path, "a.csv", "ID;Titel;title\n7;x;Größe\n".encode("cp1252")), COLUMNS)
    assert found.rows == [({"item": "7", "title": "Größe"}, "a.csv:2")]
    assert found.read == "a.csv: a table separated by semicolons, in Windows-1252; item = ID; title = title"
    assert found.notes == ["ID is read as the item", "a.csv is read as Windows-1252"]


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
        {"item": "1", "title": "", "split": "val"}, {"item": "4", "title": "", "split": ""},
        {"item": "0", "title": "", "split": ""},
    ]  # fmt: skip
    assert {reason: len(names) for reason, names in found.skipped.items()} == {
        "empty item": 1, "item that is not text": 1, "row that is not JSON": 1, "row that is not a JSON object": 1,
    }  # fmt: skip
    assert found.skipped["item that is not text"] == ["a.jsonl:3 (3)"]


def test_a_number_is_text_where_a_column_may_be_a_number(tmp_path):
    path = write(tmp_path, "a.jsonl", '{"id": 3}\n{"id": 2.5}\n{"id": true}\n')
    found = read_rows(path, (Column("id", numbers=True),))
    assert [row.values["id"] for row in found.rows] == ["3", "2.5"] and found.skipped["id that is not text"]


def test_bytes_that_the_encoding_does_not_have(tmp_path):
    rows = [f"{number},Größe {number}".encode() for number in range(9)]
    found = read_rows(write(tmp_path, "a.csv", b"\n".join([b"id,title", *rows, b"9,Gr\xf6\xdfe"])), COLUMNS)
    assert len(found.rows) == 9 and found.skipped == {"row that is not UTF-8": ["a.csv:11"]}


@pytest.mark.parametrize(
    ("name", "content", "captions"),
    [
        ("columns.csv", "image,caption_0,caption_1,caption_2\np.jpg,one,,three\n", ["one", "three"]),
        ("list.jsonl", '{"image": "p.jpg", "caption": ["one", "two"]}\n', ["one", "two"]),
        ("raw.json", '[{"image": "p.jpg", "caption": [{"raw": "one"}, {"raw": "two"}]}]', ["one", "two"]),
        ("printed.csv", "image,caption\np.jpg,\"['one', 'it''s']\"\n", ["one", "its"]),
        ("cell.csv", 'image,caption\np.jpg,"[""one"", ""two""]"\n', ["one", "two"]),
        ("no list.csv", 'image,caption\np.jpg,"[sic] one"\n', ["[sic] one"]),
    ],
)
def test_several_values_of_a_row_are_several_rows(tmp_path, name, content, captions):
    found = read_rows(write(tmp_path, name, content), CAPTIONS)
    assert [row.values for row in found.rows] == [{"image": "p.jpg", "caption": caption} for caption in captions]


def test_sentences_of_a_text_are_one_text(tmp_path):
    found = read_rows(write(tmp_path, "a.jsonl", '{"item": ["One.", "Two."], "title": "x"}\n'), COLUMNS)
    assert found.rows[0].values["item"] == "One.\nTwo."


def test_lists_of_lists_of_words(tmp_path):
    text = [[["One", "."], ["Two", "."]], [["Three", "."]]]
    found = read_rows(write(tmp_path, "a.jsonl", (json.dumps({"item": text}) + "\n") * 2), COLUMNS)
    assert found.rows[0].values["item"] == "One .\nTwo .\nThree ."


@pytest.mark.parametrize("nothing", ["\\N", "NULL", "nan", "NaN", "#N/A", "<NA>"])
def test_what_programs_write_of_an_empty_cell(tmp_path, nothing):
    rows = f"a,{nothing}\nb,none\n{nothing},x\nc,null\n"
    found = read_rows(write(tmp_path, "a.csv", f"item,title\n{rows}"), COLUMNS)
    assert [row.values["title"] for row in found.rows] == ["", "none", "null"]
    assert found.skipped == {"empty item": ["a.csv:4"]}


def test_a_label_may_be_nan(tmp_path):
    found = read_rows(write(tmp_path, "a.csv", "label\nnan\nnan\n"), [Column("label", numbers=True)])
    assert [row.values["label"] for row in found.rows] == ["nan", "nan"]


def test_texts_as_bytes(tmp_path):
    texts = ["Größe".encode(), "ж".encode(), b"\xff"]
    pq.write_table(pa.table({"item": pa.array(texts, pa.binary())}), tmp_path / "a.parquet")
    found = read_rows(tmp_path / "a.parquet", COLUMNS)
    assert [row.values["item"] for row in found.rows] == ["Größe", "ж"]
    assert found.skipped == {"row that is not UTF-8": ["a.parquet: row 3"]}


def test_a_row_of_more_lines_than_there_may_be(tmp_path):
    path = write(tmp_path, "a.csv", 'item,title\n1,"a\n\n\nb"\n')
    assert read_rows(path, COLUMNS, most_lines=5).rows[0].values["title"] == "a\n\n\nb"
    with pytest.raises(InputError, match="the quote that opens in line 2 is not closed"):
        read_rows(path, COLUMNS, most_lines=3)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "is empty: expected a table"),
        (" ,\n,\n", "is empty"),
        ("item\n", "has a header and no rows: expected"),
        ("item,title\n1\n2\n3,c\n", "2 of 3 rows cannot be used; the first reason is broken row: a.csv:2"),
        ("\0\1\2\3\0\1\2\3", "is not a text table: expected"),
        ("PAR1 and no more", "is damaged"),
        ("[" * 100_000, "is nested too deeply"),
        ('[{"id": "1"}', "is not JSON, or was cut short"),
        ('{"a": {"b": 1}, "c": 2}\n', "needs item (or id)"),
        ("7", "has a header and no rows"),
    ],
)
def test_files_that_are_refused(tmp_path, content, says):
    path = write(tmp_path, "a.csv" if content[:1] not in "[{" else "a.json", content)
    with pytest.raises(InputError) as caught:
        read_rows(path, COLUMNS)
    assert str(caught.value).startswith(str(path)) and says in str(caught.value)
