"""What is said of a source, against counts by hand."""

import json

import pytest

from heedful.apps.tokenizer import Tokenizer
from heedful.recipes.shared.reading.pair_summary import build, describe
from heedful.recipes.shared.reading.split_rows import Listing
from heedful.recipes.shared.reading.text_pairs import TextPairs
from heedful.recipes.shared.training.rewriting import Rewriting


@pytest.fixture
def listing():
    train = TextPairs(("one two three", "four", "one two three", "é" * 5 + " " + "x" * 4), ("a b", "c", "d", "e f g h"))
    return Listing(
        "mine.csv",
        {"train": train, "validation": TextPairs(("five six",), ("i",)), "test": TextPairs((), ())},
        "column split of mine.csv",
        {"empty summary": [f"mine.csv:{line}" for line in (3, 5, 7, 9, 11)], "broken row": []},
        notes=("body is read as the document",),
    )


def test_counts_and_lengths(listing):
    summary = build(listing, Rewriting(max_source=8, max_words=3), doubts=["they are few"])
    assert json.loads(json.dumps(summary)) == summary and list(summary["splits"]) == ["train", "validation"]
    train = summary["splits"]["train"]
    assert (train["pairs"], train["repeated"]) == (4, 1)
    assert train["source_words"] == {"mean": 2.25, "p95": 3.0, "longest": 3}
    assert train["target_words"] == {"mean": 2.0, "p95": 3.7, "longest": 4}
    assert summary["skipped"] == {"empty summary": {"count": 5, "names": ["mine.csv:3", "mine.csv:5", "mine.csv:7"]}}
    assert summary["warnings"] == ["they are few"]


def test_what_a_model_does_not_read(listing):
    tokenizers = pytest.importorskip("heedful.recipes.shared.reading.tokenizer_training")
    of_bytes = Tokenizer.from_json(tokenizers.train([""], 259, False))
    summary = build(listing, Rewriting(max_source=9, max_words=4), of_bytes)  # one is the space before the text
    train = summary["splits"]["train"]
    assert train["sources_cut"] == 0.75 and train["targets_cut"] == 0.25
    assert train["characters_read"] == pytest.approx((8 + 4 + 8 + 4) / (13 + 4 + 13 + 10), abs=1e-4)
    assert summary["splits"]["validation"]["characters_read"] == 1


def test_as_text(listing):
    text = describe(build(listing, Rewriting(), doubts=["4 pairs to train on are few"]))
    assert text.splitlines()[0] == "mine.csv: 5 pairs, split by column split of mine.csv"
    assert "skipped 5: empty summary\n  mine.csv:3\n  mine.csv:5\n  mine.csv:7\n  and 2 more\n" in text
    assert "body is read as the document" in text and "warning: 4 pairs to train on are few" in text
    assert "broken row" not in text
