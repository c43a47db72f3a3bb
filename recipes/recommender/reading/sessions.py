"""Whose history an action is part of: that of its user, or that of its session where nobody is named."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from heedful.recipes.recommender.reading import columns as known
from heedful.recipes.recommender.reading import name_words
from heedful.recipes.recommender.reading.cell_kinds import given, is_id
from heedful.recipes.shared.reading.columns import chosen_name
from heedful.recipes.shared.reading.table import Table
from heedful.recipes.shared.reading.text_file import shown

MOST_MISSING = 0.5
NOBODY = frozenset({"-1", "anonymous", "anon", "guest", "unknown"})  # what logs write for a user who is not known


@dataclass(frozen=True)
class Histories:
    """Which column tells the history of an action."""

    user: str | None = None  # None: by the name or the content of columns, as ever
    session: str | None = None  # the history of those rows that have no user
    note: str = ""  # in words

    def of_both(self, user: str) -> str:
        """What is to be said where there are users and sessions."""
        user, session = shown(user), shown(self.session or "")
        return f"{user} and not {session} is the history; rows without {user} are in the history of their {session}"


def histories(table: Table, listed: str | None, chosen: Mapping[str, str]) -> Histories:
    """The column of histories beside `listed`, that of sequences: of users, or of sessions where there is no column of
    users or hardly a user in it. `chosen` are the columns that the user named.

    Raises `InputError` where one of these is not there.
    """
    names = [name for name in table.names if name != listed]
    choice = chosen.get(known.SESSION.name)
    asked = choice and chosen_name(table.path, names, known.SESSION, choice)
    if known.USER.name in chosen:
        return Histories(chosen[known.USER.name], asked or _visits(table, names))
    if asked:
        return Histories(asked, note=f"each {shown(asked)} is one history")
    user, session = known.USER.find(names), _session(table, names)
    if user is None:
        if session is not None and (known.SESSION.find(names) or not name_words.best(names, name_words.USER)):
            return Histories(session, note=f"no column of users: each {shown(session)} is one history")
        first = listed is not None and bool(names) and not table.headed
        return Histories(names[0] if first else None)
    if session is not None and _known_users(table.samples[user]) < (1 - MOST_MISSING) * len(table.head):
        return Histories(session, note=f"hardly a row has a {shown(user)}: each {shown(session)} is one history")
    return Histories(session=_visits(table, names))


def _known_users(cells: Sequence[str]) -> int:
    """How many cells name somebody."""
    return sum(user.lower() not in NOBODY for user in given(cells))


def _session(table: Table, names: Sequence[str]) -> str | None:
    """The column of sessions, or of orders, by its name or by a word in it."""
    return known.SESSION.find(names) or _visits(table, names)


def _visits(table: Table, names: Sequence[str]) -> str | None:
    """The column of visits, which are no orders: what somebody who is not known did is then one history."""
    if (name := known.VISIT.find(names)) is not None:
        return name
    words = [name for name in names if name_words.has(name, name_words.SESSION) and name_words.has(name, name_words.ID)]
    ids = [name for name in words if is_id(given(table.samples[name]))]
    return ids[0] if table.headed and len(ids) == 1 else None
