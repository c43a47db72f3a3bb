"""Which preset a log asks for."""

import numpy as np

from heedful.recipes.recommender.reading.log import Log

FEW_OF_USER, FEW_OF_ITEM = 10, 50  # training actions, below which a log is sparse


def advice(training: Log) -> str:
    """A sentence about a sparse log; "" for any other."""
    if not len(training):
        return ""
    of_user = float(np.median(training.lengths[training.lengths > 0]))
    of_item = len(training) / len(np.unique(training.items))
    if of_user >= FEW_OF_USER or of_item >= FEW_OF_ITEM:
        return ""
    return (
        f"few actions to learn from (of a user {of_user:g} at the median, of an item {of_item:.1f} on average): "
        "--preset sparse is made for that"
    )
