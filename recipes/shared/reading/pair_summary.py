"""What a source of text pairs turned out to hold: as JSON for the card, and as a table for who waits for it.

Lengths are in words, which are what stands between spaces; each Chinese or Japanese character is one. What is longer
than the model reads is told in tokens, so that takes its tokenizer; where a split is large, `LOOKED_AT` of its pairs
stand for all.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from heedful.apps.tokenizer import Tokenizer
from heedful.recipes.contract import Look
from heedful.recipes.shared.reading.split_rows import Listing
from heedful.recipes.shared.reading.splits import SPLITS
from heedful.recipes.shared.reading.summary import heading, remarks, table
from heedful.recipes.shared.reading.text_pairs import TextPairs
from heedful.recipes.shared.reading.words import word_count
from heedful.recipes.shared.training.rewriting import Rewriting

LOOKED_AT = 500  # pairs of a split that are cut into tokens
BEGINNING = 160  # characters of a text that an example shows


def build(
    listing: Listing[TextPairs], config: Rewriting, tokenizer: Tokenizer | None = None, doubts: Sequence[str] = ()
) -> dict[str, Any]:
    """The JSON-able summary: by split the pairs and their lengths, what was skipped, and what looks wrong, `doubts`
    among it.
    """
    splits = {
        name: _facts(split) | ({} if tokenizer is None else _beyond(split, config, tokenizer))
        for name in SPLITS
        if len(split := listing.splits[name])
    }
    limits = {"max_source": config.max_source, "max_words": config.max_words}
    return {**listing.summary(doubts), "splits": splits, "limits": limits}


def describe(summary: Mapping[str, Any]) -> str:
    """The summary as text: a row for each split, and a line for everything worth knowing."""
    pairs = sum(facts["pairs"] for facts in summary["splits"].values())
    heads = ("split", "pairs", "repeated", "words", "95 %", "longest", "written", "95 %", "longest")
    rows = [
        (
            name,
            f"{facts['pairs']:,}",
            f"{facts['repeated']:,}",
            *(
                cell
                for words in (facts["source_words"], facts["target_words"])
                for cell in (f"{words['mean']:.1f}", f"{words['p95']:,.0f}", f"{words['longest']:,}")
            ),
        )
        for name, facts in summary["splits"].items()
    ]
    lines = [heading(summary, f"{pairs:,} pairs"), *table(heads, rows)]
    limits = summary["limits"]
    for name, facts in summary["splits"].items():
        if "sources_cut" in facts:
            lines.append(
                f"{name}: {facts['sources_cut']:.1%} of the texts are longer than {limits['max_source']} tokens, "
                f"{facts['characters_read']:.0%} of all text is read; {facts['targets_cut']:.1%} of what is written of "
                f"them is longer than {limits['max_words']}"
            )
    return "\n".join([*lines, *remarks(summary)])


def _facts(split: TextPairs) -> dict[str, Any]:
    """Counts of one split; `repeated` pairs are those whose text was there before."""
    return {
        "pairs": len(split),
        "repeated": len(split) - len(set(split.sources)),
        "source_words": _lengths(split.sources),
        "target_words": _lengths(split.targets),
    }


def _lengths(texts: Sequence[str]) -> dict[str, Any]:
    words = np.array([word_count(text) for text in texts])
    return {
        "mean": round(float(words.mean()), 2),
        "p95": round(float(np.percentile(words, 95)), 1),
        "longest": int(words.max()),
    }


def _beyond(split: TextPairs, config: Rewriting, tokenizer: Tokenizer) -> dict[str, float]:
    """Shares of the texts and of what is written that are cut, and of the characters of all texts that are read."""
    looked_at = [int(row) for row in np.linspace(0, len(split) - 1, min(len(split), LOOKED_AT))]
    characters = read = sources = targets = 0
    for row in looked_at:
        text = split.sources[row]
        pieces = tokenizer.pieces(text, config.max_source + 1)
        cut = len(pieces) > config.max_source
        sources += cut
        characters += len(text)
        read += pieces[config.max_source - 1].end if cut else len(text)
        targets += len(tokenizer.encode(split.targets[row], config.max_words + 1)) > config.max_words
    return {
        "sources_cut": round(sources / len(looked_at), 4),
        "targets_cut": round(targets / len(looked_at), 4),
        "characters_read": round(read / characters, 4),
    }


def look(listing: Listing[TextPairs], config: Rewriting, doubts: Sequence[str] = ()) -> Look:
    """The summary but for what takes a tokenizer, and three pairs from all over the data."""
    pairs = next(split for name in SPLITS if len(split := listing.splits[name]))
    return Look(build(listing, config, None, doubts), examples(pairs))


def examples(pairs: TextPairs) -> list[str]:
    """Three pairs from all over a split: how the text begins, and what was written of it below."""
    rows = sorted({0, len(pairs) // 2, len(pairs) - 1})
    return [f"{_start(pairs.sources[row])}\n-> {_start(pairs.targets[row])}" for row in rows]


def _start(text: str) -> str:
    line = " ".join(text[: 2 * BEGINNING].split())
    return line if len(text) <= BEGINNING else f"{line[:BEGINNING].rstrip()}..."
