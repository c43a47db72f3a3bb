"""Item vectors to begin with: what stands near what, counted, in as many numbers as a vector has.

The leading singular vectors of the positive pointwise mutual information of neighbours, which is what skip-gram vectors
approach in training (Levy and Goldberg, Neural Word Embedding as Implicit Matrix Factorization, NeurIPS 2014). From
random vectors the first epochs of a sequence model only find out what is popular.
"""

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import svds


def spectral_vectors(neighbours: sparse.csr_array, width: int) -> np.ndarray | None:
    """Vectors float32 `(rows, width)` by counts of neighbours `(rows, rows)`, 0 for items without any; None where there
    are too few items for so many numbers.

    Their spread is half of `1 / sqrt(width)`.
    """
    both = sparse.coo_array(neighbours + neighbours.T, dtype=np.float64)
    often = np.asarray(both.sum(axis=1)).ravel()
    if np.count_nonzero(often) <= width:
        return None
    row, column = both.coords
    information = np.log(both.data * often.sum() / (often[row] * often[column]))
    positive = sparse.csr_array((np.maximum(information, 0), (row, column)), shape=both.shape)
    positive.eliminate_zeros()
    left, strength, _ = svds(positive, k=width, v0=np.ones(len(often)))
    vectors = np.where(often[:, None] > 0, left * np.sqrt(strength), 0)
    return (vectors * 0.5 / (np.sqrt(width) * vectors[often > 0].std())).astype(np.float32)
