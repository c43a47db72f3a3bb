"""Rows come in their splits, and a key stands in one of them only."""

import csv

import pytest

from heedful.apps.errors import InputError
from heedful.recipes.shared.reading.columns import Column
from heedful.recipes.shared.reading.split_rows import read_split_rows
from heedful.recipes.shared.reading.table import TABLE

COLUMNS = (Column("text", ("body",)), Column("label", numbers=True))


def write(path, rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)


def read(path, training=True, **how):
    return read_split_rows(str(path), COLUMNS, TABLE, "text", training=training, **how)


def texts(found):
    return {split: [row["text"] for row in rows] for split, rows in found.splits.items()}


def test_files_of_splits_and_a_text_that_stands_in_two_of_them(tmp_path):
    write(tmp_path / "mails_train.csv", [("text", "label"), ("a b", 1), ("c d", 2), ("a b", 1)])
    write(tmp_path / "mails_dev.csv", [("text", "label"), ("A B", 2), ("e f", 1)])
    found = read(tmp_path / "mails_train.csv")
    assert texts(found) == {"train": ["a b", "c d"], "validation": ["e f"], "test": []}
    assert found.splits["train"][0] == {"text": "a b", "label": "1"}
    skipped = found.summary["skipped"]
    assert skipped["text that is twice there"] == {"count": 1, "names": ["mails_train.csv:4"]}
    assert skipped["text that is in train as well"] == {"count": 1, "names": ["mails_dev.csv:2"]}


def test_a_column_decides_and_what_it_does_not_say_is_train(tmp_path):
    write(tmp_path / "a.csv", [("body", "label", "split"), ("x", 1, "test"), ("y", 2, "val"), ("z", 1, "")])
    found = read(tmp_path / "a.csv")
    assert texts(found) == {"train": ["z"], "validation": ["y"], "test": ["x"]}
    assert found.summary["split_rule"] == "the source"


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


def test_columns_are_chosen_and_a_source_without_them_is_refused(tmp_path):
    write(tmp_path / "a.csv", [("mine", "kind"), ("x y", "p"), ("z", "q")])
    assert texts(read(tmp_path / "a.csv", chosen={"text": "mine", "label": "kind"}))["train"]
    with pytest.raises(InputError, match=r"a\.csv"):
        read(tmp_path / "a.csv")
