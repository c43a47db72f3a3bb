"""Whether the names and numbers of a text arrive in its summary: no ROUGE point is lost more cheaply, or hurts more.

An entity of a document is
    a number: a run of letters and digits with a digit in it, with . , : / - between digits (7, 3.5, 10/30/01, Q3);
    a name: a word of two letters or more with an upper-case letter, not the first of its sentence, where the document
    does not have the same word in lower case. A document that is mostly in capitals has no names.
In data without case (Gigaword, Chinese; documents with an upper-case letter are the exception) a name is a word of two
letters or more that at most one of 2,000 training documents has, or at most three; without training data it has none.

Asked for are those that the reference has, too: each of them once, found again in the summary, case aside, or not. No
model of names is needed, so nothing is fetched; but German nouns all count as names, the `#` of Gigaword is no number,
and a first name at the start of a sentence is found only if it stands elsewhere, too.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from heedful.recipes.text_summarization.scoring.sentences import sentences

RARE = 2000  # documents of training among which a rare word is in one
AT_LEAST = 3
BY_CASE = "numbers, and words with a capital inside a sentence"
BY_RARITY = "numbers, and words that at most {} of {:,} training documents have"
NUMBERS = "numbers"

_TERM = re.compile(r"\d+(?:[.,:/-]\d+)+|[^\W_]+")


@dataclass(frozen=True, eq=False)
class Entities:
    """What counts as a name or a number in `documents`; `training` are those of the training, if they are at hand."""

    documents: Sequence[str]
    training: Sequence[str] = ()

    @cached_property
    def by_case(self) -> bool:
        """Whether capitals tell names in these documents."""
        return 2 * sum(any(map(str.isupper, document)) for document in self.documents) >= len(self.documents)

    @cached_property
    def frequency(self) -> Counter[str]:
        """How many documents of the training have each term."""
        return Counter(term for document in self.training for term in set(terms(document)))

    @property
    def most(self) -> int:
        """How many documents of the training may have a word that is rare."""
        return max(AT_LEAST, len(self.training) // RARE)

    @property
    def rule(self) -> str:
        """What counts as an entity, in a few words."""
        if self.by_case:
            return BY_CASE
        return BY_RARITY.format(self.most, len(self.training)) if self.training else NUMBERS

    def of(self, document: str) -> set[str]:
        """The names and numbers of a document, in lower case."""
        if self.by_case:
            return {term for term in terms(document) if _number(term)} | _capital(document)
        return {term for term in terms(document) if _number(term) or (self.training and self._rare(term))}

    def _rare(self, term: str) -> bool:
        return len(term) > 1 and self.frequency[term] <= self.most

    def wanted(self, references: Sequence[str]) -> list[set[str]]:
        """Of each reference the entities of its document that it has."""
        pairs = zip(self.documents, references, strict=True)
        return [self.of(document) & set(terms(reference)) for document, reference in pairs]


def terms(text: str) -> list[str]:
    """The words and numbers of `text` in lower case; a number keeps the marks between its digits."""
    return _TERM.findall(unicodedata.normalize("NFC", text).lower())


def numbers(text: str) -> set[str]:
    """The numbers of `text`."""
    return {term for term in terms(text) if _number(term)}


def invented(summaries: Iterable[str], documents: Iterable[str]) -> tuple[int, int]:
    """How many numbers of the summaries stand nowhere in their documents, and how many numbers they have."""
    new = every = 0
    for summary, document in zip(summaries, documents, strict=True):
        own = numbers(summary)
        new += len(own - set(terms(document)))
        every += len(own)
    return new, every


def _number(term: str) -> bool:
    return any(map(str.isdecimal, term))


def _capital(document: str) -> set[str]:
    """The names of a document that has case."""
    inside: list[str] = []
    plain: set[str] = set()
    for sentence in sentences(unicodedata.normalize("NFC", document)):
        found = [term for term in _TERM.findall(sentence) if len(term) > 1]
        inside += found[1:]
        plain |= {term for term in found if term.islower()}
    if 2 * sum(map(str.isupper, inside)) > len(inside):
        return set()
    return {term.lower() for term in inside if term != term.lower()} - plain
