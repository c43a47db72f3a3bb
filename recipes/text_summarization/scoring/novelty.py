"""How much of a summary is the model's own: n-grams that its document does not have, and those that it says twice."""

from collections.abc import Iterable, Sequence

from heedful.recipes.shared.reading.words import words


def novel(summaries: Iterable[str], documents: Iterable[str], order: int) -> float | None:
    """Share of the different n-grams of each summary that are not in its document; None where there is none at all.

    0 is pure extraction (See et al., ACL 2017, figure 6). Words are those of `shared/reading/words.py`, not stemmed.
    """
    new = every = 0
    for summary, document in zip(summaries, documents, strict=True):
        own = set(ngrams(words(summary), order))
        new += len(own - set(ngrams(words(document), order)))
        every += len(own)
    return new / every if every else None


def repeated(summaries: Iterable[str], order: int = 3) -> float | None:
    """Share of the n-grams of the summaries that the same summary had before; None where there is none at all."""
    again = every = 0
    for summary in summaries:
        own = ngrams(words(summary), order)
        again += len(own) - len(set(own))
        every += len(own)
    return again / every if every else None


def ngrams(found: Sequence[str], order: int) -> list[tuple[str, ...]]:
    """Every `order` words in a row."""
    return list(zip(*(found[start:] for start in range(order)), strict=False))
