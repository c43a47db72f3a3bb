"""How the lines of a table are to be cut: its separator, its quotes, and whether its first row names the columns."""

import contextlib
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from heedful.apps.errors import InputError
from heedful.recipes.shared.reading.text_file import UNCLOSED, quoted_rows

SEPARATORS = {",": "commas", "\t": "tabs", ";": "semicolons", "|": "bars", "::": "double colons", "\x01": "^A"}
NO_PROSE = ("\t", "\x01")
BLANK = " "  # separates numbers and ids, never words
NAMED = SEPARATORS | {BLANK: "blanks"}
LOOKED_AT = 200  # rows
SOUND = 4  # parts of a merit that tell whether rows are sound
ID = re.compile(r"[\w.:\-]+")
NUMBER = re.compile(r"[+-]?\d[\d.,]*(?:[eE][+-]?\d+)?%?")
DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([T ].*)?|\d{1,2}:\d\d(:\d\d)?")
NAME = re.compile(r"(?=.{1,40}$)[^\W\d]\w*([ _\-./#():]+\w+){0,2}\)?")  # three words at most
FILE = re.compile(r".+\.(jpe?g|png|gif|webp|bmp|tiff?|avif|hei[cf]|wav|mp3|flac|ogg|m4a)(#.*)?", re.IGNORECASE)
ABOVE = 30  # lines that may stand above the names of the columns
LONGEST_NAME, LONGEST_HEADER = 60, 4000  # characters
NO_VALUE = re.compile(r"(?:^|\t)\\N(?:\t|\r?$)")  # as MySQL and Postgres write a cell without a value
ESCAPED, LETTERS = re.compile(r"\\(.)"), {"n": "\n", "t": "\t", "r": "\r", "0": "", "b": "", "Z": ""}
THOUSANDS = r"(?!(?<=\d,)\d{3}(?!\d))"  # as in 1,000
DASHES = re.compile(r"-+( +-+)+ *\r?")
PRINTED = re.compile(r"\(?\d+ rows? (affected|selected)\)?\.?", re.IGNORECASE)  # below a table
TYPED = re.compile(r"\w+:(token|float|token_seq|float_seq)")  # RecBole's

Row = tuple[int, list[str], str]  # its line, its fields, and what is wrong with it


class Dialect(NamedTuple):
    separator: str
    escape: str | None = None  # stands before a quote within quotes, where quotes are not doubled, or before any letter
    quoted: bool = True  # False: a quote is a letter like others, unless a whole field is quoted
    doubled: bool = True  # False: quotes within quotes are as they are, and only one before a separator ends a field
    tight: bool = False  # True: before a blank or in a number it is a letter of a text that nobody quoted
    headed: bool = True
    starts: tuple[
        int, ...
    ] = ()  # where columns of a fixed width begin, above dashes, as clients of databases print them

    @property
    def form(self) -> str:
        """In words."""
        if self.starts:
            return "a table with columns of fixed width"
        return f"a table separated by {NAMED[self.separator]}"


def find_dialect(lines: Sequence[str], known: Callable[[str], bool], path: Path) -> Dialect:
    """How the first lines of a table are best cut; `known` are names of columns that somebody asks for."""
    if starts := _starts(lines):
        return Dialect(BLANK, quoted=False, starts=starts)
    best, merit = Dialect(","), (0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 0.0)
    ways = [dialect for separator in (*SEPARATORS, BLANK) for dialect in _ways(separator, lines)]
    for dialect in sorted(ways, key=lambda way: not way.doubled):
        rows = _first_rows(lines, dialect, path)
        if dialect.separator == BLANK and (not _ids(rows) or all("\t" in line for line in lines)):
            continue
        found = _merit(rows, known, dialect.separator)
        # another use of quotes is better where more rows are sound, not where they are wider
        told = SOUND if dialect.separator == best.separator or not dialect.doubled else len(found)
        if found[:told] > merit[:told]:
            best, merit = dialect, found
    return best._replace(headed=is_header(_first_rows(lines, best, path), known))


def _starts(lines: Sequence[str]) -> tuple[int, ...]:
    """Where the columns begin that have dashes below their names; empty where there are none."""
    if len(lines) < 2 or not DASHES.fullmatch(lines[1]):
        return ()
    return tuple(found.start() for found in re.finditer("-+", lines[1]))


def cut(lines: Iterable[str], dialect: Dialect, path: Path, most_lines: float) -> Iterator[Row]:
    """The rows of lines without their ends. Raises `InputError` for a quote that is never closed."""
    if dialect.starts:
        ends = (*dialect.starts[1:], None)
        for number, line in enumerate(lines, 1):
            if line.strip() and not DASHES.fullmatch(line) and not PRINTED.fullmatch(line.strip()):
                yield number, [line[at:end].strip() for at, end in zip(dialect.starts, ends, strict=True)], ""
        return
    if not dialect.doubled:
        yield from undoubled_rows(lines, dialect.separator, path)
        return
    if dialect.quoted:
        ended = (line + "\n" for line in lines)
        yield from quoted_rows(ended, dialect.separator, path, most_lines, dialect.escape)
        return
    tight = re.compile(re.escape(dialect.separator) + "(?! )" + THOUSANDS * (dialect.separator == ","))
    for number, line in enumerate(lines, 1):
        if line.strip():
            whole = line.rstrip("\r")
            blanks = None if dialect.separator == BLANK else dialect.separator
            whole = whole.replace("\\\t", "\\t") if dialect.escape else whole
            fields = tight.split(whole) if dialect.tight else whole.split(blanks)
            yield number, [unescaped(field) if dialect.escape else unquoted(field) for field in fields], ""


def undoubled_rows(lines: Iterable[str], separator: str, path: Path) -> Iterator[Row]:
    """Rows whose quoted fields hold quotes that are not doubled: a field ends where a separator or the end of a line
    follows its quote. Raises `InputError` for a quote that is never closed.
    """
    separated = re.escape(separator)
    closing = re.compile(rf'"\s*(?={separated}(?! +[^"])|$)')  # but not in: he said "yes", and left
    numbered = enumerate(lines, 1)
    for number, line in numbered:
        if not line.strip():
            continue
        fields, rest, last = [], line.rstrip("\r"), number
        while True:
            rest = rest.lstrip(" ")
            if rest.startswith('"'):
                while (end := closing.search(rest, 1)) is None:
                    last, more = next(numbered, (math.inf, ""))
                    if last == math.inf:  # it was cut short
                        yield number, [], "unexpected end of data"
                        return
                    if last - number >= UNCLOSED:
                        raise InputError(f"{path}: the quote that opens in line {number} is not closed: close it.")
                    rest += "\n" + more.rstrip("\r")
                field, rest = rest[1 : end.start()].replace('""', '"'), rest[end.end() :]
            else:
                at = rest.find(separator)
                field, rest = (rest, "") if at < 0 else (rest[:at], rest[at:])
            fields.append(field)
            if not rest:
                break
            rest = rest[len(separator) :]
            if not rest:
                fields.append("")
                break
        yield number, fields, ""


def unquoted(field: str) -> str:
    """A field that is quoted as a whole, without its quotes; any other as it is."""
    quoted = len(field) > 1 and field[0] == field[-1] == '"' and '"' not in field[1:-1].replace('""', "")
    return field[1:-1].replace('""', '"') if quoted else field


def unescaped(field: str) -> str:
    """A field as MySQL and Postgres write it to a file, with what its backslashes stand for."""
    return "" if field == "\\N" else ESCAPED.sub(lambda found: LETTERS.get(found[1], found[1]), field)


def _ways(separator: str, lines: Sequence[str]) -> Iterator[Dialect]:
    """A separator with the uses of quotes that there are with it."""
    one_letter = len(separator) == 1 and separator not in ("\t", BLANK)
    if one_letter and (separator != "|" or any('"' in line for line in lines)):
        yield Dialect(separator)
        if any('\\"' in line for line in lines):
            yield Dialect(separator, escape="\\")
        yield Dialect(separator, doubled=False)
        if not any(line.startswith('"') or f'{separator}"' in line for line in lines):
            yield Dialect(separator, quoted=False, tight=True)
    if separator == "\t" and any(map(NO_VALUE.search, lines)):
        yield Dialect(separator, escape="\\", quoted=False)
    elif separator != "," and separator != ";":
        yield Dialect(separator, quoted=False)
    if separator == "\t" and any('"' in line for line in lines):  # with lines in the quotes
        yield Dialect(separator)


def _first_rows(lines: Sequence[str], dialect: Dialect, path: Path) -> list[Row]:
    rows = []
    with contextlib.suppress(InputError):  # of a quote that is not closed: what was read before it tells enough
        rows.extend(islice(cut(lines, dialect, path, most_lines=float("inf")), LOOKED_AT))
    return rows


def _merit(rows: Sequence[Row], known: Callable[[str], bool], separator: str) -> tuple[float, ...]:
    """More is better: wanted names in the first row, rows of one width, quotes that are whole, a first row of the same
    width, a separator that no sentence has, and how wide they are."""
    widths = Counter(len(fields) for _, fields, problem in rows if not problem)
    if not widths:
        return (0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 0.0)
    width, count = max(widths.items(), key=lambda item: (item[1], item[0]))
    names = sum(map(known, rows[0][1])) if len(rows[0][1]) == width or len(rows[0][1]) > 1 else 0
    several = len(rows[0][1]) > 1 or width > 1
    sound = float(width > 1) * round(count / len(rows), 1)
    halves = sum(any(field.count('"') % 2 for field in fields) for _, fields, _ in rows)  # of quoted fields
    rare = float(width > 1 and separator in NO_PROSE)
    fits = float(len(rows[0][1]) == width)
    return (
        float(min(names, 1) and several),
        sound,
        -round(halves / len(rows), 1),
        fits,
        rare,
        float(names),
        float(width),
    )


def _ids(rows: Sequence[Row]) -> bool:
    """Whether blanks separate ids and numbers, and not words."""
    return len(rows) > 1 and all(ID.fullmatch(field) for _, fields, _ in rows for field in fields) and (
        len({len(fields) for _, fields, _ in rows}) == 1 or all(field.isdigit() for _, fs, _ in rows for field in fs)
    )  # fmt: skip


def above_header(rows: Sequence[Sequence[str]], known: Callable[[str], bool]) -> int:
    """How many rows stand above the one that names the columns: a title, comments, the settings of an export."""

    def named(row: Sequence[str]) -> int:
        if any(map(NUMBER.fullmatch, row)):
            return 0
        return len({cell for cell in row if len(cell) <= LONGEST_NAME and known(cell.strip())})

    if not rows or named(rows[0]) > 1:
        return 0
    return next((place for place, row in enumerate(rows[:ABOVE]) if named(row) > 1), 0)


def lines_above_header(lines: Sequence[str], known: Callable[[str], bool]) -> int:
    """The same of lines that are not cut yet, by the separator that finds most names."""
    first = [line if len(line) <= LONGEST_HEADER else "" for line in lines[:ABOVE]]
    found = [
        above_header([[unquoted(field.strip()) for field in line.split(separator)] for line in first], known)
        for separator in SEPARATORS
    ]
    headed = any(sum(map(known, map(unquoted, first[0].split(separator)))) > 1 for separator in SEPARATORS)
    return 0 if headed else next(filter(None, found), 0)


def is_header(rows: Sequence[Row], known: Callable[[str], bool]) -> bool:
    """Whether the first row names the columns instead of being the first of them."""
    if not rows:
        return True
    first, rest = [field.strip() for field in rows[0][1]], [fields for _, fields, _ in rows[1:]]
    if any(map(known, first)) or any(map(TYPED.fullmatch, first)):
        return True
    if any(map(FILE.fullmatch, first)):
        return False
    columns = [[fields[place].strip() for fields in rest if len(fields) > place] for place in range(len(first))]
    counted = [_share(NUMBER, column) > 0.9 or _share(DATE, column) > 0.9 for column in columns]
    numbers = [bool(NUMBER.fullmatch(name) or DATE.fullmatch(name)) for name in first]
    if not rest and len(first) == 1:
        return True
    if any(numbers):
        return False
    if not rest:
        return True
    if any(counted):
        return True
    named = all(NAME.fullmatch(name) for name in first if name) and len(set(first)) == len(first)
    return named and any(_share(NAME, column) < 0.5 for column in columns)


def _share(pattern: re.Pattern[str], column: Sequence[str]) -> float:
    """Of the cells that are not empty, how many are of a pattern."""
    cells = [cell for cell in column if cell]
    return sum(pattern.fullmatch(cell) is not None for cell in cells) / max(1, len(cells)) if cells else 0.0
