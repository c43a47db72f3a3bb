"""Logs with one row for a person or a session, whose items follow each other in a cell or along the line.

    user<tab>item1 item2 item3        {"session": 7, "events": [{"aid": 3, "ts": 1661}, ...]}
    user item1 item2 item3            [["a", "b"], ["c", "b", "a"]]

Netflix's are the other way round: the users of an item, with rating and date, follow the line with its number, `1:`.

What RecBole adds (the item that follows) comes after the others; where the sequences of a user are pieces of one that
grows, the longest stands for all. MIND's impressions count where they were taken.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import pyarrow as arrow

from heedful.recipes.recommender.reading import columns as known
from heedful.recipes.recommender.reading.cell_kinds import parts_of, readable, separator_of
from heedful.recipes.recommender.reading.chunks import Skip
from heedful.recipes.recommender.reading.layout import Layout
from heedful.recipes.recommender.reading.times import MISSING, Times
from heedful.recipes.shared.reading.table import Table, cell_text
from heedful.recipes.shared.reading.tables.dialect import BLANK, ID, unquoted
from heedful.recipes.shared.reading.tables.json_records import flat
from heedful.recipes.shared.reading.tables.record import Record
from heedful.recipes.shared.reading.text_file import read_lines

TAKEN, NOT_TAKEN = "-1", "-0"  # of MIND's impressions
GROWING, WITHOUT = "part of a longer sequence of the same user", "row without items"
BLOCK = re.compile(rb"\d+:")
USUAL = (GROWING, WITHOUT)  # in data that is not broken


class Action(NamedTuple):
    user: str
    item: str
    time: str  # "" where there is none
    title: str = ""
    rating: str = ""
    event: str = ""


def lines_of_items(table: Table) -> bool:
    """Whether the lines of a table are a user and any number of items."""
    if table.dialect is None or not table.head:
        return False
    uneven = [record for record in table.head if record.reason == "broken row" and "fields" in record.detail]
    if table.headed:
        names = known.SEQUENCE.find(table.names) == table.names[-1]
        return names and len(uneven) > len(table.head) / 3
    if len(uneven) > len(table.head) / 3:
        return True
    cells = [record.values for record in table.head if not record.reason]
    one = len(table.names) == 1 and all(len(row[0].split()) > 1 for row in cells)
    return one and all(ID.fullmatch(part) for row in cells for part in row[0].split())


def users_of_items(table: Table) -> bool:
    """Whether a table is blocks of users below the number of an item."""
    if table.dialect is None:
        return False
    first = next((line for _, line in read_lines(table.path) if line.strip()), b"")
    return BLOCK.fullmatch(first.strip()) is not None


def actions_of_blocks(table: Table, skip: Skip) -> Iterator[list[Action]]:
    """The actions of such blocks."""
    item = ""
    for number, line in read_lines(table.path):
        text = line.decode(errors="replace").strip()
        if BLOCK.fullmatch(text.encode()):
            item = text[:-1]
        elif len(fields := text.split(",")) == 3:
            yield [Action(fields[0], item, fields[2], rating=fields[1])]
        elif text:
            skip(Record(f"{table.path.name}:{number}", (), "broken row", f"{len(fields)} fields where 3 are expected"))


def actions_of_lines(table: Table, skip: Skip) -> Iterator[list[Action]]:
    """The actions of each line: a user, and what follows."""
    separator = table.dialect.separator if table.dialect and len(table.names) > 1 else BLANK
    counted = _begins_with_count(table, separator)
    lines = read_lines(table.path)
    left = int(table.headed)
    for number, line in lines:
        if not line.strip():
            continue
        if left:
            left -= 1
            continue
        where = f"{table.path.name}:{number}"
        try:
            text = line.decode().rstrip("\r")
        except UnicodeDecodeError:
            skip(Record(where, (), "row that is not UTF-8"))
            continue
        user, *items = [unquoted(part.strip()) for part in text.split(None if separator == BLANK else separator)]
        if len(items) == 1 and not ID.fullmatch(items[0]):
            items = parts_of(items[0])
        user = str(number) if counted else user
        yield [Action(user, item, "") for item in items if item]


def _begins_with_count(table: Table, separator: str) -> bool:
    """Whether lines begin with how many items follow, as CiteULike's, and not with a user."""
    lines = islice(read_lines(table.path), 50)
    rows = [line.decode(errors="replace").split(None if separator == BLANK else separator) for _, line in lines]
    return all(row[0].isdigit() and int(row[0]) == len(row) - 1 for row in rows if row)


def actions_of_cells(table: Table, layout: Layout, skip: Skip) -> Iterator[list[Action]]:
    """The actions of each row with several items in a cell."""
    places = layout.places
    items_at, user_at, time_at = places[known.ITEM.name], places.get(known.USER.name), places.get(known.TIME.name)
    next_at = next((at for at, name in enumerate(table.names) if at != items_at and known.ITEM.find([name])), None)
    times_at = next((at for at, name in enumerate(table.names) if at != items_at and known.TIMES.find([name])), None)
    separator = separator_of([row.values[items_at] for row in table.head if not row.reason])
    before: dict[str, list[Action]] = {}
    mind: dict[str, bool] = {}
    rows = table.rows() if layout.impressions is None else _in_order(table, time_at or 0)
    for number, record in enumerate(rows, 1):
        if record.reason:
            skip(record)
            continue
        user = str(number) if user_at is None else cell_text(record.values[user_at]).strip()
        cell = record.values[items_at]
        parts = parts_of(cell, separator)
        times: Sequence[Any] = parts_of(record.values[times_at]) if times_at is not None else ()
        time = cell_text(record.values[time_at]) if time_at is not None and len(times) != len(parts) else ""
        if isinstance(record.values[time_at] if time_at is not None else None, list):
            times, time = parts_of(record.values[time_at or 0]), ""
        actions = [
            _action(user, part, cell_text(times[place]) if len(times) == len(parts) else time)
            for place, part in enumerate(parts)
        ]
        if layout.impressions is not None:
            shown = cell_text(record.values[layout.impressions]).split()
            taken = [Action(user, part.removesuffix(TAKEN), time) for part in shown if part.endswith(TAKEN)]
            actions = [*([] if mind.get(user) else actions), *taken]
            mind[user] = True
        elif next_at is not None and (following := cell_text(record.values[next_at]).strip()) not in MISSING:
            actions.append(Action(user, following, time))
        actions = [action for action in actions if action.item not in MISSING]
        if not actions:
            skip(Record(record.where, (), WITHOUT))
        elif next_at is None:
            yield actions
        elif (grown := _grown(before.get(user), actions)) is None:
            skip(Record(record.where, (), GROWING))
        else:
            before[user] = [*before.get(user, []), *grown]
            yield grown


def actions_of_document(table: Table) -> Iterator[list[Action]]:
    """The actions of JSON that is lists alone: of users by their names, or of sessions without any."""
    named = table.headed
    for number, record in enumerate(table.rows(), 1):
        lists = zip(table.names, record.values, strict=True) if named else [(str(number), record.values)]
        for user, items in lists:
            yield [action for item in items or () if (action := _action(user, item, "")).item not in MISSING]


def is_document_of_lists(table: Table) -> bool:
    """Whether a document is one object of lists by user, or lists of different lengths."""
    rows = [record.values for record in table.head if not record.reason]
    if table.dialect is not None or not rows:
        return False
    if not table.headed:
        flat = not any(isinstance(cell, list) for row in rows for cell in row)
        return flat and len({len(row) for row in rows}) > 1
    lists = all(isinstance(value, list) for value in rows[0])
    return table.form.startswith("JSON") and len(rows) == 1 and len(table.names) > 1 and lists


def _in_order(table: Table, time_at: int) -> list[Record]:
    """The rows in order of time: MIND's are in none, and what a user took before is told in each."""
    rows = list(table.rows())
    sound, others = [], []
    for row in rows:
        (sound if not row.reason and readable(cell_text(row.values[time_at])) else others).append(row)
    parsed = Times().parse(arrow.array([cell_text(row.values[time_at]) for row in sound], arrow.string()))
    return others + [sound[place] for place in np.argsort(parsed.values, kind="stable")]


def _grown(before: list[Action] | None, actions: list[Action]) -> list[Action] | None:
    """What a sequence adds to what a user has; None where it is the beginning of that."""
    if before is None:
        return actions
    old, new = [action.item for action in before], [action.item for action in actions]
    if new == old[: len(new)]:
        return None
    return actions[len(old) :] if old == new[: len(old)] else actions


def _action(user: str, part: Any, time: str) -> Action:
    """One of a list: an id, or an object with an id, a time, a title."""
    if not isinstance(part, Mapping):
        return Action(user, cell_text(part).strip(), time)
    part = flat(part)
    names = list(part)
    wanted = (known.ITEM, known.TIME, known.TITLE, known.RATING, known.EVENT)
    item, at, title, rating, event = (column.find(names) for column in wanted)
    item = item or ("id" if "id" in part else None)
    return Action(
        user, cell_text(part[item]).strip() if item else "", cell_text(part[at]) if at else time,
        cell_text(part[title]).strip() if title and title != item else "",
        cell_text(part[rating]) if rating else "", cell_text(part[event]) if event else "",
    )  # fmt: skip
