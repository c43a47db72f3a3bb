"""ROUGE against the library's own tokenizer where texts are ASCII, and by hand where they are not."""

import numpy as np
import pytest
from rouge_score.rouge_scorer import RougeScorer

from heedful.recipes.text_summarization.scoring.rouge import LINES, ROUGE, rouge, stems

WORDS = ["Shares", "rises", "3.5", "%", "U.S.", "running", "ran", "the", "co-operate", "snake_case", "flies", "--", "!"]


def test_ascii_texts_score_as_the_library_scores_them():
    rng = np.random.default_rng(0)
    texts = [[" ".join(rng.choice(WORDS, rng.integers(0, 13))) for _ in range(101)] for _ in range(2)]
    lined = [[text.replace(" the ", "\n") for text in each] for each in texts]
    names = (*ROUGE, *LINES)
    kinds = ["rouge1", "rouge2", "rougeL", "rougeLsum"]
    library = RougeScorer(kinds, use_stemmer=True)
    for written, wanted in (texts, lined):
        expected = [library.score(reference, text) for text, reference in zip(written, wanted, strict=True)]
        found = rouge(written, wanted, names)
        np.testing.assert_array_equal(found, [[scores[kind].fmeasure for kind in kinds] for scores in expected])
    assert (found[:, 2] != found[:, 3]).any()  # Lsum is another number


def test_by_hand():
    # 3 of 4 and 3 of 5 words, 1 of 3 and 1 of 4 pairs; the longest common sequence is "bank, cuts" or "cuts, jobs"
    [found] = rouge(["Jobs: bank cuts them"], ["the bank cuts 400 jobs"])
    np.testing.assert_allclose(found, [2 * 3 / 9, 2 / 7, 2 * 2 / 9])


@pytest.mark.parametrize(
    ("written", "wanted", "expected"),
    [
        ("Банк сократит сотрудников", "Банк уволит сотрудников", 2 / 3),
        ("Mädchen gewinnt", "mädchen verliert", 1 / 2),
        ("东京股市上涨", "东京股市下跌", 4 / 6),
        ("फसल बची", "फसल नष्ट", 1 / 2),
        ("", "something", 0),
        ("something", "🐕", 0),
    ],
)
def test_letters_of_any_script_count(written, wanted, expected):
    assert rouge([written], [wanted], ["rouge_1"]) == pytest.approx(expected)


def test_only_ascii_words_of_more_than_three_letters_lose_their_endings():
    assert stems("His running dogs und Rückspiegels") == ["his", "run", "dog", "und", "rückspiegels"]


def test_other_counts_are_a_mistake():
    for written, wanted in (([], []), (["a"], ["a", "b"])):
        with pytest.raises(ValueError, match=f"{len(written)} summaries against {len(wanted)} references"):
            rouge(written, wanted)
