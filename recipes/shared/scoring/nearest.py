"""A baseline of what writes one text of another: what was written of the training text that is most like it."""

from collections.abc import Callable, Sequence

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from heedful.recipes.shared.reading.text_pairs import TextPairs

SEARCHED = 100_000  # training texts, at most: every second, every third, ...
CHUNK = 256  # texts searched for at a time


def nearest_targets(texts: Sequence[str], training: TextPairs, analyzer: Callable[[str], Sequence[str]]) -> list[str]:
    """The target of the training source most like each text, by the cosine of TF-IDF vectors of its words, which
    `analyzer` gives, with logarithmic counts; of equals the first.

    A text is not like itself, as it would be on the training split. If no other has a word in common with it, the first
    one counts as nearest.
    """
    rows = range(0, len(training), -(-len(training) // SEARCHED))
    known = [training.sources[row] for row in rows]
    vectors = TfidfVectorizer(analyzer=analyzer, sublinear_tf=True, dtype=np.float32)
    try:
        there = vectors.fit_transform(known).T.tocsr()
    except ValueError:  # not a word in all of them
        return [training.targets[rows[0]]] * len(texts)
    same: dict[str, list[int]] = {}
    for place, text in enumerate(known):
        same.setdefault(text, []).append(place)
    found = []
    for start in range(0, len(texts), CHUNK):
        part = texts[start : start + CHUNK]
        alike = (vectors.transform(part) @ there).toarray()
        for row, text in enumerate(part):
            alike[row, same.get(text, [])] = -1.0
        found += [training.targets[rows[place]] for place in alike.argmax(axis=1)]
    return found
