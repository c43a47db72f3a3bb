"""Which files make up the user's data: one that is to be split, or one for each split, found by their names.

letters.jsonl                                one file; its column `split` decides, or a hash of each document
train.jsonl validation.jsonl test.jsonl      a folder, or any of the three
news_train.csv news_val.csv                  files beside each other whose names differ by the split alone
"""

from pathlib import Path

from heedful.apps.errors import InputError
from heedful.recipes.shared.reading.rows import SUFFIXES, form_of
from heedful.recipes.shared.reading.splits import SPLITS, split_in_name
from heedful.recipes.shared.reading.text_file import Expected

PAIRS = Expected(
    "a text file", ".jsonl, .csv or .tsv text with one document and its summary in each row, packed by gzip or not"
)


def find(path: Path) -> dict[str | None, Path]:
    """The files by their split, or one file of all splits by None. Raises `InputError` where it cannot be told."""
    if path.is_dir():
        return _of_folder(path)
    if not path.exists():
        raise InputError(f"{path} does not exist: expected {PAIRS.form}, or a folder that holds it.")
    if form_of(path) is None:
        raise InputError(f"{path} is none of {', '.join(SUFFIXES)}: expected {PAIRS.form}.")
    family, split = _parsed(path)
    if split is None:
        return {None: path}
    return _by_split(path.parent, [other for other in _files(path.parent) if _parsed(other)[0] == family])


def _of_folder(folder: Path) -> dict[str | None, Path]:
    files = _files(folder)
    named = [file for file in files if _parsed(file)[1]]
    families = {_parsed(file)[0] for file in named or files}
    if not files:
        raise InputError(f"{folder} holds no file that ends in {', '.join(SUFFIXES)}: expected {PAIRS.form}.")
    if len(families) > 1:
        listed = ", ".join(file.name for file in (named or files)[:4])
        raise InputError(f"{folder} holds {listed}, which do not belong together: give one of the files.")
    return _by_split(folder, named) if named else {None: files[0]}


def _by_split(folder: Path, files: list[Path]) -> dict[str | None, Path]:
    found: dict[str | None, Path] = {}
    for file in sorted(files, key=lambda file: SPLITS.index(_parsed(file)[1] or "")):
        split = _parsed(file)[1]
        if split in found:
            raise InputError(f"{folder} holds {found[split].name} and {file.name}, both for {split}: keep one of them.")
        found[split] = file
    return found


def _files(folder: Path) -> list[Path]:
    return [file for file in sorted(folder.iterdir()) if form_of(file) and file.is_file() and file.name[0] != "."]


def _parsed(path: Path) -> tuple[str, str | None]:
    """The name without its split, which all files of a data set have in common, and the split."""
    stem = path.name[: path.name.lower().rindex(form_of(path) or "")]
    family, split = split_in_name(stem)
    return family if split else path.name, split
