"""What people give as labelled texts: what is read of it, and what is said where it cannot be used."""

import csv
import json
from dataclasses import replace

import numpy as np
import pytest

from heedful.apps.errors import InputError
from heedful.recipes.contract import knowledge_of
from heedful.recipes.text_classification.config import PRESETS
from heedful.recipes.text_classification.data import load, look

TINY = replace(PRESETS["tiny"], vocabulary=400)
ANIMALS = ("cat", "dog", "eel", "fox", "gnu", "hen", "owl")


def rows(count, labels=3):
    return [
        (f"the {ANIMALS[n % labels % 7]} number {n} of kind {n % labels}", f"kind {n % labels}") for n in range(count)
    ]


def write(path, given, header=("text", "label"), **how):
    with path.open("w", newline="", **{"encoding": "utf-8", **how}) as file:
        csv.writer(file).writerows([header, *given])
    return str(path)


def test_a_table_of_few_texts_is_read_and_told(tmp_path):
    data = load(write(tmp_path / "few.csv", rows(100), ("Review", "Sentiment")), TINY)
    assert data.facts["labels"] == ["kind 0", "kind 1", "kind 2"] and data.facts["outside"] is None
    sizes = {name: len(part) for name, part in data.splits.items()}
    assert sum(sizes.values()) == 100 and min(sizes.values()) > 2 and data.summary["texts"] == sizes
    ids, targets = data.batch(3, 1)
    assert (
        ids.dtype == np.int32
        and ids.shape == (TINY.batch_size, data.facts["length"])
        and targets.shape == (TINY.batch_size,)
    )


def test_many_labels_and_uneven_ones(tmp_path):
    many = load(write(tmp_path / "many.csv", rows(3000, 150)), TINY)
    assert many.summary["labels"] == 150 and many.splits["train"].targets.max() == 149
    assert [warning[:24] for warning in many.summary["warnings"]] == ["no validation text is of"]  # a hash is no quota
    uneven = [*rows(400, 1), ("one of its own", "rare")]
    data = load(write(tmp_path / "uneven.csv", [(*row, "train") for row in uneven] + [("x y", "kind 0", "val")],
                      ("text", "label", "split")), TINY)  # fmt: skip
    assert data.facts["labels"] == ["kind 0", "rare"]
    (warning,) = data.summary["warnings"]
    assert warning == "no validation text is of rare: nothing is known of how well it is found"


def test_a_label_without_training_texts_is_left_out_and_named(tmp_path):
    given = [(*row, "train") for row in rows(30)] + [("a b", "kind 0", "val"), ("c d", "new", "val")]
    data = load(write(tmp_path / "a.csv", given, ("text", "label", "split")), TINY)
    assert len(data.splits["validation"]) == 1
    assert "1 texts of new are left out: no training text has such a label" in data.summary["warnings"]


@pytest.mark.parametrize("name", ["oos", "Out-of-scope", "UNKNOWN", "other"])
def test_the_label_of_none_of_these_comes_last(tmp_path, name):
    given = [(f"{text} {label}", name if label == "kind 1" else label) for text, label in rows(60)]
    data = load(write(tmp_path / "a.csv", given), TINY)
    assert data.facts["labels"] == ["kind 0", "kind 2", name] and data.facts["outside"] == 2


def test_chinese_texts_and_names_of_columns_in_utf_16(tmp_path):
    given = [
        (f"这家酒店的房间很{'干净' if n % 2 else '吵闹'}，第{n}次入住", "好" if n % 2 else "差") for n in range(60)
    ]
    data = load(write(tmp_path / "zh.csv", given, ("评论", "标签"), encoding="utf-16"), TINY)
    assert data.facts["labels"] == ["好", "差"] and sum(map(len, data.splits.values())) == 60
    assert any("干净" in text for text in data.splits["train"].texts)


def test_a_model_is_evaluated_on_what_it_knows(tmp_path):
    trained = load(write(tmp_path / "a.csv", rows(60)), TINY)
    lines = [{"text": f"new {n}", "label": f"kind {n % 4}"} for n in range(40)]
    (tmp_path / "b.jsonl").write_text("\n".join(map(json.dumps, lines)))
    data = load(str(tmp_path / "b.jsonl"), TINY, evaluating=knowledge_of(trained))
    assert len(data.split("all")) == 30 and data.facts == trained.facts
    assert data.split("all").ids.shape[1] == trained.facts["length"]
    with pytest.raises(InputError, match=r"has no text of kind 0, kind 1, kind 2, the labels of the model"):
        load(write(tmp_path / "c.csv", [("a", "x"), ("b", "y")]), TINY, evaluating=knowledge_of(trained))


def one_label(path):
    return write(path, [(text, "same") for text, _ in rows(40)]), r"one label only, same: give texts of at least two"


def no_label(path):
    return write(path, [(text,) for text, _ in rows(40)], ("text",)), "label"


def one_text(path):
    return write(path, [("only one", "a")]), "has no texts to (train on|choose the best model by)"


def binary(path):
    path.write_bytes(np.random.default_rng(0).bytes(5000))
    return str(path), "is not a text table|no text|cannot be used"


def nothing(path):
    path.write_bytes(b"")
    return str(path), "is empty: expected a table"


def header_only(path):
    return write(path, []), "holds? no rows|has a header and no rows"


def huge_line(path):
    path.write_text("text,label\n" + "word " * (4 << 20) + ",a\n")
    return str(path), "longer than 16 MB"


def mixed_encodings(path):
    lines = [f"prière numéro {n},{'oui' if n % 2 else 'non'}" for n in range(40)]
    path.write_bytes(
        b"text,label\n" + b"\n".join(line.encode("utf-8" if n % 3 else "latin-1") for n, line in enumerate(lines))
    )
    return str(path), None


@pytest.mark.parametrize(
    "make", [one_label, no_label, one_text, binary, nothing, header_only, huge_line, mixed_encodings]
)
def test_bad_input_is_one_sentence_that_names_the_file(tmp_path, make):
    source, reason = make(tmp_path / "given.csv")
    if reason is None:  # what has another encoding than most is left out and named
        data = load(source, TINY)
        skipped = data.summary["skipped"]
        assert sum(map(len, data.splits.values())) + sum(found["count"] for found in skipped.values()) == 40
        return
    with pytest.raises(InputError, match=reason) as error:
        load(source, TINY)
    assert "given.csv" in str(error.value) and "\n" not in str(error.value)


def test_a_text_of_two_splits_stays_in_training_only(tmp_path):
    given = [(*row, "train") for row in rows(30)] + [(*rows(30)[4], "val"), ("another text", "kind 0", "val")]
    data = load(write(tmp_path / "a.csv", given, ("text", "label", "split")), TINY)
    assert data.splits["validation"].texts == ["another text"]
    assert data.summary["skipped"]["validation text that is also in train"]["count"] == 1


def test_a_look_shows_three_texts_with_their_labels(tmp_path):
    given = [(*row, "train") for row in rows(31)] + [("another text", "kind 0", "val")]
    given[15] = ("so long " * 40, "kind 2", "train")
    found = look(write(tmp_path / "a.csv", given, ("text", "label", "split")), TINY)
    assert found.examples == [
        "the cat number 0 of kind 0\n-> kind 0",
        f"{('so long ' * 20).strip()}...\n-> kind 2",
        "the cat number 30 of kind 0\n-> kind 0",
    ]
    assert found.summary["texts"] == {"train": 31, "validation": 1, "test": 0}


def test_a_label_of_several_lines_is_one_line(tmp_path):
    labels = ["late\n delivery", "fine"]
    rows = [{"text": f"text number {number}", "label": labels[number % 2]} for number in range(80)]
    (tmp_path / "mails.jsonl").write_text("\n".join(map(json.dumps, rows)))
    data = load(str(tmp_path / "mails.jsonl"), TINY)
    assert data.facts["labels"] == ["fine", "late delivery"]
    assert data.attachments["labels.txt"] == b"fine\nlate delivery\n"
