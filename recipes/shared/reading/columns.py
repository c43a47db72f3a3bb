"""Which column is which: as the user says, by the names that people and publishers use, or by what is in it.

Names are compared without case, spaces, accents and underscores: `user_id`, `userId` and `User ID` are one name, and
`user_id:token` of RecBole is another way to write it. Where several columns fit, the name that comes first in `Column`
is taken: an item's own title before the name of its seller. Of `rivals` none comes first, so the user is asked.
"""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from heedful.apps.errors import InputError
from heedful.recipes.shared.reading.splits import SPLITS, split_of
from heedful.recipes.shared.reading.text_file import shown

TOLD = 3  # other names that a message repeats
LISTED = 12  # columns of a file that a message repeats
TYPES = (":token", ":float", ":token_seq", ":float_seq")


@dataclass(frozen=True)
class Column:
    """A column that a reader wants."""

    name: str
    also: tuple[str, ...] = ()  # other names of it, the best first
    obligatory: bool = True
    rivals: tuple[str, ...] = ()  # names in `also` of which none is better than another
    numbers: bool = False  # a number is as good as text: an id, a rating
    maybe: tuple[str, ...] = ()  # names that may be its own or another's, which `by_content` has to tell
    several: bool = False  # columns may be numbered (caption_1, caption_2), and a cell may hold a list

    def find(self, names: Sequence[str]) -> str | None:
        """The name of this column among those of a file, as it is written there; None where it is not there."""
        plain = enumerate(map(plain_name, names))
        ranked = [(self.ranks[name], place) for place, name in plain if name in self.ranks]
        return names[min(ranked)[1]] if ranked else None

    @cached_property
    def ranks(self) -> dict[str, int]:
        """Its names without case and so on, and which is better than which: less is better."""
        names = list(dict.fromkeys(map(plain_name, (self.name, *self.also))))
        return {name: rank for rank, name in enumerate(names)}

    def all(self, names: Sequence[str]) -> list[str]:
        """All names of this column among those of a file: the numbered ones where it may have `several`."""
        if not self.several:
            return [name] if (name := self.find(names)) is not None else []
        bases = {name: plain_name(name).rstrip("0123456789") for name in names}
        best = self.find(list(bases.values()))
        return [name for name in names if bases[name] == best]

    def candidates(self, names: Sequence[str]) -> list[str]:
        """Those of its rivals that are among the names of a file, where the best of the names is one of them."""
        rivals, best = set(map(plain_name, self.rivals)), self.find(names)
        if best is None or plain_name(best) not in rivals:
            return []
        return [name for name in names if plain_name(name) in rivals]


SPLIT = Column("split", ("partition", "subset", "fold_name", "dataset_split"), obligatory=False)
Samples = Mapping[str, Sequence[str]]  # the first cells of each column
ByContent = Callable[[Samples, Mapping[str, Sequence[str]]], Mapping[str, Sequence[str]]]
# What may be the columns that names did not tell, the best first, of the samples and of what is found already. It is
# asked where an obligatory one is missing, and what it says of others counts more than their names.


@dataclass(frozen=True)
class Understood:
    """The columns of a file: for each that is wanted and there, its names in the file."""

    columns: Mapping[str, Sequence[str]]
    notes: tuple[str, ...] = ()  # what was taken for what, where that is a guess
    by_content: frozenset[str] = field(default_factory=frozenset)


def plain_name(name: str) -> str:
    """A name without case, accents, the type that RecBole adds, and what is neither letter nor digit."""
    name = name.strip().casefold()
    for kind in TYPES:
        name = name.removesuffix(kind)
    return "".join(letter for letter in unicodedata.normalize("NFKD", name) if letter.isalnum())


def understand(
    path: Path, names: Sequence[str], columns: Sequence[Column], chosen: Mapping[str, str], samples: Samples,
    by_content: ByContent | None = None, before: Mapping[str, Sequence[str]] | None = None,
) -> Understood:  # fmt: skip
    """The columns of a file with these names: `chosen` by the user, as in the part of the data `before` it, by their
    names, or by content.

    Raises `InputError` where one is twice there, an obligatory one is missing, or two may be meant.
    """
    found: dict[str, Sequence[str]] = {}
    for column in columns:
        if column.name in chosen:
            found[column.name] = [chosen_name(path, names, column, chosen[column.name])]
        elif before and (taken := before.get(column.name)) and set(taken) <= set(names):
            found[column.name] = taken
    free = [name for name in names if name not in {name for taken in found.values() for name in taken}]
    filled = [name for name in free if samples.get(name)]
    for column in columns:
        if column.name not in found and (named := column.all(filled) or column.all(free)):
            rivals = [name for name in column.candidates(free) if distinct(samples, name, named[0])]
            if len(rivals) > 1:
                raise InputError(ask(path, column.name, rivals))
            found[column.name] = named
    if SPLIT in columns and SPLIT.name not in found:
        taken = {name for names in found.values() for name in names}
        told = [name for name in free if name not in taken and says_split(samples.get(name, ()))]
        found |= {SPLIT.name: told[:1]} if told else {}
    by_name = dict(found)
    missing = [column for column in columns if column.obligatory and column.name not in found]
    guessed = by_content(samples, found) if missing and by_content else {}
    for column in missing:
        candidates = list(guessed.get(column.name, ()))
        if len(candidates) > 1:
            raise InputError(ask(path, column.name, candidates))
        if candidates:
            found[column.name] = candidates
    found |= {column: list(taken)[:1] for column, taken in guessed.items() if taken and column not in chosen}
    if missing := [column for column in missing if not found.get(column.name)]:
        raise InputError(lacking(path, names, missing))
    twice(path, names, {name: taken for name, taken in found.items() if name not in chosen})
    return Understood(found, guesses(found), frozenset(found.keys() - by_name.keys()))


def chosen_name(path: Path, names: Sequence[str], column: Column, choice: str) -> str:
    """The column that the user chose by its name, or by its number from 1. Raises `InputError` where it is none."""
    name = choice if choice in names else Column(choice).find(names)
    if name is None and choice.isdigit() and 0 < int(choice) <= len(names):
        name = names[int(choice) - 1]
    if name is None:
        raise InputError(
            f"{path} has no column {shown(choice)} for {column.name}: it has {listed(names)}; "
            f"choose one with --columns {column.name}=NAME."
        )
    return name


def says_split(cells: Sequence[str]) -> bool:
    """Whether a column, whatever its name, holds names of splits and nothing else."""
    splits = set(map(split_of, cells))
    return SPLITS[0] in splits and None not in splits


def distinct(samples: Samples, name: str, best: str) -> bool:
    """Whether a column is the best one, or holds something of its own that is not far shorter."""
    own, other = samples.get(name, ()), samples.get(best, ())
    return name == best or (list(own) != list(other) and 4 * sum(map(len, own)) > sum(map(len, other)))


def ask(path: Path, wanted: str, candidates: Sequence[str]) -> str:
    """The sentence about several columns that may be meant."""
    *most, last = [shown(name) for name in candidates]
    return (
        f"{path} has the columns {', '.join(most)} and {last}, and each may be the {wanted}: "
        f"choose one with --columns {wanted}={shown(candidates[0])}."
    )


def lacking(path: Path, names: Sequence[str], missing: Sequence[Column]) -> str:
    """The sentence about columns that are not there."""
    needs = "; ".join(
        f"{column.name} (or {', '.join(column.also[:TOLD])})" if column.also else column.name for column in missing
    )
    choice = " ".join(f"{column.name}=NAME" for column in missing)
    return f"{path} has the columns {listed(names)} and needs {needs}: name them so, or choose with --columns {choice}."


def listed(names: Sequence[str]) -> str:
    """The first names of a file, none of them long."""
    return shown(", ".join(name if len(name) < 40 else f"{name[:37]}..." for name in names[:LISTED]))


def twice(path: Path, names: Sequence[str], found: Mapping[str, Sequence[str]]) -> None:
    """Raise `InputError` where a column that is wanted is there twice."""
    plain = [plain_name(name) for name in names]
    for taken in found.values():
        for name in taken:
            if plain.count(plain_name(name)) > 1:
                raise InputError(f"{path} has the column {shown(name)} twice: keep one of them.")


def guesses(found: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """What was taken for what, where that is not what its name says."""
    return tuple(
        f"{', '.join(map(shown, taken))} {'is' if len(taken) == 1 else 'are'} read as the {column}"
        for column, taken in found.items()
        if taken and (len(taken) > 1 or plain_name(taken[0]) != plain_name(column))
    )
