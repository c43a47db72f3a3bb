"""Which column of a log is what: `find_layout`.

As the user says, by the names that people use, or by content: a column of dates or of times since 1970 is the time,
stars are the rating, and of the others the first is the user and the next the item, as every published file has it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from heedful.apps.errors import InputError
from heedful.recipes.recommender.reading import columns as known
from heedful.recipes.recommender.reading import name_words
from heedful.recipes.recommender.reading.cell_kinds import (
    NUMBER,
    given,
    holds_lists,
    is_clock,
    is_date,
    is_id,
    is_measure,
    is_rating,
    is_text,
    is_time,
    share,
)  # fmt: skip
from heedful.recipes.recommender.reading.sessions import histories
from heedful.recipes.recommender.reading.time_columns import Part, other_parts, time_by_name, unnamed_time
from heedful.recipes.recommender.reading.times import DAY_FIRST, MONTH_FIRST
from heedful.recipes.shared.reading.columns import Column, guesses, plain_name, understand
from heedful.recipes.shared.reading.table import Table, cell_text
from heedful.recipes.shared.reading.text_file import shown

WIDE = 5  # columns of numbers beside that of the users
FEW = 5  # rows, which may be of one user
BOOKS = ("book", "isbn", "buch", "livre", "libro", "livro")
GENERAL = ("title", "headline", "description", "name", "caption")
MIND = ("impression", "user", "timestamp", "history", "impressions")  # of behaviors.tsv, which has no header


@dataclass(frozen=True)
class Layout:
    """Columns of a log by what they are, as places in its rows."""

    places: dict[str, int]
    more_time: tuple[Part, ...] = ()  # where the time is a day alone, or a year
    order: str = ""  # of day and month, where the user says it
    sequences: bool = False  # the item column holds several, in their order
    impressions: int | None = None  # items that were shown, with -1 behind those that were taken
    notes: tuple[str, ...] = ()
    names: dict[str, str] = field(default_factory=dict)
    guessed: frozenset[str] = frozenset()  # what the content told, and not its name

    @property
    def words(self) -> str:
        """Which column is what."""
        return ", ".join(f"{role} = {shown(name)}" for role, name in self.names.items())


def split_order(chosen: Mapping[str, str]) -> tuple[dict[str, str], str]:
    """`--columns` with the order of day and month, `timestamp=NAME:day-first`, apart. Raises `InputError` for a column
    that no log has.
    """
    asked = [column.name for column in known.ASKED]
    if unknown := [name for name in chosen if name not in asked]:
        raise InputError(f"--columns {unknown[0]}=...: there are the columns {', '.join(asked)}, so name one of them.")
    name, order = chosen.get(known.TIME.name, ""), ""
    for ending in (DAY_FIRST, MONTH_FIRST):
        if name.endswith(f":{ending}"):
            name, order = name.removesuffix(f":{ending}"), ending
    return {**chosen, **({known.TIME.name: name} if name else {})}, order


def find_layout(table: Table, chosen: Mapping[str, str], rated: bool, of_one: bool = False) -> Layout:
    """The layout of an open table, which may be `of_one` user whom it does not name. Raises `InputError` where a column
    is missing, or two may be meant.
    """
    chosen, order = split_order(chosen)
    samples = {name: given(cells) for name, cells in table.samples.items()}
    if not table.headed and _is_mind(samples):
        places = {known.USER.name: 1, known.ITEM.name: 3, known.TIME.name: 2}
        return Layout(
            places, order=order, sequences=True, impressions=4, names=dict(zip(places, MIND[1:4], strict=True))
        )
    listed = None if known.ITEM.name in chosen else _sequence(table)
    wanted = [known.USER, known.TIME, replace(known.RATING, obligatory=rated), known.QUANTITY, known.EVENT]
    if of_one:
        del wanted[0]
    if listed is None:
        wanted.insert(0 if of_one else 1, known.ITEM)
        _check_not_wide(table, samples, chosen)
    samples = {name: cells for name, cells in samples.items() if name != listed}
    whose = histories(table, listed, chosen)
    if whose.user is not None:
        chosen = {**chosen, known.USER.name: whose.user}
    if known.TIME.name not in chosen and (time := time_by_name(table, samples)) is not None:
        chosen = {**chosen, known.TIME.name: time}
    if known.ITEM.name not in chosen and listed is None and (item := _repeated_rival(table, samples)) is not None:
        chosen = {**chosen, known.ITEM.name: item}
    if listed is not None and len(table.names) == 1:  # sessions without names
        note = "no column of users: each row is one history"
        return Layout({known.ITEM.name: 0}, sequences=True, names={known.ITEM.name: listed}, notes=(note,))
    wanted = [column for column in wanted if column.obligatory or column.name in chosen or column.find(table.names)]
    own = [name for name in table.names if not _is_object(table, name)]
    if any(word in plain_name(known.ITEM.find(own) or "") for word in BOOKS):
        own = [name for name in own if plain_name(name) != "author"]  # a book's, and not a review's
    found = understand(
        table.path, own, wanted, chosen, samples, lambda cells, taken: _guess(table, cells, taken, listed)
    )
    names = {role: taken[0] for role, taken in found.columns.items()}
    guessed = {role: found.columns[role] for role in found.by_content} if table.headed else {}
    notes = [*([whose.note] if whose.note and not of_one else []), *guesses(guessed)]
    if listed is not None:
        names[known.ITEM.name] = listed
    if known.TIME.name not in names and (time := unnamed_time(table, samples, names)) is not None:
        names[known.TIME.name] = time
        notes.append(f"{shown(time)} holds times and is read as the timestamp")
    more_time = other_parts(table, samples, names)
    for column in (known.TITLE, known.FEATURES):
        free = [name for name in table.names if name not in names.values()]
        own = [name for name in free if plain_name(name) not in GENERAL]  # a name alone may be that of anything
        choice = Column(chosen[column.name]).find(table.names) if column.name in chosen else None
        name = choice or column.find(own) or column.find(free)
        if name is not None and not (column is known.TITLE and _is_of_review(table, name) and choice is None):
            names[column.name] = name
    if names.get(known.TITLE.name) == names[known.ITEM.name]:
        del names[known.TITLE.name]
    elif known.TITLE.name not in names and (title := _title(table, samples, names)) is not None:
        names[known.TITLE.name] = title
        notes.append(f"{shown(title)} is the same in all rows of an item and is read as the title")
    if not of_one and whose.session is not None and whose.session not in names.values():
        names |= {known.SESSION.name: whose.session} if listed is None else {}
        notes.append(whose.of_both(names[known.USER.name]))
    names = {column.name: names[column.name] for column in known.ASKED if column.name in names}
    places = {role: table.names.index(name) for role, name in names.items()}
    return Layout(
        places, more_time, order, listed is not None,
        notes=tuple(notes), names=names, guessed=found.by_content,
    )  # fmt: skip


def _guess(
    table: Table, samples: Mapping[str, Sequence[str]], taken: Mapping[str, Sequence[str]], listed: str | None
) -> Mapping[str, Sequence[str]]:
    """What the columns without a known name may be."""
    used = {name for names in taken.values() for name in names}
    free = [name for name in table.names if name not in used and name != listed and samples.get(name)]
    found: dict[str, list[str]] = {}
    if known.TIME.name not in taken:
        times = [name for name in free if is_time(samples[name])]
        if times and not table.headed:
            time = next((name for name in times if is_date(samples[name])), times[-1])
            others = [name for name in free if name != time and not is_measure(samples[name])]
            stars = [name for name in others[1:] if is_rating(samples[name])]
            if is_date(samples[time]) or len(others) - len(stars[-1:]) > 1 or listed is not None:
                found[known.TIME.name] = [time]
        free = [name for name in free if name not in (found.get(known.TIME.name, ()) if not table.headed else times)]
    ids = [name for name in free if is_id(samples[name]) and not is_measure(samples[name])]
    if table.headed:
        for column, words in ((known.USER, name_words.USER), (known.ITEM, name_words.ITEM)):
            likely = name_words.best([name for name in free if name not in _orders(free)], words)
            if column.name not in taken and not (column is known.ITEM and listed) and len(likely) == 1:
                found[column.name] = likely
                taken = {**taken, column.name: likely}
                free = [name for name in free if name not in likely]
        ids = [name for name in free if name in ids and name not in _orders(free)]
        ids = [name for name in ids if len(set(samples[name])) > 1 or len(table.head) < FEW]
        ids = [name for name in ids if not is_clock(samples[name]) and not is_date(samples[name])]
        ids = [name for name in ids if not name_words.has(name, name_words.OTHER)]
        title = known.TITLE.find(free)
        if not ids and known.ITEM.name not in taken and listed is None and title is not None:
            ids = [title]
    else:
        ids = [name for name in free if not is_measure(samples[name])]  # titles are ids where there are no others
        _rated(table, samples, ids, free, found)
    missing = [column.name for column in (known.USER, known.ITEM) if column.name not in taken]
    if listed is not None:
        missing = [name for name in missing if name == known.USER.name]
    rated = found.get(known.RATING.name, [])
    ids = [name for name in ids if name not in rated and (not table.headed or not is_rating(samples[name]))]
    if not table.headed or len(ids) == len(missing) > 1:
        found |= {role: [name] for role, name in zip(missing, ids, strict=False)}
    elif len(missing) == 1 and ids:
        found[missing[0]] = ids
    return found


def _rated(
    table: Table, samples: Mapping[str, Sequence[str]], ids: list[str], free: list[str], found: dict[str, list[str]]
) -> None:
    """Which column of a table without a header is the rating, and the time where only its place tells it."""
    if len(ids) < 2:
        return
    later = [name for name in ids[2:] if is_rating(samples[name])]
    if later:
        found[known.RATING.name] = later[:1]
    elif len(ids) > 2 and is_rating(samples[ids[1]]) and len(set(samples[ids[2]])) > 2 * len(set(samples[ids[1]])):
        found[known.RATING.name] = [ids[1]]
    if known.TIME.name in found or share(NUMBER, samples[free[-1]]) <= 0.5 or not _is_position(table, free):
        return
    if len(free) == 4 and free[3] in ids[3:]:  # user, item, rating, time
        found |= {known.RATING.name: [free[2]], known.TIME.name: [free[3]]}
    elif len(free) == 3 and free[2] in ids[2:] and not later and len(set(samples[free[2]])) > 1:
        found[known.TIME.name] = [free[2]]


def _is_position(table: Table, free: Sequence[str]) -> bool:
    """Whether numbers in the last column may be places in the history of the first: none twice for one of them."""
    user, last = table.names.index(free[0]), table.names.index(free[-1])
    pairs = [(record.values[user], record.values[last]) for record in table.head if not record.reason]
    return len(set(pairs)) > 0.95 * len(pairs)


def _sequence(table: Table) -> str | None:
    """The column with several items in each cell, if there is one."""
    values = {
        name: [row.values[place] for row in table.head if not row.reason and place < len(row.values)]
        for place, name in enumerate(table.names)
    }
    named = [
        name for column in (known.SEQUENCE, known.ITEM) for name in table.names
        if column.find([name]) is not None and holds_lists(values[name])
    ]  # fmt: skip
    if named:
        return named[0]
    by_name = known.SEQUENCE.find(table.names)
    if (
        by_name
        and known.ITEM.find(table.names) is None
        and any(_several(value, numbered=True) for value in values[by_name])
    ):
        return by_name
    if table.headed and known.ITEM.find(table.names) is not None:
        return None
    lists = [
        name
        for name in table.names
        if holds_lists(values[name]) and not is_time(given(list(map(cell_text, values[name]))))
    ]
    if lists and len(table.names) <= 3:
        return lists[-1]
    if not table.headed and len(table.names) == 2:
        users = table.samples[table.names[0]]
        if len(set(users)) == len(users) and sum(map(_several, values[table.names[1]])) > len(users) / 2:
            return table.names[1]
    return None


def _several(value: Any, numbered: bool = False) -> bool:
    """Whether a cell holds several; with `numbered`, of parts between blanks only those that are ids and no words."""
    if not isinstance(value, str):
        return isinstance(value, list)
    parts = value.split()
    ids = not numbered or all(any(map(str.isdigit, part)) for part in parts)
    return bool(set(value) & set(",;|")) or (len(parts) > 1 and ids)


def _orders(names: Sequence[str]) -> set[str]:
    """Columns that are neither a user nor an item: sessions and orders."""
    return {name for name in names if known.SESSION.find([name]) is not None}


def _is_object(table: Table, name: str) -> bool:
    """Whether a column holds objects, of which each part is a column of its own."""
    place = table.names.index(name)
    return any(isinstance(row.values[place], Mapping) for row in table.head if not row.reason)


def _check_not_wide(table: Table, samples: Mapping[str, Sequence[str]], chosen: Mapping[str, str]) -> None:
    """Raise `InputError` where there is a row for each user and a column for each item."""
    first, *others = table.names
    counted = [name for name in others if samples[name] and share(NUMBER, samples[name]) == 1.0]
    users = list(table.samples[first])
    if (
        len(others) > WIDE and len(counted) > 0.9 * len(others) and known.ITEM.name not in chosen
        and not any(map(known.is_known, others)) and len(set(users)) in (1, len(users) // 2, len(users))
    ):  # fmt: skip
        raise InputError(
            f"{table.path} has a row for each user and a column for each item, and no times: give a row for each "
            "action, user,item,timestamp."
        )


def _repeated_rival(table: Table, samples: Mapping[str, Sequence[str]]) -> str | None:
    """Of several columns of items by name, the only one that has any item twice: others number the rows."""
    rivals = known.ITEM.candidates(table.names)
    again = [name for name in rivals if len(set(samples[name])) < len(samples[name])]
    return again[0] if len(rivals) > 1 and len(again) == 1 else None


def _title(table: Table, samples: Mapping[str, Sequence[str]], names: Mapping[str, str]) -> str | None:
    """A column of words that is the same wherever an item comes up again, and another for any other item."""
    if not table.headed:
        return None
    rows = [list(map(cell_text, record.values)) for record in table.head if not record.reason]
    item = table.names.index(names[known.ITEM.name])
    items = {row[item] for row in rows}
    for name in table.names:
        cells = samples.get(name, ())
        if name in names.values() or not cells or not (is_text(cells) or name_words.has(name, name_words.TITLE)):
            continue
        place = table.names.index(name)
        pairs = {(row[item], row[place]) for row in rows}
        worded = all(any(map(str.isalpha, cell)) for cell in cells) and not is_date(cells)
        if worded and len(pairs) == len(items) < len(rows) and len({title for _, title in pairs}) == len(pairs):
            return name
    return None


def _is_of_review(table: Table, name: str) -> bool:
    """Whether a title is that of a review and not that of an item."""
    return plain_name(name) in GENERAL and (Column("review", known.REVIEW).find(table.names) is not None)


def _is_mind(samples: Mapping[str, Sequence[str]]) -> bool:
    cells = list(samples.values())
    return len(cells) == 5 and is_date(cells[2]) and bool(cells[4]) and all(
        part[-2:] in ("-0", "-1") for cell in cells[4] for part in cell.split()
    )  # fmt: skip
