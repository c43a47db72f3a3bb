"""What was read, what was dropped and why: a dict for the card, and the same in words.

Keys, all stable: `files` (name, holds, form, columns), `rows` read and `kept`, `dropped` (missing, low_rating, events,
duplicates, core), `events` (what actions weigh, `Strengths.report`) or None, `missing` (by column), `skipped` (reason
to count and names), `notes` (what was understood), `core` (least, rounds, users, items dropped) or None,
`minimum_rating`, `order` ("time" or "file"), `time_unit`, `times` [first, last], `ties` (share of actions that share
user and time with another), `users`, `items` (of the catalogue), `items_without_interactions`, `items_without_title`
(None without an items file), `new_items` (None without a known catalogue), `items_skipped` (reason to count and names),
`features_left_out` (column to reason), `unknown` (ids, rows), `lengths` (min, median, max), `users_under_3`, `density`.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np

from heedful.recipes.recommender.reading.log import Log
from heedful.recipes.recommender.reading.strengths import describe_weights, left_out
from heedful.recipes.recommender.reading.times import EARLIEST, LATEST, UNITS
from heedful.recipes.shared.reading.first_names import first_names
from heedful.recipes.shared.reading.summary import skipped_lines
from heedful.recipes.shared.reading.text_file import shown

BY_ROW = "no column of times: the order of the file is taken for the order of time"
LISTED = 6  # files
LEAST_ACTIONS = 3  # one to train on, one to validate, one to test


def log_facts(log: Log) -> dict[str, Any]:
    """The part of the report that any log has."""
    lengths = log.lengths
    items = int(np.sum(np.bincount(log.items) > 0))
    return {
        "kept": len(log),
        "users": len(log.users),
        "lengths": {"min": int(lengths.min()), "median": float(np.median(lengths)), "max": int(lengths.max())},
        "users_under_3": int((lengths < LEAST_ACTIONS).sum()),
        "density": len(log) / (len(log.users) * items),
        "times": [int(log.times.min()), int(log.times.max())],
    }


def describe_report(report: dict[str, Any]) -> str:
    """The report in lines for people; of a log that was made and not read, where it comes from."""
    if "files" not in report:
        return "\n".join(f"{key}: {value}" for key, value in report.items())
    files = [f"{file['name']} ({file['holds']}, {file['form']})" for file in report["files"]]
    lines = [f"read {first_names(files, LISTED)}"]
    lines += [*([BY_ROW] if report["order"] == "file" else []), *report["notes"]]
    reasons = {
        "missing": "with missing values" + of_columns(report["missing"]),
        "low_rating": f"rated below {report['minimum_rating']:g}",
        "events": f"of events without a weight ({left_out(report['events'])})",
        "duplicates": "repeated (same user, item and time)",
        "core": f"outside the {report['core']['least'] if report['core'] else 0}-core",
    }
    dropped = [f"{count:,} {reasons[reason]}" for reason, count in report["dropped"].items() if count]
    lines.append(f"{report['rows']:,} rows, {report['kept']:,} kept; dropped: {', '.join(dropped) or 'none'}")
    lines += describe_weights(report["events"])
    if (core := report["core"]) and report["dropped"]["core"]:
        lines.append(f"the {core['least']}-core left out {core['users']:,} users and {core['items']:,} items")
    lines.append(f"{report['users']:,} users, {report['items']:,} items, {report['density']:.3%} of all pairs")
    lengths = report["lengths"]
    lines.append(f"actions of a user: {lengths['min']:,} to {lengths['max']:,}, median {lengths['median']:g}")
    if report["users_under_3"]:
        lines.append(f"users with fewer than {LEAST_ACTIONS} actions, who only train: {report['users_under_3']:,}")
    if report["items_without_interactions"]:
        lines.append(f"{report['items_without_interactions']:,} items without interactions")
    if report["items_without_title"]:
        lines.append(f"{report['items_without_title']:,} items are not in the items file: their id is their title")
    if report["new_items"]:
        lines.append(f"{report['new_items']:,} items that the model did not know, appended")
    if (unknown := report["unknown"])["rows"]:
        lines.append(f"{unknown['ids']:,} ids that the model does not know, in {unknown['rows']:,} rows")
    if report["order"] == "time":
        first, last = (date_of(time, report["time_unit"]) for time in report["times"])
        lines.append(f"times from {first} to {last}")
        if report["ties"]:
            lines.append(
                f"{report['ties']:.1%} of the actions share their time with another of the same user: they stay in the "
                "order of the file"
            )
    return "\n".join([*lines, *skipped_lines(report["skipped"]), *skipped_lines(report["items_skipped"])])


def describe_features(features: Mapping[str, int], left_out: Mapping[str, str]) -> str:
    """The fields with how many values each has, and the columns that were left out by why; "" where there are none:
    `features of the items: brand (211 values); left out: sku, ean (different for nearly every item)`.
    """
    told = [f"{shown(name)} ({count:,} values)" for name, count in features.items()]
    by_reason: dict[str, list[str]] = {}
    for name, why in left_out.items():
        by_reason.setdefault(why, []).append(name)
    without = [f"{first_names(names, LISTED)} ({why})" for why, names in by_reason.items()]
    if not told and not without:
        return ""
    return f"features of the items: {', '.join(told) or 'none'}{'; left out: ' * bool(without)}{', '.join(without)}"


def read_lines(report: dict[str, Any]) -> list[str]:
    """What was understood of the files and of the order of time, a sentence each."""
    found = [
        f"{file['name']}: {', '.join(filter(None, (file['holds'], file['form'], file['columns'])))}"
        for file in report.get("files", ())[:LISTED]
    ]
    return found + [BY_ROW] * (report.get("order") == "file")


def of_columns(missing: Mapping[str, int]) -> str:
    """Which of the values are missing, in words."""
    return f" ({', '.join(f'{role} {count:,}' for role, count in missing.items())})" if missing else ""


def date_of(time: int, unit: str) -> str:
    """A time in words, where it looks like one."""
    units = [unit] if unit != "seconds" else list(UNITS)  # numbers of a file may be milliseconds as well
    for name in units:
        seconds = time / UNITS[name]
        if EARLIEST <= seconds < LATEST:
            return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}"
    return f"{time:,}"
