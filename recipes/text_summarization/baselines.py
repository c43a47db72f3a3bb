"""What a summarizer must beat: the start of the text, a random sentence of it; and what copying sentences can reach.

Sentences are those of `sentences.py`; words of Lead-8 are what white space divides, punctuation included.
"""

from collections.abc import Sequence

import numpy as np

from heedful.recipes.text_summarization.sentences import sentences


def lead_words(document: str, count: int = 8) -> str:
    """The first `count` words."""
    return " ".join(document.split(None, count)[:count])


def lead_sentences(document: str, count: int) -> str:
    """The first `count` sentences, one on each line."""
    return "\n".join(sentences(document)[:count])


def random_sentences(documents: Sequence[str], seed: int) -> list[str]:
    """A sentence of each document, all as likely."""
    generator = np.random.default_rng([seed, 2])
    found = []
    for document in documents:
        parts = sentences(document) or [""]
        found.append(parts[generator.integers(len(parts))])
    return found
