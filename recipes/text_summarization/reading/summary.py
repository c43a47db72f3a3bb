"""What a source of pairs turned out to hold: as JSON for the card, and as a table for who waits for it.

Lengths are in words, which are what stands between spaces; each Chinese or Japanese character is one. What is longer
than the model reads is told in tokens, so that takes its tokenizer; where a split is large, `LOOKED_AT` of its pairs
stand for all.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from heedful.apps.tokenizer import Tokenizer
from heedful.recipes.shared.reading.splits import SPLITS
from heedful.recipes.shared.reading.summary import counted, heading, remarks, table
from heedful.recipes.shared.reading.words import word_count
from heedful.recipes.text_summarization.config import Config
from heedful.recipes.text_summarization.reading.doubts import warnings
from heedful.recipes.text_summarization.reading.pairs import Listing, Split

LOOKED_AT = 500  # pairs of a split that are cut into tokens
BEGINNING = 160  # characters of a text that an example shows


def build(listing: Listing, config: Config, tokenizer: Tokenizer | None = None) -> dict[str, Any]:
    """The JSON-able summary: by split the pairs and their lengths, and what was skipped or looks wrong."""
    splits = {
        name: _facts(split) | ({} if tokenizer is None else _beyond(split, config, tokenizer))
        for name in SPLITS
        if len(split := listing.splits[name])
    }
    return {
        "source": listing.source,
        "splits": splits,
        "split_rule": listing.split_rule,
        "licence": listing.licence,
        "limits": {"max_source": config.max_source, "max_words": config.max_words},
        "skipped": counted(listing.skipped),
        "read": list(listing.read),
        "notes": list(listing.notes),
        "warnings": [*listing.warnings, *warnings(listing.splits)],
    }


def describe(summary: Mapping[str, Any]) -> str:
    """The summary as text: a row for each split, and a line for everything worth knowing."""
    pairs = sum(facts["pairs"] for facts in summary["splits"].values())
    heads = ("split", "pairs", "repeated", "words", "95 %", "longest", "summary", "95 %", "longest")
    rows = [
        (
            name,
            f"{facts['pairs']:,}",
            f"{facts['repeated']:,}",
            *(
                cell
                for words in (facts["document_words"], facts["summary_words"])
                for cell in (f"{words['mean']:.1f}", f"{words['p95']:,.0f}", f"{words['longest']:,}")
            ),
        )
        for name, facts in summary["splits"].items()
    ]
    lines = [heading(summary, f"{pairs:,} pairs"), *table(heads, rows)]
    limits = summary["limits"]
    for name, facts in summary["splits"].items():
        if "documents_cut" in facts:
            lines.append(
                f"{name}: {facts['documents_cut']:.1%} of the documents are longer than {limits['max_source']} tokens, "
                f"{facts['characters_read']:.0%} of all text is read; {facts['summaries_cut']:.1%} of the summaries "
                f"are longer than {limits['max_words']}"
            )
    return "\n".join([*lines, *remarks(summary)])


def _facts(split: Split) -> dict[str, Any]:
    """Counts of one split; `repeated` pairs are those whose document was there before."""
    return {
        "pairs": len(split),
        "repeated": len(split) - len(set(split.documents)),
        "document_words": _lengths(split.documents),
        "summary_words": _lengths(split.summaries),
    }


def _lengths(texts: Sequence[str]) -> dict[str, Any]:
    words = np.array([word_count(text) for text in texts])
    return {
        "mean": round(float(words.mean()), 2),
        "p95": round(float(np.percentile(words, 95)), 1),
        "longest": int(words.max()),
    }


def _beyond(split: Split, config: Config, tokenizer: Tokenizer) -> dict[str, float]:
    """Shares of the documents and summaries that are cut, and of the characters of all documents that are read."""
    looked_at = [int(row) for row in np.linspace(0, len(split) - 1, min(len(split), LOOKED_AT))]
    characters = read = documents = summaries = 0
    for row in looked_at:
        text = split.documents[row]
        pieces = tokenizer.pieces(text, config.max_source + 1)
        cut = len(pieces) > config.max_source
        documents += cut
        characters += len(text)
        read += pieces[config.max_source - 1].end if cut else len(text)
        summaries += len(tokenizer.encode(split.summaries[row], config.max_words + 1)) > config.max_words
    return {
        "documents_cut": round(documents / len(looked_at), 4),
        "summaries_cut": round(summaries / len(looked_at), 4),
        "characters_read": round(read / characters, 4),
    }


def examples(pairs: Split) -> list[str]:
    """Three pairs from all over a split: how the document begins, and the summary below it."""
    rows = sorted({0, len(pairs) // 2, len(pairs) - 1})
    return [f"{_start(pairs.documents[row])}\n-> {_start(pairs.summaries[row])}" for row in rows]


def _start(text: str) -> str:
    line = " ".join(text[: 2 * BEGINNING].split())
    return line if len(text) <= BEGINNING else f"{line[:BEGINNING].rstrip()}..."
