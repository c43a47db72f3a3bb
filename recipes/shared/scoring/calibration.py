"""Whether probabilities are what they say, and the temperature that makes them so."""

import numpy as np

from heedful.apps.calibration import SMALLEST, tempered

TEMPERATURES = np.geomspace(0.2, 5.0, 97)
BINS = 15


def temperature_of(probabilities: np.ndarray, targets: np.ndarray) -> float:
    """The one of `TEMPERATURES` that gives `(n, labels)` the smallest cross-entropy for targets int `(n,)`."""
    rows = np.arange(len(targets))
    losses = [-np.log(tempered(probabilities, value)[rows, targets] + SMALLEST).mean() for value in TEMPERATURES]
    return float(TEMPERATURES[int(np.argmin(losses))])


def calibration_error(probabilities: np.ndarray, targets: np.ndarray) -> float:
    """The expected calibration error of `(n, labels)` (Naeini et al. 2015): in each of `BINS` equal ranges the distance
    between the mean of the greatest probabilities and the share of right answers, weighted by examples.
    """
    sure, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == targets
    place = np.minimum((sure * BINS).astype(int), BINS - 1)
    return float(np.abs(np.bincount(place, right - sure, BINS)).sum() / len(targets))
