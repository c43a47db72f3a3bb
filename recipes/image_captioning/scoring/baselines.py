"""What a captioner must beat: the most frequent caption, that of the image most like it, and a random one.

The captions that people wrote for the training images are fluent, so that these baselines reach what good language is
worth without looking (the random one), or with looking only as far as pooled features go (the nearest image).
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from heedful.recipes.image_captioning.scoring.caption_scores import Captions

CHUNK = 512  # images searched for at a time: 230 MB against the 113,287 training images of COCO


def most_frequent(training: Sequence[Captions]) -> list[str]:
    """The caption that most often stands in `training`, as words; of equally frequent ones the first."""
    counts = Counter(tuple(caption) for captions in training for caption in captions)
    return list(counts.most_common(1)[0][0])


def random_captions(training: Sequence[Captions], images: int, seed: int) -> list[list[str]]:
    """A caption of `training` for each image, all as likely."""
    every = [caption for captions in training for caption in captions]
    return [list(every[row]) for row in np.random.default_rng([seed, 2]).integers(len(every), size=images)]


def nearest_images(
    pooled: np.ndarray, training: np.ndarray, names: Sequence[str] = (), training_names: Sequence[str] = ()
) -> np.ndarray:
    """The training image most like each image, int (n,), by the cosine of features `pooled` (n, d), `training` (m, d).

    Where names are given, an image is not its own nearest, as it would be on the training split.
    """
    rows: dict[str, list[int]] = {}
    for row, name in enumerate(training_names):
        rows.setdefault(name, []).append(row)
    unit = _unit(training)
    found = []
    for start in range(0, len(pooled), CHUNK):
        similar = _unit(pooled[start : start + CHUNK]) @ unit.T
        for row, name in enumerate(names[start : start + CHUNK]):
            similar[row, rows.get(name, [])] = -np.inf
        found.append(similar.argmax(axis=1))
    return np.concatenate(found)


def _unit(features: np.ndarray) -> np.ndarray:
    features = np.asarray(features, np.float32)
    return features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), np.finfo(np.float32).tiny)


def central(captions: Captions) -> list[str]:
    """The consensus of one image's captions: the one that shares most words with the others; of equal ones the first.

    The consensus caption of Devlin et al. 2015 (arXiv 1505.04467), with the F measure of words for similarity.
    """
    bags = [Counter(caption) for caption in captions]
    agreement = [
        sum(_shared(bag, other) for place, other in enumerate(bags) if place != own) for own, bag in enumerate(bags)
    ]
    return list(captions[int(np.argmax(agreement))])


def _shared(first: Counter[str], second: Counter[str]) -> float:
    """2 x common words over all words, 0 to 1, repeats counted."""
    return 2 * (first & second).total() / max(first.total() + second.total(), 1)
