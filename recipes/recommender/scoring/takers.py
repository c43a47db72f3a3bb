"""Who took what, as a matrix."""

import numpy as np
from scipy import sparse

from heedful.recipes.recommender.reading.item_catalogue import FIRST
from heedful.recipes.recommender.reading.log import Log


def takers(log: Log, rows: int) -> sparse.csr_array:
    """1 where a user took an item, however often, float32 (users, rows)."""
    real = log.items >= FIRST
    owner = np.repeat(np.arange(len(log.lengths)), log.lengths)[real]
    taken = sparse.csr_array(
        (np.ones(len(owner), np.float32), (owner, log.items[real])), shape=(len(log.lengths), rows)
    )
    taken.sum_duplicates()
    taken.data[:] = 1
    return taken
