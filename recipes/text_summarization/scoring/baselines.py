"""What a summarizer must beat: the start of the text, or a random sentence of it; and how far copying can get at all.

Sentences are those of `sentences.py`; words of Lead-8 are what white space divides, punctuation included. The two
oracles know the reference, so they are no summarizers but bounds: one of whoever copies sentences whole, the other
(about) of whoever copies words.
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from heedful.recipes.text_summarization.scoring.novelty import ngrams
from heedful.recipes.text_summarization.scoring.rouge import stems
from heedful.recipes.text_summarization.scoring.sentences import sentences

ORDERS = (1, 2)  # the n-grams by which the oracle chooses


def lead_words(document: str, count: int = 8) -> str:
    """The first `count` words."""
    return " ".join(document.split(None, count)[:count])


def lead_sentences(document: str, count: int) -> str:
    """The first `count` sentences, one on each line."""
    return "\n".join(sentences(document)[:count])


def random_sentences(documents: Sequence[str], seed: int) -> list[str]:
    """A sentence of each document, all as likely; nothing of a document that has none."""
    generator = np.random.default_rng([seed, 2])
    found = []
    for document in documents:
        parts = sentences(document) or [""]
        found.append(parts[generator.integers(len(parts))])
    return found


def best_sentences(document: str, reference: str) -> str:
    """The sentences nearest to `reference`, found greedily, in the order of the document, one on each line.

    Taken is the sentence that raises ROUGE-1 + ROUGE-2 (F1) most, then the next, until none does (Nallapati et al.,
    AAAI 2017); of equals the first. Pairs of words do not reach over the end of a sentence.
    """
    parts, wanted = sentences(document), _ngrams(reference)
    counted = [_ngrams(part) for part in parts]
    sizes = np.array([[grams.total() for grams in part] for part in counted])
    hits = [[grams & want for grams, want in zip(part, wanted, strict=True)] for part in counted]  # no other can match
    left = [row for row in range(len(parts)) if any(hits[row])]
    taken: list[int] = []
    best = 0.0
    while left:
        scores = [
            _f1([hits[other] for other in [*taken, row]], sizes[[*taken, row]].sum(axis=0), wanted) for row in left
        ]
        if max(scores) <= best:
            break
        best = max(scores)
        taken.append(left.pop(scores.index(best)))
    return "\n".join(parts[row] for row in sorted(taken))


def copied_words(document: str, reference: str) -> str:
    """The words of `reference` that stand in `document`, their endings aside, in the order of the reference."""
    there = set(stems(document))
    return " ".join(word for word in reference.split() if there.issuperset(stems(word)))


def _ngrams(text: str) -> list[Counter[tuple[str, ...]]]:
    found = stems(text)
    return [Counter(ngrams(found, order)) for order in ORDERS]


def _f1(hits: Sequence[Sequence[Counter]], sizes: np.ndarray, wanted: Sequence[Counter]) -> float:
    """Sum over `ORDERS` of 2 x common n-grams over all, of sentences with `hits` that have `sizes` n-grams together."""
    total = 0.0
    for order, want in enumerate(wanted):
        held = sum((sentence[order] for sentence in hits), Counter())
        total += 2 * (held & want).total() / max(int(sizes[order]) + want.total(), 1)
    return total
