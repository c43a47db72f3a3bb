"""What a source of captioned pictures turned out to hold: as JSON for the card, and as a table for who waits for it."""

from collections.abc import Mapping
from typing import Any

from heedful.recipes.image_captioning.config import Config
from heedful.recipes.image_captioning.reading import oddities
from heedful.recipes.image_captioning.reading.pictures import Listing, Split
from heedful.recipes.image_captioning.reading.vocabulary import FIRST, UNKNOWN, Vocabulary
from heedful.recipes.shared.reading.splits import SPLITS
from heedful.recipes.shared.reading.summary import counted, heading, remarks, table
from heedful.recipes.shared.reading.words import words

MANY_UNKNOWN = 0.1  # share of the words of a split that no caption of the model can hold


def build(listing: Listing, vocabulary: Vocabulary, config: Config) -> dict[str, Any]:
    """The JSON-able summary: by split the pictures, captions and words, and what was skipped or looks wrong."""
    splits = {name: _facts(split, vocabulary, config.max_words) for name, split in listing.splits.items() if len(split)}
    return {
        "source": listing.source,
        "splits": splits,
        "split_rule": listing.split_rule,
        "licence": listing.licence,
        "vocabulary": len(vocabulary) - FIRST,
        "max_words": config.max_words,
        "read": list(listing.read),
        "notes": list(listing.notes),
        "skipped": counted(listing.skipped),
        "warnings": [*listing.warnings, *oddities.of_captions(listing.splits), *_warnings(splits)],
    }


def describe(summary: Mapping[str, Any]) -> str:
    """The summary as text: a row for each split, and a line for everything worth knowing."""
    pictures = sum(facts["pictures"] for facts in summary["splits"].values())
    heads = ("split", "pictures", "captions", "of each", "words", "longest", "cut", "unknown")
    rows = [
        (
            name,
            f"{facts['pictures']:,}",
            f"{facts['captions']:,}",
            "-".join(dict.fromkeys(str(facts[end]) for end in ("fewest", "most"))),
            f"{facts['words']:.1f}",
            f"{facts['longest']:,}",
            f"{facts['cut']:,}",
            f"{facts['unknown']:.1%}",
        )
        for name, facts in summary["splits"].items()
    ]
    vocabulary = f"vocabulary of {summary['vocabulary']:,} words; captions are cut after {summary['max_words']} words"
    lines = [heading(summary, f"{pictures:,} pictures"), *table(heads, rows), vocabulary, *remarks(summary)]
    return "\n".join(lines)


def _facts(split: Split, vocabulary: Vocabulary, max_words: int) -> dict[str, Any]:
    """Counts of one split; `words` is the mean of a caption, `unknown` the share of all words, `cut` of captions."""
    captions = [words(caption) for texts in split.captions for caption in texts]
    lengths = [len(caption) for caption in captions]
    numbers = [len(texts) for texts in split.captions]
    unknown = sum(vocabulary.ids(caption).count(UNKNOWN) for caption in captions)
    return {
        "pictures": len(split),
        "captions": len(captions),
        "fewest": min(numbers),
        "most": max(numbers),
        "words": round(sum(lengths) / len(lengths), 2),
        "longest": max(lengths),
        "cut": sum(length > max_words for length in lengths),
        "unknown": round(unknown / max(1, sum(lengths)), 5),
    }


def _warnings(splits: Mapping[str, Mapping[str, Any]]) -> list[str]:
    warnings = []
    for name in SPLITS[1:]:
        facts = splits.get(name)
        if facts and facts["most"] == 1:
            warnings.append(f"one caption for each {name} picture: scores are lower than with the usual five")
        if facts and facts["unknown"] > MANY_UNKNOWN:
            warnings.append(
                f"{facts['unknown']:.0%} of the words of {name} are not in the vocabulary: "
                "it takes more captions, or a smaller min_count"
            )
    return warnings
