"""Whether the model looks elsewhere for every word: how far the attention maps of one caption are apart.

A captioner can write well with one map for all words, and then its maps explain nothing (the commonest disappointment
with models of this kind). Pictures of maps, each scaled to its own maximum, do not show that; this number does.
"""

from collections.abc import Sequence

import numpy as np
from scipy.special import entr


def divergence(attention: Sequence[np.ndarray]) -> float | None:
    """Mean Jensen-Shannon divergence of two words' maps, in bits: 0 all maps are the same, 1 no two maps share a cell.

    Of maps float (words, cells) of each caption, brought to sum 1: the mean over the pairs of its words (Lin, IEEE
    Trans. Inform. Theory 1991), then over captions. Captions of fewer than two words have none; None when all are.
    Raises ValueError where a map is negative, not finite, or nothing but zeros.
    """
    found = [_of_caption(maps) for maps in attention if len(maps) > 1]
    return float(np.mean(found)) if found else None


def _of_caption(maps: np.ndarray) -> float:
    maps = np.asarray(maps, np.float64)
    total = maps.sum(axis=1, keepdims=True)
    if not np.isfinite(maps).all() or (maps < 0).any() or not (total > 0).all():
        raise ValueError("an attention map of the model is negative, not finite or empty: its weights are broken")
    maps = maps / total
    first, second = np.triu_indices(len(maps), k=1)
    entropy = entr(maps).sum(axis=1)
    middle = entr((maps[first] + maps[second]) / 2).sum(axis=1)
    return float(np.mean(middle - (entropy[first] + entropy[second]) / 2) / np.log(2))
