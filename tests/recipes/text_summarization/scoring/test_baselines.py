"""Summaries that need no model, by hand and by trying everything."""

from collections import Counter

import numpy as np

from heedful.recipes.text_summarization.scoring import baselines
from heedful.recipes.text_summarization.scoring.rouge import rouge
from heedful.recipes.text_summarization.scoring.sentences import sentences

DOCUMENT = "Dear all,\nthe  bank in Oslo cuts 400 jobs. It rains! The chief, Ann Berg, regrets the cuts."


def test_leads():
    assert baselines.lead_words(DOCUMENT) == "Dear all, the bank in Oslo cuts 400"
    assert baselines.lead_words(" one\ttwo ", 8) == "one two"
    assert baselines.lead_sentences(DOCUMENT, 1) == "Dear all,"
    assert baselines.lead_sentences(DOCUMENT, 3) == "Dear all,\nthe  bank in Oslo cuts 400 jobs.\nIt rains!"
    assert baselines.lead_words("") == baselines.lead_sentences(" \n", 3) == ""


def test_random_sentences_are_each_as_likely():
    found = baselines.random_sentences([DOCUMENT] * 4000, seed=3)
    counts = Counter(found)
    assert set(counts) == set(sentences(DOCUMENT))
    assert all(abs(count / 4000 - 1 / 4) < 0.03 for count in counts.values())
    assert baselines.random_sentences([DOCUMENT] * 5, seed=3) == found[:5]
    assert baselines.random_sentences([DOCUMENT] * 50, seed=4) != found[:50]
    assert baselines.random_sentences(["", "one"], seed=0) == ["", "one"]


def test_the_best_sentences_by_hand():
    assert baselines.best_sentences(DOCUMENT, "Oslo bank cuts jobs") == "the  bank in Oslo cuts 400 jobs."
    both = baselines.best_sentences(DOCUMENT, "Ann Berg, the chief, regrets the cuts: 400 jobs in Oslo")
    assert both == "the  bank in Oslo cuts 400 jobs.\nThe chief, Ann Berg, regrets the cuts."  # as they stand
    assert baselines.best_sentences(DOCUMENT, "nothing whatever") == baselines.best_sentences("", "a") == ""


def test_the_best_sentence_of_all_is_among_them():
    """Against `rouge` over every sentence."""
    rng = np.random.default_rng(0)
    for _ in range(31):
        parts = [" ".join(rng.choice(list("abcdefgh"), rng.integers(1, 8))) + "." for _ in range(5)]
        reference = " ".join(rng.choice(list("abcdefgh"), 6))
        reach = rouge(parts, [reference] * 5, ("rouge_1", "rouge_2")).sum(axis=1)
        assert parts[reach.argmax()] in baselines.best_sentences("\n".join(parts), reference).split("\n")


def test_copied_words():
    assert baselines.copied_words(DOCUMENT, "Bank to cut 400 JOBS, Berg says") == "Bank cut 400 JOBS, Berg"
    assert baselines.copied_words("", "a b") == ""
