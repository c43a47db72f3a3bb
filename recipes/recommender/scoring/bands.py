"""Bands in which a recommender is looked at apart: length of the history, popularity of an item, new or seen before."""

import itertools

import numpy as np

from heedful.recipes.recommender.reading.item_catalogue import FIRST

LENGTHS = (0, 1, 3, 6, 11, 21, 51, 101, 201)  # first history length of each band
SHARES = (0.01, 0.05, 0.2, 0.5, 1.0)  # of the catalogue, most popular first, at which the bands of items end


def length_bands(lengths: np.ndarray) -> tuple[list[str], np.ndarray]:
    """Names of the bands of history lengths, and the band of each user."""
    ends = [f"-{after - 1}" if after - 1 > first else "" for first, after in itertools.pairwise(LENGTHS)]
    names = [f"{first}{end}" for first, end in zip(LENGTHS, [*ends, "+"], strict=True)]
    return names, np.searchsorted(LENGTHS, lengths, side="right") - 1


def popularity_bands(items: np.ndarray, counts: np.ndarray) -> tuple[list[str], np.ndarray]:
    """Names of the bands of items, most popular first, and the band of each of these rows.

    The last ones are items that training never saw, in the catalogue or not.
    """
    percents = [f"{100 * share:g}" for share in SHARES]
    names = [f"top {percents[0]} %"] + [f"{low}-{high} %" for low, high in itertools.pairwise(percents)]
    place = np.empty(len(counts) - FIRST)
    place[np.argsort(-counts[FIRST:], kind="stable")] = (np.arange(len(place)) + 1) / len(place)
    rows = np.maximum(items, FIRST)
    band = np.searchsorted(SHARES, place[rows - FIRST])
    return [*names, "untrained"], np.where((items < FIRST) | (counts[rows] == 0), len(names), band)


def repeat_bands(repeated: np.ndarray) -> tuple[list[str], np.ndarray]:
    """Names of the bands of targets that are new to the user and of those that are not, and the band of each."""
    return ["new to the user", "seen before"], repeated.astype(int)
