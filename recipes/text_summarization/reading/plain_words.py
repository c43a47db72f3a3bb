"""Which words of the training texts are no names, so that the app (`capitals.py`) need not take them for some."""

from collections import Counter
from collections.abc import Iterable

from heedful.apps.text_summarization.capitals import written
from heedful.apps.tokenizer import lower

MOST = 5000  # words that are kept, the most frequent
LEAST = 3  # times that a word must be seen
READ = 50_000  # documents that tell enough


def find(documents: Iterable[str]) -> list[str]:
    """The words that are mostly written in lower case where no sentence begins, the most frequent first."""
    plain, other = Counter[str](), Counter[str]()
    for document, _ in zip(documents, range(READ), strict=False):
        for word, begins in written(document):
            if not begins:
                small = lower(word)
                (plain if word == small else other)[small] += 1
    return [word for word, count in plain.most_common() if count >= max(LEAST, other[word] + 1)][:MOST]
