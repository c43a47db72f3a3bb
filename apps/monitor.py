"""Which labels a stream of answers has, over a sliding window, and an alarm where that is not as usual.

monitor = Monitor(usual={"refund": 40, "delivery": 150, "praise": 10}, window=200)
for text in texts:
    for alarm in monitor.add(classify(model, text).label):
        print(alarm.label, alarm.share, "usually", alarm.band)
"""

import math
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

Label = str | None  # None: none of these


@dataclass(frozen=True)
class Alarm:
    """A share that has left its band."""

    label: Label
    share: float  # of the window
    band: tuple[float, float]  # the lowest and the highest usual share


class Monitor:
    """Shares of the labels of the last `window` answers, beside what `usual` counts of earlier ones let expect.

    Where nothing has changed, the count of a label in the window, given that among the usual answers, is beta-binomial
    (with Jeffreys' prior), so that few usual answers give wide bands. The band of a label holds all but `rate / labels`
    of this distribution: at any moment at which nothing has changed, some share is outside of its band with a
    probability of at most `rate`. Such moments come in runs, each of which raises one alarm. A label that is none of
    the usual ones has the band of one that never came; where it may come, give it with a count of 0, so that `rate`
    holds for it as well. Raises `ValueError` where there is no window, no rate, nothing usual or a negative count.
    """

    def __init__(self, usual: Mapping[Label, int], window: int = 200, rate: float = 0.001) -> None:
        total = sum(usual.values())
        if window < 1 or not 0 < rate < 1:
            raise ValueError(
                f"a window has at least one answer, and a rate is between 0 and 1: not {window} and {rate}"
            )
        if total < 1 or min(usual.values()) < 0:
            raise ValueError(f"usual answers are counted, and there are some: not {dict(usual)}")
        self._last: deque[Label] = deque(maxlen=window)
        self._outside: set[Label] = set()
        tail = rate / len(usual) / 2
        self.bands = {label: band(window, count + 0.5, total - count + 0.5, tail) for label, count in usual.items()}
        self._never = band(window, 0.5, total + 0.5, tail)

    @property
    def shares(self) -> dict[Label, float]:
        """Of each usual label, and of others in the window: 0 to 1."""
        counts = Counter(self._last)
        return {label: counts[label] / max(1, len(self._last)) for label in {**self.bands, **counts}}

    def add(self, label: Label) -> list[Alarm]:
        """The alarms that one more answer raises; none before the window is full."""
        self._last.append(label)
        if len(self._last) < (self._last.maxlen or 0):
            return []
        shares = self.shares
        bands = {name: self.bands.get(name, self._never) for name in shares}
        outside = {name for name, (low, high) in bands.items() if not low <= shares[name] <= high}
        new, self._outside = outside - self._outside, outside
        return [Alarm(name, shares[name], bands[name]) for name in sorted(new, key=str)]


def band(window: int, a: float, b: float, tail: float) -> tuple[float, float]:
    """The shares of `window` between which the count of a beta-binomial distribution lies, but for at most `tail` on
    either side.
    """
    counts = range(window + 1)
    both = math.lgamma(window + 1) + math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) - math.lgamma(window + a + b)
    chance = np.exp([
        both + math.lgamma(k + a) + math.lgamma(window - k + b) - math.lgamma(k + 1) - math.lgamma(window - k + 1)
        for k in counts
    ])  # fmt: skip
    low = int(np.sum(np.cumsum(chance) <= tail))
    high = window - int(np.sum(np.cumsum(chance[::-1]) <= tail))
    return low / window, high / window
