"""Which files of a folder hold the captions, and which lists of pictures say the splits: `search(...)`.

A file is told by what is in it: the rows of a table of which one column names pictures that are there, JSON of Karpathy
or COCO, lines with `picture.jpg#0`, or a text beside each picture. Where several would do, that with the plainest name
is taken (`captions.csv` before any other), and the others are named.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from heedful.apps.errors import InputError
from heedful.apps.visible_files import LEFT_BY_SYSTEMS
from heedful.recipes.image_captioning.reading.annotations import NOT_CAPTIONS, is_document, read_json
from heedful.recipes.image_captioning.reading.caption_tables import image_cells, opened, read_table
from heedful.recipes.image_captioning.reading.packed_pictures import picture_column, unpacked_table
from heedful.recipes.image_captioning.reading.picture_files import PictureFiles, fingerprint, is_picture
from heedful.recipes.image_captioning.reading.sidecars import ENDINGS as SIDECARS
from heedful.recipes.image_captioning.reading.sidecars import find_sidecars, read_sidecars
from heedful.recipes.image_captioning.reading.split_lists import is_split_list
from heedful.recipes.image_captioning.reading.token_lines import is_token_file, read_tokens
from heedful.recipes.shared.reading import archives
from heedful.recipes.shared.reading.first_names import first_names
from heedful.recipes.shared.reading.rows import Rows
from heedful.recipes.shared.reading.splits import SPLITS, split_in_words
from heedful.recipes.shared.reading.table_files import ABOUT, SUFFIXES, TEXTS, ending, family_of, is_table
from heedful.recipes.shared.reading.text_file import shown

FORM = (
    "a folder with captions.csv (image,caption) and its pictures, or with another table, JSON of COCO or Karpathy, or "
    "a .txt file beside each picture"
)
OWN = (".token", ".lst", ".list", "")  # endings of tables besides the usual ones
BINARY = (".parquet", ".arrow", ".feather", ".xlsx", ".xls", ".ods")
RANKS = (  # of names, the plainest first
    re.compile(r"captions\.csv"),
    re.compile(r"captions?\..*"),
    re.compile(r"dataset.*\.json.*"),
    re.compile(r"(.*[-_.])?captions?[-_.].*"),
    re.compile(r"(?!.*lemma).*\.token.*|results.*|metadata.*"),
    re.compile(r"(?!.*lemma)"),
    re.compile(""),
)
YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
LIKELY, TRIED = 5, 50  # ranks whose names speak of captions; files of one rank that are opened
NAMED = 4  # files in a message


class Source(NamedTuple):
    """Something with captions."""

    rows: Rows
    here: str  # the folder in which its names of pictures begin
    split: str | None = None  # that its name tells


@dataclass
class CaptionFiles:
    """All that there is of captions; `files` is empty where they lie beside their pictures."""

    sources: list[Source]
    files: list[Path] = field(default_factory=list)
    lists: list[Path] = field(default_factory=list)  # of the pictures of a split
    passed_over: list[Path] = field(default_factory=list)
    texts_passed_over: int = 0
    whole: bool = True  # folders were given, and not these files

    def notes(self, files: PictureFiles) -> list[str]:
        """What was not read, in words."""
        names = [files.shown(str(path)) for path in self.passed_over]
        names += [f"{self.texts_passed_over:,} texts beside pictures"] * bool(self.texts_passed_over)
        return [f"not read: {first_names(names, NAMED)}"] if names else []


def given(paths: Sequence[Path], files: PictureFiles, chosen: Mapping[str, str]) -> CaptionFiles:
    """The captions in files that the user named; of one alone, its parts and the other splits lie beside it."""
    if len(paths) == 1 and (family_of(paths[0])[1] or paths[0].suffix == ".token"):
        family = _family(paths[0])
        beside = [path for path in sorted(paths[0].parent.iterdir()) if path.is_file() and _family(path) == family]
        paths = [path for path in beside if not is_picture(path.name)] or paths
    lists = [
        path for folder in sorted({path.parent for path in paths}) for path in sorted(folder.iterdir())
        if path.is_file() and ending(path) in TEXTS and path not in paths and is_split_list(path, _resolve(files, path))
    ]  # fmt: skip
    lists += [path for path in paths if len(paths) > 1 and is_split_list(path, _resolve(files, path))]
    taken = [path for path in paths if path not in lists]
    return CaptionFiles([_source(path, files, chosen) for path in taken], taken, lists, whole=False)


def search(files: PictureFiles, chosen: Mapping[str, str], source: str) -> CaptionFiles:
    """The captions in folders. Raises `InputError` where there are none, or where two do not belong together."""
    sidecars = find_sidecars(files)
    texts = set(sidecars.values())
    candidates = [Path(path) for path in files.others if path not in texts and _may_hold_captions(path)]
    lists = [
        path for path in candidates if ending(path) in (*TEXTS, *OWN) and is_split_list(path, _resolve(files, path))
    ]
    known = {*candidates, *map(Path, texts)}
    others = [path for path in map(Path, files.others) if path not in known and not _is_about(path)]
    candidates = [path for path in candidates if path not in lists]
    refused: list[tuple[Path, InputError]] = []
    for rank in range(LIKELY if 2 * len(sidecars) > len(files.pictures) else len(RANKS)):
        fitting = []
        for path in [path for path in candidates if _rank(path) == rank][:TRIED]:
            try:
                if _has_captions(path, files, chosen):
                    fitting.append(path)
            except InputError as error:
                refused.append((path, error))
        if fitting:
            taken = _together(_different(fitting), source)
            others = [path for path in [*candidates, *others] if path not in taken]
            read = [_source(path, files, chosen) for path in taken]
            return CaptionFiles(read, taken, lists, others, len(texts))
    if sidecars:
        return CaptionFiles([Source(read_sidecars(sidecars, files), "")], [], lists, [*candidates, *others])
    raise _nothing(files, candidates, refused, source)


def _source(path: Path, files: PictureFiles, chosen: Mapping[str, str]) -> Source:
    """The captions of one file. Raises `InputError` where it has none."""
    split = split_in_words(path.name.split(".")[0]) or family_of(path)[1]
    if ending(path) not in BINARY and not chosen:
        if is_token_file(path):
            return Source(read_tokens(path), str(path.parent), split)
        if is_document(path) and (rows := read_json(path)) is not None:
            return Source(rows, str(path.parent), split)
    if not (column := _picture_column(path)):
        return Source(read_table(path, chosen, _exists(files, path)), str(path.parent), split)
    table = unpacked_table(path, column)
    files.roots.append(str(table.parent))
    rows = read_table(table, {**chosen, "image": "image"}, _exists(files, table))
    rows.read = f"{rows.read}; the pictures in its column {shown(column)} are unpacked into the cache"
    return Source(rows, str(table.parent), split)


def _may_hold_captions(path: str) -> bool:
    file = Path(path)
    name = file.name.lower()
    if _is_about(file) or name.startswith(NOT_CAPTIONS):
        return False
    return ending(file) in (*SUFFIXES, *TEXTS, *OWN, *SIDECARS)


def _is_about(path: Path) -> bool:
    """Whether a file tells of the set, or was left behind by a system or an archive that is looked into elsewhere."""
    name = path.name.lower()
    return name.startswith((*ABOUT, *LEFT_BY_SYSTEMS)) or name.endswith(("_stats.json", *archives.SUFFIXES))


def _has_captions(path: Path, files: PictureFiles, chosen: Mapping[str, str]) -> bool:
    """Whether a file has captions of pictures. Raises `InputError` where it is none or cannot be understood."""
    if ending(path) not in BINARY and (is_token_file(path) or (is_document(path) and read_json(path) is not None)):
        return True
    if _picture_column(path):
        return True
    exists = _exists(files, path)
    return any(map(exists, image_cells(path, chosen, exists))) or _rank(path) < LIKELY


def _picture_column(path: Path) -> str | None:
    try:
        return picture_column(opened(path, {}))
    except InputError:
        return None


def _different(paths: Sequence[Path]) -> list[Path]:
    """The files without those that are the same as an earlier one: some archives hold everything twice."""
    return list({fingerprint(str(path)): path for path in reversed(paths)}.values())[::-1]


def _together(paths: Sequence[Path], source: str) -> list[Path]:
    """Files of one name, or of one name but for the split or the part. Raises `InputError` for others."""
    splits = [family_of(path)[1] for path in paths]
    if len(set(map(_family, paths))) > 1 or (None in splits and any(splits)):
        raise InputError(
            f"{source} holds {first_names((path.name for path in paths), NAMED)}, which overlap: keep one of each "
            "split, or give one of the files."
        )
    return sorted(paths, key=lambda path: (SPLITS.index(family_of(path)[1] or SPLITS[0]), path))


def _family(path: Path) -> tuple[str, tuple[str, ...]]:
    """What the names of files that belong together have in common; COCO of 2014 and of 2017 do not."""
    return family_of(path)[0], tuple(YEAR.findall(path.name))


def _nothing(
    files: PictureFiles, candidates: Sequence[Path], refused: Sequence[tuple[Path, InputError]], source: str
) -> InputError:
    """Why there are no captions."""
    if refused and (_rank(refused[0][0]) < LIKELY or (len(candidates) == 1 and is_table(refused[0][0]))):
        return refused[0][1]
    if candidates:
        names = first_names((files.shown(str(path)) for path in candidates), NAMED)
        return InputError(
            f"{source} holds no captions.csv, and no captions of its pictures in {names}: expected {FORM}."
        )
    folders = sorted({Path(path).parent.name for path in files.pictures})
    if len(folders) > 1:
        return InputError(
            f"{source} holds no captions.csv and pictures in the folders {first_names(folders, NAMED)}; the name of a "
            f"folder is a class and no caption: expected {FORM}."
        )
    return InputError(f"{source} holds no captions.csv{' and no pictures' * (not files.pictures)}: expected {FORM}.")


def _rank(path: Path) -> int:
    return next(number for number, pattern in enumerate(RANKS) if pattern.match(path.name.lower()))


def _exists(files: PictureFiles, path: Path) -> Callable[[str], bool]:
    here = str(path.parent)

    def exists(cell: str) -> bool:
        name = cell.split("\n")[0]  # of several in a list
        return 0 < len(name) < 1000 and bool(files.find(name, here).path)

    return exists


def _resolve(files: PictureFiles, path: Path) -> Callable[[str], str]:
    return lambda name: files.find(name, str(path.parent)).path
