"""Which files make up a data set: the table of interactions, and the items file that belongs to it."""

from pathlib import Path

from heedful.apps.errors import InputError

SUFFIXES = (".csv", ".tsv", ".dat", ".csv.gz", ".tsv.gz", ".dat.gz")
LOG_NAMES, ITEM_NAMES = ("interactions", "ratings"), ("items", "movies")
SIBLINGS = {"interactions": ("items",), "ratings": ("movies", "items")}
EXPECTED = "expected a .csv, .tsv or MovieLens ratings.dat of user,item,timestamp, packed by gzip or not"


def find(path: Path, items: str = "") -> tuple[Path, Path | None]:
    """The interactions and the items file (None where there is none) of a file or folder that the user named."""
    if not path.exists():
        raise InputError(f"{path} does not exist: {EXPECTED}, or a folder that holds one.")
    if path.is_dir():
        log = _one_of(path, LOG_NAMES)
        if log is None:
            raise InputError(
                f"{path} holds no interactions.csv, interactions.tsv, ratings.csv or ratings.dat: "
                "give the file itself, or rename it."
            )
        beside = None if items else _one_of(path, ITEM_NAMES)
    else:
        if not path.name.lower().endswith(SUFFIXES):
            raise InputError(f"{path} is none of {', '.join(SUFFIXES)}: {EXPECTED}.")
        log = path
        beside = None if items else _sibling(path)
    if items:
        beside = Path(items)
        if not beside.is_file():
            raise InputError(f"{beside} of the items is not a file: give a table item,title,genres.")
    return log, beside


def _one_of(folder: Path, names: tuple[str, ...]) -> Path | None:
    """The file of one of these names. Raises `InputError` when several could be meant."""
    found = [file for name in names for suffix in SUFFIXES if (file := folder / (name + suffix)).is_file()]
    if len(found) > 1:
        listed = ", ".join(file.name for file in found)
        raise InputError(f"{folder} holds {listed}: keep one of them, or give the file itself.")
    return found[0] if found else None


def _sibling(path: Path) -> Path | None:
    """`shop_interactions.csv.gz` -> `shop_items.csv` beside it, if it is there."""
    suffix = next(ending for ending in reversed(SUFFIXES) if path.name.lower().endswith(ending))  # .csv.gz before .csv
    name = path.name[: -len(suffix)]
    for word, others in SIBLINGS.items():
        before, found, after = name.rpartition(word)
        for other in others if found else ():
            for ending in dict.fromkeys((suffix, *SUFFIXES)):
                file = path.with_name(before + other + after + ending)
                if file.is_file():
                    return file
    return None
