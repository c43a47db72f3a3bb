"""What is said of a source, against counts by hand."""

import json

import pytest

from heedful.apps.tokenizer import Tokenizer
from heedful.recipes.text_summarization.config import Config
from heedful.recipes.text_summarization.reading.pairs import Listing, Split
from heedful.recipes.text_summarization.reading.summary import build, describe


@pytest.fixture
def listing():
    train = Split(("one two three", "four", "one two three", "é" * 5 + " " + "x" * 4), ("a b", "c", "d", "e f g h"))
    return Listing(
        "mine.csv",
        {"train": train, "validation": Split(("five six",), ("i",)), "test": Split((), ())},
        "column split of mine.csv",
        {"empty summary": [f"mine.csv:{line}" for line in (3, 5, 7, 9, 11)], "broken row": []},
        notes=("body is read as the document",),
    )


def test_counts_and_lengths(listing):
    summary = build(listing, Config(max_source=8, max_words=3))
    assert json.loads(json.dumps(summary)) == summary and list(summary["splits"]) == ["train", "validation"]
    train = summary["splits"]["train"]
    assert (train["pairs"], train["repeated"]) == (4, 1)
    assert train["document_words"] == {"mean": 2.25, "p95": 3.0, "longest": 3}
    assert train["summary_words"] == {"mean": 2.0, "p95": 3.7, "longest": 4}
    assert summary["skipped"] == {"empty summary": {"count": 5, "names": ["mine.csv:3", "mine.csv:5", "mine.csv:7"]}}
    assert summary["warnings"] == [
        "4 pairs to train on are few, a model that starts from nothing takes thousands: it will repeat words of the "
        "document, hardly more",
        "validation has few pairs (1): which epoch is the best is mostly chance",
        "no pairs for test: evaluate with --split validation",
    ]


def test_what_a_model_does_not_read(listing):
    tokenizers = pytest.importorskip("heedful.recipes.shared.reading.tokenizer_training")
    of_bytes = Tokenizer.from_json(tokenizers.train([""], 259, False))
    summary = build(listing, Config(max_source=9, max_words=4), of_bytes)  # one is the space before the text
    train = summary["splits"]["train"]
    assert train["documents_cut"] == 0.75 and train["summaries_cut"] == 0.25
    assert train["characters_read"] == pytest.approx((8 + 4 + 8 + 4) / (13 + 4 + 13 + 10), abs=1e-4)
    assert summary["splits"]["validation"]["characters_read"] == 1


def test_as_text(listing):
    text = describe(build(listing, Config()))
    assert text.splitlines()[0] == "mine.csv: 5 pairs, split by column split of mine.csv"
    assert "skipped 5: empty summary\n  mine.csv:3\n  mine.csv:5\n  mine.csv:7\n  and 2 more\n" in text
    assert "body is read as the document" in text and "warning: 4 pairs to train on are few" in text
    assert "broken row" not in text
