"""Whatever pairs a user gives to translate: what is left out is named, or one sentence says what to mend."""

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

RECIPE = "translation"
MODELS = Path(__file__).parents[3] / "saved_models"
MODEL = MODELS / RECIPE / "lumo" / "model.dynamic.tflite"
TABLE = "expected a table (.csv, .tsv, .jsonl, .json, .parquet, .xlsx) of source and target, or two texts, train.de and"
LINES = "expected a text on each line."


def table(*rows: str, header: str = "source,target") -> bytes:
    return "\n".join([header, *rows, ""]).encode()


def lines(*texts: str) -> bytes:
    return "".join(text + "\n" for text in texts).encode()


DE = [f"Hund Nummer {number}" for number in range(40)]
EN = [f"dog number {number}" for number in range(40)]
ROWS = [f"{one},{other}" for one, other in zip(DE, EN, strict=True)]
NOISE = np.random.default_rng(0).bytes(5000)
OTHER = (MODELS / "recommender" / "shop" / "model.tflite").read_bytes()
REFUSED: dict[str, tuple[dict[str, bytes], str, tuple[str, ...]]] = {  # files, which of them is named, what is said
    "empty": ({"a.csv": b""}, "a.csv", ("is empty", TABLE)),
    "header only": ({"a.csv": table()}, "a.csv", ("has a header and no rows", TABLE)),
    "binary": ({"a.csv": NOISE}, "a.csv", ("is not a text table", TABLE)),
    "a model of another recipe": ({"a.csv": OTHER}, "a.csv", ("is not a text table", TABLE)),
    "50 MB on one line": (
        {"a.csv": table(*ROWS) + b"word " * (10 << 20) + b",dog\n"}, "a.csv", ("line 42 is longer than 16 MB",),
    ),
    "a gzip cut short": (
        {"a.csv.gz": gzip.compress(table(*ROWS))[:-9]}, "a.csv.gz",
        ("is a damaged or unfinished archive: copy or pack it again.",),
    ),
    "no target": ({"a.csv": table(*DE, header="source")}, "a.csv", ("needs target", "with --columns target=NAME.")),
    "only spaces": (
        {"a.csv": table(*["  ,dog"] * 40)}, "a.csv",
        ("40 of 40 rows cannot be used; the first reason is empty source: a.csv:2.",),
    ),
    "the same text": (
        {"a.csv": table(*(f"the same,dog {number}" for number in range(40)))}, "",
        ("has no pairs to choose the best model by: give more",),
    ),
    "one pair": ({"a.csv": table(ROWS[0])}, "", ("has no pairs to train on: give more",)),
    "nothing": ({}, "", ("holds no table", TABLE)),
    "nothing to say which is the source": (
        {"train.de": lines(*DE), "train.en": lines(*EN)}, "",
        ("holds texts in de and en: say which is the source with --columns source=de target=en.",),
    ),
    "texts of different numbers of lines": (
        {"train.src": lines(*DE), "train.tgt": lines(*EN[1:])}, "train.src",
        ("has 40 lines and train.tgt 39: a target must stand on the line of its source.",),
    ),
    "empty texts": ({"train.src": b"", "train.tgt": b""}, "train.src", ("is empty", LINES)),
    "one empty text": (
        {"train.src": lines(*DE), "train.tgt": b""}, "train.src", ("has 40 lines and train.tgt 0: a target must",),
    ),
    "a binary text": (
        {"train.src": lines(*DE), "train.tgt": NOISE}, "train.tgt", ("is not a text file", LINES),
    ),
    "a text of zeros": (
        {"train.src": bytes(5000), "train.tgt": lines(*EN)}, "train.src", ("is not a text file", LINES),
    ),
    "a text of 50 MB on one line": (
        {"train.src": lines(*DE), "train.tgt": b"x" * (50 << 20)}, "train.tgt", ("line 1 is longer than 16 MB", LINES),
    ),
    "a text of a gzip cut short": (
        {"train.src.gz": gzip.compress(lines(*DE))[:-9], "train.tgt": lines(*EN)}, "train.src.gz",
        ("is a damaged or unfinished archive: copy or pack it again.",),
    ),
    "texts of spaces": (
        {"train.src": lines(*DE), "train.tgt": b"  \n" * 40}, "train.src",
        ("40 of 40 rows cannot be used; the first reason is empty target: train.src:1.",),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_pairs_that_nothing_can_be_learnt_from(tmp_path, name):
    files, named, reasons = REFUSED[name]
    folder = tmp_path / "mine"
    folder.mkdir()
    for file, content in files.items():
        (folder / file).write_bytes(content)
    assert_refused(RECIPE, [folder], str(folder / named), *reasons)
    if files:
        assert_refused(RECIPE, [folder / file for file in files], *reasons)


def test_paths_and_languages_that_are_not_there(tmp_path):
    for name, content in (("train.de", lines(*DE)), ("train.en", lines(*EN))):
        (tmp_path / name).write_bytes(content)
    both = [tmp_path / "train.de", tmp_path / "train.en"]
    assert_refused(RECIPE, [tmp_path / "no.csv"], "no.csv does not exist", TABLE)
    assert_refused(RECIPE, [both[0], tmp_path / "train.fr"], "train.fr does not exist", TABLE)
    assert_refused(RECIPE, both, "has no column fr for source: it has de, en", columns=["source=fr", "target=en"])
    assert_refused(RECIPE, both, "--columns label: the columns that can be chosen are source,", columns=["label=de"])


class Used(NamedTuple):
    """Files that are used all the same."""

    files: dict[str, bytes]
    pairs: int
    skipped: dict[str, list[str]]


USED = {
    "two encodings": Used(
        {"a.csv": table(*ROWS) + "Größe für Łódź,size\n".encode() + "Größe,size\n".encode("cp1252")}, 41,
        {"row that is not UTF-8": ["a.csv:43"]},
    ),
    "zero bytes in a text": Used({"a.csv": table(*ROWS) + b"a\0b,dog\n"}, 41, {}),
    "emoji": Used({"a.csv": table(*(f"{chr(0x1F600 + n)},🐕{'👍' * n}" for n in range(40)))}, 40, {}),
    "spaces among others": Used(
        {"a.csv": table(*ROWS, "\u3000,dog", "Hund,\u200b")}, 40,
        {"empty source": ["a.csv:42"], "empty target": ["a.csv:43"]},
    ),
    "a text of three splits, and twice in one": Used(
        {"a.csv": table("one,eins,train", "one,ein,train", "One,eins,val", "two,zwei,val", "two,zwei,test",
                        header="source,target,split")}, 3,
        {"validation source that is also in train": ["a.csv:4"],
         "test source that is also in validation": ["a.csv:6"]},
    ),
    "empty lines on one side": Used(
        {"train.src": lines(*DE, "", "Ja."), "train.tgt": lines(*EN, "Yes.", "")}, 40,
        {"empty source": ["train.src:41"], "empty target": ["train.src:42"]},
    ),
    "a line in another encoding": Used(
        {"train.src": lines(*DE, "Größe für Łódź") + "Größe\n".encode("cp1252"), "train.tgt": lines(*EN, "a", "b")}, 41,
        {"row that is not UTF-8": ["train.src:42"]},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", USED)
def test_what_is_left_out_is_named(tmp_path, name):
    case = USED[name]
    for file, content in case.files.items():
        (tmp_path / file).write_bytes(content)
    before = files_below(tmp_path)
    done = heedful("data", RECIPE, tmp_path, "--json")
    assert (done.code, done.err) == (0, "") and files_below(tmp_path) == before
    summary = json.loads(done.out)["summary"]
    assert sum(facts["pairs"] for facts in summary["splits"].values()) == case.pairs
    assert {reason: found["names"] for reason, found in summary["skipped"].items()} == case.skipped


@pytest.mark.parametrize("text", ["", " \t\n"], ids=["empty", "spaces"])
def test_run_on_no_sentence(tmp_path, text):
    done = heedful("run", RECIPE, text, "--model", MODEL, "--attention", tmp_path / "map.png")
    assert_sentence(done, 2, "the sentence is empty: give what is to be translated.")
    assert done.out == "" and not [*tmp_path.iterdir()]


@pytest.mark.parametrize(
    "text", ["🐕" * 9, "\u200b", "a\0b", "la " * (1 << 20)], ids=["emoji", "unseen", "zero", "long"]
)
def test_run_on_any_sentence(text):
    done = heedful("run", RECIPE, text, "--model", MODEL, "--json")
    assert (done.code, done.err) == (0, "") and "translation" in json.loads(done.out)[0]


def test_run_with_what_is_no_translator(tmp_path):
    assert_refuses_models(MODEL, MODELS / "recommender" / "shop" / "model.tflite", "La mirra.", tmp_path)
