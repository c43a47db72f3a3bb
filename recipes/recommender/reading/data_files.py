"""Which files make up a data set: the tables of interactions, and the items file that belongs to them.

A folder may hold a published data set as it is unpacked. Its tables are told apart by their first rows: interactions
have a user and an item, an items file has an item and a title. Where several hold interactions, those of the usual
names are taken before tags, tips and scores; files that differ by a month, a number or the split are parts of one.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from heedful.apps.errors import InputError
from heedful.recipes.recommender.reading import columns as known
from heedful.recipes.recommender.reading.items_file import find_places, looks_like_items
from heedful.recipes.recommender.reading.layout import Layout, find_layout
from heedful.recipes.recommender.reading.sequences import is_document_of_lists, lines_of_items, users_of_items
from heedful.recipes.shared.reading.first_names import first_names
from heedful.recipes.shared.reading.splits import SPLITS
from heedful.recipes.shared.reading.table import Table, open_table
from heedful.recipes.shared.reading.table_files import PACKED, SUFFIXES, TEXTS, ending, family_of, files_below
from heedful.recipes.shared.reading.text_file import long_fields, shown

TABLES = (*SUFFIXES, *TEXTS, ".inter", ".item", ".tsv")
EXPECTED = "a table of user,item,timestamp, or a folder that holds one"
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
VARIES = re.compile(rf"(?<![a-z])({'|'.join(MONTHS)})[a-z]*(?![a-z])|\d+", re.IGNORECASE)
USUAL = (  # names of logs, the best first
    r"interactions|ratings?|u|.*\.inter|.*ratings|.*interactions", r".*reviews?.*", r".*behaviou?rs?", r".*events?",
    r".*transactions?.*", r".*purchases?|.*orders?|.*sales", r".*order_products.*prior", r".*clicks|.*views",
    r".*user_artists|.*plays|.*listens|.*check-?ins", r".*big_matrix", r".*train.*|\*",
)  # fmt: skip
PAIRS = {  # what a log is called, and what the items beside it are
    "interactions": ("items",), "ratings": ("movies", "items", "books", "games", "anime", "products", "songs"),
    "book-ratings": ("books",), "rating": ("anime", "item", "movie", "book"),
    "reviews": ("meta", "products", "games", "items", "books", "recipes"),
    "review": ("business", "product", "game", "item"), "behaviors": ("news",), "user_artists": ("artists",),
    "transactions_train": ("articles",), "transactions": ("articles", "products", "items"), "u": ("u",),
    "order_products__prior": ("products",), "orders": ("products", "items"), "purchases": ("products", "items"),
    "events": ("items", "products"), "clicks": ("items", "articles"), "sales": ("products", "items"),
    "big_matrix": ("item_categories",), "train": ("items",),
}  # fmt: skip
NOT_READ = 6  # names in one sentence


@dataclass(frozen=True)
class DataFiles:
    """What is to be read, in its order."""

    logs: list[Path]
    items: Path | None  # named by the user, or like the log
    others: tuple[Path, ...] = ()  # what else may describe the items
    every: tuple[Path, ...] = ()
    note: str = ""
    owners: Mapping[Path, str] = field(default_factory=dict)  # users of logs that do not name them

    def notes(self, items: Path | None) -> list[str]:
        """What was read and what not, in words, where these are the items that were taken."""
        left = [file for file in self.every if file not in (*self.logs, items) and not _about(file)]
        return [
            *([f"read one after the other: {_listed(self.logs)}"] if len(self.logs) > 1 else []),
            *([f"not read: {_listed(left)}"] if left else []),
            *([self.note] if self.note else []),
        ]


@dataclass(frozen=True)
class Kind:
    """What a table holds by its first rows."""

    log: bool
    items: bool


def find(paths: Sequence[Path], items: str = "", chosen: Mapping[str, str] | None = None) -> DataFiles:
    """The files of paths that the user named. Raises `InputError` where none is a log, or several may be meant."""
    given = Path(items).expanduser() if items else None
    if given is not None and not given.is_file():
        raise InputError(f"{given} of the items is not a file: give a table item,title,genres.")
    if len(paths) == 1 and paths[0].is_file():
        return DataFiles([paths[0]], given or _beside(paths[0]), note=_other_parts(paths[0]))
    every = [file for path in paths for file in (files_below(path) if path.is_dir() else [path])]
    where = paths[0] if len(paths) == 1 else paths[0].parent
    families = _families([file for file in every if ending(file) in TABLES and not _about(file)])
    kinds = {family: _kind(members[0], chosen or {}) for family, members in families.items()}
    named = [path for path in paths if path.is_file() and kinds.get(_family(path), Kind(False, False)).log]
    of_logs = {family: files for family, files in families.items() if kinds[family].log}
    if (
        not named
        and not of_logs
        and (owners := _owners([file for files in families.values() for file in files], chosen))
    ):
        others = [file for file in every if file not in owners]
        return DataFiles(
            list(owners), given or _beside(next(iter(owners)), others), tuple(others), tuple(every),
            "each file is of one user, who has its name", owners,
        )  # fmt: skip
    logs = named or _chosen_logs(where, of_logs or (families if len(families) == 1 else {}))  # it says what is wrong
    others = tuple(file for family, files in families.items() if kinds[family].items for file in files)
    beside = [file for file in every if file.parent in {log.parent for log in logs} and file not in logs]
    return DataFiles(logs, given or _beside(logs[0], beside), others, tuple(every))


def _about(file: Path) -> bool:
    return file.name.lower().startswith(("readme", "license", "licence", ".")) or file.suffix.lower() == ".md"


def _stem(path: Path) -> str:
    """The name in lower case without its endings."""
    name = path.name.lower()
    for packed in PACKED:
        name = name.removesuffix(packed)
    return name.rpartition(".")[0] or name


def _family(path: Path) -> str:
    """What the names of the parts of one table have in common."""
    if re.fullmatch(r"u\.(data|item)", path.name.lower()):
        return path.name.lower()
    return VARIES.sub("*", family_of(path)[0].lower())


def _families(files: Sequence[Path]) -> dict[str, list[Path]]:
    families: dict[str, list[Path]] = {}
    for file in files:
        families.setdefault(_family(file), []).append(file)
    return {family: sorted(members, key=_order) for family, members in families.items()}


def _order(path: Path) -> tuple[object, ...]:
    """Train before validation and test, earlier months and smaller numbers first."""
    split = family_of(path)[1]
    numbers = [
        MONTHS.index(found[0].lower()[:3]) + 1 if found[1] else int(found[0]) for found in VARIES.finditer(path.stem)
    ]
    return (SPLITS.index(split) if split else 0, numbers, str(path))


def _kind(path: Path, chosen: Mapping[str, str]) -> Kind:
    """What a table holds; neither where it cannot be read."""
    try:
        with long_fields():
            table = open_table(path, known.is_known)
            if table.stream is not None:
                table.stream.close()
            if not table.head:
                return Kind(False, False)
            layout = _layout(table, chosen)
            if layout is not None and (layout.sequences or known.USER.name not in layout.guessed):
                return Kind(True, False)
            items = looks_like_items(table) or _describes(table)
            return Kind(layout is not None and not items, items)
    except InputError:
        return Kind(False, False)


def _layout(table: Table, chosen: Mapping[str, str]) -> Layout | None:
    """How a table is one of interactions; None where it is none."""
    if lines_of_items(table) or users_of_items(table) or is_document_of_lists(table):
        return Layout({}, sequences=True)
    try:
        return find_layout(table, chosen, rated=False)
    except InputError:
        return None


def _owners(files: Sequence[Path], chosen: Mapping[str, str] | None) -> dict[Path, str]:
    """The users of files that hold what one of them took each, by the names of the files or of their folders; empty
    where they are none.
    """
    found: dict[Path, list[str]] = {}
    for file in files:
        try:
            table = open_table(file, known.is_known)
            if table.stream is not None:
                table.stream.close()
            layout = find_layout(table, chosen or {}, rated=False, of_one=True)
        except InputError:
            continue
        if table.headed and known.TIME.name in layout.places and known.ITEM.name not in layout.guessed:
            found[file] = table.names
    owners = [file for file in found if found[file] == next(iter(found.values()))]
    for names in ([file.name.split(".")[0] for file in owners], [file.parent.name for file in owners]):
        if len(set(names)) == len(owners) > 1:
            return dict(zip(owners, names, strict=True))
    return {}


def _describes(table: Table) -> bool:
    """Whether a table with a header has an item in each row, and says something about it."""
    if not table.headed:
        return False
    try:
        places = find_places(table, {})
    except InputError:
        return False
    return places.title is not None or bool(places.features or places.flags)


def _chosen_logs(where: Path, families: dict[str, list[Path]]) -> list[Path]:
    """The files of the best of the families of logs. Raises `InputError` where none is, or no one is best."""
    if not families:
        raise InputError(f"{where} holds no table of interactions: expected {EXPECTED}.")
    ranks = {family: _rank(members[0]) for family, members in families.items()}
    best = [family for family in families if ranks[family] == min(ranks.values())]
    if len(best) > 1:
        names = sorted(file.name for family in best for file in families[family])[:4]
        raise InputError(f"{where} holds {shown(', '.join(names))}: keep one of them, or give the file itself.")
    return families[best[0]]


def _rank(path: Path) -> int:
    family = _family(path)
    stem = family.rpartition(".")[0] or family
    if path.name.lower() == "u.data" or ending(path) == ".inter":
        return 0
    return next((rank for rank, names in enumerate(USUAL) if re.fullmatch(names, stem)), len(USUAL))


def _beside(log: Path, among: Sequence[Path] | None = None) -> Path | None:
    """The items file that is named like a log: `shop_interactions.csv.gz` -> `shop_items.csv`. Raises `InputError`
    where there are several.
    """
    stem = _stem(log)
    wanted: list[str] = []
    for word, others in PAIRS.items():
        before, found, after = stem.rpartition(word)
        if found and not (before[-1:].isalpha() or after[:1].isalpha()):
            wanted += [before + other + after for other in others]
    core = re.sub(r"^reviews?_|_\d+$", "", stem)
    wanted += [f"meta_{core}", f"{core}_items", f"{stem}_items"] + [re.sub(r"review", "business", stem)] * (
        "review" in stem
    )
    folder = sorted(log.parent.iterdir()) if among is None else among
    found = [
        file for file in folder
        if file != log and file.is_file() and ending(file) in TABLES
        and ((_stem(file) in wanted and ending(file) != ".inter") or (_stem(file) == stem and ending(file) == ".item"))
        and not (_stem(file) == "u" and ending(file) != ".item")
    ]  # fmt: skip
    names = {_stem(file) for file in found}
    first = [file for name in wanted for file in found if _stem(file) == name][:1] or found[:1]
    if len(names) > 1 and len({word for word in ("movies", "items") if any(word in name for name in names)}) > 1:
        raise InputError(f"{log.parent} holds {', '.join(file.name for file in found)}: keep one of them.")
    return first[0] if first else None


def _other_parts(path: Path) -> str:
    """What lies beside a file that is one of several splits, in words."""
    family, split = family_of(path)
    beside = sorted(path.parent.iterdir()) if split else []
    others = [file for file in beside if file.is_file() and file != path and family_of(file)[0] == family]
    return f"not read: {_listed(others)} beside it; give the folder for all of them" if others else ""


def _listed(files: Sequence[Path]) -> str:
    return first_names((file.name for file in files), NOT_READ)
