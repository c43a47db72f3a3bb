"""Upper case for what a lower-case model wrote, beside Python's."""

import unicodedata
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from node_bridge import Bridge

from heedful.apps.text_summarization.capitals import recased, written
from heedful.apps.tokenizer import lower
from heedful.recipes.text_summarization.sample.reports import report

DOCUMENT = "Trains run in Oslo. Trains, many trains of NSB run, says Ada McKay. The OSLO mayor said: Oslo is dry; Yes"
CASES = [
    ("nsb trains run in oslo, says mckay", DOCUMENT, None, []), ("ban of ada", "Ada wins. A ban.", None, []),
    ("see ada", "Ada won. See!", [False] * 4 + [True] * 3, []), ("see ada", "Ada won. See!", [False] * 7, []),
    ("iphone sold", "Ada sold her iPhone.", None, []), ("12 trains", "All 12 trains", None, []),
    ('"storm" ends', "It ENDS", None, []), ("straße in łódź", "Łódź, STRASSE", None, []),
    ("élan", "Cafe\u0301 E\u0301LAN now", None, []), ("all is lower", "all is lower here", None, []),
    ("", "The Rain", None, []), ("市長は", "Oslo 市長は", None, []), ("istanbul i\u0307stanbul", "İstanbul", None, []),
    ("ßa ǆa", "The ß", None, []), ("ǆa", "The", None, []), ("ᾳa", "The", None, []), ("ᾷ", "The", None, []),
    ("ﬁn", "The", None, []), ("ŉa", "The", None, []), ("ანა", "The", None, []), ("և", "The", None, []),
    ("𐐨a", "The 𐐀a", None, []), ("σοφός", "Ο ΣΟΦΌΣ", None, []),
    ("won for ever", "Ada won, For Ever. For", None, ["for"]),
    ("for ada", "For Ada it rained. For Houston", None, ["for", "it"]), ("a b a", "x A x a x B x A", None, []),
]  # fmt: skip
WORDS = [
    *(
        "Ada",
        "ada",
        "ADA",
        "McKay",
        "mckay",
        "Oslo",
        "oslo",
        "The",
        "the",
        "for",
        "For",
        "ΣΟΦΌΣ",
        "σοφός",
        "12",
        "日本",
    ),
    *("Straße", "STRASSE", "İzmir", "𐐀a", "𐐨a", "É", "e\u0301"),
]
BETWEEN = [" ", " ", " ", ", ", ". ", "! ", ": ", "; ", "? ", "\n", "。", " (", "-", "\u2028", "\x85", "…"]


def check(node: Bridge, summary: str, document: str, copied: list[bool] | None, plain: list[str]) -> None:
    # JavaScript counts a character outside the first plane twice.
    units = copied and [
        share for share, letter in zip(copied, summary, strict=True) for _ in range(1 + (letter > "\uffff"))
    ]
    assert node.call("recased", summary, document, units, plain) == recased(summary, document, copied, plain)
    assert [tuple(entry) for entry in node.call("writtenWords", document)] == [*written(document)]


def test_by_hand(node: Bridge) -> None:
    for case in CASES:
        check(node, *case)
    changed = [recased(*case) != case[0] for case in CASES]
    assert sum(changed) > 15 and not all(changed)


documents = st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(BETWEEN)), max_size=14).map(
    lambda parts: "".join(word + between for word, between in parts)
)


@settings(max_examples=200, deadline=None)
@given(document=documents, said=documents, plain=st.sets(st.sampled_from(WORDS).map(lower)), seed=st.randoms())
def test_random_words(node: Bridge, document: str, said: str, plain: set[str], seed: Random) -> None:
    summary = lower(unicodedata.normalize("NFC", said))
    copied = seed.choice([None, [seed.random() < 0.5 for _ in summary]])
    check(node, summary, document, copied, sorted(plain))


def test_reports_of_the_sample(node: Bridge) -> None:
    for number in range(120):
        text, headline = report("test", number)
        check(node, lower(headline), text, None, ["the", "for", "after"])
