"""The rows of all tables of a source, in their splits: `read_split_rows(source, columns, expected, key="text")`.

The names of the files or the column `split` say which row is of which split, or a hash of the row's `key` does. Of rows
with the same key, without case, only the first is kept: one of train rather than one of validation or test.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from heedful.recipes.shared.reading.columns import SPLIT, Column
from heedful.recipes.shared.reading.rows import Row, add_skipped, read_rows
from heedful.recipes.shared.reading.sources import paths_of
from heedful.recipes.shared.reading.splits import (
    SPLITS,
    at_least_one,
    hash_rule,
    hash_split,
    split_of,
    with_validation,
)
from heedful.recipes.shared.reading.summary import counted
from heedful.recipes.shared.reading.table_files import find_tables
from heedful.recipes.shared.reading.text_file import Expected


@dataclass(frozen=True)
class SplitRows:
    """What a source holds."""

    splits: Mapping[str, Sequence[Mapping[str, str]]]  # the values of its rows, by the names of the columns
    summary: Mapping[str, Any] = field(default_factory=dict)  # `split_rule`, `read`, `notes` and `skipped`


def read_split_rows(
    source: str, columns: Sequence[Column], expected: Expected, key: str, *, training: bool,
    chosen: Mapping[str, str] | None = None,
) -> SplitRows:  # fmt: skip
    """The rows of files and folders, one on each line, with all of the obligatory `columns`.

    With `training` some rows of train are held back where there is no validation. Raises `InputError` as `read_rows`
    and `find_tables` do.
    """
    rows: list[Row] = []
    told: list[str] = []  # the split of each, as the source says it
    lines, notes, skipped = [], {}, defaultdict(list)
    files = find_tables(paths_of(source, expected.form), expected)
    for split, file in [(split, file) for split, those in files.files.items() for file in those]:
        found = read_rows(file, (*columns, SPLIT), expected, chosen=chosen)
        rows += found.rows
        told += [split or split_of(row.values.get(SPLIT.name, "")) or "" for row in found.rows]
        lines.append(found.read)
        notes |= dict.fromkeys(found.notes)
        add_skipped(skipped, found.skipped)
    keys = [row.values[key] for row in rows]
    splits, rule = divided(keys, told, f"the {key}", training)
    kept: dict[str, list[Mapping[str, str]]] = {split: [] for split in SPLITS}
    first: dict[str, str] = {}  # the split of each key
    for place in sorted(range(len(rows)), key=lambda place: SPLITS.index(splits[place])):
        split, same = splits[place], keys[place].casefold()
        if same not in first:
            first[same] = split
            kept[split].append(rows[place].values)
        else:
            again = "twice there" if first[same] == split else f"in {first[same]} as well"
            skipped[f"{key} that is {again}"].append(rows[place].where)
    notes |= dict.fromkeys([files.note] * bool(files.note))
    return SplitRows(kept, {"split_rule": rule, "read": lines, "notes": [*notes], "skipped": counted(skipped)})


def divided(keys: Sequence[str], told: Sequence[str], of: str, training: bool) -> tuple[list[str], str]:
    """The split of each key, and the rule in words: as the source has `told` it ("" where it has not, which is train
    where it has of others), else by the hash of the keys, which are `of` the rows.
    """
    if any(told):
        splits, rule = [split or SPLITS[0] for split in told], "the source"
        splits, words = with_validation(splits, keys, of) if training else (splits, "")
    else:
        splits, rule = [hash_split(key) for key in keys], hash_rule(of)
        splits, words = at_least_one(splits, keys, of) if training else (splits, "")
    return splits, rule + words
