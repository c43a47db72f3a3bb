"""Texts in pairs, each with what was written of it: the user's own tables (`add_tables`) by split (`divided`)."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from heedful.apps.errors import InputError
from heedful.recipes.shared.reading.columns import SPLIT, ByContent, Column
from heedful.recipes.shared.reading.rows import Row, Rows, add_skipped, read_rows
from heedful.recipes.shared.reading.sources import paths_of
from heedful.recipes.shared.reading.splits import SPLITS, hash_rule, hash_split, split_of, with_validation
from heedful.recipes.shared.reading.table_files import TableFiles, find_tables
from heedful.recipes.shared.reading.text_file import Expected, shown

HELD_OUT = 0.05  # share of the texts for validation, and as many for test
LISTED = 24  # files of which is said how they are read

Kind = tuple[Column, Column]  # which columns hold the texts and what was written of them


@dataclass(frozen=True, eq=False)
class TextPairs:
    """Pairs of one split in a fixed order, as they were written but for white space around them."""

    sources: Sequence[str]
    targets: Sequence[str]  # one of each source

    def __post_init__(self) -> None:
        if len(self.sources) != len(self.targets):
            raise ValueError(f"a split of {len(self.sources)} texts got {len(self.targets)} to write")

    def __len__(self) -> int:
        return len(self.sources)


@dataclass(frozen=True, eq=False)
class Listing:
    """What a source of data holds."""

    source: str
    splits: Mapping[str, TextPairs]  # by all names of SPLITS; each may be empty
    split_rule: str  # one line: where the splits come from
    skipped: Mapping[str, list[str]] = field(default_factory=dict)  # reason -> names of what was left out
    licence: str = ""
    notes: tuple[str, ...] = ()  # how the source was understood, where that is not what its format says
    warnings: tuple[str, ...] = ()  # what may not be what the user wants
    read: tuple[str, ...] = ()  # what was understood, a line a file


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


def read_tables(source: str, kind: Kind, expected: Expected, chosen: Mapping[str, str] | None) -> Found:
    """The pairs in the tables of files and folders, one on each line. Raises `InputError`."""
    check_chosen(chosen, kind, "such pairs")
    found, tables = Found(), find_tables(paths_of(source, expected.form), expected)
    add_tables(found, tables, kind, expected, chosen)
    if tables.note:
        found.notes[tables.note] = None
    return found


def add_tables(
    found: Found, tables: TableFiles, kind: Kind, expected: Expected, chosen: Mapping[str, str] | None,
    by_content: ByContent | None = None, look: Callable[[Path, Rows], None] = lambda file, rows: None,
) -> None:  # fmt: skip
    """Adds the rows of tables to what was found; `look` sees those of each file before."""
    before: Mapping[str, Sequence[str]] = {}
    for split, file in [(split, file) for split, files in tables.files.items() for file in files]:
        rows = read_rows(file, (*kind, SPLIT), expected, chosen=chosen, by_content=by_content, before=before)
        before = before or rows.columns
        found.notes |= dict.fromkeys([*rows.notes, *_others(rows, kind, chosen or {})])
        look(file, rows)
        found.parts.append((split, Part(**vars(rows), name=file.name)))


def _others(rows: Rows, kind: Kind, chosen: Mapping[str, str]) -> list[str]:
    """Columns that could be meant as well, by their names."""
    used = {name for names in rows.columns.values() for name in names}
    free = [name for name, cells in rows.samples.items() if cells and name not in used]
    return [
        f"{shown(other)} may be the {column.name} as well: --columns {column.name}={shown(other)}"
        for column in kind
        if column.name not in chosen and (other := column.find(free)) is not None
    ]


def check_chosen(chosen: Mapping[str, str] | None, kind: Kind, what: str) -> None:
    """Raise `InputError` where the user chose a column that `what`, in the plural, do not have."""
    names = [column.name for column in (*kind, SPLIT)]
    if unknown := [name for name in chosen or {} if name not in names]:
        raise InputError(f"--columns {shown(unknown[0])}: {what} have the columns {', '.join(names)}.")


def divided(source: str, found: Found, kind: Kind, training: bool) -> Listing:
    """The pairs by split. A text of training that is also in validation or test is left out of these.

    With `training` a part of train is held back where there is no validation. Raises `InputError` where none is left.
    """
    texts, written = (column.name for column in kind)
    skipped: defaultdict[str, list[str]] = defaultdict(list)
    rows: dict[str, list[Row]] = {split: [] for split in SPLITS}
    rules: dict[str, None] = {}
    hashed = hash_rule(f"each {texts}", HELD_OUT, HELD_OUT)
    for split, part in found.parts:
        add_skipped(skipped, part.skipped)
        told = any(SPLIT.name in row.values for row in part.rows[:1])
        rules |= {
            part.name if split else f"column {part.columns[SPLIT.name][0]} of {part.name}" if told else hashed: None
        }
        for row in part.rows:
            named = row.values.pop(SPLIT.name, "")
            place = split or (split_of(named) if told else hash_split(row.values[texts], HELD_OUT, HELD_OUT))
            if place:
                rows[place].append(row)
            else:
                skipped["unknown split"].append(f"{row.where} {shown(named)}".rstrip())
        part.rows.clear()
    rule = ", ".join(rules)
    if training and not rows["validation"]:
        train = rows["train"]
        keys = [row.values[texts] for row in train]
        splits, taken = with_validation(["train"] * len(train), keys, f"each {texts}", HELD_OUT)
        rows |= {name: [row for row, split in zip(train, splits, strict=True) if split == name] for name in SPLITS[:2]}
        rule += taken
    _drop_known(rows, skipped, texts)
    if not any(rows.values()):
        reason, names = next(iter(skipped.items()), ("that it is empty", [source]))
        raise InputError(f"{source} has no pair that can be used; the first reason is {reason}: {names[0]}.")
    return Listing(
        source=source,
        splits={
            split: TextPairs(*(tuple(row.values[name] for row in part) for name in (texts, written)))
            for split, part in rows.items()
        },
        split_rule=rule,
        skipped=dict(skipped),
        notes=tuple(found.notes),
        warnings=tuple(found.warnings),
        read=tuple(found.read),
    )


def _drop_known(rows: dict[str, list[Row]], skipped: dict[str, list[str]], texts: str) -> None:
    """Leave out of validation what is in training, and out of test what is in either."""
    seen: set[str] = set()
    for split in SPLITS:
        known = [row for row in rows[split] if row.values[texts] in seen]
        if known:
            before = " or ".join(SPLITS[: SPLITS.index(split)])
            skipped[f"{split} {texts} that is also in {before}"] = [row.where for row in known]
            rows[split] = [row for row in rows[split] if row.values[texts] not in seen]
        seen |= {row.values[texts] for row in rows[split]}
