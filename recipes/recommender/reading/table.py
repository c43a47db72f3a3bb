"""From a table of interactions to a log and its catalogue: `read(path)`.

Of a file, a folder as it was published, or several, `data_files.py` finds the log and the items, `layout.py` the
columns. The rows are read in chunks (`interactions.py`): 20 million need 16 bytes each, the dictionaries of ids, and as
much again while they are sorted. Nothing is dropped or changed without a count in the report.
"""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from heedful.apps.errors import InputError
from heedful.recipes.recommender.reading import cleaning
from heedful.recipes.recommender.reading.codes import Codes
from heedful.recipes.recommender.reading.data_files import EXPECTED, find
from heedful.recipes.recommender.reading.feature_columns import Fields, choose
from heedful.recipes.recommender.reading.id_spelling import AnySpelling
from heedful.recipes.recommender.reading.interactions import Interactions, read_interactions
from heedful.recipes.recommender.reading.item_catalogue import FIRST, UNKNOWN, Catalogue, Values
from heedful.recipes.recommender.reading.items_file import Described, Items, read_items, share_known
from heedful.recipes.recommender.reading.log import Log
from heedful.recipes.recommender.reading.strengths import mean_of_one
from heedful.recipes.recommender.reading.summary import describe_report, log_facts, of_columns
from heedful.recipes.recommender.reading.weighing import ALIKE, Weighing
from heedful.recipes.shared.reading.columns import Column, listed
from heedful.recipes.shared.reading.sources import paths_of
from heedful.recipes.shared.reading.summary import counted
from heedful.recipes.shared.reading.text_file import shown

__all__ = ["Table", "assemble", "describe_report", "read"]

WHY = {
    "missing": "missing values",
    "low_rating": "a low rating (choose a smaller minimum_rating)",
    "events": "an event without a weight (name more in the setting events)",
    "duplicates": "being there twice",
    "core": "too few of their user or item (choose a smaller core)",
}


@dataclass(frozen=True, eq=False)
class Table:
    """A log in rows of its catalogue, and the report of how it came about (`summary.py`)."""

    log: Log
    catalogue: Catalogue
    report: dict[str, Any]


def read(
    source: str | Path, *, items: str = "", core: int = 0, minimum_rating: float = 0, known: Catalogue | None = None,
    grow: bool = True, columns: Mapping[str, str] | None = None, features: str = "", weighing: Weighing = ALIKE,
) -> Table:  # fmt: skip
    """Read a file, a folder, or several on lines of their own. Raises `InputError` that names file and line.

    `items` is the items file where it is not beside the table, and `columns` names those of the user's. With `core`,
    users and items with fewer actions are dropped until none is left; with `minimum_rating`, actions rated lower. The
    items of a `known` catalogue keep their rows; others are appended when it may `grow` and else become `UNKNOWN`. Of
    what is told of the items the fields `features` are kept, names with commas between; all where it is empty. By
    `weighing` some actions weigh more than others.
    """
    files = find(paths_of(str(source), EXPECTED), items, columns)
    found = read_interactions(files.logs, minimum_rating, known.ids if known else (), columns, files.owners, weighing)
    ids = AnySpelling(found.item_codes.keys())
    items_file = files.items or _describing(files.others, ids)
    described = Items(found.described)
    if items_file:
        described = _respelt(read_items(items_file, columns, ids, features, known.more if known else None), ids)
    _check_chosen(columns or {}, [*found.names, *described.names], files.logs[0])
    if items_file:
        told = {item: told for item, told in found.described.items() if item not in described.described}
        described = replace(described, described=described.described | told)
    found.notes += [*described.notes, *files.notes(items_file)]
    name = str(source).replace("\n", ", ")
    return assemble(
        found, described, name, core=core, minimum_rating=minimum_rating, known=known, grow=grow, features=features
    )


def _respelt(items: Items, ids: AnySpelling) -> Items:
    """What is known about items, by the ids as the log writes them."""
    described: Described = {}
    note = ""
    for item, told in items.described.items():
        found = ids.written(item)
        described.setdefault(found, told)
        if found != item:
            note = note or f"{items.file['name']}: {item} there and {found} in the log are taken for one item"
    values = {
        name: {ids.written(item): told for item, told in reversed(field.items())}
        for name, field in items.fields.values.items()
    }
    notes = [*items.notes, *([note] if note else [])]
    return replace(items, described=described, notes=notes, fields=replace(items.fields, values=values))


def _check_chosen(chosen: Mapping[str, str], names: Sequence[str], path: Path) -> None:
    """Raise `InputError` where the user chose titles or genres that neither the log nor the items have."""
    for role in ("title", "genres"):
        if role in chosen and Column(chosen[role]).find(names) is None:
            raise InputError(
                f"{path} and its items have no column {shown(chosen[role])} for {role}: it has {listed(names)}."
            )


def _describing(files: Sequence[Path], ids: Container[str]) -> Path | None:
    """Of tables of items that are not named like the log, the one with most of its items; None where none has any."""
    shares = {file: share_known(file, ids) for file in files}
    best = max(shares, key=shares.__getitem__, default=None)
    return best if best is not None and shares[best] else None


def assemble(
    found: Interactions, described: Items, source: str, *, core: int, minimum_rating: float, known: Catalogue | None,
    grow: bool, features: str = "",
) -> Table:  # fmt: skip
    """Sort, drop, number: what follows the reading, wherever the rows came from. `source` is named in errors."""
    dropped = {
        "missing": found.missing.total(), "low_rating": found.low_ratings,
        "events": found.weighed["left_out_rows"] if found.weighed else 0, "duplicates": 0, "core": 0,
    }  # fmt: skip
    users, codes, times, ties = _sorted(found)
    weights = found.weights
    if found.timed:
        again, first = cleaning.duplicates(codes, ties)
        dropped["duplicates"] = len(again)
        if weights is not None:  # what is seen and bought at once weighs as bought
            np.maximum.at(weights, first, weights[again])
        if len(again):
            users, codes, times = (np.delete(values, again) for values in (users, codes, times))
            weights = None if weights is None else np.delete(weights, again)
            ties = cleaning.tied(users, times)
    core_facts, cut = None, np.zeros(0, np.int64)
    if core:
        places, rounds = cleaning.k_core(users, codes, core)
        dropped["core"] = len(users) - len(places)
        cut = np.setdiff1d(codes, codes[places])
        core_facts = {
            "least": core,
            "rounds": rounds,
            "users": len(np.unique(users)) - len(np.unique(users[places])),
            "items": len(cut),
        }
        users, codes, times = users[places], codes[places], times[places]
        weights = None if weights is None else weights[places]
        ties = cleaning.tied(users, times)
    if not len(users):
        reasons = ", ".join(
            f"{count:,} for {WHY[reason]}{of_columns(found.missing) if reason == 'missing' else ''}"
            for reason, count in dropped.items()
            if count
        )
        reasons = ", ".join(
            [*([reasons] if reasons else []), *(f"{told['count']:,} for {why}" for why, told in found.skipped.items())]
        )
        raise InputError(f"{source} has no interactions left of {found.rows:,} rows: dropped were {reasons}.")

    rows, catalogue = _catalogue(codes, found.item_codes, described, set(cut.tolist()), known, grow)
    if grow:
        catalogue = choose(catalogue, features, described.fields.left_out, source)
    log = replace(
        _log(users, rows[codes], times, found.user_codes), unit=found.time_unit if found.timed else "",
        weights=None if weights is None else mean_of_one(weights),
    )  # fmt: skip
    unknown = codes[log.items == UNKNOWN]
    active = np.flatnonzero(np.bincount(log.items))
    titled = described.described
    report = log_facts(log) | {
        "files": found.files + ([described.file] if described.file else []),
        "rows": found.rows,
        "dropped": dropped,
        "missing": dict(found.missing),
        "core": core_facts,
        "minimum_rating": minimum_rating,
        "events": found.weighed,
        "order": "time" if found.timed else "file",
        "time_unit": found.time_unit,
        "ties": float(cleaning.in_ties(ties).mean()),
        "items": len(catalogue),
        "items_without_interactions": len(catalogue) - int((active >= FIRST).sum()),
        "items_without_title": sum(item not in titled for item in catalogue.ids) if titled else None,
        "skipped": found.skipped,
        "items_skipped": counted(described.skipped),
        "features_left_out": described.fields.left_out,
        "notes": found.notes,
        "new_items": len(catalogue) - len(known) if known else None,
        "unknown": {"ids": len(np.unique(unknown)), "rows": len(unknown)},
    }
    return Table(log, catalogue, report)


def _sorted(found: Interactions) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Users, items, times and `tied`, by user and time; one column after the other, to hold only one twice."""
    order = np.lexsort((found.times, found.users))  # where both are equal the order of the file stays
    found.users = found.users[order]
    found.items = found.items[order]
    found.times = found.times[order]
    found.weights = None if found.weights is None else found.weights[order]
    return found.users, found.items, found.times, cleaning.tied(found.users, found.times)


def _catalogue(
    codes: np.ndarray, ids: Codes, items: Items, cut: set[int], known: Catalogue | None, grow: bool
) -> tuple[np.ndarray, Catalogue]:
    """The row of each code, int32, and the catalogue: known items, new ones by appearance, those of the items file."""
    described = items.described
    rows = np.full(len(ids), UNKNOWN, np.int32)
    size = len(known) if known else 0
    rows[:size] = FIRST + np.arange(size)
    if known and not grow:
        return rows, known
    names = list(ids)
    active = np.flatnonzero(np.bincount(codes, minlength=len(ids))[size:]) + size
    rows[active] = FIRST + size + np.arange(len(active))
    members = names[:size] + [names[code] for code in active]
    there = set(members)
    members += [item for item in described if item not in there and ids.get(item) not in cut]
    titles, features = [], []
    for place, item in enumerate(members):
        title, names_of = described.get(item, ("", ()))
        if known and place < size:  # what the model was given stands where the new file says nothing
            title, names_of = title or known.titles[place], names_of or known.features[place]
        titles.append(title or item)
        features.append(names_of)
    counts = np.zeros(len(members), np.int64)
    counts[:size] = known.counts if known else 0  # of earlier trainings; this log is for the recipe to count
    return rows, Catalogue(tuple(members), tuple(titles), tuple(features), counts, _more(members, items.fields, known))


def _more(members: Sequence[str], fields: Fields, known: Catalogue | None) -> dict[str, Values]:
    """The fields of all members, of which the first are those of the known catalogue."""
    before = known.more if known else {}
    more = {}
    for name in (*before, *(name for name in fields.values if name not in before)):
        told, was = fields.values.get(name, {}), before.get(name, ())
        more[name] = tuple(told.get(item, was[place] if place < len(was) else ()) for place, item in enumerate(members))
    return more


def _log(users: np.ndarray, items: np.ndarray, times: np.ndarray, ids: Codes) -> Log:
    """The log of sorted actions; users without any are left out."""
    counts = np.bincount(users, minlength=len(ids))
    names = tuple(name for name, count in zip(ids, counts, strict=True) if count)
    return Log(items, times, np.concatenate([[0], np.cumsum(counts[counts > 0])]), names)
