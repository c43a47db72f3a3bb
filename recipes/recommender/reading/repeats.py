"""Whether people come back to items, and so whether items of the history may be recommended."""

import numpy as np

from heedful.recipes.recommender.reading.item_catalogue import FIRST
from heedful.recipes.recommender.reading.log import Log

LEAST = 0.04  # share of actions that come back from which on `auto` allows it: tests/benchmarks/recommender_repeats.py


def repeat_share(log: Log) -> float:
    """Share of actions whose item the same user had before, of those that are not a user's first; 0 without any."""
    known = log.items >= FIRST
    pairs = np.repeat(np.arange(len(log.lengths)), log.lengths)[known]  # ascending owners, then owners with items
    later = int(np.sum(pairs[1:] == pairs[:-1]))
    pairs *= int(log.items.max(initial=0)) + 1
    pairs += log.items[known]
    pairs.sort()
    again = int(np.sum(pairs[1:] == pairs[:-1]))
    return again / later if later else 0.0


def decided(setting: str, log: Log) -> tuple[bool, str]:
    """Whether items of the history may be recommended by the setting `repeats`, and a sentence that says why."""
    share = repeat_share(log)
    allowed = setting == "allow" or (setting == "auto" and share >= LEAST)
    found = f"{share:.1%} of the training actions come back to an item that the user had before"
    limit = f"{LEAST:.0%} or more" if allowed else f"less than {LEAST:.0%}"
    why = limit if setting == "auto" else f"repeats={setting}"
    what = "may be recommended" if allowed else "are never recommended"
    return allowed, f"{found} ({why}): items of the history {what}"
