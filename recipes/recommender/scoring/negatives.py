"""Items that a user did not take, drawn as negatives: uniformly for old papers' tables, by popularity for a ranker.

Full ranking needs none of this. Metrics among a few drawn items can even order two models the wrong way round
(Krichene and Rendle, On Sampled Metrics for Item Recommendation, KDD 2020), so they are labelled as what they are.
"""

import numpy as np

from heedful.recipes.recommender.data import Examples
from heedful.recipes.recommender.reading.item_catalogue import FIRST, PAD
from heedful.recipes.recommender.scoring.ranks import seen

BLOCK = 1024  # users that draw from one random generator
ROUNDS = 200  # of drawing anew; a user who has seen nearly everything gets fewer negatives


def draw_negatives(
    examples: Examples, users: np.ndarray, rows: int, count: int, seed: int, popularity: np.ndarray | None = None,
    repeats: bool = False,
) -> np.ndarray:  # fmt: skip
    """For each of `users` (n,) `count` items that are not the target, int32 (n, count), nor, without `repeats`, in the
    history.

    Drawn with replacement, uniformly or in proportion to `popularity` (rows,); PAD where there is nothing to draw.
    """
    drawn = np.full((len(users), count), PAD, np.int32)
    cumulative = np.cumsum(np.ones(rows - FIRST) if popularity is None else popularity[FIRST:])
    if not len(cumulative) or cumulative[-1] == 0:
        return drawn
    for start in range(0, len(users), BLOCK):
        chosen = users[start : start + BLOCK]
        generator = np.random.default_rng([seed, 2, start])
        who, items = seen(examples, chosen)
        targets = np.arange(len(chosen)) * rows + examples.targets[chosen]
        touched = np.unique(targets if repeats else np.concatenate([who * rows + items, targets]))
        flat = np.full(len(chosen) * count, PAD, np.int32)
        missing = np.arange(len(flat))
        for _ in range(ROUNDS):
            place = np.searchsorted(cumulative, generator.random(len(missing)) * cumulative[-1], side="right")
            new = FIRST + np.minimum(place, rows - FIRST - 1)
            keys = missing // count * rows + new
            free = touched[np.minimum(np.searchsorted(touched, keys), len(touched) - 1)] != keys
            flat[missing[free]] = new[free]
            missing = missing[~free]
            if not len(missing):
                break
        drawn[start : start + BLOCK] = flat.reshape(len(chosen), count)
    return drawn
