"""Files of which a line says what the same line of another file does: `read_parallel` finds them by their languages.

train.de train.en val.de val.en             the languages are the ends of the names
europarl.de-en.de.gz europarl.de-en.en.gz   the same, packed
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from pathlib import Path

from heedful.apps.errors import InputError
from heedful.recipes.shared.reading.columns import Column, chosen_name
from heedful.recipes.shared.reading.encoding import NOT_DECODED
from heedful.recipes.shared.reading.first_names import first_names
from heedful.recipes.shared.reading.rows import Row, Rows, check_usable, visible
from heedful.recipes.shared.reading.sources import paths_of
from heedful.recipes.shared.reading.split_rows import Found, Part, check_chosen
from heedful.recipes.shared.reading.summary import source_name
from heedful.recipes.shared.reading.table_files import SUFFIXES, TEXTS, ending, files_below, find_tables, is_table, stem
from heedful.recipes.shared.reading.text_file import Expected, lines_of, open_text, read_lines

LANGUAGE = re.compile(r"\.([a-z]{2,3}([-_][a-z]{2,4})?|source|target)")
NO_LANGUAGE = (".bin", ".doc", ".ids", ".idx", ".log", ".md", ".pdf", ".png", ".py", ".sgm", ".sh", ".tmx", ".xml")
TEXT = Expected("a text file", "a text on each line")

Languages = dict[str, Path]  # the file of each, whose names differ in that alone


def read_parallel(
    source: str, columns: tuple[Column, Column], expected: Expected, chosen: Mapping[str, str] | None
) -> Found | None:
    """The texts of files in two languages, one of which is each of the `columns`; None where there are no such files.

    The languages are `chosen`, or told by names such as `src` and `tgt`. Raises `InputError` where nothing says which
    is which, and as `read_beside` does.
    """
    check_chosen(chosen, columns)
    paths = paths_of(source, expected.form)
    groups = by_language(paths)
    several = [files for files in groups if len(files) > 1]
    if not several:
        return None
    first, second = directed(source, sorted({name for files in several for name in files}), columns, chosen or {})
    pairs = {files[first]: files[second] for files in several if first in files and second in files}
    if not pairs:
        raise InputError(f"{source} has no file in {first} beside one in {second}: choose two that belong together.")
    folder = len(paths) == 1 and paths[0].is_dir()
    given = [file for file in pairs if len(paths) > 1 or stem(file) == stem(paths[0])]
    tables = find_tables(paths if folder else given, expected, pairs.__contains__)
    found = Found()
    for split, file in [(split, file) for split, files in tables.files.items() for file in files if file in pairs]:
        rows = read_beside(file, pairs[file], [column.name for column in columns])
        found.notes |= dict.fromkeys(rows.notes)
        found.parts.append((split, Part(**vars(rows), name=file.name)))
    alone = [file for files in groups if len(files) == 1 for name, file in files.items() if name in (first, second)]
    lone = f"not read: {first_names(file.name for file in alone)}, with none of the other language beside"
    found.notes |= dict.fromkeys(filter(None, [tables.note, lone * bool(alone)]))
    return found


def by_language(paths: Sequence[Path]) -> list[Languages]:
    """The files of paths by their languages, together where their names are the same but for that, or two are given.

    With one file come those beside it that are in the same languages. None where there are tables.
    """
    files = [file for path in paths for file in (files_below(path) if path.is_dir() else [path])]
    if any(map(is_table, files)):
        return []
    alone = len(paths) == 1 and files == [*paths]
    if alone:
        files = [file for file in sorted(paths[0].parent.iterdir()) if file.is_file()]
    groups: defaultdict[tuple[Path, str] | None, Languages] = defaultdict(dict)
    for file in files:
        end = ending(file)
        if (found := LANGUAGE.fullmatch(end)) and end not in (*NO_LANGUAGE, *SUFFIXES, *TEXTS):
            groups[None if len(files) == len(paths) == 2 else (file.parent, stem(file))][found[1]] = file
    if not alone:
        return [*groups.values()]
    own = next((group.keys() for group in groups.values() if paths[0] in group.values()), {})
    return [group for group in groups.values() if len(own) > 1 and group.keys() == own]


def directed(
    source: str, languages: Sequence[str], columns: tuple[Column, Column], chosen: Mapping[str, str]
) -> tuple[str, str]:
    """The languages that are the columns. Raises `InputError`, which asks, where nothing says so."""
    path = Path(source_name(source))
    first, second = (
        chosen_name(path, languages, column, chosen[column.name]) if column.name in chosen else None
        for column in columns
    )
    rest = [name for name in languages if name not in (first, second)]
    if first is None and second is None:  # such as train.src and train.tgt
        first, second = (column.find(languages) for column in columns)
    elif len(rest) == 1:
        first, second = first or rest[0], second or rest[0]
    if first is None or second is None or first == second:
        example = " ".join(f"{column.name}={name}" for column, name in zip(columns, languages, strict=False))
        *most, last = languages
        raise InputError(
            f"{path} holds texts in {', '.join(most)} and {last}: say which is the source with --columns {example}."
        )
    return first, second


def read_beside(first: Path, second: Path, names: Sequence[str]) -> Rows:
    """The texts on the same lines of two files, by these names.

    Raises `InputError` where one has more lines than the other, most cannot be used, or one is no text.
    """
    found = Rows(read=f"{first.name}, {second.name}: a text on each line; {', '.join(names)}")
    with open_text(first, TEXT) as one, open_text(second, TEXT) as other:
        for line, beside in zip_longest(lines_of(one, first, TEXT), lines_of(other, second, TEXT)):
            texts = [content.decode(errors="surrogateescape").strip() for _, content in filter(None, (line, beside))]
            if line is None or beside is None:
                if any(texts):
                    raise InputError(uneven(first, second, names))
            elif reason := unusable(texts, names, [stream.note for stream in (one, other)]):
                found.skip(reason, f"{first.name}:{line[0]}")
            else:
                found.rows.append(Row(dict(zip(names, texts, strict=True)), f"{first.name}:{line[0]}"))
        notes = {first: one.note, second: other.note}
    found.notes += [f"{path.name} is read as {note}" for path, note in notes.items() if note not in ("", "UTF-8")]
    check_usable(found, first, TEXT)
    return found


def unusable(texts: Sequence[str], names: Sequence[str], encodings: Sequence[str]) -> str:
    """Why the texts of a line cannot be used; "" where they can."""
    for text, name, encoding in zip(texts, names, encodings, strict=True):
        if not text.isascii() and NOT_DECODED.search(text):
            return f"row that is not {encoding or 'UTF-8'}"
        if not visible(text):
            return f"empty {name}"
    return ""


def uneven(first: Path, second: Path, names: Sequence[str]) -> str:
    """The sentence about files of different numbers of lines."""
    one, other = (sum(1 for _ in read_lines(path, TEXT)) for path in (first, second))
    belongs = f"a {names[1]} must stand on the line of its {names[0]}"
    return f"{first} has {one:,} lines and {second.name} {other:,}: {belongs}."
