"""Names and numbers of texts, by hand."""

import pytest

from heedful.recipes.text_summarization.scoring.entities import Entities, invented, numbers, terms


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("The bank fired Ann Berg on 10/30/01 at 9:00am.", {"ann", "berg", "10/30/01", "9:00"}),
        ("Oslo wins. In Oslo it rains.", {"oslo"}),  # once not at the start of a sentence
        ("Oslo wins.\nBergen loses.", set()),
        ("We met in the Office; the office of IBM and eBay.", {"ibm", "ebay"}),
        ("Here I am: a B grade", set()),  # single letters
        ("PLEASE CALL BACK ABOUT ACME 7", {"7"}),
        ("It is 3.5 degrees, 1,200 m, Q3, the 2nd.", {"3.5", "1,200", "q3", "2nd"}),
        ("Der Ärger in Köln und O'Neill", {"ärger", "köln", "neill"}),
        ("Он живёт в Москве", {"москве"}),
    ],
)
def test_by_case(document, expected):
    entities = Entities([document])
    assert entities.by_case and entities.of(document) == expected


def test_without_case_a_name_is_a_rare_word():
    training = ["the bank in oslo", "the bank in bergen", "in"] + ["the bank cuts # jobs"] * 4
    document = "the bank in tromsø cuts ## or 7 jobs , x"
    entities = Entities([document, "no capital", "Just one"], training)
    assert not entities.by_case and entities.most == 3
    assert entities.of(document) == {"in", "tromsø", "or", "7"}  # three have `in`, four and more the others
    assert "3 of 7 training documents" in entities.rule
    alone = Entities([document])
    assert alone.of(document) == {"7"} and alone.rule == "numbers"
    assert Entities([document], ["a"] * 20_000).most == 10


def test_wanted_are_those_of_the_reference_that_stand_in_the_document():
    entities = Entities(["A note from Ann Berg of 3 May", "Nothing here"])
    assert entities.wanted(["BERG: May 4 note", "Ann"]) == [{"berg", "may"}, set()]


def test_numbers_and_what_is_invented():
    assert numbers("Up 3.5 % to 1,200: 2-1 in 2026.") == {"3.5", "1,200", "2-1", "2026"}
    assert terms("Re\u0301union 2") == ["réunion", "2"]
    summaries = ["up 3.5 to 40", "in 2027", "none"]
    assert invented(summaries, ["it rose 3.5 percent to 40.", "of 2026", "7"]) == (1, 3)
