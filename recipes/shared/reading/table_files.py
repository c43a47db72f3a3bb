"""Which files make up a data set: one that is to be split, its parts, or files of each split, found by their names.

letters.csv                                    one file; its column `split` decides, or a hash of each row
letters-00000-of-00002.parquet ...             parts of one file
train.jsonl validation.jsonl test.jsonl        a folder, or any of the three
news_train.csv news_val.csv                    files beside each other whose names differ by the split alone
train/data.json val/data.json                  the same in folders
"""

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from heedful.apps.errors import InputError
from heedful.recipes.shared.reading.splits import SPLITS, split_in_name, split_of
from heedful.recipes.shared.reading.text_file import Expected, shown

PACKED = (".gz", ".bz2", ".xz", ".zip")
SUFFIXES = (
    ".csv", ".tsv", ".tab", ".jsonl", ".ndjson", ".json", ".parquet", ".arrow", ".feather", ".xlsx", ".xls", ".ods",
)  # fmt: skip
TEXTS = (".txt", ".text", ".dat", ".data")  # tables only where there is no other
SHARD = re.compile(r"[-_.]?(\d+[-_]of[-_]\d+([-_][0-9a-f]{8,16})?|part[-_]?\d+)(?=$|[-_.])")
NUMBERED = re.compile(r"\d+[-_]of[-_]\d+")  # one of so many: there is no other of its number
PART = re.compile(rf"{SHARD.pattern}|[-_.]?\d{{3,6}}(?=$|[-_.])|[-_.]\d{{1,2}}$|^\d+$")
ABOUT = ("readme", "license", "licence", "dataset_info", "dataset_infos", "state", "dataset_dict", "citation")
DEEPEST = 3  # folders below the one that is given


@dataclass(frozen=True)
class TableFiles:
    """The files of a data set by their split; of all splits by None."""

    files: dict[str | None, list[Path]]
    passed_over: list[Path] = field(default_factory=list)

    @property
    def note(self) -> str:
        """What was not read, in words; "" where all was."""
        names = ", ".join(shown(path.name) for path in self.passed_over[:4])
        more = f" and {len(self.passed_over) - 4:,} more" * (len(self.passed_over) > 4)
        return f"not read: {names}{more}" if names else ""


def is_table(path: Path) -> bool:
    """Whether a file is a table by its name."""
    return ending(path) in SUFFIXES


def find_tables(paths: Sequence[Path], expected: Expected, accepts: Callable[[Path], bool] = is_table) -> TableFiles:
    """The files of paths that the user named: files, or folders with files that are accepted by their names.

    Raises `InputError` where there is none, or where several do not belong together.
    """
    if len(paths) > 1:
        files = [file for path in paths for file in (files_below(path) if path.is_dir() else [path])]
        return TableFiles(_by_split(files))
    (path,) = paths
    if path.is_dir():
        return _of_folder(path, expected, accepts)
    family, split = family_of(path)
    if split is None and not SHARD.search(stem(path)):
        return TableFiles({None: [path]})
    folders = [path.parent]
    if split and not split_in_name(stem(path))[1]:  # train/data.json, val/data.json
        folders = [folder for folder in path.parent.parent.iterdir() if folder.is_dir() and split_of(folder.name)]
    beside = [other for folder in folders for other in sorted(folder.iterdir()) if other.is_file()]
    return TableFiles(_by_split([other for other in beside if family_of(other)[0] == family] or [path]))


def ending(path: Path) -> str:
    """The ending that tells how a file is written, in lower case, without that of what packs it."""
    name = path.name.lower()
    for packed in PACKED:
        name = name.removesuffix(packed)
    return Path(name).suffix


def tells_of(path: Path) -> bool:
    """Whether a file only tells of others: a read-me, a licence, what Hugging Face writes beside data."""
    return stem(path).lower().startswith(ABOUT)


def family_of(path: Path) -> tuple[str, str | None]:
    """The name without its split and its part, which all files of a data set have in common, and the split."""
    family, split = split_in_name(PART.sub("", stem(path)))
    if split is None:
        split = next(
            (split for folder in (path.parent, path.parent.parent) if (split := _split_of_folder(folder))), None
        )
    return family + ending(path), split


def _split_of_folder(folder: Path) -> str | None:
    """The split that a folder is of, where one beside it is of another: `dev` alone may be anything."""
    split = split_of(folder.name)
    beside = {split_of(name) for name in os.listdir(folder.parent)} if split else set()
    return split if beside - {None, split} else None


def stem(path: Path) -> str:
    """The name without its ending and that of what packs it."""
    name = path.name
    for packed in PACKED:
        name = name[: -len(packed)] if name.lower().endswith(packed) else name
    return Path(name).stem


def files_below(folder: Path, depth: int = 0) -> list[Path]:
    """The files in a folder and in those below it, without what systems leave behind."""
    found = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith((".", "__")):
            continue
        if path.is_dir() and depth < DEEPEST:
            found += files_below(path, depth + 1)
        elif path.is_file():
            found.append(path)
    return found


def _of_folder(folder: Path, expected: Expected, accepts: Callable[[Path], bool]) -> TableFiles:
    every = [path for path in files_below(folder) if not tells_of(path)]
    files = [path for path in every if accepts(path)] or [path for path in every if ending(path) in TEXTS]
    if not files:
        raise InputError(f"{folder} holds no table: expected {expected.form}.")
    named = [path for path in files if family_of(path)[1]]
    families = {family_of(path)[0] for path in named or files}
    trained = {family_of(path)[0] for path in named if family_of(path)[1] == SPLITS[0]}
    if len(trained) == 1:  # what is for another test, say, is passed over
        families = trained
        named = [path for path in named if family_of(path)[0] in families]
    if len(families) > 1:
        names = ", ".join(path.relative_to(folder).as_posix() for path in (named or files)[:4])
        raise InputError(
            f"{folder} holds {shown(names)}, which do not belong together: give one of the files, or several."
        )
    taken = named or files
    return TableFiles(_by_split(taken), [path for path in files if path not in taken])


def _by_split(files: Sequence[Path]) -> dict[str | None, list[Path]]:
    """Files by split. Raises `InputError` where two that are no parts of one are both for one split."""
    found: dict[str | None, list[Path]] = {}
    for file in sorted(files, key=lambda file: (SPLITS.index(family_of(file)[1] or SPLITS[0]), file)):
        split = family_of(file)[1]
        others = found.setdefault(split, [])
        again = [other for other in others if other.name == file.name] if NUMBERED.search(stem(file)) else []
        other = next(iter(again or others[-1:]), file)
        if split and others and (again or not (PART.search(stem(file)) and PART.search(stem(other)))):
            root = Path(os.path.commonpath([file.parent, other.parent]))
            first, second = (shown(path.relative_to(root).as_posix()) for path in (other, file))
            raise InputError(f"{root} holds {first} and {second}, both for {split}: keep one of them.")
        others.append(file)
    return found
