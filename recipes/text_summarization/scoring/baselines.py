"""What a summarizer must beat: the start of the text, a random sentence of it, what was written of the text in training
that is most like it; and how far copying can get at all.

Sentences are those of `sentences.py`; words of Lead-8 are what white space divides, punctuation included. The two
oracles know the reference, so they are no summarizers but bounds: one of whoever copies sentences whole, the other
(about) of whoever copies words.
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from heedful.recipes.text_summarization.reading.pairs import Split
from heedful.recipes.text_summarization.scoring.novelty import ngrams
from heedful.recipes.text_summarization.scoring.rouge import stems
from heedful.recipes.text_summarization.scoring.sentences import sentences

ORDERS = (1, 2)  # the n-grams by which the oracle chooses
SEARCHED = 100_000  # training documents, at most: every second, every third, ...
CHUNK = 256  # documents searched for at a time


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


def nearest_summaries(documents: Sequence[str], training: Split) -> list[str]:
    """The summary of the training document most like each document, by the cosine of TF-IDF vectors with logarithmic
    counts; of equals the first.

    A document is not like itself, as it would be on the training split. If no other has a word in common with it, the
    first one counts as nearest.
    """
    rows = range(0, len(training), -(-len(training) // SEARCHED))
    known = [training.documents[row] for row in rows]
    vectors = TfidfVectorizer(analyzer=stems, sublinear_tf=True, dtype=np.float32)
    try:
        there = vectors.fit_transform(known).T.tocsr()
    except ValueError:  # not a word in all of them
        return [training.summaries[rows[0]]] * len(documents)
    same: dict[str, list[int]] = {}
    for place, document in enumerate(known):
        same.setdefault(document, []).append(place)
    found = []
    for start in range(0, len(documents), CHUNK):
        part = documents[start : start + CHUNK]
        alike = (vectors.transform(part) @ there).toarray()
        for row, document in enumerate(part):
            alike[row, same.get(document, [])] = -1.0
        found += [training.summaries[rows[place]] for place in alike.argmax(axis=1)]
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
