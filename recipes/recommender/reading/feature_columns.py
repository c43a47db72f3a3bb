"""Columns of an items file beside id, title and genres that say something about the items, as fields of named values.

Text that items share is a category (`brand`), numbers become ranges of about equally many items (`price 10 to 20`),
dates years, and lists several values. What tells no items apart or no two alike is left out, and why is said: ids,
addresses, long texts, what is the same for nearly every item or different for it.
"""

import re
from collections import Counter
from collections.abc import Collection, Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from statistics import median
from typing import Any

import numpy as np
import pyarrow as arrow

from heedful.apps.errors import InputError
from heedful.recipes.recommender.reading import columns as known
from heedful.recipes.recommender.reading.cell_kinds import is_date, is_epoch, parts_of, readable
from heedful.recipes.recommender.reading.item_catalogue import GENRES, Catalogue, Values
from heedful.recipes.recommender.reading.times import MISSING, UNITS, Times, numbers_of
from heedful.recipes.recommender.reading.title_words import TITLE
from heedful.recipes.shared.reading.columns import TYPES, Column, listed
from heedful.recipes.shared.reading.table import Table, cell_text
from heedful.recipes.shared.reading.text_file import shown

RANGES = 10  # of numbers
IN_RANGE = 5  # items in each of them, at least
FEW_NUMBERS = 20  # different ones, which are values of their own
NUMBERS = 0.9  # of the cells of a column of numbers
SHARED = 0.2  # of the items: with fewer that share a value with another one, a column tells no two alike
SAME = 0.99  # of the items: with more that have one and the same value, it tells none apart
MOST_VALUES = 4096  # of a column, the commonest
MOST_OF_ITEM = 8  # of one item
MOST_FIELDS = 12  # the table of items takes time with each
NONE = "none"  # what the user says who wants no features
LONG = 60  # characters: a value that is longer is a text
SEPARATORS = ("|", ";", ", ")
OFTEN = 0.1  # of the cells: a separator that so many have cuts them
CODE = re.compile(
    r"(^|[^a-z])(id|ids|code|no|nr|num|number|key|index|idx|ean|gtin|upc|sku|isbn|asin|unnamed)([^a-z]|$)"
)
CURRENCY = re.compile(r"^(?:[$€£¥₹]|USD|EUR|GBP|CHF)\s*|\s*(?:[$€£¥₹]|USD|EUR|GBP|CHF)$")
GROUPED = re.compile(r"\d{1,3}(,\d{3})+\.\d+")
FIRST_RANGE, RANGE, LAST_RANGE = re.compile(r"under (\S+)"), re.compile(r"(\S+) to (\S+)"), re.compile(r"(\S+) or more")

Cells = Mapping[str, Any]  # by the id of the item
Kinds = frozenset[tuple[str, int]]


@dataclass(frozen=True)
class Fields:
    """What the columns of an items file say."""

    values: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)  # of each field by the id of the item
    left_out: dict[str, str] = field(default_factory=dict)  # columns, and why


def names_of(features: str) -> list[str]:
    """The columns that the user wants: none of them for `none`, and also where nothing is said."""
    return [name for part in features.split(",") if (name := part.strip()) and features.strip() != NONE]


def choose(catalogue: Catalogue, features: str, left_out: Collection[str], source: str) -> Catalogue:
    """The catalogue with the fields that the user wants, all where nothing is said. Raises `InputError` for one that it
    does not have and that was not `left_out`.
    """
    if not features.strip():
        return catalogue
    kept = {}
    for name in names_of(features):
        there = [*catalogue.fields, *left_out]
        if (found := Column(name).find(there)) is None:
            raise InputError(
                f"{source} has no features {shown(name)}: choose from {listed(there) or 'none'} with --set features=..."
            )
        kept |= {found: catalogue.fields[found]} if found in catalogue.fields else {}
    return replace(catalogue, features=kept.pop(GENRES, ()), more=kept)


def field_places(table: Table, used: Container[int], asked: Sequence[str]) -> tuple[dict[int, str], dict[str, str]]:
    """Columns that may be fields by their first rows, place to name, and those that are left out, with the reason; of
    the columns that the user `asked` for none is.
    """
    if not table.headed:
        return {}, {}
    places: dict[int, str] = {}
    left_out: dict[str, str] = {}
    chosen = {Column(name).find(table.names) for name in asked}
    for place, header in enumerate(table.names):
        name = _field_name(header)
        if place in used or name in places.values() or name in left_out:
            continue
        cells = [row.values[place] for row in table.head if not row.reason and place < len(row.values)]
        parts = [part for cell in cells for part in _parts(cell, None)]
        why = _no_value(parts)
        if why and header not in chosen:
            left_out[name] = why
        else:
            places[place] = name
    return places, left_out


def fields_of(
    columns: Mapping[str, Cells], items: Container[str], size: int, asked: Sequence[str],
    before: Mapping[str, Values], left_out: Mapping[str, str],
) -> Fields:  # fmt: skip
    """The fields of columns, whose cells are by item; `size` is how many items there are, with ids `items`. Numbers go
    into the ranges that a model has `before` where it has some.
    """
    found = Fields(left_out=dict(left_out))
    kinds: dict[Kinds, str] = {}
    for name in sorted(columns, key=_is_code):  # of a code and the name for it the name
        chosen = Column(name).find(asked) is not None
        known_values = {value for values in before.get(name, ()) for value in values}
        values, why = _values(name, columns[name], items, chosen, known_values)
        if not why and not chosen:
            same = kinds.setdefault(_kinds(values), name)
            why = _says_nothing(values, size) or (f"as {same}" if same != name else "")
            if not why and len(found.values) >= MOST_FIELDS:
                why = f"more than {MOST_FIELDS} columns"
        if why:
            found.left_out[name] = why
        else:
            found.values[name] = values
    return found


def _kinds(values: Mapping[str, tuple[str, ...]]) -> Kinds:
    """Which items a column says the same of, whatever it calls it."""
    number: dict[tuple[str, ...], int] = {}
    return frozenset((item, number.setdefault(parts, len(number))) for item, parts in values.items())


def _field_name(header: str) -> str:
    """The name of a column without the type that RecBole adds, and not that of a field of ours."""
    name = header.strip()
    for kind in TYPES:
        name = name.removesuffix(kind)
    return f"{name} of the file" if name in (GENRES, TITLE) else name


def _no_value(parts: Sequence[str]) -> str:
    """Why what stands in a column cannot be values, "" where it can."""
    if not parts:
        return "empty"
    if sum("://" in part or part.startswith("www.") for part in parts) > len(parts) / 2:
        return "addresses"
    return "long texts" if median(map(len, parts)) > LONG else ""


def _parts(cell: Any, separator: str | None) -> list[str]:
    """The values in a cell, which may be a list or written as one."""
    if isinstance(cell, str) and not cell.lstrip().startswith("["):
        parts = cell.split(separator) if separator else [cell]
    else:
        parts = [inner for part in parts_of(cell) for inner in (part if isinstance(part, list) else [part])]
    texts = (cell_text(part.get("name") if isinstance(part, Mapping) else part) for part in parts)
    return list(dict.fromkeys(text for text in map(str.strip, texts) if text not in MISSING and readable(text)))


def _values(
    name: str, cells: Cells, items: Container[str], chosen: bool, before: Container[str]
) -> tuple[dict[str, tuple[str, ...]], str]:
    """The values of each item that has some, or why there are none."""
    whole = {item: parts for item, cell in cells.items() if (parts := _parts(cell, None))}
    if not whole:
        return {}, "empty"
    if all(len(parts) == 1 for parts in whole.values()):
        texts = {item: parts[0] for item, parts in whole.items()}
        numbers = None if _is_code(name) else _numbers(list(texts.values()))
        if numbers is not None:
            sound = {item: float(n) for item, n in zip(texts, numbers, strict=True) if np.isfinite(n)}
            return _ranges(sound, before)
        if separator := _separator(list(texts.values())):
            whole = {item: _parts(text, separator) for item, text in texts.items()}
    if not chosen and (why := _no_value([part for parts in whole.values() for part in parts])):
        return {}, why
    counts = Counter(part for parts in whole.values() for part in parts)
    lists = counts.total() > len(whole)
    if lists and not chosen and sum(count for part, count in counts.items() if part in items) > counts.total() / 2:
        return {}, "ids of items"
    least = 1 if chosen else 2
    kept = {part for part, count in counts.most_common(MOST_VALUES) if count >= least}
    values = {item: tuple(part for part in parts if part in kept)[:MOST_OF_ITEM] for item, parts in whole.items()}
    return {item: parts for item, parts in values.items() if parts}, ""


def _says_nothing(values: Mapping[str, tuple[str, ...]], size: int) -> str:
    """Why values tell no items apart or no two alike, "" where they do."""
    if len(values) < SHARED * size:
        return "different for nearly every item, or not known of it"
    most = max(Counter(values.values()).values())
    return "the same for nearly every item" if most > SAME * size else ""


def _is_code(name: str) -> bool:
    """Whether numbers under this name are no amounts."""
    words = re.sub(r"([a-z])([A-Z])", r"\1 \2", name).lower()
    return CODE.search(words) is not None or known.ITEM_ITSELF.find([name]) is not None


def _numbers(texts: Sequence[str]) -> np.ndarray | None:
    """The amounts that a column holds, NaN where it is none; None where it is of something else. Of dates the years."""
    if is_date(texts) or is_epoch(texts):
        return _years(texts)
    plain = [CURRENCY.sub("", text) for text in texts]
    plain = [text.replace(",", "") if GROUPED.fullmatch(text) else text for text in plain]
    numbers = numbers_of(arrow.array(plain, arrow.string()))
    sound = np.isfinite(numbers)
    if sound.mean() < NUMBERS or _numbered(numbers[sound]):
        return None
    return numbers


def _numbered(numbers: np.ndarray) -> bool:
    """Whether whole numbers number the rows, or are as long as the codes of goods."""
    if (numbers % 1).any() or len(np.unique(numbers)) < len(numbers):
        return False
    return bool((np.diff(numbers) == 1).all() or (len(numbers) > 1 and numbers.min() >= 1e7))


def _years(texts: Sequence[str]) -> np.ndarray | None:
    times = Times()
    parsed = times.parse(arrow.array(texts, arrow.string()))
    times.keep(parsed.values[parsed.sound])
    try:
        stamps = times.joined("")
    except InputError:  # either number may be the day, which is no matter here but for the reader of times
        return None
    years = np.full(len(texts), np.nan)
    seconds = stamps // UNITS[times.unit]
    years[parsed.sound] = 1970 + seconds.astype("datetime64[s]").astype("datetime64[Y]").astype(np.int64)
    return years


def _ranges(numbers: Mapping[str, float], before: Container[str]) -> tuple[dict[str, tuple[str, ...]], str]:
    """The range of each number, or the number itself where there are few."""
    amounts = np.array([*numbers.values()])
    different = np.unique(amounts)
    edges = known_edges(before)
    if not len(edges) and len(different) <= FEW_NUMBERS:
        return {item: (written(number),) for item, number in numbers.items()}, ""
    if not len(edges):
        edges = find_edges(amounts)
    if not len(edges):
        return {}, "too few items for ranges"
    names = range_names(edges)
    places = np.searchsorted(edges, amounts, side="right").tolist()
    return {item: (names[place],) for item, place in zip(numbers, places, strict=True)}, ""


def find_edges(numbers: np.ndarray) -> np.ndarray:
    """Where ranges of about equally many numbers meet, rounded as far as they stay apart; empty for too few numbers."""
    ranges = min(RANGES, len(numbers) // IN_RANGE)
    edges = np.unique(np.quantile(numbers, np.arange(1, ranges) / max(ranges, 1), method="higher"))
    for digits in range(2, 16):
        rounded = np.array([float(f"{edge:.{digits - 1}e}") for edge in edges])
        if len(np.unique(rounded)) == len(edges):
            return rounded
    return edges


def range_names(edges: np.ndarray) -> list[str]:
    """`under 5`, `5 to 8`, `8 or more`; a number that is an edge is of the range above."""
    ends = [written(edge) for edge in edges]
    between = [f"{low} to {high}" for low, high in pairwise(ends)]
    return [f"under {ends[0]}", *between, f"{ends[-1]} or more"]


def known_edges(names: Any) -> np.ndarray:
    """The edges of ranges by their names, empty where these are no such names."""
    edges: set[float] = set()
    for name in names:
        match = FIRST_RANGE.fullmatch(name) or RANGE.fullmatch(name) or LAST_RANGE.fullmatch(name)
        try:
            edges |= set(map(float, match.groups())) if match else {np.nan}
        except ValueError:
            edges.add(np.nan)
    found = np.array(sorted(edges))
    return found if len(found) and np.isfinite(found).all() else np.zeros(0)


def written(number: float) -> str:
    """A number as people write it: `10`, `4.5`."""
    return np.format_float_positional(number, trim="-")


def _separator(texts: Sequence[str]) -> str:
    """What cuts cells of several values, "" where nothing does: there are no more different parts than cells."""
    for separator in SEPARATORS:
        cut = [text.split(separator) for text in texts]
        parts = {part.strip() for each in cut for part in each}
        if sum(len(each) > 1 for each in cut) > OFTEN * len(texts) and len(parts) <= len(set(texts)):
            return separator
    return ""
