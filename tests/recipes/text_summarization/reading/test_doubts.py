"""What looks wrong is said once, and what looks right is not doubted."""

import pytest

from heedful.recipes.shared.reading.text_pairs import TextPairs
from heedful.recipes.text_summarization.reading.doubts import warnings

DOCUMENTS = [f"The council of Hawfield met on day {n}. It voted for a new bridge. Work begins." for n in range(2500)]
SUMMARIES = [f"Hawfield votes for bridge {n}" for n in range(2500)]


def said(documents, summaries, validation=30, test=30):
    place = len(documents) - validation - test
    cuts = {"train": (0, place), "validation": (place, place + validation), "test": (place + validation, None)}
    return warnings({name: TextPairs(documents[a:b], summaries[a:b]) for name, (a, b) in cuts.items()})


def test_nothing_is_wrong():
    assert said(DOCUMENTS, SUMMARIES) == []


@pytest.mark.parametrize(("documents", "summaries", "says"), [
    (SUMMARIES, DOCUMENTS, "100% of the summaries of train are longer than their documents: are the two columns swap"),
    (DOCUMENTS, [text.split(". ")[0].upper() for text in DOCUMENTS], "100% of the summaries of train are the beginn"),
    (DOCUMENTS, ["sport", "weather"] * 1250, "1,220 of 2,440 documents of train have the same summary ('sport'): is"),
    (["市政府第一次会议决定修建新桥"] * 2500, [f"桥{n}" for n in range(2500)], ""),
])  # fmt: skip
def test_texts_that_are_no_summaries(documents, summaries, says):
    assert [warning[: len(says)] for warning in said(documents, summaries)] == [says] * bool(says)


def test_texts_that_were_encoded_twice():
    german = [f"{text} Größe für 5 €, „endlich“, Ångström" for text in DOCUMENTS]
    assert said(german, SUMMARIES) == []
    (warning,) = said([text.encode().decode("cp1252", "replace") for text in german], SUMMARIES)
    assert warning.startswith("100% of the documents of train have letters like Ã¶: UTF-8 that a program took for")


def test_splits_of_too_few():
    few, chance, nothing = said(DOCUMENTS[:100], SUMMARIES[:100], 5, 0)
    assert few.startswith("95 pairs to train on are few") and few.endswith("repeat words of the document, hardly more")
    assert chance == "validation has few pairs (5): which epoch is the best is mostly chance"
    assert nothing == "no pairs for test: evaluate with --split validation"
    assert said(DOCUMENTS[:900], SUMMARIES[:900])[0].endswith("make many mistakes")
    assert said(DOCUMENTS[:60], SUMMARIES[:60])[0] == "no pairs for train: nothing can be trained on this"
