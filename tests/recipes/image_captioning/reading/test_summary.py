"""What is said of a source before the training begins."""

import json
from dataclasses import replace

import numpy as np

from heedful.recipes.image_captioning.config import Config
from heedful.recipes.image_captioning.reading.pictures import Listing, Split
from heedful.recipes.image_captioning.reading.summary import build, describe
from heedful.recipes.image_captioning.reading.vocabulary import Vocabulary

CONFIG = replace(Config(), max_words=5)


def split(*captions):
    return Split(tuple(f"{number}.jpg" for number in range(len(captions))), captions, lambda number: np.zeros(0))


LISTING = Listing(
    source="mine",
    splits={
        "train": split(("A dog.", "a dog runs"), ("one two three four five six", "a cat", "a")),
        "validation": split(("a zebra runs here",)),
        "test": split(),
    },
    split_rule="captions.csv",
    fingerprint="0",
    skipped={"missing picture": [f"captions.csv:{line} x.jpg" for line in range(2, 7)], "broken row": []},
    licence="CC0",
)
VOCABULARY = Vocabulary.from_captions([text for texts in LISTING.splits["train"].captions for text in texts], 1, 0)


def test_the_counts():
    summary = build(LISTING, VOCABULARY, CONFIG)
    assert json.loads(json.dumps(summary)) == summary
    assert summary["source"] == "mine" and summary["vocabulary"] == 10 and summary["max_words"] == 5
    assert summary["splits"]["train"] == {
        "pictures": 2, "captions": 5, "fewest": 2, "most": 3, "words": 2.8, "longest": 6, "cut": 1, "unknown": 0.0,
    }  # fmt: skip
    assert summary["splits"]["validation"] == {
        "pictures": 1, "captions": 1, "fewest": 1, "most": 1, "words": 4.0, "longest": 4, "cut": 0, "unknown": 0.5,
    }  # fmt: skip
    assert "test" not in summary["splits"]
    assert summary["skipped"] == {
        "missing picture": {"count": 5, "names": [f"captions.csv:{line} x.jpg" for line in (2, 3, 4)]}
    }


def test_the_text():
    assert describe(build(LISTING, VOCABULARY, CONFIG)).splitlines() == [
        "mine: 3 pictures, split by captions.csv",
        "split       pictures  captions   of each     words   longest       cut   unknown",
        "train              2         5       2-3       2.8         6         1      0.0%",
        "validation         1         1         1       4.0         4         0     50.0%",
        "vocabulary of 10 words; captions are cut after 5 words",
        "licence: CC0",
        "skipped 5: missing picture",
        "  captions.csv:2 x.jpg",
        "  captions.csv:3 x.jpg",
        "  captions.csv:4 x.jpg",
        "  and 2 more",
        "warning: 2 pictures are few to train on: the model learns them by heart, and what it says of others will "
        "mostly be wrong; give some hundreds, or go on from a trained model with --init",
        "warning: one caption for each validation picture: scores are lower than with the usual five",
        "warning: 50% of the words of validation are not in the vocabulary: it takes more captions, or a smaller "
        "min_count",
    ]
