"""Upper case for what a lower-case model wrote: a word is written as its document writes it.

A document cannot tell whether a word that only begins its sentences is a name. `PLAIN` is a list from the training
texts of words that are none; it rides in the file.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from heedful.apps.tokenizer import CLASSES, LINES, lower

PLAIN = "plain_words.txt"  # attached to a model: words that are mostly written in lower case inside sentences

_WORDS = re.compile("L+")
_CONTINUES = re.compile(rf"[^.!?:;…。！？{LINES}]*")  # between two words of a sentence


def plain_words(content: bytes) -> frozenset[str]:
    """The words of the attachment `PLAIN`."""
    return frozenset(content.decode(errors="replace").split())


def recased(summary: str, document: str, copied: Sequence[bool] | None = None, plain: Collection[str] = ()) -> str:
    """A lower-case summary with upper case as in its document.

    A word is written as the document mostly writes it. The beginnings of sentences count only if it stands nowhere
    else, is none of the `plain` words, and its first letter was copied, where `copied` says so of each character: "For"
    there is no name. The first word gets an upper-case letter. Where the document has none, nothing changes.
    """
    if document == lower(document):
        return summary
    inside, first = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for word, begins in written(document):
        (first if begins else inside)[lower(word), word] += 1
    known, begun = ({lower: word for (lower, word), _ in reversed(counts.most_common())} for counts in (inside, first))
    text, at = "", 0
    for start, end in _places(summary):
        word = summary[start:end]
        named = word not in plain and (copied is None or copied[start])
        text += summary[at:start] + known.get(word, begun.get(word, word) if named else word)
        at = end
    text += summary[at:]
    begin = next((place for place, character in enumerate(text) if character.isalnum()), len(text))
    word = next((text[start:end] for start, end in _places(text) if start == begin), "")
    return text[:begin] + word[:1].title() + text[begin + 1 :] if word and word == lower(word) else text


def written(document: str) -> Iterator[tuple[str, bool]]:
    """The words of a document, and whether a sentence or line begins with it."""
    document = unicodedata.normalize("NFC", document)
    after = 0
    for start, end in _places(document):
        yield document[start:end], not after or not _CONTINUES.fullmatch(document, after, start)
        after = end


def _places(text: str) -> Iterator[tuple[int, int]]:
    """Where the words are: runs of letters and marks."""
    return (found.span() for found in _WORDS.finditer(text.translate(CLASSES)))
