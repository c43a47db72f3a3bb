"""Rows come in their splits, and a key stands in one of them only."""

import csv

import pytest

from heedful.apps.errors import InputError
from heedful.recipes.shared.reading.columns import Column
from heedful.recipes.shared.reading.split_rows import divided, read_tables
from heedful.recipes.shared.reading.splits import hash_split
from heedful.recipes.shared.reading.table import TABLE

COLUMNS = (Column("text", ("body",)), Column("label", numbers=True))


def write(path, rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)


def read(path, training=True, chosen=None, once=True):
    return divided(str(path), read_tables(str(path), COLUMNS, TABLE, chosen), "text", training, once=once)


def texts(found):
    return {split: [row["text"] for row in rows] for split, rows in found.splits.items()}


def test_files_of_splits_and_a_text_that_stands_in_two_of_them(tmp_path):
    write(tmp_path / "mails_train.csv", [("text", "label"), ("a b", 1), ("c d", 2), ("a b", 1)])
    write(tmp_path / "mails_dev.csv", [("text", "label"), ("A B", 2), ("e f", 1)])
    found = read(tmp_path / "mails_train.csv")
    assert texts(found) == {"train": ["a b", "c d"], "validation": ["e f"], "test": []}
    assert found.splits["train"][0] == {"text": "a b", "label": "1"}
    assert found.skipped == {
        "text that is twice in train": ["mails_train.csv:4"],
        "validation text that is also in train": ["mails_dev.csv:2"],
    }
    assert found.summary(["odd"])["skipped"]["text that is twice in train"] == {
        "count": 1, "names": ["mails_train.csv:4"],
    }  # fmt: skip
    assert texts(read(tmp_path / "mails_train.csv", once=False))["train"] == ["a b", "c d", "a b"]


def test_a_column_decides_and_what_it_does_not_say_is_train(tmp_path):
    write(tmp_path / "a.csv", [("body", "label", "split"), ("x", 1, "test"), ("y", 2, "val"), ("z", 1, "")])
    found = read(tmp_path / "a.csv")
    assert texts(found) == {"train": ["z"], "validation": ["y"], "test": ["x"]}
    assert found.split_rule == "column split of a.csv"


def test_a_split_of_no_known_name_is_left_out_and_named(tmp_path):
    write(tmp_path / "a.csv", [("text", "label", "split"), ("x", 1, "train"), ("y", 2, "holdout")])
    found = read(tmp_path / "a.csv", training=False)
    assert texts(found) == {"train": ["x"], "validation": [], "test": []}
    assert found.skipped == {"unknown split": ["a.csv:3 holdout"]}


def test_a_column_of_splits_counts_only_where_it_says_some(tmp_path):
    hashed = "a hash of each text: 80 % train, 10 % validation, 10 % test"
    for name, cell, note in (("split", "", ""), ("subset", "amazon", "subset names no splits (amazon), so it is not")):
        write(tmp_path / "a.csv", [("text", "label", name), *((f"text {n}", n % 2, cell) for n in range(50))])
        found = read(tmp_path / "a.csv")
        assert sum(map(len, texts(found).values())) == 50 and found.split_rule == hashed
        assert note in "; ".join(found.notes) and bool(note) == bool(found.notes)
    write(tmp_path / "a.csv", [("text", "label", "subset"), ("x", 1, "dev"), ("y", 2, "train")])
    assert texts(read(tmp_path / "a.csv")) == {"train": ["y"], "validation": ["x"], "test": []}
    write(tmp_path / "a.csv", [("text", "label", "split"), ("x", 1, "blue"), ("y", 2, "red")])
    with pytest.raises(InputError, match=r"no row that can be used; the first reason is unknown split: a\.csv:2 blue"):
        read(tmp_path / "a.csv")


def test_without_validation_some_of_train_is_held_back_for_training_only(tmp_path):
    write(tmp_path / "a.csv", [("text", "label", "split"), *((f"text {n}", n % 2, "train") for n in range(50))])
    held = texts(read(tmp_path / "a.csv"))["validation"]
    assert 0 < len(held) < 20 and not texts(read(tmp_path / "a.csv", training=False))["validation"]


def test_a_hash_splits_and_three_rows_still_make_train_and_validation(tmp_path):
    write(tmp_path / "a.csv", [("text", "label"), *((f"text {n}", n % 2) for n in range(300))])
    parts = texts(read(tmp_path / "a.csv"))
    assert {name: len(part) > 10 for name, part in parts.items()} == dict.fromkeys(parts, True)
    write(tmp_path / "b.csv", [("text", "label"), ("x", 1), ("y", 2), ("z", 1)])
    few = texts(read(tmp_path / "b.csv"))
    assert few["train"] and few["validation"] and sum(map(len, few.values())) == 3
    held = [text for text in (f"text {n}" for n in range(300)) if hash_split(text) == "validation"][:3]
    write(tmp_path / "c.csv", [("text", "label"), *((text, 1) for text in held)])
    assert [len(part) for part in texts(read(tmp_path / "c.csv")).values()] == [1, 2, 0]
    assert texts(read(tmp_path / "c.csv", training=False))["validation"] == held


def test_columns_are_chosen_and_a_source_without_them_is_refused(tmp_path):
    write(tmp_path / "a.csv", [("mine", "kind"), ("x y", "p"), ("z", "q")])
    assert texts(read(tmp_path / "a.csv", chosen={"text": "mine", "label": "kind"}))["train"]
    with pytest.raises(InputError, match=r"a\.csv"):
        read(tmp_path / "a.csv")
    with pytest.raises(InputError, match=r"--columns kind: the columns that can be chosen are text, label, split\."):
        read(tmp_path / "a.csv", chosen={"kind": "label"})
