"""Collects what the actions of a log weigh (`weighing.py` has the settings), and tells what was found."""

import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow.compute as compute

from heedful.apps.errors import InputError
from heedful.recipes.recommender.reading.times import numbers_of
from heedful.recipes.recommender.reading.weighing import RATING, Weighing
from heedful.recipes.shared.reading.first_names import first_names
from heedful.recipes.shared.reading.text_file import shown

NO_EVENT = "no event"
LISTED = 8  # types of events in a line
REPORTED = 100  # in the report: what is taken for types may be words that hardly come again


class Strengths:
    """Collects what the actions of a log weigh, chunk by chunk, and counts their events."""

    def __init__(self, weighing: Weighing) -> None:
        self.weighing = weighing
        self.kept: Counter[str] = Counter()  # actions by their events
        self.left_out: Counter[str] = Counter()  # rows of events without a weight
        self.unrated = 0
        self.mean_rating = math.nan
        self._names: dict[str, None] = {}  # of all events, also of rows that were not kept
        self._events: list[np.ndarray] = []  # float32, what they weigh by their events
        self._ratings: list[np.ndarray] = []  # float32, NaN where there is none

    def keep(self, events: Any, ratings: Any, keep: np.ndarray) -> np.ndarray:
        """Takes a chunk with texts of events, and ratings as texts or numbers; None where there is no such column.

        Gives which rows stay of those that `keep` says, bool (rows,).
        """
        weights = np.ones(len(keep), np.float32)
        if events is not None:
            encoded = compute.utf8_lower(compute.utf8_trim_whitespace(events)).dictionary_encode()
            names = [name or NO_EVENT for name in encoded.dictionary.to_pylist()]
            codes = encoded.indices.to_numpy(zero_copy_only=False)
            self._names |= dict.fromkeys(names)
            if self.weighing.events:
                weight = np.array([self.weighing.events.get(name, 0) for name in names], np.float32)
                weights = weight[codes] if len(names) else weights
                self._count(self.left_out, names, codes[keep & (weights == 0)])
                keep = keep & (weights > 0)
            self._count(self.kept, names, codes[keep])
        if self.weighing.events:
            self._events.append(weights[keep])
        if self.weighing.rated:
            if not isinstance(ratings, np.ndarray):
                ratings = np.full(len(keep), np.nan) if ratings is None else numbers_of(ratings)
            given = np.where(ratings >= 0, ratings, np.nan).astype(np.float32)[keep]
            self.unrated += int(np.isnan(given).sum())
            self._ratings.append(given)
        return keep

    @staticmethod
    def _count(counter: Counter[str], names: list[str], codes: np.ndarray) -> None:
        found = np.bincount(codes, minlength=len(names)).tolist()
        counter.update({name: count for name, count in zip(names, found, strict=True) if count})

    def joined(self, source: str) -> np.ndarray | None:
        """The weights of all actions that were kept, float32 (actions,); None where all weigh the same.

        Raises `InputError` where the log lacks what the settings ask for.
        """
        if self.weighing.strict and self.weighing.events:
            self._check(source)
        if not self.weighing.given:
            return None
        weights = np.concatenate(self._events) if self.weighing.events else None
        if not self.weighing.rated:
            return weights
        ratings = np.concatenate(self._ratings)
        rated = ~np.isnan(ratings)
        self.mean_rating = float(ratings[rated].mean(dtype=np.float64)) if rated.any() else math.nan
        if not self.mean_rating > 0:
            if self.weighing.strict:
                raise InputError(f"{source} has no rating above 0: leave strength={RATING} out.")
            return weights
        by_rating = np.where(rated, ratings / np.float32(self.mean_rating), np.float32(1))
        return by_rating if weights is None else weights * by_rating

    def _check(self, source: str) -> None:
        names = [name for name in self._names if name != NO_EVENT]
        if not names:
            raise InputError(
                f"{source} has no events: name their column with --columns event=NAME, or leave the setting events out."
            )
        if unknown := [name for name in self.weighing.events if name not in self._names]:
            raise InputError(
                f"{source} has no event {shown(unknown[0])}: it has {first_names(names, LISTED)}, so correct "
                "the setting events."
            )

    @property
    def report(self) -> dict[str, Any] | None:
        """What was found: numbers of actions by event, and what weighs how much; None where there is nothing to say."""
        rated = self.weighing.rated and self.mean_rating > 0
        if not self._names and not rated:
            return None
        return {
            "kept": dict(self.kept.most_common(REPORTED)),
            "left_out": dict(self.left_out.most_common(REPORTED)),
            "left_out_rows": self.left_out.total(),
            "weights": dict(self.weighing.events),
            "mean_rating": self.mean_rating if rated else None,
            "unrated": self.unrated if rated else 0,
        }


def describe_weights(report: Mapping[str, Any] | None) -> list[str]:
    """The same in lines for people."""
    lines: list[str] = []
    if report is None:
        return lines
    kept, weights = report["kept"], report["weights"]
    if kept:
        told = f"events: {_listed(kept, weights)}"
        if not weights and len(kept) > 1:
            setting = ",".join(f"{shown(name)}:1" for name in [*kept][:LISTED] if name != NO_EVENT)
            told += f"; all weigh the same, and --set events={setting} with other numbers weighs them"
        lines.append(told)
    if report["mean_rating"]:
        told = f"an action weighs its rating, divided by the mean of {report['mean_rating']:.2f}"
        without = f"; {report['unrated']:,} without a rating weigh as the mean" if report["unrated"] else ""
        lines.append(told + without)
    return lines


def left_out(report: Mapping[str, Any] | None) -> str:
    """Which events were left out, in words."""
    return _listed(report["left_out"], {}) if report else ""


def _listed(counts: Mapping[str, int], weights: Mapping[str, float]) -> str:
    """The most frequent events, with how many there are of each and what they weigh."""
    told = [
        f"{shown(name)} {count:,}" + (f" (weight {weights[name]:g})" if weights else "")
        for name, count in counts.items()
    ]
    return ", ".join(told[:LISTED]) + " and others" * (len(told) > LISTED)


def mean_of_one(weights: np.ndarray) -> np.ndarray:
    """The same weights with a mean of 1, float32; those that are all 0 as they are."""
    mean = float(weights.mean(dtype=np.float64)) if len(weights) else 0.0
    return weights if mean == 0 else (weights / np.float32(mean)).astype(np.float32)
