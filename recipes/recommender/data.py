"""Interactions in, batches out: three sources behind one function.

    data = load("ratings.csv", config)        # also a folder, "sample" and "tfds:movielens/1m-ratings"
    inputs, targets = data.batch(seed=0, step=1234)

Of each user's actions, in order of time, the last is the test target and the one before it the validation target; the
model sees neither in training. Users with fewer than three actions only train. With `split=time` the log is cut at two
moments instead, which are the same for all users (`reading/time_split.py`). `describe` prints what was found.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from heedful.apps.errors import InputError
from heedful.apps.recommender.moments import UNKNOWN_TIME
from heedful.recipes.contract import Knowledge, Look
from heedful.recipes.recommender.config import Config
from heedful.recipes.recommender.network.item_fields import fields_of
from heedful.recipes.recommender.reading import tfds_catalogue
from heedful.recipes.recommender.reading.advice import advice
from heedful.recipes.recommender.reading.clock import clock_seconds, has_clock
from heedful.recipes.recommender.reading.feature_columns import choose
from heedful.recipes.recommender.reading.item_catalogue import FILE, FIRST, PAD, UNKNOWN, Catalogue, distinct
from heedful.recipes.recommender.reading.log import Log
from heedful.recipes.recommender.reading.repeats import decided
from heedful.recipes.recommender.reading.summary import date_of, describe_features, describe_report, read_lines
from heedful.recipes.recommender.reading.table import Table, read
from heedful.recipes.recommender.reading.time_split import time_split
from heedful.recipes.recommender.reading.weighing import Weighing
from heedful.recipes.recommender.sample.shop import Oracle, shop
from heedful.recipes.recommender.training.batches import Batches
from heedful.recipes.shared.reading.splits import SPLITS
from heedful.recipes.shared.reading.text_file import shown

BACK = {"test": 1, "validation": 2, "train": 3}  # which action, counted from the last, is the target
SHOWN_USERS, SHOWN_ACTIONS = 3, 6  # of what `look` shows
FEWEST = 3  # actions of a user with a validation and a test target
NEEDED = {  # by the setting `split`
    "leave_one_out": f"with {FEWEST} actions or more",
    "time": "with actions both before and after a moment of the split",
}


@dataclass(frozen=True, eq=False)
class Examples:
    """Histories with the action that followed: `log.items[ends]` after `log.items[starts:ends]`."""

    log: Log
    starts: np.ndarray  # int64 (n,)
    ends: np.ndarray  # int64 (n,)

    def __len__(self) -> int:
        return len(self.ends)

    @property
    def targets(self) -> np.ndarray:
        """Rows of the items to be found, int32 (n,)."""
        return self.log.items[self.ends]

    @property
    def lengths(self) -> np.ndarray:
        """Actions in each history, int64 (n,)."""
        return self.ends - self.starts

    def history(self, index: int) -> np.ndarray:
        """The whole history of one example, oldest first, int32 (actions,)."""
        return self.log.items[self.starts[index] : self.ends[index]]

    def windows(self, rows: np.ndarray, length: int) -> np.ndarray:
        """The newest `length` actions of the examples `rows`, int32 (len(rows), length), padded on the left."""
        places = self.ends[rows, None] + np.arange(-length, 0)
        real = places >= self.starts[rows, None]
        return np.where(real, self.log.items[np.where(real, places, 0)], PAD).astype(np.int32)

    def times(self, rows: np.ndarray, length: int) -> np.ndarray:
        """When the actions of `windows` were and, last, the one to be found, as of `clock_seconds`: int32 (len(rows),
        length + 1). 0 for padding, and all of them in a log without a clock.
        """
        places = self.ends[rows, None] + np.arange(-length, 1)
        real = (places >= self.starts[rows, None]) & bool(self.log.unit)
        seconds = clock_seconds(self.log.times[np.where(real, places, 0)], self.log.unit or "seconds")
        return np.where(real, seconds, UNKNOWN_TIME).astype(np.int32)

    def and_(self, other: "Examples") -> "Examples":
        """Those of both."""
        starts, ends = np.concatenate([self.starts, other.starts]), np.concatenate([self.ends, other.ends])
        return Examples(self.log, starts, ends)


@dataclass(frozen=True, eq=False)
class RecommenderData:
    """A log with its splits, and the training batches made of it."""

    config: Config
    catalogue: Catalogue  # its counts are those of the training part
    log: Log
    training: Log  # without the held-out actions
    splits: dict[str, Examples]
    summary: dict[str, Any]
    oracle: Oracle | None = None  # of the sample: what nobody can beat
    repeats: bool = False  # whether items of the history may be recommended

    @property
    def facts(self) -> dict[str, Any]:
        """What a model trained on this must remember: JSON-able."""
        items, config = len(self.catalogue), self.config
        sizes = {"items": items, "length": config.length, "top": min(config.top, items), "repeats": self.repeats}
        sizes |= {"candidates": config.candidates, "ranker_length": config.ranker_length}
        return sizes | ({"times": True} if config.times else {})

    @property
    def attachments(self) -> dict[str, bytes]:
        """Files that the model cannot be understood without."""
        return {FILE: self.catalogue.to_json()}

    @property
    def counts(self) -> np.ndarray:
        """Training interactions of each row, int64 (rows,)."""
        return np.concatenate([np.zeros(FIRST, np.int64), self.catalogue.counts])

    def split(self, name: str) -> Examples:
        """Examples of `train`, `validation`, `test` or `all` (validation and test); InputError when there are none."""
        examples = self.splits["validation"].and_(self.splits["test"]) if name == "all" else self.splits[name]
        if not len(examples):
            raise InputError(
                f"{self.summary['source']} has no user {NEEDED[self.config.split]}, so nothing to evaluate: "
                "give more data."
            )
        return examples

    @cached_property
    def batches(self) -> Batches:
        return Batches(self.training, self.config, self.catalogue.rows, self.repeats)

    @property
    def steps_per_epoch(self) -> int:
        return self.batches.steps_per_epoch

    def batch(self, seed: int, step: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """Training batch number `step`; see `Batches.batch`."""
        return self.batches.batch(seed, step)


def load(
    source: str, config: Config, *, data_dir: str | None = None, download: bool = False,
    evaluating: Knowledge | None = None, continuing: Knowledge | None = None,
    columns: Mapping[str, str] | None = None,
) -> RecommenderData:  # fmt: skip
    """Load `source`: "sample", "tfds:movielens/NAME" or a file or folder of interactions.

    `evaluating` is of an existing model: its items keep their rows and others are unknown. `continuing` is of one to
    continue from: its items keep their rows and new ones are appended.
    Raises InputError, one sentence, when the source cannot be read or leaves nothing to learn.
    """
    training, before = evaluating is None, continuing or evaluating
    known = Catalogue.from_json(before.attachments[FILE]) if before else None
    table, oracle = open_source(source, config, data_dir, download, known, grow=training, columns=columns)
    data = divided(source, config, table, oracle, count=training, before=known if continuing else None)
    if evaluating is None:
        repeats, reason = decided(config.repeats, data.training)
        data = replace(data, repeats=repeats, summary=data.summary | {"repeats": reason})
    else:
        data = replace(data, repeats=bool(evaluating.facts.get("repeats", False)))
    counts = data.catalogue.counts
    if training and (not len(data.splits["validation"]) or not data.batches.buckets or np.sum(counts > 0) < 2):
        raise InputError(
            f"{source} leaves too little to learn: it takes users {NEEDED[config.split]} and several items."
        )
    return data


def look(
    source: str, config: Config, *, data_dir: str | None = None, download: bool = False,
    columns: Mapping[str, str] | None = None,
) -> Look:  # fmt: skip
    """The summary, and the newest actions of three users, by titles. Raises InputError as `load` does."""
    data = load(source, config, data_dir=data_dir, download=download, columns=columns)
    log, titles = data.log, ("", "an unknown item", *data.catalogue.titles)
    shown_users = np.argsort(-np.minimum(log.lengths, SHOWN_ACTIONS), kind="stable")[:SHOWN_USERS]
    examples = []
    for user in map(int, shown_users):
        newest = log.items[log.starts[user] : log.starts[user + 1]][-SHOWN_ACTIONS:]
        examples.append(f"{shown(log.users[user])}: {', '.join(shown(titles[row]) for row in newest.tolist())}")
    return Look(data.summary, examples)


def divided(
    source: str, config: Config, table: Table, oracle: Oracle | None, count: bool, before: Catalogue | None = None
) -> RecommenderData:
    """The splits of a log. With `count` the catalogue gets the counts of the training part, added to those of `before`:
    an item that an earlier training knew stays known, whether or not it comes up again.
    """
    log = table.log if has_clock(table.log) else replace(table.log, unit="")
    if not log.unit and (config.split == "time" or (config.times and count)):
        setting = "split=time" if config.split == "time" else "times=true"
        raise InputError(
            f"{source} has no times of a clock, so {setting} cannot be used: name their column with "
            f"--columns timestamp=NAME, or leave {setting} out."
        )
    held_out = by_time(log) if config.split == "time" else leave_one_out(log)
    catalogue = table.catalogue
    if count:
        counts = np.bincount(held_out.training.items, minlength=catalogue.rows)[FIRST:]
        if before is not None:
            counts[: len(before)] += before.counts
        catalogue = replace(catalogue, counts=counts)
    training, splits = held_out.training, held_out.splits
    summary = {
        "source": source,
        "split_rule": held_out.rule,
        "splits": {"train": len(training), **{name: len(splits[name]) for name in ("validation", "test")}},
        "left_out": held_out.left_out,
        "items": len(catalogue),
        "features": {name: len(distinct(told)) for name, told in fields_of(catalogue, config.titles).items()},
        "advice": advice(training),
        "report": table.report,
        "read": read_lines(table.report),
    }
    return RecommenderData(config, catalogue, log, training, splits, summary, oracle)


@dataclass(frozen=True, eq=False)
class HeldOut:
    """A log with what is held out of it."""

    training: Log
    splits: dict[str, Examples]
    rule: str  # in words
    left_out: dict[str, int]  # what is in no split, and how many


def leave_one_out(log: Log) -> HeldOut:
    """The last action of every user with enough of them for testing, the one before it for validation."""
    training = log.without_last(np.where(log.lengths >= FEWEST, 2, 0))
    rule = "by time within each user: the last action is for testing, the one before it for validation"
    return HeldOut(training, {name: examples(log, BACK[name]) for name in SPLITS}, rule, {})


def by_time(log: Log) -> HeldOut:
    """What happened before and after two moments."""
    parts = time_split(log)
    validation, test = (date_of(moment, log.unit) for moment in parts.moments)
    rule = (
        f"by time, the same for all users: what was before {validation} trains; of each user the first action from "
        f"then on is for validation, and the first from {test} on for testing"
    )
    splits = {name: Examples(log, *parts.places[name]) for name in SPLITS}
    left_out = {
        f"{name} users without an action before": parts.without_history[name] for name in ("validation", "test")
    }
    return HeldOut(parts.training, splits, rule, left_out)


def open_source(
    source: str,
    config: Config,
    data_dir: str | None,
    download: bool,
    known: Catalogue | None,
    grow: bool,
    columns: Mapping[str, str] | None = None,
) -> tuple[Table, Oracle | None]:
    """The log of a source with its catalogue and, for the sample, its oracle."""
    weighing = Weighing.of(config.events, config.strength, strict=grow)
    if source == "sample":
        if weighing.given and grow:
            raise InputError("the sample has neither events nor ratings: leave the settings events and strength out.")
        table, oracle = open_sample(known, grow)
        catalogue = choose(table.catalogue, config.features, (), source) if grow else table.catalogue
        return replace(table, catalogue=catalogue), oracle
    common = {"core": config.core, "minimum_rating": config.minimum_rating, "known": known, "grow": grow}
    common |= {"features": config.features, "weighing": weighing}
    if source.startswith(tfds_catalogue.PREFIX):
        return tfds_catalogue.read_catalogue_data(source, data_dir, download, **common), None
    items = config.items if grow else ""  # a model that is evaluated has its titles, wherever that file is by now
    return read(source, items=items, columns=columns, **common), None


def open_sample(known: Catalogue | None, grow: bool) -> tuple[Table, Oracle | None]:
    """The simulated shop in the rows of a known catalogue, and its oracle where that is the shop's own."""
    made = shop()
    log, catalogue, oracle = made.log, made.catalogue, made.oracle
    if known is not None:
        rows = known.row_of()
        new = [place for place, item in enumerate(made.catalogue.ids) if grow and item not in rows]
        rows |= {made.catalogue.ids[place]: known.rows + number for number, place in enumerate(new)}
        catalogue = Catalogue(
            known.ids + tuple(made.catalogue.ids[place] for place in new),
            known.titles + tuple(made.catalogue.titles[place] for place in new),
            known.features + tuple(made.catalogue.features[place] for place in new),
            np.concatenate([known.counts, np.zeros(len(new), np.int64)]),
            {name: (*values, *((),) * len(new)) for name, values in known.more.items()},
        )
        row_of_row = np.array([PAD, UNKNOWN, *(rows.get(item, UNKNOWN) for item in made.catalogue.ids)], np.int32)
        log = replace(log, items=row_of_row[log.items])
        oracle = oracle if catalogue.ids == made.catalogue.ids else None
    report = {"source": "a simulated shop", "users": len(log.users), "items": len(catalogue)}
    if unknown := int(np.sum(log.items == UNKNOWN)):
        report["actions with items that the model does not know"] = unknown
    return Table(log, catalogue, report), oracle


def examples(log: Log, back: int) -> Examples:
    """For every user with enough actions, the `back`-th action from the end and what was before it."""
    users = np.flatnonzero(log.lengths >= max(FEWEST, back + 1))
    return Examples(log, log.starts[users], log.starts[users + 1] - back)


def describe(summary: Mapping[str, Any]) -> str:
    """What was found, as text for people."""
    splits = ", ".join(f"{name} {count:,}" for name, count in summary["splits"].items())
    lines = [f"{summary['source']}: {splits}; split {summary['split_rule']}"]
    lines += [f"left out: {count:,} {what}" for what, count in summary.get("left_out", {}).items() if count]
    lines.append(describe_report(summary["report"]))
    features = describe_features(summary.get("features", {}), summary["report"].get("features_left_out", {}))
    return "\n".join([*lines, *filter(None, [features, summary.get("repeats"), summary.get("advice")])])
