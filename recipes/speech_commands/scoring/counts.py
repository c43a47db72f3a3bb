"""How often a stream is wrong: false events in an hour where no command is said, and words found where some are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from heedful.apps.speech_commands.events import Completed
from heedful.recipes.speech_commands.scoring.tracks import Word

TOLERANCE = 0.75  # seconds between the middle of a word and its event
HOUR = 3600.0
RULE_OF_THREE = 3.0  # events that are still likely, with 95 %, where none was counted


@dataclass(frozen=True)
class Match:
    """Which event is which word: pairs of their indices, and the events that are by no word."""

    found: tuple[tuple[int, int], ...]  # (word, event) of the right label
    wrong: tuple[tuple[int, int], ...]  # (word that was not found, event of another label)
    extra: tuple[int, ...]


def match(words: Sequence[Word], events: Sequence[Completed], tolerance: float = TOLERANCE) -> Match:
    """Pairs words, in order of time, with events within `tolerance` seconds, the nearest first, each once; right labels
    before wrong ones.
    """
    times = np.array([word.time for word in words])
    near: list[tuple[float, int, int]] = []
    for index, item in enumerate(events):
        low = np.searchsorted(times, item.event.time - tolerance)
        high = np.searchsorted(times, item.event.time + tolerance, side="right")
        near += [(abs(words[word].time - item.event.time), word, index) for word in range(low, high)]
    near.sort()
    taken_words: set[int] = set()
    taken_events: set[int] = set()
    pairs: dict[bool, list[tuple[int, int]]] = {True: [], False: []}
    for right in (True, False):
        for _, word, event in near:
            if word in taken_words or event in taken_events:
                continue
            if (words[word].label == events[event].event.label) is right:
                taken_words.add(word)
                taken_events.add(event)
                pairs[right].append((word, event))
    extra = tuple(index for index in range(len(events)) if index not in taken_events)
    return Match(tuple(sorted(pairs[True])), tuple(sorted(pairs[False])), extra)


def per_hour(events: int, seconds: float) -> float:
    return events * HOUR / seconds


def false_events(events: Sequence[Completed], seconds: float) -> dict[str, Any]:
    """Where no command is said, every event is false: {"seconds", "events", "per_hour", "per_hour_at_most",
    "labels"}.

    The bound is that of 95 % where nothing was counted, by the rule of three, and else null.
    """
    labels: dict[str, int] = {}
    for item in events:
        labels[item.event.label] = labels.get(item.event.label, 0) + 1
    return {
        "seconds": seconds,
        "events": len(events),
        "per_hour": per_hour(len(events), seconds),
        "per_hour_at_most": None if events else per_hour(1, seconds) * RULE_OF_THREE,
        "labels": dict(sorted(labels.items(), key=lambda entry: (-entry[1], entry[0]))),
    }


def words_heard(
    words: Sequence[Word], events: Sequence[Completed], told: Sequence[float], seconds: float
) -> dict[str, Any]:
    """Where commands are said: {"seconds", "words", "found", "missed", "wrong", "extra", "extra_per_hour", "delay"}.

    A word is found where an event of its label lies within `TOLERANCE` of its middle, else missed; `wrong` of the
    missed ones have an event of another label there, and `extra` events belong to no word, or to one that has its
    event already. `told` is when each event is complete, in seconds; `delay` is the median time from the middle of a
    word that was found until then, null where none was.
    """
    paired = match(words, events)
    delays = [told[event] - words[word].time for word, event in paired.found]
    return {
        "seconds": seconds,
        "words": len(words),
        "found": len(paired.found),
        "missed": len(words) - len(paired.found),
        "wrong": len(paired.wrong),
        "extra": len(paired.extra),
        "extra_per_hour": per_hour(len(paired.extra), seconds),
        "delay": float(np.median(delays)) if delays else None,
    }
