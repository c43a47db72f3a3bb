"""The user's own files as pairs, in whichever of the usual layouts they are: `read_files(source, columns)`.

Texts that carry their summaries (`marked_texts.py`), files of documents beside files of summaries (`paired_files.py`),
or tables (the shared `table_files.py`), in this order. Every file that is not read is named.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import fmean

from heedful.apps.errors import InputError
from heedful.recipes.shared.reading.rows import Rows, parsed_list
from heedful.recipes.shared.reading.sources import paths_of
from heedful.recipes.shared.reading.split_rows import Found, Part, add_tables, check_chosen
from heedful.recipes.shared.reading.table_files import TableFiles, ending, files_below, find_tables, is_table, tells_of
from heedful.recipes.shared.reading.text_file import Expected, shown
from heedful.recipes.shared.reading.words import word_count
from heedful.recipes.text_summarization.reading import marked_texts, paired_files
from heedful.recipes.text_summarization.reading.columns import DOCUMENT, SUMMARY, by_content

PAIRS = Expected("a text table", "a table (.csv, .tsv, .jsonl, .json, .parquet, .xlsx) of documents and summaries")
NOT_UNPACKED = {".7z": "7-Zip", ".rar": "RAR"}
SAMPLED = 200  # rows that tell how a file is written
SHORT, LONGER = 5, 4  # words of a document that make one wonder, and how many times as long another column is
SENTENCE_MARKS, NEW_LINE = re.compile(r"</?[sS]> ?"), "NEWLINE_CHAR"  # of arXiv and PubMed; of Multi-News


def read_files(source: str, columns: Mapping[str, str] | None = None) -> Found:
    """The pairs of files and folders, one on each line. Raises `InputError` where they cannot be used."""
    check_chosen(columns, (DOCUMENT, SUMMARY))
    paths = paths_of(source, PAIRS.form)
    found = Found()
    together = len(paths) > 1 and all(path.is_file() for path in paths)  # such as train.source train.target
    for given in [paths] if together else [[path] for path in paths]:
        _add(found, given, columns)
    return found


def _add(found: Found, paths: Sequence[Path], columns: Mapping[str, str] | None) -> None:
    """What one path, or several files, give."""
    path = paths[0]
    every = [file for file in files_below(path) if not tells_of(file)] if path.is_dir() else sorted(paths)
    root = path if path.is_dir() else path.parent
    used = _marked(found, every, root) or _paired(found, paths, every, root)
    if not used:
        _check_packed(every)
        tables = find_tables(paths, PAIRS)
        used = [file for files in tables.files.values() for file in files]
        _tables(found, tables, columns)
    if path.is_dir() and (left := sorted(set(every) - set(used))):
        names = ", ".join(shown(file.relative_to(path).as_posix()) for file in left[:4])
        found.notes[f"not read: {names}{f' and {len(left) - 4:,} more' * (len(left) > 4)}"] = None


def _check_packed(every: Sequence[Path]) -> None:
    """Raise `InputError` where there is nothing but an archive that cannot be unpacked."""
    packed = [file for file in every if ending(file) in NOT_UNPACKED]
    if packed and not any(map(is_table, every)):
        kind = NOT_UNPACKED[ending(packed[0])]
        raise InputError(f"{packed[0]} is a {kind} archive, which cannot be read here: unpack it, and give the folder.")


def _marked(found: Found, every: Sequence[Path], root: Path) -> list[Path]:
    """Adds texts with marks; which files they are, none where there are none."""
    files = [file for file in every if marked_texts.is_marked(file)]
    if not files:
        return []
    by_split, lists = marked_texts.read(files, [file for file in every if file not in set(files)], root)
    for split, rows in by_split.items():
        found.parts.append((split, _part(rows, ", ".join(file.name for file in lists) or f"folders of {root.name}")))
    return [*files, *lists]


def _paired(found: Found, paths: Sequence[Path], every: Sequence[Path], root: Path) -> list[Path]:
    """Adds files of documents beside files of summaries; which they are, none where there are none."""
    if any(map(is_table, every)):
        return []
    if len(paths) > 1 or paths[0].is_dir():
        pairs = paired_files.find(every, root)
    else:  # a file, with its own and those of the other splits beside it
        pairs = paired_files.find_beside(paths[0])
    by_split: dict[str | None, list[paired_files.Pair]] = {}
    for pair in pairs:
        by_split.setdefault(pair.split, []).append(pair)
    for split, those in by_split.items():
        rows = paired_files.read(those)
        whole = those[0].whole
        found.parts.append((split, _part(rows, f"folders of {root.name}" if whole else those[0].document.name)))
    return [file for pair in pairs for file in (pair.document, pair.summary)]


def _tables(found: Found, tables: TableFiles, columns: Mapping[str, str] | None) -> None:
    def look(file: Path, rows: Rows) -> None:
        found.warnings.update(dict.fromkeys(_doubts(file, rows)))
        _tidy(rows)

    add_tables(found, tables, (DOCUMENT, SUMMARY), PAIRS, columns, by_content, look)


def _part(rows: Rows, name: str) -> Part:
    _tidy(rows)
    return Part(**vars(rows), name=name)


def _tidy(rows: Rows) -> None:
    for column in (DOCUMENT.name, SUMMARY.name):
        tidy = tidier([row.values[column] for row in rows.rows[:SAMPLED]])
        if tidy is not None:
            for row in rows.rows:
                row.values[column] = tidy(row.values[column]) or row.values[column]


def _doubts(file: Path, rows: Rows) -> list[str]:
    """Documents of a few words beside a column of many."""
    names = rows.columns.get(DOCUMENT.name, ())
    lengths = {name: fmean(map(word_count, cells)) for name, cells in rows.samples.items() if cells}
    own, longest = lengths.get(next(iter(names), ""), SHORT), max(lengths, key=lambda name: lengths[name], default="")
    if own >= SHORT or lengths[longest] < LONGER * own:
        return []
    return [
        f"the documents of {file.name} ({shown(names[0])}) have {own:.0f} words and its column {shown(longest)} has "
        f"{lengths[longest]:.0f}: choose another with --columns document={shown(longest)}"
    ]


def tidier(samples: Sequence[str]) -> Callable[[str], str] | None:
    """What takes away the marks that some published texts have; None where there are none."""
    if any(text.startswith(("<S>", "<s>")) for text in samples):
        return lambda text: "\n".join(line.strip() for line in SENTENCE_MARKS.sub("", text).splitlines())
    if any(NEW_LINE in text for text in samples):
        return lambda text: "\n".join(line.strip() for line in text.split(NEW_LINE)).strip()
    if samples and all(text.startswith(("['", '["', "[]")) for text in samples):  # sentences, as Python prints a list
        return lambda text: "\n".join(str(part).strip() for part in parsed_list(text)).strip()
    return None
