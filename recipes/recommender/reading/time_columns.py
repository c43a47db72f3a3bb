"""Which columns of a log are its time: one, or several, such as a day and a time of the day, or year, month and day."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow.compute as compute

from heedful.apps.errors import InputError
from heedful.recipes.recommender.reading import columns as known
from heedful.recipes.recommender.reading import name_words
from heedful.recipes.recommender.reading.cell_kinds import NUMBER, is_clock, is_date, is_epoch, share
from heedful.recipes.shared.reading.columns import ask, plain_name
from heedful.recipes.shared.reading.table import Table
from heedful.recipes.shared.reading.text_file import shown

HALF, MOST = 0.5, 0.9
OF_OTHERS = ("release", "birth", "publish", "expir", "signup", "joined", "since", "launch")  # dates of other things
TIMELIKE = ("time", "date", "stamp", "epoch", "when")
COMPACT = re.compile(r"(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])")  # 20240531
YEAR, FOUR, SIX = re.compile(r"(19|20)\d\d"), re.compile(r"([01]?\d|2[0-3])?[0-5]?\d"), re.compile(
    r"(([01]?\d|2[0-3])?[0-5]?\d)?[0-5]?\d"
)  # fmt: skip


class Part(NamedTuple):
    """A column that continues the time: what is before it and behind it, and how many digits it has at least."""

    before: str
    place: int
    digits: int = 0
    behind: str = ""


def joined(texts: Any, columns: Sequence[Any], parts: Sequence[Part]) -> Any:
    """The texts of a time with the columns of its other parts."""
    for column, part in zip(columns, parts, strict=True):
        column = compute.utf8_lpad(compute.utf8_trim_whitespace(column), part.digits, "0")
        texts = compute.binary_join_element_wise(texts, column, part.before)
        texts = compute.binary_join_element_wise(texts, part.behind, "") if part.behind else texts
    return texts


def time_by_name(table: Table, samples: Mapping[str, Sequence[str]]) -> str | None:
    """The column that is called a time and holds times: `data` and `position` are called so in other meanings as well.
    Where none holds any it is the first, so that its cells are named as what is wrong.
    """
    names = list(table.names)
    first = known.TIME.find(names)
    while (name := known.TIME.find(names)) is not None:
        cells = samples.get(name, ())
        if not cells or share(NUMBER, cells) > HALF or is_clock(cells) or is_date(cells):
            return name
        names.remove(name)
    return first


def unnamed_time(table: Table, samples: Mapping[str, Sequence[str]], names: Mapping[str, str]) -> str | None:
    """A column of times under another name than those that are known; of a name that says so, whatever it holds.

    Raises `InputError` where there are several.
    """
    free = [name for name in table.names if name not in names.values() and samples.get(name)]
    free = [name for name in free if not any(word in plain_name(name) for word in OF_OTHERS)]
    times = [name for name in free if is_date(samples[name])]
    if not times:
        times = [
            name for name in free
            if is_epoch(samples[name]) and (not table.headed or _timelike(name))
        ]  # fmt: skip
    if len(times) > 1:
        raise InputError(ask(table.path, known.TIME.name, times))
    said = (name for name in free if table.headed and name_words.has(name, name_words.TIME) and _digits(samples[name]))
    return times[0] if times else next(said, None)


def _timelike(name: str) -> bool:
    """Whether a name says that it is a time, or is that of a time in an object."""
    return any(word in plain_name(name) for word in TIMELIKE) or bool(known.TIME.find([name.rpartition(".")[2]]))


def other_parts(table: Table, samples: Mapping[str, Sequence[str]], names: dict[str, str]) -> tuple[Part, ...]:
    """The columns that continue the time; mends `names` where another is the first of them."""
    place = table.names.index
    found = {column.name: column.find(table.names) for column in known.PARTS_OF_TIME}
    year, month, day = (found[name] for name in ("year", "month", "day"))
    time = names.get(known.TIME.name)
    if year and month and day and time in (None, year, month, day) and share(YEAR, samples.get(year, ())) >= MOST:
        names[known.TIME.name] = year
        return (Part("-", place(month), 2), Part("-", place(day), 2), *_clock(table, samples, found, names))
    if time is None:
        return ()
    cells = samples.get(time, ())
    days = [name for name in table.names if name not in names.values() and _is_day(samples.get(name, ()))]
    if is_clock(cells) and not days:
        raise InputError(
            f"{table.path} has times without a day in {shown(time)}: give the day as well, or another column with "
            f"--columns {known.TIME.name}=NAME."
        )
    if days and (is_clock(cells) or _digits_of_clock(cells)):
        names[known.TIME.name] = days[0]
        return (Part(" ", place(time), _digits_of_clock(cells)),)
    if not _is_day(cells) or any(":" in cell for cell in cells):
        return ()
    return _clock(table, samples, found, names)


def _clock(
    table: Table, samples: Mapping[str, Sequence[str]], found: Mapping[str, str | None], names: Mapping[str, str]
) -> tuple[Part, ...]:
    """The columns with the time of the day, beside a day."""
    place = table.names.index
    free = [name for name in table.names if name not in names.values()]
    if (clock := next((name for name in free if is_clock(samples.get(name, ()))), None)) is not None:
        return (Part(" ", place(clock)),)
    hour, minute, second = (name if (name := found[part]) in free else None for part in ("hour", "minute", "second"))
    cells = samples.get(hour or "", ())
    if not hour or not cells:
        return ()
    if max(map(len, cells)) > 2:
        digits = _digits_of_clock(cells)
        return (Part(" ", place(hour), digits),) if digits else ()
    if share(FOUR, cells) < MOST:
        return ()
    if not minute:
        return (Part(" ", place(hour), 2, ":00"),)
    parts = (Part(" ", place(hour), 2), Part(":", place(minute), 2))
    return (*parts, Part(":", place(second), 2)) if second else parts


def _is_day(cells: Sequence[str]) -> bool:
    return is_date(cells) or (bool(cells) and share(COMPACT, cells) >= MOST)


def _digits_of_clock(cells: Sequence[str]) -> int:
    """Whether they are times of the day without separators, 151221 or 1512: how many digits these have, or 0."""
    if not cells or not all(cell.isdigit() for cell in cells):
        return 0
    return next((size for size, form in ((4, FOUR), (6, SIX)) if share(form, cells) == 1.0), 0)


def _digits(cells: Sequence[str]) -> bool:
    """Whether most hold digits and more than a number, as dates that nobody knows."""
    return sum(any(map(str.isdigit, cell)) and not NUMBER.fullmatch(cell) for cell in cells) > HALF * len(cells)
