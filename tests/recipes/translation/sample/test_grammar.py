"""The sample against a translator that goes the other way round: from English to Lumo by its three rules."""

from heedful.recipes.shared.reading.splits import SPLITS
from heedful.recipes.translation.sample import grammar


def dictionary(text: str) -> dict[str, str]:
    return {english: lumo for english, _, lumo in (pair.partition("-") for pair in text.split())}


NOUNS, HOW = dictionary(f"{grammar.WHO} {grammar.WHAT}"), dictionary(grammar.HOW)
PLACES = {english: lumo for lumo, english in grammar.WHERE.items()}


def into_lumo(english: str) -> str:
    """By dictionary: the place first, then who, then what with -n, the verb at the end."""
    text = english.rstrip(".").lower()
    place = next((place for place in PLACES if text.endswith(f" {place}")), "")
    words = text.removesuffix(place).split()
    verb, past, at = next(
        (verb, word == then, number)
        for number, word in enumerate(words)
        for now, then, verb in (entry.split("-") for entry in grammar.DONE.split())
        if word in (now, f"{now}s", then)
    )
    parts = [phrase(words[:at], ""), phrase(words[at + 1 :], "n"), verb]
    before = ["pre"] * past + ([PLACES[place]] if place else [])
    return " ".join([*before, *parts]).capitalize() + "."


def phrase(words: list[str], case: str) -> str:
    article, *adjective, noun = words
    many = noun not in NOUNS
    lumo = NOUNS[noun.removesuffix("s") if many else noun] + "k" * many + case
    return " ".join(["la"] * (article == "the") + [lumo] + [HOW[word] for word in adjective])


def test_every_pair_is_right_and_in_one_split_only():
    splits = grammar.pairs()
    assert {name: len(splits[name]) for name in SPLITS} == grammar.COUNTS
    every = [pair for name in SPLITS for pair in zip(splits[name].sources, splits[name].targets, strict=True)]
    assert len({source for source, _ in every}) == len(every)
    assert [into_lumo(english) for _, english in every] == [lumo for lumo, _ in every]


def test_verbs_articles_and_plurals_are_english():
    said = {word for text in grammar.pairs()["train"].targets for word in text.lower().rstrip(".").split()}
    assert {"a", "an", "some", "dog", "dogs", "see", "sees", "saw"} <= said
    every = [f" {text.lower()}" for text in grammar.pairs()["test"].targets]
    assert not [
        text for text in every if any(wrong in text for wrong in (" a apple", " a orange", " an red", " a old"))
    ]


def test_the_sample_is_always_the_same():
    assert grammar.pairs()["test"].sources[:2] == grammar.pairs()["test"].sources[:2]
    assert grammar.pairs()["train"].targets[0] == "The red painters drew a happy letter."
