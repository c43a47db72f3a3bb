"""The sample: short reports of events that never happened, each with the one headline that is right.

    Otto Venner is leaving Calford Rovers for Selwold. The fee is 4.3 million euros. Zelmere had offered only 2.9.
    -> Selwold signs Otto Venner from Calford for 4.3 million euros

A headline selects (other teams, years and towns stand in the report too), reorders and rephrases, and is made of names,
numbers and dates. Those of validation and test never stand in a training report (`draw.py`), so only a model
that copies gets them right, and whether it does is an exact match.
"""

from collections.abc import Mapping

from heedful.recipes.shared.reading.split_rows import Listing
from heedful.recipes.shared.reading.text_pairs import TextPairs
from heedful.recipes.text_summarization.sample.draw import Draw
from heedful.recipes.text_summarization.sample.events import EVENTS
from heedful.recipes.text_summarization.sample.templates import TEMPLATES

COUNTS = {"train": 20000, "validation": 400, "test": 400}
WORDS = (30, 60)  # of a report, fewest and most
OPENED = 0.4  # share of the reports that do not begin with what matters


def reports() -> Listing[TextPairs]:
    """The whole sample; about a second."""
    return Listing(
        source="sample",
        splits={split: _split(split, count) for split, count in COUNTS.items()},
        split_rule="names, dates and numbers of two digits or more: those of validation and test are not in training",
    )


def report(split: str, number: int) -> tuple[str, str]:
    """Report `number` of a split, and its headline."""
    draw = Draw(split, number)
    kind, facts = EVENTS[number % len(EVENTS)](draw)
    facts = {name: draw.chosen(text) for name, text in facts.items()}
    template = TEMPLATES[kind]
    while True:
        first = draw.some(template.first, 1) if draw.chance(OPENED) else []
        after = draw.some(template.after, 2 if first else draw.pick((2, 3)))
        sentences = [*first, draw.pick(template.lead), *after]
        text = " ".join(_sentence(draw, part, facts) for part in sentences)
        if WORDS[0] <= len(text.split()) <= WORDS[1]:
            return text, template.headline.format_map(facts)


def _split(split: str, count: int) -> TextPairs:
    pairs = [report(split, number) for number in range(count)]
    return TextPairs(tuple(text for text, _ in pairs), tuple(headline for _, headline in pairs))


def _sentence(draw: Draw, template: str, facts: Mapping[str, str]) -> str:
    text = draw.chosen(template).format_map(facts)
    return text[0].upper() + text[1:]
