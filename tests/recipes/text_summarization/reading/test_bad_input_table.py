"""Whatever pairs a user brings to train on: they are used, left out and named, or one sentence says what to mend.

The tables below are one list on purpose: each line is an input, and what becomes of it.
"""

import csv
import gzip
import json
from typing import NamedTuple

import pytest

from heedful.apps.errors import InputError
from heedful.recipes.text_summarization.reading.sources import read_listing


def line(document: str | list = "A dog ran.", summary: str | list = "dog runs", **more):
    return json.dumps({"document": document, "summary": summary} | more, ensure_ascii=False) + "\n"


GOOD = line("It rained.", "rain", split="train") + line("It was dry.", "dry", split="val")
TABLE = "document,summary,split\nIt rained.,rain,train\nIt was dry.,dry,val\n"
BOM, NEXT = "\ufeff", "\n"


class Case(NamedTuple):
    """A file, and what becomes of it."""

    content: str | bytes
    skipped: dict[str, list[str]] | None = None  # beside what is used: a training begins
    refused: str = ""  # what the one sentence says instead
    used: tuple[str, str] | None = None  # the pair that is used besides


def more(row: str | bytes) -> bytes:
    return GOOD.encode() + (row if isinstance(row, bytes) else row.encode())


def used(document: str, summary: str = "dog runs") -> Case:
    return Case(more(line(document, summary, split="train")), {}, used=(document.strip(), summary.strip()))


def skips(row: str | bytes, reason: str, where: str = "mine.jsonl:3") -> Case:
    return Case(more(row), {reason: [where]})


MEGABYTE = "A dog ran 7 miles. " * 55_000
OBJECTS = {
    "all is well": Case(GOOD, {}),
    "1 MB of text": used(MEGABYTE),
    "emoji": used("A 🐕‍🦺 ran 🏃🏽.", "🐕"),
    "mixed scripts": used("Собака ran 一只狗 کلب.", "Собака 狗"),
    "right to left": used("كلب يجري في الحديقة.", "כלב רץ"),
    "only digits": used("123 456", "7"),
    "control characters": used("A dog\x07 ran\x1b[2J.\u2028And on.", "dog\x00 runs"),
    "lines": used("One.\nTwo.\n\n\tThree.", "One\nTwo"),
    "white space around": used("  A dog ran.\n", "\tdog runs "),
    "half a character": Case(
        more('{"document": "A \\ud83d dog", "summary": "dog", "split": "train"}\n'), {}, used=("A \ufffd dog", "dog")
    ),
    "another split": Case(more(line(split="holdout")), {"unknown split": ["mine.jsonl:3 holdout"]}),
    "no split is train": Case(more(line()), {}, used=("A dog ran.", "dog runs")),
    "blank lines": Case(more("\n  \r\n"), {}),
    "Windows lines": Case(GOOD.replace("\n", "\r\n"), {}),
    "old spreadsheet's lines": Case(GOOD.replace("\n", "\r"), {}),
    "a mark at the start": Case(BOM + GOOD, {}),
    "no line end at the end": Case(GOOD.rstrip(), {}),
    "empty document": skips(line(""), "empty document"),
    "empty summary": skips(line(summary=" \n"), "empty summary"),
    "nothing to be seen": skips(line("\u200b\x07\ufeff"), "empty document"),
    "no summary": skips('{"document": "A dog ran."}\n', "empty summary"),
    "null": skips('{"document": null, "summary": "a"}\n', "empty document"),
    "a number": skips('{"document": 12, "summary": "a"}\n', "document that is not text", "mine.jsonl:3 (12)"),
    "a list of sentences": Case(
        more(line(["A dog ran.", "It was fast."], ["dog", "runs"], split="train")), {},
        used=("A dog ran.\nIt was fast.", "dog\nruns"),
    ),
    "a list of numbers": skips(
        '{"document": "a", "summary": [1, 2]}\n', "summary that is not text", "mine.jsonl:3 ([1, 2])"
    ),
    "cut short": skips(
        '{"document": "A dog', "row that is not JSON",
        "mine.jsonl:3 (Unterminated string starting at: line 1 column 14 (char 13))",
    ),
    "a bare text": skips('"A dog ran."\n', "row that is not a JSON object"),
    "Latin-1": Case(more(line("Un café.", split="train").encode("latin-1")), {}, used=("Un café.", "dog runs")),
    "a row in another encoding": Case(
        more(line("Straße und Größe. " * 3, "Größe", split="train"))
        + line("Un café.", split="train").encode("latin-1"),
        {"row that is not UTF-8": ["mine.jsonl:4"]}, used=(("Straße und Größe. " * 3).strip(), "Größe"),
    ),
    "a zero byte": skips(
        '{"document": "A\0dog", "summary": "a"}\n', "row that is not JSON",
        "mine.jsonl:3 (Invalid control character at: line 1 column 16 (char 15))",
    ),
    "too deep": Case(more("[" * 200_000), None),
    "a document of two splits": Case(
        more(line("It rained.", "wet", split="test") + line("It was dry.", "sun", split="test")),
        {
            "test document that is also in train": ["mine.jsonl:3"],
            "test document that is also in validation": ["mine.jsonl:4"],
        },
    ),
    "validation that was trained on": Case(
        more(line("It rained.", "wet", split="val")), {"validation document that is also in train": ["mine.jsonl:3"]}
    ),
    "wrong columns": Case('{"id": 1, "words": "a"}\n', refused="has the columns id, words and needs document (or "),
    "empty file": Case("", refused="mine.jsonl is empty"),
    "only blank lines": Case("\n \n", refused="mine.jsonl is empty"),
    "binary": Case(bytes(range(256)) * 9, refused="is not a text table: expected a table"),
    "UTF-16": Case(GOOD.encode("utf-16"), {}),
    "a JSON array": Case(f"[{GOOD.strip().replace(NEXT, ', ')}]", {}),
    "an array that was cut short": Case("[\n" + GOOD.replace("}\n", "},\n"), refused="is not JSON, or was cut short"),
    "mostly broken": Case(more("{\n" * 3), refused="3 of 5 rows cannot be used; the first reason is row that is not"),
    "only unknown splits": Case(line(split="x"), refused="has no row that can be used; the first reason is unknown"),
    "a line without end": Case("x" * (17 << 20), refused="line 1 is longer than 16 MB"),
}  # fmt: skip

TABLES = {
    "all is well": Case(TABLE, {}),
    "a mark at the start": Case(BOM + TABLE, {}),
    "semicolons": Case(TABLE.replace(",", ";"), {}),
    "tabs": Case(TABLE.replace(",", "\t"), {}),
    "lines in quotes": Case(
        TABLE + '"A dog\n\nran, ""far"".",dog runs,train\n', {}, used=('A dog\n\nran, "far".', "dog runs")
    ),
    "1 MB of text": Case(TABLE + f'"{MEGABYTE}",dog,train\n', {}, used=(MEGABYTE.strip(), "dog")),
    "commas without quotes": Case(
        TABLE + "A dog,a cat,dog,train\n", {"broken row": ["mine.csv:4 (4 fields where 3 are expected)"]}
    ),
    "commas of sentences": Case(TABLE + "A dog, a cat,dog,train\n", {}, used=("A dog, a cat", "dog")),
    "quotes in quotes": Case(TABLE + '"a "big" dog",dog,train\n', {}, used=('a "big" dog', "dog")),
    "a quote left open at the end": Case(
        TABLE + '"A dog,dog,train\n', {"broken row": ["mine.csv:4 (unexpected end of data)"]}
    ),
    "a quote left open": Case(
        TABLE + '"A dog,dog,train\n' + "A cat,cat,train\n" * 99, refused="the quote that opens in line 4 is not closed"
    ),
    "Latin-1": Case(TABLE.encode() + "Un café,café,train\n".encode("latin-1"), {}, used=("Un café", "café")),
    "a row of bytes": Case(TABLE.encode() + b"a\0b,c,train\n", {}, used=("a\0b", "c")),
    "empty texts": Case(
        TABLE + ",dog,train\nA dog,,train\n", {"empty document": ["mine.csv:4"], "empty summary": ["mine.csv:5"]}
    ),
    "wrong columns": Case("id,words\n1,a\n", refused="has the columns id, words and needs document (or "),
    "a column twice": Case("document,summary,summary\na,b,c\n", refused="has the column summary twice: keep one of"),
    "header only": Case("document,summary\n", refused="has a header and no rows"),
    "empty file": Case("", refused="is empty"),
    "binary": Case(bytes(range(256)) * 9, refused="is not a text table"),
    "UTF-16": Case(TABLE.encode("utf-16"), {}),
}  # fmt: skip


def check(case: Case, path) -> None:
    path.write_bytes(case.content if isinstance(case.content, bytes) else case.content.encode())
    if case.refused:
        with pytest.raises(InputError) as caught:
            read_listing(str(path), None, download=False, training=True)
        message = str(caught.value)
        assert case.refused in message and str(path) in message
        assert "\n" not in message and message.endswith(".") and len(message) < 500
        return
    listing = read_listing(str(path), None, download=False, training=True)
    if case.skipped is None:
        assert sum(map(len, listing.skipped.values())) == 1
    else:
        assert listing.skipped == case.skipped
    train = listing.splits["train"]
    pairs = [("It rained.", "rain")] + ([case.used] if case.used else [])
    assert list(zip(train.sources, train.targets, strict=True)) == pairs
    assert tuple(listing.splits["validation"].sources) == ("It was dry.",)


@pytest.mark.parametrize("name", OBJECTS)
def test_objects(tmp_path, name):
    check(OBJECTS[name], tmp_path / "mine.jsonl")


@pytest.mark.parametrize("name", TABLES)
def test_tables(tmp_path, name):
    check(TABLES[name], tmp_path / "mine.csv")


def test_a_large_field_is_no_matter_for_others_afterwards(tmp_path):
    before = csv.field_size_limit()
    check(TABLES["1 MB of text"], tmp_path / "mine.csv")
    assert csv.field_size_limit() == before


def test_quotes_in_tabs_are_letters(tmp_path):
    path = tmp_path / "mine.tsv"
    path.write_text('Text\tTitle\n"Stop!" he said.\t"quoted, whole"\nIt was 5" long.\t5"\n', encoding="utf-8")
    listing = read_listing(str(path), None, download=False, training=False)
    pairs = [pair for split in listing.splits.values() for pair in zip(split.sources, split.targets, strict=True)]
    assert sorted(pairs) == [('"Stop!" he said.', "quoted, whole"), ('It was 5" long.', '5"')]
    assert listing.notes == ("Text is read as the document", "Title is read as the summary")


def test_a_gzip_and_one_that_ends_too_early(tmp_path):
    path = tmp_path / "mine.jsonl.gz"
    check(Case(gzip.compress(GOOD.encode()), {}), path)
    check(Case(gzip.compress(GOOD.encode())[:-9], refused="damaged or unfinished archive"), path)
