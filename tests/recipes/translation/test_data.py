"""Pairs of sentences that users bring: what is read, what is left out and named, and what is one sentence."""

import gzip
import json
from dataclasses import replace

import pytest

from heedful.apps.errors import InputError
from heedful.recipes.contract import Knowledge
from heedful.recipes.translation.config import PRESETS
from heedful.recipes.translation.data import load, look

CONFIG = replace(PRESETS["tiny"], vocabulary=300)
ROWS = [(f"ein Hund läuft {number}", f"a dog runs {number}") for number in range(40)]


def table(path, rows=ROWS, header="source,target", mark=",", encoding="utf-8"):
    lines = [header.replace(",", mark), *(mark.join(row) for row in rows)]
    path.write_bytes("\n".join(lines).encode(encoding))
    return str(path)


def pairs_of(data):
    return sorted(pair for split in data.splits.values() for pair in zip(split.sources, split.targets, strict=True))


@pytest.mark.parametrize("header", ["source,target", "src,tgt", "Source Text,Target_Text", "sentence1,sentence2"])
@pytest.mark.parametrize(("name", "mark", "encoding"), [
    ("a.csv", ",", "utf-8"), ("a.tsv", "\t", "utf-8-sig"), ("a.csv", ";", "cp1252"), ("a.txt", "\t", "utf-16"),
])  # fmt: skip
def test_tables_of_any_form(tmp_path, header, name, mark, encoding):
    found = look(table(tmp_path / name, ROWS, header, mark, encoding), CONFIG)
    assert sum(split["pairs"] for split in found.summary["splits"].values()) == 40 and len(found.examples) == 3
    assert "\n-> a dog runs " in found.examples[0]


def test_files_of_each_split_and_the_tokens_of_both_languages(tmp_path):
    table(tmp_path / "de_en_train.csv", ROWS[:30])
    table(tmp_path / "de_en_validation.csv", ROWS[30:])
    data = load(str(tmp_path / "de_en_train.csv"), CONFIG)
    assert (len(data.splits["train"]), len(data.splits["validation"])) == (30, 10)
    assert data.tokenizer.decode(data.tokenizer.encode("Ein Hund runs")) == "Ein Hund runs", "capitals are kept"
    assert {b" Hund", b" dog"} & set(data.tokenizer.tokens)
    again = load(str(tmp_path / "de_en_validation.csv"), CONFIG, evaluating=Knowledge(data.facts, data.attachments))
    assert again.attachments == data.attachments
    inputs, weights = data.batch(0, 0)
    assert set(inputs) == {"source", "tokens", "targets"} and weights.shape == inputs["targets"].shape


def test_chosen_columns_and_json_lines(tmp_path):
    path = tmp_path / "pairs.jsonl.gz"
    rows = [{"de": source, "en": target} for source, target in ROWS]
    path.write_bytes(gzip.compress("\n".join(json.dumps(row) for row in rows).encode()))
    assert pairs_of(load(str(path), CONFIG, columns={"source": "en", "target": "de"})) == sorted(
        (target, source) for source, target in ROWS
    )


def test_sentences_of_training_are_left_out_of_the_other_splits_and_named(tmp_path):
    table(tmp_path / "train.csv", ROWS[:30])
    table(tmp_path / "val.csv", [*ROWS[28:], ("ein Hund läuft 3", "another dog")])
    data = load(str(tmp_path), CONFIG)
    assert len(data.splits["validation"]) == 10
    (reason,) = data.summary["skipped"]
    assert reason == "validation source that is also in train" and data.summary["skipped"][reason]["count"] == 3


def test_a_huge_sentence_is_cut_and_said_so(tmp_path):
    rows = [*ROWS, ("Hund " * 200_000, "dog " * 200_000)]
    data = load(table(tmp_path / "a.csv", [(*row, "train") for row in rows[5:]] + [(*row, "val") for row in rows[:5]],
                      "source,target,split"), CONFIG)  # fmt: skip
    assert max(map(len, data.batches.sources)) == CONFIG.max_source
    assert "of the texts are longer than 24 tokens" in str(load.__globals__["describe"](data.summary))


@pytest.mark.parametrize(("content", "reason"), [
    (b"", "is empty"),
    (b"source,target\n", "no rows"),
    (b"source,target\n" + b"ein Hund,\n" * 9, "cannot be used; the first reason is empty target"),
    (b"source\nein Hund\nzwei Hunde\n", "needs target"),
    (b"one,two,three\na b,c d,e f\n", "needs source"),
    (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40, ""),
    (b"source,target\n" + "Müller läuft,M runs\n".encode("cp1252") * 3 + "Äpfel für Łódź,apples\n".encode() * 3, ""),
], ids=["empty", "header only", "half empty", "one column", "other columns", "binary", "two encodings"])  # fmt: skip
def test_bad_input_is_one_sentence_or_said(tmp_path, content, reason):
    path = tmp_path / "pairs.csv"
    path.write_bytes(content)
    try:
        data = load(str(path), replace(CONFIG, vocabulary=300))
    except InputError as error:
        assert str(path) in str(error) and "\n" not in str(error) and reason in str(error)
    else:
        told = json.dumps(data.summary)
        assert not reason and (("skipped" in told and data.summary["skipped"]) or "read as" in told)


@pytest.mark.parametrize(("source", "columns", "reason"), [
    ("tfds:wmt14", None, "translation reads no catalogue"),
    ("pairs.csv", {"document": "x"}, "that can be chosen are source, target, split"),
    ("pairs.csv", {"source": "none"}, "has no column none for source"),
    ("nowhere.csv", None, "nowhere.csv"),
])  # fmt: skip
def test_wrong_requests_are_one_sentence(tmp_path, monkeypatch, source, columns, reason):
    monkeypatch.chdir(tmp_path)
    table(tmp_path / "pairs.csv")
    with pytest.raises(InputError, match=reason) as caught:
        load(source, CONFIG, columns=columns)
    assert "\n" not in str(caught.value)
