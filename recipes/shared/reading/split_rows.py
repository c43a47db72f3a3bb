"""The rows of the user's own files (`read_tables`) in their splits (`divided`).

The name of a file or its column `split` says which row is of which split, or a hash of what identifies the row does: a
text, say. What is in training stays out of validation, and what is in either out of test.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence, Sized
from dataclasses import dataclass, field
from hashlib import sha1
from pathlib import Path
from typing import Any, Generic, TypeVar

from heedful.apps.errors import InputError
from heedful.recipes.shared.reading.columns import SPLIT, ByContent, Column, plain_name
from heedful.recipes.shared.reading.rows import Row, Rows, add_skipped, read_rows
from heedful.recipes.shared.reading.sources import paths_of
from heedful.recipes.shared.reading.splits import (
    SPLITS,
    at_least_one,
    check_trainable,
    hash_rule,
    hash_split,
    split_of,
    with_validation,
)
from heedful.recipes.shared.reading.summary import counted, source_name
from heedful.recipes.shared.reading.table_files import TableFiles, find_tables
from heedful.recipes.shared.reading.text_file import Expected, shown

LISTED = 24  # files of which is said how they are read

Split = TypeVar("Split", bound=Sized)


@dataclass(frozen=True, eq=False)
class Listing(Generic[Split]):
    """What a source of data holds."""

    source: str
    splits: Mapping[str, Split]  # by all names of SPLITS; each may be empty
    split_rule: str  # one line: where the splits come from
    skipped: Mapping[str, list[str]] = field(default_factory=dict)  # reason -> names of what was left out
    licence: str = ""
    notes: tuple[str, ...] = ()  # how the source was understood, where that is not what its format says
    warnings: tuple[str, ...] = ()  # what may not be what the user wants
    read: tuple[str, ...] = ()  # what was understood, a line a file

    def summary(self, doubts: Sequence[str] = ()) -> dict[str, Any]:
        """All but the splits, JSON-able, by the keys of `shared/reading/summary.py`; `doubts` are more warnings."""
        told = {"source": self.source, "split_rule": self.split_rule, "licence": self.licence}
        told |= {"skipped": counted(self.skipped), "read": list(self.read), "notes": list(self.notes)}
        return {**told, "warnings": [*self.warnings, *doubts]}

    def check_trainable(self, what: str) -> None:
        """Raise `InputError` where nothing is in train or in validation; `what` is what splits hold, in the plural."""
        there = [name for name in SPLITS if len(self.splits[name])]
        check_trainable(there, what, source_name(self.source), self.skipped)


@dataclass(eq=False)
class Part(Rows):
    """The rows of one file, or of several of one split."""

    name: str = ""


@dataclass(eq=False)
class Found:
    """All that the user's files give: the parts with their splits, None where each row has its own."""

    parts: list[tuple[str | None, Part]] = field(default_factory=list)
    notes: dict[str, None] = field(default_factory=dict)  # each once, in order
    warnings: dict[str, None] = field(default_factory=dict)

    @property
    def read(self) -> list[str]:
        """What was understood, a line a file, but for the last of very many."""
        lines = [part.read for _, part in self.parts if part.read]
        more = len(lines) - LISTED
        return [*lines[:LISTED], f"and {more:,} files more"] if more > 1 else lines


def read_tables(source: str, columns: Sequence[Column], expected: Expected, chosen: Mapping[str, str] | None) -> Found:
    """The rows in the tables of files and folders, one on each line. Raises `InputError`."""
    check_chosen(chosen, columns)
    found, tables = Found(), find_tables(paths_of(source, expected.form), expected)
    add_tables(found, tables, columns, expected, chosen)
    found.notes |= dict.fromkeys([tables.note] * bool(tables.note))
    return found


def add_tables(
    found: Found, tables: TableFiles, columns: Sequence[Column], expected: Expected, chosen: Mapping[str, str] | None,
    by_content: ByContent | None = None, look: Callable[[Path, Rows], None] = lambda file, rows: None,
) -> None:  # fmt: skip
    """Adds the rows of tables to what was found; `look` sees those of each file before."""
    before: Mapping[str, Sequence[str]] = {}
    for split, file in [(split, file) for split, files in tables.files.items() for file in files]:
        rows = read_rows(file, (*columns, SPLIT), expected, chosen=chosen, by_content=by_content, before=before)
        before = before or rows.columns
        found.notes |= dict.fromkeys([*rows.notes, *_others(rows, columns, chosen or {})])
        look(file, rows)
        found.parts.append((split, Part(**vars(rows), name=file.name)))


def _others(rows: Rows, columns: Sequence[Column], chosen: Mapping[str, str]) -> list[str]:
    """Columns that could be meant as well, by their names."""
    used = {name for names in rows.columns.values() for name in names}
    free = [name for name, cells in rows.samples.items() if cells and name not in used]
    return [
        f"{shown(other)} may be the {column.name} as well: --columns {column.name}={shown(other)}"
        for column in columns
        if column.name not in chosen and (other := column.find(free)) is not None
    ]


def check_chosen(chosen: Mapping[str, str] | None, columns: Sequence[Column]) -> None:
    """Raise `InputError` where the user chose a column that nobody asks for."""
    names = [column.name for column in (*columns, SPLIT)]
    if unknown := [name for name in chosen or {} if name not in names]:
        raise InputError(f"--columns {shown(unknown[0])}: the columns that can be chosen are {', '.join(names)}.")


def divided(
    source: str, found: Found, key: str, training: bool, share: float = 0.1, once: bool = False
) -> Listing[list[Mapping[str, str]]]:
    """The values of the rows by split. `key` names the column that identifies a row, whose hash puts a `share` into
    validation and as much into test where nothing else decides.

    Of rows with the same key, in whatever case, those of the first split stay, or with `once` the first alone. With
    `training` a part of train is held back where there is no validation. Raises `InputError` where no row is left.
    """
    skipped: defaultdict[str, list[str]] = defaultdict(list)
    rows: list[Row] = []
    splits: list[str] = []  # of each row
    rules: dict[str, None] = {}
    notes = dict(found.notes)
    hashed = hash_rule(f"each {key}", share, share)
    for named, part in found.parts:
        add_skipped(skipped, part.skipped)
        column = "".join(part.columns.get(SPLIT.name, ()))
        marks = sorted({row.values.get(SPLIT.name, "") for row in part.rows} - {""})
        marked = not named and bool(marks) and (plain_name(column) == SPLIT.name or any(map(split_of, marks)))
        if marks and not (named or marked):  # a subset or a partition of another kind
            notes[f"{shown(column)} names no splits ({shown(marks[0])}), so it is not used"] = None
        rules |= {part.name if named else f"column {column} of {part.name}" if marked else hashed: None}
        for row in part.rows:
            mark = row.values.pop(SPLIT.name, "")
            by_row = split_of(mark or SPLITS[0]) if marked else hash_split(row.values[key], share, share)
            if split := named or by_row:
                rows.append(row)
                splits.append(split)
            else:
                skipped["unknown split"].append(f"{row.where} {shown(mark)}")
        part.rows.clear()
    rule = ", ".join(rules)
    if training:
        keys, of = [row.values[key] for row in rows], f"each {key}"
        told = [*rules] != [hashed]
        splits, words = with_validation(splits, keys, of, share) if told else at_least_one(splits, keys, of)
        rule += words
    if not rows:
        reason, names = next(iter(skipped.items()), ("that it is empty", [source]))
        raise InputError(f"{source} has no row that can be used; the first reason is {reason}: {names[0]}.")
    return Listing(
        source=source,
        splits=_apart(rows, splits, key, once, skipped),
        split_rule=rule,
        skipped=dict(skipped),
        notes=tuple(notes),
        warnings=tuple(found.warnings),
        read=tuple(found.read),
    )


def _apart(
    rows: Sequence[Row], splits: Sequence[str], key: str, once: bool, skipped: defaultdict[str, list[str]]
) -> dict[str, list[Mapping[str, str]]]:
    """The values of rows by split, each key in one of them only; see `divided`."""
    kept: dict[str, list[Mapping[str, str]]] = {split: [] for split in SPLITS}
    first: dict[bytes, str] = {}  # the split of each key, by its digest: texts may be long, and many
    for split in SPLITS:
        for row in (row for row, own in zip(rows, splits, strict=True) if own == split):
            digest = sha1(row.values[key].casefold().encode(errors="surrogatepass")).digest()
            before = first.get(digest)
            if before not in (None, split):
                skipped[f"{split} {key} that is also in {before}"].append(row.where)
            elif before and once:
                skipped[f"{key} that is twice in {split}"].append(row.where)
            else:
                first[digest] = split
                kept[split].append(row.values)
    return kept
