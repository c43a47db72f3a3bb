"""Whether an answer rests on what the attention shows: the most attended tokens are hidden first, or random ones."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from heedful.apps.tokenizer import PAD
from heedful.layers import explain
from heedful.recipes.shared.scoring.interval import bootstrap_means
from heedful.recipes.shared.scoring.percent import between, percent

TEXTS, STEPS, ORDERS = 100, 8, 3  # how many texts at most, in so many steps, in so many random orders


def deletion(predict: Callable[..., Mapping[str, np.ndarray]], ids: np.ndarray, seed: int) -> dict[str, Any]:
    """The mean probability of the answer to texts `ids` int `(n, tokens)` while more and more of their tokens are
    hidden, none to all: the `attended` first, those in `random` order, and the interval of the difference.

    `predict` gives `probabilities` `(n, labels)` and `attention` `(n, heads, tokens)`. Empty without texts of at least
    two tokens.
    """
    areas = []
    for row in ids[np.linspace(0, len(ids) - 1, min(TEXTS, len(ids))).astype(int)]:
        text, answer = row[row != PAD], predict({"ids": row[None]})
        label, looked = answer["probabilities"][0].argmax(), answer["attention"][0].mean(axis=0)[row != PAD]

        def probability(texts: np.ndarray, label: int = label, width: int = len(row)) -> np.ndarray:
            padded = np.pad(texts, ((0, 0), (0, width - texts.shape[1])), constant_values=PAD)
            return predict({"ids": padded})["probabilities"][:, label]

        if len(text) > 1:
            attended = explain.deletion(probability, text, looked, PAD, STEPS).area
            others = explain.random_curves(explain.deletion, probability, text, looked, PAD, STEPS, ORDERS, seed)
            areas.append((attended, float(np.mean([curve.area for curve in others]))))
    if not areas:
        return {}
    values = np.array(areas)
    attended, random = values.mean(axis=0).tolist()
    interval = bootstrap_means(values[:, 1:] - values[:, :1], seed)[0].tolist()
    return {"texts": len(areas), "attended": attended, "random": random, "difference_interval": interval}


def line(found: Mapping[str, Any]) -> str:
    """What `deletion` found, in percent."""
    return (
        f"while words are hidden the answer keeps {percent(found['attended'])} % if the most attended go first, "
        f"{percent(found['random'])} % in random order [difference {between(found['difference_interval'])}, "
        f"{found['texts']} texts]"
    )
