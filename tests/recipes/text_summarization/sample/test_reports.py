"""The sample: the same every time, nothing of its test seen in training, and headlines that their reports prove."""

import re
from functools import cache
from itertools import combinations, product

import pytest

from heedful.recipes.shared.reading.splits import SPLITS
from heedful.recipes.text_summarization.demo import NUMBER, REPORT, inputs
from heedful.recipes.text_summarization.sample import names as names
from heedful.recipes.text_summarization.sample.reports import reports
from heedful.recipes.text_summarization.sample.templates import TEMPLATES

LONG_NUMBER = re.compile(r"\d[\d.,:-]*\d")
DATE = re.compile(rf"\b\d+ (?:{'|'.join(names.MONTHS)})\b")
SENTENCE = re.compile(r"[.] (?=[A-Z])")
OPPOSITES = [  # what two headlines say, each with the words of which its report has some, and the other's has none
    (
        (
            "(profit rises|sales rise) ",
            r"(risen|climbed|grown|increased|rose|grew)( by)? \d+ percent to|percent more|(rise|increase|jump) of \d",
        ),
        (
            "(profit falls|sales fall) ",
            r"(fallen|dropped|shrunk|decreased|fell|shrank)( by)? \d+ percent to|percent less|(fall|decrease|drop) of",
        ),
    ),
    (
        (" raises fares ", "dearer|more expensive|percent more|raising its|putting up|increasing"),
        (" cuts fares ", "cheaper|less expensive|percent less|cutting its|lowering|reducing"),
    ),
    (
        (" closes for ", "will be|have to do without|nobody can use|nothing moves"),
        (" reopens after ", "open again|again from|back in use|it is (open|in use)"),
    ),
    (
        (" to start ", "will (offer|run)|opening a line|can (go|get) from|can be reached|is within reach"),
        (" to end ", "giving up|dropping|closing|no longer|(stop|cease) on"),
    ),
    (
        (" to create ", "plans to hire|is hiring|take on|will build|is building|will find|new (jobs|posts)"),
        (" to cut ", "plans to cut|is cutting|shed|will close|is closing|will lose|(jobs|posts) (are to go|will dis)"),
    ),
    (
        (" beats ", r"\b(beat|defeated|overcame|lost|beaten|went down|won) "),
        (" draws ", r"\b(drew|shared|draw|It ended|had to settle) "),
    ),
]  # fmt: skip


@cache
def splits():
    return reports().splits


@cache
def found(split, what):
    """Everything of one kind in all texts of a split."""
    text = "\n".join([*splits()[split].sources, *splits()[split].targets])
    if what == "names":
        parts = (names.TOWNS, names.COMPANIES, names.SURNAMES)
        every = {"".join(pair) for part in parts for pair in product(*part)} | set(names.FIRST_NAMES)
        return set(re.findall(r"[A-Z][a-z]+", text)) & every
    return set({"numbers": LONG_NUMBER, "dates": DATE}[what].findall(text))


def test_sizes():
    assert {split: len(splits()[split]) for split in SPLITS} == {"train": 20000, "validation": 400, "test": 400}
    documents = [text for split in SPLITS for text in splits()[split].sources]
    assert len(set(documents)) == len(documents)
    assert all(30 <= len(text.split()) <= 60 and 3 <= len(SENTENCE.split(text)) <= 5 for text in documents)
    assert not [text for text in documents if re.search(r"[\[\]{}|]|  |\.\.| ,|^[a-z]", text)]


@pytest.mark.parametrize("what", ["names", "numbers", "dates"])
def test_nothing_of_one_split_is_in_another(what):
    assert all(len(found(split, what)) > 10 for split in SPLITS)
    for one, other in combinations(SPLITS, 2):
        assert not found(one, what) & found(other, what)


def test_every_name_and_number_of_a_headline_stands_in_the_report():
    shares = {}
    for document, headline in zip(splits()["train"].sources, splits()["train"].targets, strict=True):
        words = set(re.findall(r"[A-Za-z]+|\d[\d.,:-]*\d|\d", document))
        wanted = re.findall(r"(?<! )[A-Z][a-z]{3,}|\d[\d.,:-]*\d|\d", headline)
        missing = {word for word in wanted if word not in words} - {"Storm", "Heat"}
        assert not missing, (document, headline)
        assert headline not in document
        shares[document] = len(words)
    assert min(shares.values()) > 15  # much else stands there


@pytest.mark.parametrize(("one", "other"), OPPOSITES)
def test_what_happened_is_told_by_the_report(one, other):
    pairs = [pair for split in SPLITS for pair in zip(splits()[split].sources, splits()[split].targets, strict=True)]
    for (says, told), (_, opposite) in ((one, other), (other, one)):
        documents = [document for document, headline in pairs if re.search(says, headline)]
        assert len(documents) > 100
        for document in documents:
            lead = " ".join(
                sentence
                for sentence in SENTENCE.split(document)
                if not re.search(
                    r"\bhad (been|still|lost|beaten|won|cut|created|served|given|opened|raised)\b", sentence
                )
                and not re.match(
                    r"(Shares|Sales|Passenger numbers|Until then|The (work|repairs)|The change) ", sentence
                )
            )
            assert re.search(told, lead), document
            assert not re.search(opposite, lead), document


def test_every_kind_is_in_every_split():
    for template in TEMPLATES.values():
        form = re.compile(re.sub(r"\\\{\w+\\\}", ".+", re.escape(template.headline)))
        assert all(any(form.fullmatch(headline) for headline in splits()[split].targets) for split in SPLITS)


def test_the_same_on_every_machine():
    assert splits()["train"].sources[1] == (
        "On Friday Cranbrook must reckon with up to 31 centimetres of fresh snow. Fire chief Maya Quilzek told people "
        "to stay at home. Some 690 helpers are on duty. The worst should be over by Wednesday."
    )


def test_the_demo_shows_a_report_of_the_test():
    paths, headline = inputs()
    assert paths == [str(REPORT)]
    assert REPORT.read_text(encoding="utf-8") == splits()["test"].sources[NUMBER] + "\n"
    assert headline == splits()["test"].targets[NUMBER]
