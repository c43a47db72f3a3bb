"""Probabilities that say how often they are right."""

import numpy as np

SMALLEST = 1e-12


def tempered(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """float64 `(..., labels)` as if the logits had been divided by it (Guo et al. 2017, arXiv:1706.04599)."""
    logits = np.log(np.maximum(np.asarray(probabilities, np.float64), SMALLEST)) / temperature
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)
