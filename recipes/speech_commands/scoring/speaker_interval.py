"""How far a measured accuracy can be trusted: a bootstrap over speakers, whose clips stand or fall together.

Resampling clips as if they were independent makes the interval of a test with few speakers much too narrow.
"""

from collections.abc import Sequence

import numpy as np

LEVEL = 0.95
RESAMPLES = 1000
ANONYMOUS_RULE = "hash of the file name"  # the split rule of data whose file names carry no speaker


def resampling_units(speakers: Sequence[str], split_rule: str) -> tuple[np.ndarray, int]:
    """What is resampled: the unit of each clip, int (clips,), and how many speakers that are (0: units are clips).

    A clip without a speaker (`_silence_` cut from noise) is a unit of its own; so is every clip when the data names no
    speakers, or only one.
    """
    count = len(set(speakers) - {""}) if split_rule != ANONYMOUS_RULE else 0
    if count < 2:
        return np.arange(len(speakers)), 0
    names = [speaker or f"\0{index}" for index, speaker in enumerate(speakers)]
    return np.unique(names, return_inverse=True)[1], count


def bootstrap(correct: np.ndarray, units: np.ndarray, seed: int) -> tuple[float, float]:
    """Percentile bootstrap interval of the mean of `correct` (clips,), resampling whole `units` (clips,) of clips.

    The accuracy of a resample is a ratio of sums, so units of different size weigh as much as they have clips
    (Davison and Hinkley, Bootstrap Methods and their Application, 1997, section 2.4). With fewer than two units, or
    no error at all, there is no spread to see and both ends are the accuracy itself.
    """
    right = np.bincount(units, weights=correct)
    total = np.bincount(units)
    if len(total) < 2:
        accuracy = float(np.mean(correct))
        return accuracy, accuracy
    from scipy import stats

    result = stats.bootstrap(
        (right, total.astype(float)),
        lambda right, total, axis: np.sum(right, axis) / np.sum(total, axis),
        paired=True,
        vectorized=True,
        method="percentile",
        confidence_level=LEVEL,
        n_resamples=RESAMPLES,
        batch=100,
        rng=np.random.default_rng(seed),
    )
    return float(result.confidence_interval.low), float(result.confidence_interval.high)
