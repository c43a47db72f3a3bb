"""The items file: `item,title,genres` in any form of table, such as MovieLens' `movies.csv` and `u.item`, Amazon's
`meta_X.json.gz` or MIND's `news.tsv`. It is small, so it is read whole. What its other columns say of the items is told
by `feature_columns.py`.
"""

from collections import defaultdict
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from heedful.apps.errors import InputError
from heedful.recipes.recommender.reading import columns as known
from heedful.recipes.recommender.reading.cell_kinds import given, id_of, is_flag, is_id, is_text, parts_of, readable
from heedful.recipes.recommender.reading.feature_columns import Fields, field_places, fields_of, names_of
from heedful.recipes.recommender.reading.item_catalogue import Values
from heedful.recipes.recommender.reading.times import MISSING
from heedful.recipes.shared.reading.columns import Column, lacking, listed, understand
from heedful.recipes.shared.reading.table import Table, cell_text, open_table
from heedful.recipes.shared.reading.text_file import Expected, long_fields, shown

NO_FEATURE = MISSING | {"(no genres listed)"}
FEW = 0.5  # different cells in all: so few are kinds of items
ITEMS = Expected("a text table", "a table item,title,genres with one item on each line, packed or not")
MOVIELENS_GENRES = (
    "unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary", "Drama", "Fantasy",
    "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western",
)  # fmt: skip
MIND_NEWS = ("news_id", "category", "subcategory", "title", "abstract", "url", "entities", "more entities")
Described = dict[str, tuple[str, tuple[str, ...]]]  # id -> title ("" where there is none), features


@dataclass(frozen=True)
class Items:
    """What is known about items, by id in the order of the file."""

    described: Described
    skipped: Mapping[str, Sequence[str]] = field(default_factory=dict)  # reason -> file and line
    file: dict[str, str] = field(default_factory=dict)
    notes: Sequence[str] = ()
    names: Sequence[str] = ()  # of its columns
    fields: Fields = field(default_factory=Fields)  # its other columns, by the same ids


@dataclass(frozen=True)
class Places:
    """Which column of a table of items is what."""

    item: int
    title: int | None
    features: tuple[int, ...]
    flags: Mapping[int, str]  # columns that say yes or no about one feature
    blanks: bool = False  # separate features, as RecBole has it


def read_items(
    path: Path, chosen: Mapping[str, str] | None = None, wanted: Container[str] = (), features: str = "",
    before: Mapping[str, Values] | None = None,
) -> Items:  # fmt: skip
    """Titles and features of items; `wanted` are the ids of the log, `features` the columns that the user wants, and
    `before` the fields of a model that learns on. Raises `InputError` that names the file.
    """
    described: Described = {}
    skipped: defaultdict[str, list[str]] = defaultdict(list)
    with long_fields():
        table = open_table(path, known.is_known, ITEMS)
        if not table.head:
            raise InputError(f"{path} has a header and no rows: expected {ITEMS.form}.")
        if all(record.reason for record in table.head):
            first = table.head[0]
            raise InputError(
                f"{path} has no row that can be used; the first is a {first.reason}: {first.where} ({first.detail})."
            )
        places = find_places(table, chosen or {}, wanted)
        used = {places.item, places.title, *places.features, *places.flags}
        others, left_out = field_places(table, used, names_of(features))
        cells: dict[str, dict[str, Any]] = {name: {} for name in others.values()}
        for record in table.rows():
            if record.reason:
                skipped[record.reason].append(f"{record.where} ({record.detail})" if record.detail else record.where)
                continue
            item, title = (_cell(record.values, place) for place in (places.item, places.title))
            kinds = _features(record.values, places)
            if not readable("".join((item, title, *kinds))):
                skipped[
                    f"row that is not {table.stream.note if table.stream and table.stream.note else 'UTF-8'}"
                ].append(record.where)
            elif item in MISSING:
                skipped["empty item"].append(record.where)
            elif item in described:
                skipped["item that is there before"].append(f"{record.where} {shown(item)}")
            else:
                described[item] = ("" if title in MISSING else title, kinds)
                for place, name in others.items():
                    if place < len(record.values):
                        cells[name][item] = record.values[place]
    if not described:
        raise InputError(f"{path} describes no item: expected {ITEMS.form}.")
    broken = sum(len(names) for reason, names in skipped.items() if reason.startswith(("broken", "row")))
    if broken > len(described):
        reason, names = next(iter(skipped.items()))
        raise InputError(
            f"{path}: {broken:,} of {broken + len(described):,} rows cannot be used; "
            f"the first reason is {reason}: {names[0]}."
        )
    words = ", ".join(
        f"{role} = {shown(table.names[place])}" for role, place in (("item", places.item), ("title", places.title))
        if place is not None and table.headed
    )  # fmt: skip
    file = {"name": path.name, "holds": "items", "form": table.read.partition(": ")[2], "columns": words}
    fields = fields_of(cells, described, len(described), names_of(features), before or {}, left_out)
    return Items(described, skipped, file, table.notes, table.names, fields)


def looks_like_items(table: Table) -> bool:
    """Whether a table without a header has an item in each row: ids that never come again, with words or kinds."""
    samples = [given(cells) for cells in table.samples.values()]
    if table.headed or len(samples) < 2 or len(set(samples[0])) != len(samples[0]):
        return False
    kinds = any(sum("|" in cell for cell in cells) > len(cells) / 4 for cells in samples[1:])
    return kinds or any(map(is_text, samples[1:])) or sum(map(is_flag, samples)) > 2


def share_known(path: Path, wanted: Container[str]) -> float:
    """Of the first items of a file, how many are in the log."""
    with long_fields():
        table = open_table(path, known.is_known, ITEMS)
        if table.stream is not None:
            table.stream.close()
        cells = given(table.samples[table.names[find_places(table, {}, wanted).item]])
    return sum(cell in wanted for cell in cells) / max(1, len(cells))


def find_places(table: Table, chosen: Mapping[str, str], wanted: Container[str] = ()) -> Places:
    """Which column of an open table of items is what. Raises `InputError` where none holds the items."""
    samples = {name: given(cells) for name, cells in table.samples.items()}
    names = (
        list[str](MIND_NEWS)
        if not table.headed and len(table.names) == 8 and table.form.endswith("tabs")
        else table.names
    )
    flags = [place for place, name in enumerate(table.names) if is_flag(samples[name])]
    flags = flags if len(flags) > 2 else []
    if not table.headed and names is table.names:
        named = (
            MOVIELENS_GENRES
            if len(flags) == len(MOVIELENS_GENRES)
            else [f"kind {at}" for at in range(1, 1 + len(flags))]
        )
        text = next(
            (at for at, name in enumerate(names) if at and is_text(samples[name])), 1 if len(names) > 1 else None
        )
        bars = [
            at for at, name in enumerate(names) if at not in (0, text) and any("|" in cell for cell in samples[name])
        ]
        features = bars[:1] or ([2] if len(names) == 3 and text == 1 else [])
        return Places(0, text, tuple(features), dict(zip(flags, named, strict=True)))
    item = _item_place(table, names, chosen, samples, wanted)
    free = [name for place, name in enumerate(names) if place != item]
    asked = {
        column.name: chosen[column.name]
        for column in (known.TITLE, known.FEATURES)
        if column.name in chosen and Column(chosen[column.name]).find(free) is not None
    }
    found = understand(table.path, free, (known.TITLE, known.FEATURES), asked, samples).columns
    title = names.index(found[known.TITLE.name][0]) if known.TITLE.name in found else None
    features = list(found.get(known.FEATURES.name, ()))
    if names is not table.names:
        features = ["category", "subcategory"]
    if title is None:
        title = next((at for at, name in enumerate(table.names) if at != item and is_text(samples[name])), None)
    flagged = {at: names[at] for at in flags if at != item and names[at] not in features}
    return Places(
        item, title, tuple(names.index(name) for name in features), flagged,
        blanks=any(name.endswith("_seq") for name in features),
    )  # fmt: skip


def split_features(cell: Any, blanks: bool = False) -> tuple[str, ...]:
    """`War|Comedy|War` -> `("War", "Comedy")`; also of lists, of lists in lists, and of `War, Comedy`."""
    if isinstance(cell, str) and not cell.lstrip().startswith("["):
        separator = next((one for one in ("|", ";", ", ") if one in cell), " " if blanks else "|")
        parts: Sequence[Any] = cell.split(separator)
    else:
        parts = [inner for part in parts_of(cell) for inner in (part if isinstance(part, list) else [part])]
    names = (_name(part) for part in parts)
    return tuple(dict.fromkeys(name for name in names if name not in NO_FEATURE))


def _name(part: Any) -> str:
    """One feature; of an object (TMDB's `{"id": 35, "name": "Comedy"}`) its name."""
    return cell_text(part.get("name") if isinstance(part, Mapping) else part).strip()


def _features(values: Sequence[Any], places: Places) -> tuple[str, ...]:
    features = [
        name
        for place in places.features
        if place < len(values)
        for name in split_features(values[place], places.blanks)
    ]
    features += [
        name for place, name in places.flags.items() if place < len(values) and cell_text(values[place]).strip() == "1"
    ]
    return tuple(dict.fromkeys(features))


def _item_place(
    table: Table, names: Sequence[str], chosen: Mapping[str, str], samples: Mapping[str, Sequence[str]],
    wanted: Container[str],
) -> int:  # fmt: skip
    """The column of the items: as the user says, the one that has the ids of the log, or by its name."""
    choice = chosen.get(known.ITEM.name)
    if choice and (name := Column(choice).find(names)) is not None:
        return names.index(name)
    shares = {
        place: sum(cell in wanted for cell in samples[name]) / max(1, len(samples[name]))
        for place, name in enumerate(table.names) if is_id(samples[name]) and len(set(samples[name])) > 1
    }  # fmt: skip
    named = known.ITEM_ITSELF.find(names)
    place = None if named is None else names.index(named)
    best = max(shares, key=lambda at: shares[at], default=None)
    if (
        best is not None
        and best != place
        and shares[best] > max(0.2, 2 * shares.get(-1 if place is None else place, 0.0))
    ):
        return best
    if place is None:
        raise InputError(lacking(table.path, names, [known.ITEM]))
    if list(names).count(names[place]) > 1:
        raise InputError(f"{table.path} has the column {listed([names[place]])} twice: keep one of them.")
    return place


def _cell(values: Sequence[Any], place: int | None) -> str:
    return "" if place is None or place >= len(values) else id_of(cell_text(values[place]))
