"""Whatever labelled texts a user gives: what is left out is named, or one sentence says what to mend."""

import gzip
import json
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np
import pytest
from command_line import assert_refused, assert_refuses_models, assert_sentence, files_below, heedful

if keras.backend.backend() != "tensorflow":
    pytest.skip("the command line does not differ by backend", allow_module_level=True)

RECIPE = "text_classification"
MODELS = Path(__file__).parents[3] / "saved_models"
MODEL = MODELS / RECIPE / "intents" / "model.dynamic.tflite"
FORM = "expected a table (.csv, .tsv, .jsonl, .json, .parquet, .xlsx) of texts and labels"


def table(*rows: str, header: str = "text,label") -> bytes:
    return "\n".join([header, *rows, ""]).encode()


ROWS = [f"text number {number},{'yes' if number % 2 else 'no'}" for number in range(40)]
GOOD = table(*ROWS)
REFUSED = {
    "empty": (b"", "is empty", FORM),
    "header only": (table(), "has a header and no rows", FORM),
    "binary": (np.random.default_rng(0).bytes(5000), "is not a text table", FORM),
    "zeros": (bytes(5000), "is not a text table", FORM),
    "a model of another recipe": (
        (MODELS / "recommender" / "shop" / "model.tflite").read_bytes(), "is not a text table", FORM,
    ),
    "50 MB on one line": (GOOD + b"word " * (10 << 20) + b",no\n", "line 42 is longer than 16 MB", FORM),
    "50 MB without a line": (b"x" * (50 << 20), "line 1 is longer than 16 MB", FORM),
    "a gzip cut short": (gzip.compress(GOOD)[:-9], "is a damaged or unfinished archive: copy or pack it again."),
    "no label": (
        table(*ROWS, header="text,kind of mine"), "needs label", "choose with --columns label=NAME.",
    ),
    "one label": (
        table(*(f"text number {number},same" for number in range(40))),
        "has training texts of one label only, same: give texts of at least two.",
    ),
    "the same text": (
        table(*(f"the same,{'yes' if number % 2 else 'no'}" for number in range(40))),
        "has no texts to choose the best model by (39 were left out; the first reason is text that is twice in",
        "give more, or mark some validation in a column named split.",
    ),
    "one text": (table(ROWS[0]), "has no texts to train on: give more, or mark some train in a column named split."),
    "a label for each text": (
        table(*(f"text number {number},label {number}" for number in range(1000))),
        "has no validation text of a label that is also in train: give more texts of each.",
    ),
    "only spaces": (
        table(*(f"  ,{'yes' if number % 2 else 'no'}" for number in range(40))),
        "40 of 40 rows cannot be used; the first reason is empty text: mine.csv:2.",
    ),
    "splits of no known name": (
        table(*(f"{row},blue" for row in ROWS), header="text,label,split"),
        "has no row that can be used; the first reason is unknown split: mine.csv:2 blue.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_texts_that_nothing_can_be_learnt_from(tmp_path, name):
    content, *reasons = REFUSED[name]
    path = tmp_path / "mine.csv"
    path.write_bytes(content)
    assert_refused(RECIPE, [path], str(path), *reasons)


def test_paths_that_hold_nothing(tmp_path):
    (tmp_path / "folder").mkdir()
    assert_refused(RECIPE, [tmp_path / "no.csv"], "no.csv does not exist", FORM)
    assert_refused(RECIPE, [tmp_path / "folder"], "folder holds no table", FORM)
    assert_sentence(heedful("data", RECIPE, "tfds:imdb"), 2, "text classification reads no catalogue, give a table")


class Used(NamedTuple):
    """A table that is used all the same."""

    content: bytes
    texts: int
    skipped: dict[str, list[str]]


USED = {
    "two encodings": Used(
        GOOD + "Größe für Łódź,no\n".encode() * 2 + "Größe,yes\n".encode("cp1252"), 41,
        {"row that is not UTF-8": ["mine.csv:44"], "text that is twice in train": ["mine.csv:43"]},
    ),
    "zero bytes in a text": Used(GOOD + b"a\0b,yes\n", 41, {}),
    "emoji": Used(table(*(f"{chr(0x1F600 + n)}🐕,{'👍' if n % 2 else '👎'}" for n in range(40))), 40, {}),
    "spaces among others": Used(GOOD + " ,yes\n\u3000,no\n\u200b,no\n".encode(), 40, {
        "empty text": ["mine.csv:42", "mine.csv:43", "mine.csv:44"],
    }),
    "a text of three splits": Used(
        table("one,yes,train", "two,no,train", "One,yes,val", "two,no,test", "three,yes,val", "THREE,no,test",
              header="text,label,split"), 3,
        {"validation text that is also in train": ["mine.csv:4"], "test text that is also in train": ["mine.csv:5"],
         "test text that is also in validation": ["mine.csv:7"]},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", USED)
def test_what_is_left_out_is_named(tmp_path, name):
    case, path = USED[name], tmp_path / "mine.csv"
    path.write_bytes(case.content)
    done = heedful("data", RECIPE, path, "--json")
    assert (done.code, done.err) == (0, "") and files_below(tmp_path).keys() == {path}
    summary = json.loads(done.out)["summary"]
    assert sum(summary["texts"].values()) == case.texts
    assert {reason: found["names"] for reason, found in summary["skipped"].items()} == case.skipped


RUNS = {
    "no text": ("", "the text is empty: give at least a word."),
    "only spaces": (" \t", "the text is empty: give at least a word."),
    "missing": ("no.txt", "no.txt does not exist"),
    "an empty file": (b"", "mine.txt is empty: give at least a word."),
    "a binary file": (bytes(range(256)), "mine.txt is no text in UTF-8: save the text as UTF-8."),
    "two encodings": ("Größe ".encode() + "Größe".encode("cp1252"), "mine.txt is no text in UTF-8: save the text as"),
}


@pytest.mark.parametrize("name", RUNS)
def test_run_on_what_is_no_text(tmp_path, monkeypatch, name):
    given, reason = RUNS[name]
    monkeypatch.chdir(tmp_path)
    if isinstance(given, bytes):
        Path("mine.txt").write_bytes(given)
        given = "mine.txt"
    before = files_below(tmp_path)
    done = heedful("run", RECIPE, given, "--model", MODEL, "--attention", "words.png")
    assert_sentence(done, 2, reason)
    assert done.out == "" and files_below(tmp_path) == before


@pytest.mark.parametrize(
    "text", ["🐕" * 9, "\u200b", "a\0b", "word " * (1 << 20)], ids=["emoji", "unseen", "zero", "long"]
)
def test_run_on_any_text(text):
    done = heedful("run", RECIPE, text, "--model", MODEL, "--json")
    assert (done.code, done.err) == (0, "") and json.loads(done.out)[0]["words"]


def test_run_with_what_is_no_classifier(tmp_path):
    assert_refuses_models(MODEL, MODELS / "recommender" / "shop" / "model.tflite", "hello", tmp_path)
