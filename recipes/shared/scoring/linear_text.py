"""What a linear model makes of texts: support vectors on TF-IDF of words and pairs, or of characters where there are no
spaces between words.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from heedful.recipes.shared.reading.words import unspaced


def support_vectors(texts: Sequence[str], targets: np.ndarray) -> Any:
    """A linear support vector machine with `predict(texts)`, for targets int `(n,)` of at least two kinds."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import LinearSVC

    of_words = {"token_pattern": r"\S+", "ngram_range": (1, 2)}
    how = {"analyzer": "char", "ngram_range": (1, 3)} if unspaced(texts) else of_words
    model = make_pipeline(TfidfVectorizer(sublinear_tf=True, **how), LinearSVC(random_state=0))
    return model.fit(texts, targets)
