"""What every log goes through, as plain functions over arrays: duplicates, and the k-core."""

import numpy as np


def tied(users: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Whether an action of a sorted log shares its user and its time with the one before, bool (n,)."""
    same = np.zeros(len(users), bool)
    same[1:] = (users[1:] == users[:-1]) & (times[1:] == times[:-1])
    return same


def in_ties(same: np.ndarray) -> np.ndarray:
    """Whether an action shares its user and its time with any other, bool (n,), given `tied`."""
    either = same.copy()
    either[:-1] |= same[1:]
    return either


def duplicates(items: np.ndarray, same: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Places of the repetitions of a row (user, item and time) in a sorted log, given `tied`, ascending, and for each
    the place of the first one, which stays.
    """
    places = np.flatnonzero(in_ties(same))
    group, item = np.cumsum(~same[places], dtype=np.int32), items[places]
    order = np.lexsort((item, group))  # stable: repetitions follow their first
    group, item = group[order], item[order]
    repeated = np.zeros(len(order), bool)
    repeated[1:] = (group[1:] == group[:-1]) & (item[1:] == item[:-1])
    firsts = np.maximum.accumulate(np.where(repeated, 0, np.arange(len(order))))[repeated]
    again = places[order[repeated]]
    ascending = np.argsort(again)
    return again[ascending], places[order[firsts]][ascending]


def k_core(users: np.ndarray, items: np.ndarray, least: int) -> tuple[np.ndarray, int]:
    """Places of the largest part in which every user and every item has `least` actions, and the rounds it took."""
    places = np.arange(len(users), dtype=np.int64)
    for rounds in range(1, len(users) + 2):
        enough = np.ones(len(users), bool)
        for codes in (users, items):
            enough &= (np.bincount(codes) >= least)[codes] if len(codes) else True
        if enough.all():
            return places, rounds
        places, users, items = places[enough], users[enough], items[enough]
    raise AssertionError("every round drops an action")
