"""Reads tables of interactions in chunks: two int32 codes and one int64 time for each row, whatever its size.

Ids are strings, always: `007` and `7` are two items, `12` and `12.0` are one (`id_spelling.py`). A dictionary gives
each id its code in order of appearance, so the result does not depend on the size of the chunks.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as arrow
import pyarrow.compute as compute

from heedful.apps.errors import InputError
from heedful.recipes.recommender.reading import columns as known
from heedful.recipes.recommender.reading.cell_kinds import readable
from heedful.recipes.recommender.reading.chunks import ROWS, Chunk, chunks
from heedful.recipes.recommender.reading.codes import Codes, numbered, rounded
from heedful.recipes.recommender.reading.id_spelling import one_spelling
from heedful.recipes.recommender.reading.items_file import Described
from heedful.recipes.recommender.reading.layout import Layout, find_layout
from heedful.recipes.recommender.reading.sequences import (
    USUAL,
    Action,
    actions_of_blocks,
    actions_of_cells,
    actions_of_document,
    actions_of_lines,
    is_document_of_lists,
    lines_of_items,
    users_of_items,
)  # fmt: skip
from heedful.recipes.recommender.reading.strengths import Strengths
from heedful.recipes.recommender.reading.time_columns import joined
from heedful.recipes.recommender.reading.times import MISSING, MISSING_VALUES, UNITS, Parsed, Times, numbers_of
from heedful.recipes.recommender.reading.told_in_log import Told
from heedful.recipes.recommender.reading.weighing import ALIKE, Weighing
from heedful.recipes.shared.reading.table import TABLE, open_table
from heedful.recipes.shared.reading.tables.record import Record
from heedful.recipes.shared.reading.text_file import long_fields, shown

NAMED = 3  # of the rows that were left out for one reason
UNREADABLE = "time that cannot be read"
MENDED = "write times like 2024-05-31T12:00:00, or choose another column with --columns timestamp=NAME"
BACK = arrow.array(known.TAKEN_BACK)


@dataclass
class Interactions:
    """Rows of tables in their order, as codes."""

    users: np.ndarray  # int32 (n,)
    items: np.ndarray  # int32 (n,)
    times: np.ndarray  # int64 (n,)
    user_codes: Codes
    item_codes: Codes  # begins with the items of a known catalogue
    rows: int  # in the files, before anything was dropped
    missing: Counter[str] = field(default_factory=Counter)  # rows dropped, by the column without a value
    low_ratings: int = 0
    timed: bool = True  # False: the order of the file is the order
    time_unit: str = "seconds"
    files: list[dict[str, str]] = field(default_factory=list)
    skipped: dict[str, dict[str, Any]] = field(default_factory=dict)  # reason -> count, and the names of the first
    described: Described = field(default_factory=dict)  # titles and features that stand in the log itself
    notes: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)  # of the columns of all files
    weights: np.ndarray | None = None  # float32 (n,), what they weigh; None: all the same
    weighed: dict[str, Any] | None = None  # the same in numbers, see `Strengths.report`


class Reader:
    """Reads one file after the other into the same codes."""

    def __init__(
        self, minimum_rating: float = 0, known_items: Sequence[str] = (), chosen: Mapping[str, str] | None = None,
        owners: Mapping[Path, str] | None = None, weighing: Weighing = ALIKE,
    ):  # fmt: skip
        self.strengths = Strengths(weighing)
        self._rated = bool(minimum_rating) or (weighing.rated and weighing.strict)
        self._minimum, self._chosen, self._owners = minimum_rating, chosen or {}, owners or {}
        self.users, self.items = Codes(), numbered(known_items)
        self.skipped: dict[str, dict[str, Any]] = {}
        self.missing: Counter[str] = Counter()
        self.notes: list[str] = []
        self.names: list[str] = []
        self.told = Told()
        self.rows = self.low = self.of_sessions = self._bad = 0
        self._kept: list[tuple[np.ndarray, np.ndarray]] = []
        self._owner: str | None = None  # the user of a whole file

    def read(self, path: Path) -> Interactions:
        """All rows of a file. Raises `InputError` that names it where it is no log, or mostly broken."""
        rows_before, self._bad, self._kept = self.rows, 0, [(np.zeros(0, np.int32), np.zeros(0, np.int32))]
        with long_fields():
            table = open_table(path, known.is_known, TABLE)
            if not table.head:
                raise InputError(f"{path} has a header and no rows: expected one interaction on each line.")
            self.names += table.names
            if lines_of_items(table) and not users_of_items(table):
                times, words = self._actions(actions_of_lines(table, self._skip), Layout({})), "a line of items each"
            elif users_of_items(table):
                times, words = self._actions(actions_of_blocks(table, self._skip), Layout({})), "users below each item"
            elif is_document_of_lists(table):
                times, words = self._actions(actions_of_document(table), Layout({})), "a list of items each"
            else:
                self._owner = self._owners.get(path)
                layout = find_layout(table, self._chosen, self._rated, of_one=self._owner is not None)
                self.notes += [note for note in layout.notes if note not in self.notes]
                words = layout.words
                if layout.sequences:
                    times = self._actions(actions_of_cells(table, layout, self._skip), layout)
                    words += ", in sequences"
                else:
                    times = self._chunks(chunks(table, _places(layout), self._skip), layout)
        rows = self.rows - rows_before
        if self._bad > rows - self._bad:
            reason, found = max(self.skipped.items(), key=lambda entry: entry[1]["count"])
            mend = f": {MENDED}" if reason == UNREADABLE else ""
            first = f"the first reason is {reason}: {found['names'][0]}"
            raise InputError(f"{path}: {self._bad:,} of {rows:,} rows cannot be used; {first}{mend}.")
        users, items = (np.concatenate(parts) for parts in zip(*self._kept, strict=True))
        self._kept = []
        if times is not None and len(users) == 0:
            times = None if not rows else times
        stamps = np.arange(rows_before, rows_before + len(users)) if times is None else times.joined(str(path))
        form = table.read.partition(": ")[2]
        self.notes += [*table.notes, *([times.note] if times is not None and times.note else [])]
        return Interactions(
            users, items, stamps, self.users, self.items, self.rows, timed=times is not None,
            time_unit=times.unit if times is not None else "seconds",
            files=[{"name": path.name, "holds": "interactions", "form": form, "columns": words}],
        )  # fmt: skip

    def _chunks(self, found: Iterator[Chunk], layout: Layout) -> Times | None:
        """Reads chunks; gives their times, None where there are none."""
        there = list(layout.places)
        times = Times(layout.order) if known.TIME.name in there else None
        for chunk in found:
            columns = dict(zip(there, chunk.columns, strict=False))
            self.rows += len(chunk)
            users = (
                self._whose(columns)
                if self._owner is None
                else np.full(len(chunk), self.users.of([self._owner])[0], np.int32)
            )
            items = self.items.of_column(columns[known.ITEM.name])
            keep = np.ones(len(chunk), bool)
            keep = self._drop_missing(keep, known.USER.name, users < 0)
            keep = self._drop_missing(keep, known.ITEM.name, items < 0)
            stamps = np.zeros(0)
            if times is not None:
                texts = columns[known.TIME.name]
                texts = joined(texts, chunk.columns[len(there) : len(there) + len(layout.more_time)], layout.more_time)
                stamps, keep = self._times(times, texts, chunk, keep)
            if self._minimum:
                keep = self._liked(columns[known.RATING.name], chunk, keep)
            keep = self._taken(columns, chunk, keep)
            keep = self._drop(
                keep, self._headers(users, items, layout), "header that is there again", chunk, None, bad=False
            )
            keep = self.strengths.keep(columns.get(known.EVENT.name), columns.get(known.RATING.name), keep)
            if known.TITLE.name in columns or known.FEATURES.name in columns:
                self.told.add(items, columns, keep)
            self._kept.append((users[keep], items[keep]))
            if times is not None:
                times.keep(stamps[keep])
        return times

    def _whose(self, columns: Mapping[str, Any]) -> np.ndarray:
        """Codes of the histories of rows: of their users, or of their sessions where they have none."""
        users = self.users.of_column(columns[known.USER.name])
        nobody = users < 0
        if known.SESSION.name not in columns or not nobody.any():
            return users
        sessions = compute.utf8_trim_whitespace(columns[known.SESSION.name].filter(arrow.array(nobody)))
        named = compute.binary_join_element_wise("session", sessions, " ")  # hardly a user's id is the same
        missing = compute.is_in(sessions, MISSING_VALUES)
        users[nobody] = self.users.of_column(compute.if_else(missing, "", named))
        self.of_sessions += int((users[nobody] >= 0).sum())
        return users

    def _actions(self, found: Iterator[list[Action]], layout: Layout) -> Times | None:
        """Reads sequences, as chunks of their actions."""
        timed = known.TIME.name in layout.places

        def pieces() -> Iterator[Chunk]:
            while rows := list(islice(found, ROWS // 20)):
                every = [action for row in rows for action in row]
                actions = [action for action in every if all(map(readable, action))]
                for action in every if len(actions) < len(every) else ():
                    if not all(map(readable, action)):
                        self._skip(Record(shown(f"{action.user}, {action.item}"), (), "row that is not UTF-8"))
                columns = [[getattr(action, part) for action in actions] for part in Action._fields]
                arrays = [arrow.array(column, arrow.string()) for column in columns]
                yield Chunk(arrays, lambda place, actions=actions: f"{actions[place].user}, {actions[place].item}")

        first = list(islice(found, 100))
        timed = timed or any(action.time for row in first for action in row)
        titled = any(action.title for row in first for action in row)
        found = chain(first, found)
        eventful = any(action.event for row in first for action in row)
        there = (True, True, timed, titled, self._rated, eventful)
        of_actions = (known.USER, known.ITEM, known.TIME, known.TITLE, known.RATING, known.EVENT)
        roles = [column.name if is_there else "" for column, is_there in zip(of_actions, there, strict=True)]
        places = {role or f"unused {place}": place for place, role in enumerate(roles)}
        return self._chunks(pieces(), Layout(places, order=layout.order))

    def _skip(self, record: Record) -> None:
        """Counts a row that cannot be used, which is not in any chunk."""
        self.rows += 1
        self._bad += record.reason not in USUAL
        self._name(record.reason, 1, [f"{record.where} ({record.detail})" if record.detail else record.where])

    def _name(self, reason: str, count: int, names: Sequence[str]) -> None:
        found = self.skipped.setdefault(reason, {"count": 0, "names": []})
        found["count"] += count
        found["names"] += list(names)[: NAMED - len(found["names"])]

    def _drop_missing(self, keep: np.ndarray, role: str, missing: np.ndarray) -> np.ndarray:
        if not missing.any():
            return keep
        self.missing[role] += int((keep & missing).sum())
        return keep & ~missing

    def _drop(
        self, keep: np.ndarray, wrong: np.ndarray, reason: str, chunk: Chunk, texts: Any, bad: bool
    ) -> np.ndarray:
        """Leaves rows out for a reason, with the first of them named."""
        places = np.flatnonzero(keep & wrong)
        if not len(places):
            return keep
        names = [chunk.where(int(place)) for place in places[:NAMED]]
        if texts is not None:
            names = [f"{name} ({shown(texts[int(place)].as_py())})" for name, place in zip(names, places, strict=False)]
        self._name(reason, len(places), names)
        self._bad += len(places) * bad
        return keep & ~wrong

    def _times(self, times: Times, texts: Any, chunk: Chunk, keep: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        parsed: Parsed = times.parse(texts)
        keep = self._drop_missing(keep, known.TIME.name, parsed.missing)
        wrong = ~parsed.sound & ~parsed.missing
        return parsed.values, self._drop(keep, wrong, UNREADABLE, chunk, texts, bad=True)

    def _liked(self, texts: Any, chunk: Chunk, keep: np.ndarray) -> np.ndarray:
        missing = compute.is_in(compute.utf8_trim_whitespace(texts), arrow.array(sorted(MISSING)))
        ratings = numbers_of(texts)
        keep = self._drop_missing(keep, known.RATING.name, missing.to_numpy(zero_copy_only=False))
        keep = self._drop(keep, np.isnan(ratings), "rating that is no number", chunk, texts, bad=True)
        low = keep & (ratings < self._minimum)
        self.low += int(low.sum())
        return keep & ~low

    def _taken(self, columns: Mapping[str, Any], chunk: Chunk, keep: np.ndarray) -> np.ndarray:
        """Without what was taken back."""
        if (texts := columns.get(known.QUANTITY.name)) is not None:
            keep = self._drop(
                keep, numbers_of(texts) < 0, "quantity below zero, so taken back", chunk, texts, bad=False
            )
        chosen = self.strengths.weighing.events  # then those that nobody chose are left out anyway
        if (texts := columns.get(known.EVENT.name)) is not None and not chosen:
            back = compute.is_in(compute.utf8_lower(texts), BACK).to_numpy(zero_copy_only=False)
            keep = self._drop(keep, back, "event that takes something back", chunk, texts, bad=False)
        return keep

    def _headers(self, users: np.ndarray, items: np.ndarray, layout: Layout) -> np.ndarray:
        """Rows with the names of the columns, as where files were put behind each other."""
        user, item = (
            self.users.get(layout.names.get(known.USER.name, "")),
            self.items.get(layout.names.get(known.ITEM.name, "")),
        )
        return (users == user) & (items == item) if None not in (user, item) else np.zeros(len(users), bool)


def read_interactions(
    paths: Sequence[Path], minimum_rating: float = 0, known_items: Sequence[str] = (),
    chosen: Mapping[str, str] | None = None, owners: Mapping[Path, str] | None = None, weighing: Weighing = ALIKE,
) -> Interactions:  # fmt: skip
    """The rows of files, one after the other; `owners` are the users of files that do not name them.

    Raises `InputError` that names the file.
    """
    reader = Reader(minimum_rating, known_items, chosen, owners, weighing)
    parts = [reader.read(path) for path in paths]
    found = parts[0] if len(parts) == 1 else _joined(paths, parts)
    found.rows, found.missing, found.low_ratings = reader.rows, reader.missing, reader.low
    found.skipped, found.notes, found.described = reader.skipped, reader.notes, reader.told.described(reader.items)
    found.names = reader.names
    found.weights, found.weighed = reader.strengths.joined(str(paths[0])), reader.strengths.report
    _spell_alike(found, len(known_items))
    if reader.of_sessions:
        found.notes.append(f"{reader.of_sessions:,} rows without a user are in the histories of their sessions")
    found.notes += [note for note in (rounded(reader.users), rounded(reader.items)) if note]
    return found


def _spell_alike(found: Interactions, known_items: int) -> None:
    """Makes one of users, and of items, who are written in two ways."""
    if (users := one_spelling(found.user_codes)) is not None:
        found.users, found.user_codes = users.code_of_code[found.users], numbered(users.names)
        found.notes.append(users.note("user"))
    if (items := one_spelling(found.item_codes, known_items)) is not None:
        found.described = {
            items.names[items.code_of_code[found.item_codes[item]]]: told
            for item, told in reversed(found.described.items())  # the first stays
        }
        found.items, found.item_codes = items.code_of_code[found.items], numbered(items.names)
        found.notes.append(items.note("item"))


def _joined(paths: Sequence[Path], parts: list[Interactions]) -> Interactions:
    """The rows of several files."""
    timed = {part.timed for part in parts if len(part.users)}
    if len(timed) > 1:
        untimed = next(path for path, part in zip(paths, parts, strict=True) if len(part.users) and not part.timed)
        raise InputError(f"{untimed} has no times, which the files beside it have: leave it out, or give it times.")
    unit = max((part.time_unit for part in parts), key=UNITS.__getitem__)
    times = [part.times * (UNITS[unit] // UNITS[part.time_unit]) if part.timed else part.times for part in parts]
    first = parts[0]
    return Interactions(
        np.concatenate([part.users for part in parts]), np.concatenate([part.items for part in parts]),
        np.concatenate(times), first.user_codes, first.item_codes, 0, timed=True in timed, time_unit=unit,
        files=[file for part in parts for file in part.files],
    )  # fmt: skip


def _places(layout: Layout) -> list[int]:
    """The columns to read: those of the layout in its order, and the other parts of the time behind them."""
    return [*layout.places.values(), *(part.place for part in layout.more_time)]
