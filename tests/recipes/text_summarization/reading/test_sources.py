"""One file or one for each split: what is found by name, how it is split, and what cannot be told."""

import json

import pytest

from heedful.apps.errors import InputError
from heedful.recipes.shared.reading.splits import hash_rule, hash_split
from heedful.recipes.shared.reading.text_pairs import HELD_OUT
from heedful.recipes.text_summarization.reading.sources import read_listing


def write(path, *documents, columns=("document", "summary"), **more):
    """A file of one pair for each document."""
    rows = [dict(zip(columns, (text, f"{text} in short"), strict=True)) | more for text in documents]
    if path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        mark = "\t" if path.suffix == ".tsv" else ","
        path.write_text("".join(mark.join(row) + "\n" for row in [columns, *(row.values() for row in rows)]))
    return path


def read(path, training=True):
    listing = read_listing(str(path), None, download=False, training=training)
    return {name: list(split.sources) for name, split in listing.splits.items() if len(split)}, listing


def refusal(path, training=True):
    with pytest.raises(InputError) as caught:
        read(path, training)
    message = str(caught.value)
    assert str(path) in message and "\n" not in message and message.endswith(".")
    return message


@pytest.mark.parametrize("names", [("train.jsonl", "validation.jsonl", "test.jsonl"),
                                   ("my-TRAIN.csv", "my-Val.csv", "my-test.csv"),
                                   ("train_news.tsv", "dev_news.tsv", "test_news.tsv")])  # fmt: skip
def test_a_file_for_each_split(tmp_path, names):
    for name, text in zip(names, "abc", strict=True):
        write(tmp_path / name, text)
    write(tmp_path / "another.csv", "z")
    expected = {"train": ["a"], "validation": ["b"], "test": ["c"]}
    for given in (tmp_path, *(tmp_path / name for name in names)):
        found, listing = read(given)
        assert found == expected and all(name in listing.split_rule for name in names)


def test_only_files_of_the_same_name_belong_together(tmp_path):
    for name, text in (("old_train", "a"), ("old_validation", "b"), ("new_train", "c"), ("new_validation", "d")):
        write(tmp_path / f"{name}.jsonl", text)
    assert read(tmp_path / "new_train.jsonl")[0] == {"train": ["c"], "validation": ["d"]}
    assert "new_train.jsonl, new_validation.jsonl, old_train.jsonl" in refusal(tmp_path)
    write(tmp_path / "new_val.jsonl", "e")
    with pytest.raises(InputError, match=r"new_val.jsonl and new_validation.jsonl, both for validation: keep one"):
        read(tmp_path / "new_train.jsonl")


def test_one_file_is_split_by_its_documents(tmp_path):
    texts = [f"text {number}" for number in range(2003)]
    found, listing = read(write(tmp_path / "letters.csv", *texts, "text 7"))
    assert listing.split_rule == hash_rule("each document", HELD_OUT, HELD_OUT) and read(tmp_path)[0] == found
    assert [len(found[split]) for split in ("train", "validation", "test")] == pytest.approx([1803, 100, 100], abs=25)
    assert sum(texts.count("text 7") for texts in found.values()) == 2 and all(
        hash_split(text, 0.05, 0.05) == split for split in found for text in found[split]
    )
    again, _ = read(write(tmp_path / "letters.csv", *texts[::-1], "one more"))
    assert all(set(found[split]) <= set(again[split]) for split in found)


def test_training_without_a_validation_holds_some_back(tmp_path):
    texts = [f"text {number}" for number in range(401)]
    path = write(tmp_path / "train.jsonl", *texts)
    found, listing = read(path)
    assert sorted(found["train"] + found["validation"]) == sorted(texts)
    assert 5 < len(found["validation"]) < 40 and "5 % of train" in listing.split_rule
    assert read(path, training=False)[0] == {"train": texts}


def test_other_names_of_columns_are_said(tmp_path):
    path = write(tmp_path / "mail_train.csv", "a", columns=("Body", "Subject"))
    write(tmp_path / "mail_test.csv", "b", columns=("document", "title"))
    found, listing = read(path, training=False)
    assert found == {"train": ["a"], "test": ["b"]} and listing.splits["test"].targets == ("b in short",)
    assert listing.notes == (
        "Body is read as the document",
        "Subject is read as the summary",
        "title is read as the summary",
    )
    write(tmp_path / "both.csv", "c", columns=("text", "document"))
    assert "has the columns text, document and needs summary" in refusal(tmp_path / "both.csv", training=False)


def test_files_that_are_not_there(tmp_path):
    assert "holds no table: expected a table (.csv, .tsv, " in refusal(tmp_path)
    assert "does not exist: expected" in refusal(tmp_path / "no.jsonl")
    (tmp_path / "mine.docx").write_bytes(b"PK\3\4\0\0\0")
    assert "mine.docx is " in refusal(tmp_path / "mine.docx")
    for name in ("a.jsonl", "b.csv"):
        write(tmp_path / name, "a")
    assert "holds a.jsonl, b.csv, which do not belong together" in refusal(tmp_path)
