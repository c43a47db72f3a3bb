"""What looks wrong in pairs that could be read: `warnings(splits)`, a sentence each."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from heedful.recipes.shared.reading.splits import SPLITS
from heedful.recipes.shared.reading.text_pairs import TextPairs
from heedful.recipes.shared.reading.words import word_count

FEW, VERY_FEW = 2000, 300  # pairs from which hardly anything is learnt, and nothing
TOO_FEW = 20  # pairs of validation
LOOKED_AT = 2000  # pairs of a split that stand for all
MOST = 0.5  # share of the pairs of which something is said
SAME = 0.2  # share of the documents with one summary
TWICE = re.compile(
    "[\u00c2-\u00f4][\u0080-\u00bf\u0152-\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]{1,3}"
)  # two letters for one
FOREIGN = 0.1  # share of the documents with such letters


def warnings(splits: Mapping[str, TextPairs]) -> list[str]:
    """What may not be as the user wants it."""
    name = next((name for name in SPLITS if len(splits[name])), "")
    if not name:
        return []
    return [*_of_texts(name, splits[name]), *_of_sizes(splits)]


def _of_texts(name: str, split: TextPairs) -> Iterator[str]:
    """Summaries that are none, by the pairs of a split."""
    step = max(1, len(split) // LOOKED_AT)
    pairs = list(zip(split.sources[::step], split.targets[::step], strict=True))
    longer = sum(word_count(summary) > word_count(document) for document, summary in pairs) / len(pairs)
    if longer > MOST:
        yield f"{longer:.0%} of the summaries of {name} are longer than their documents: are the two columns swapped?"
    copied = sum(_plain(document[: 2 * len(summary)]).startswith(_plain(summary)) for document, summary in pairs)
    if copied > MOST * len(pairs):
        yield (
            f"{copied / len(pairs):.0%} of the summaries of {name} are the beginning of their document: a model that "
            "copies it learns nothing else"
        )
    wrong = [letters for document, _ in pairs if (letters := _encoded_twice(document))]
    if len(wrong) > FOREIGN * len(pairs):
        yield (
            f"{len(wrong) / len(pairs):.0%} of the documents of {name} have letters like {wrong[0]}: UTF-8 that a "
            "program took for Windows-1252 when it saved them; save them again from where they came"
        )
    (commonest, times), *_ = Counter(split.targets).most_common(1)
    if times > 1 and times > SAME * len(split):
        yield (
            f"{times:,} of {len(split):,} documents of {name} have the same summary ({_short(commonest)}): is it a "
            "class, or a text that stands for none?"
        )


def _of_sizes(splits: Mapping[str, TextPairs]) -> Iterator[str]:
    """Splits of too few pairs, or of none."""
    train = len(splits["train"])
    if 0 < train < FEW:
        expect = "repeat words of the document, hardly more" if train < VERY_FEW else "make many mistakes"
        yield f"{train:,} pairs to train on are few, a model that starts from nothing takes thousands: it will {expect}"
    if train and 0 < len(splits["validation"]) < TOO_FEW:
        yield f"validation has few pairs ({len(splits['validation'])}): which epoch is the best is mostly chance"
    for name, without in (
        ("train", "nothing can be trained on this"),
        ("validation", "no best epoch can be chosen"),
        ("test", "evaluate with --split validation"),
    ):
        if not len(splits[name]):
            yield f"no pairs for {name}: {without}"


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip(".!?…。 ")


def _encoded_twice(text: str) -> str:
    """The first letters that are one letter in UTF-8, read as Windows-1252; "" where there are none."""
    for found in TWICE.finditer(text):
        try:
            if len(found[0].encode("cp1252").decode()) == 1:
                return found[0]
        except ValueError:
            continue
    return ""


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:37]}...")
