"""Text files of the user, looked at before anything is parsed, so that what is wrong is one sentence with its line.

A file that is missing, a broken gzip, UTF-16, a binary file and bytes that are no UTF-8 are found here, for every
recipe that reads rows from text. Files packed by gzip are read as if they were not, whatever their names.
"""

import contextlib
import csv
import gzip
import io
import math
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from heedful.apps.errors import InputError

BLOCK = 4 << 20  # bytes
LONGEST = 16 << 20  # bytes of one line
GZIP, UTF8_MARK, UTF16_MARKS = b"\x1f\x8b", b"\xef\xbb\xbf", (b"\xff\xfe", b"\xfe\xff")
UNCLOSED = 50  # lines of a row with broken quotes: so many mean that a quote was never closed
SHOWN = 100  # characters of what a file says that are repeated in a message


class Expected(NamedTuple):
    """What a file should have been, for messages."""

    kind: str  # "a text table"
    form: str  # ".csv or .tsv text"


TEXT = Expected("a text file", "UTF-8 text")


def open_bytes(path: Path, expected: Expected = TEXT) -> io.BufferedIOBase:
    """The content of a file, unpacked where it is a gzip. Raises `InputError` where it is missing or not readable."""
    try:
        with open(path, "rb") as stream:
            packed = stream.read(2) == GZIP
        return gzip.open(path) if packed else open(path, "rb")
    except FileNotFoundError:
        raise InputError(f"{path} does not exist: expected {expected.form}.") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}): check the file and its permissions.") from None


def read_bytes(stream: io.BufferedIOBase, path: Path, size: int = -1) -> bytes:
    """The next bytes. Raises `InputError` where a gzip is broken or the disk fails."""
    try:
        return stream.read(size)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise InputError(f"{path} is a damaged or unfinished gzip file: copy or pack it again.") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror or error}): check the file.") from None


def decode(block: bytes, path: Path, expected: Expected = TEXT, *, encoding: str = "utf-8", line: int = 1) -> str:
    """The text of whole lines, the first of which is number `line`."""
    check_start(block, path, expected, line)
    try:
        return block.decode(encoding)
    except UnicodeDecodeError as error:
        number = line + block.count(b"\n", 0, error.start)
        raise InputError(f"{path}: line {number} is not {encoding.upper()} text: save the file as UTF-8.") from None


def check_start(block: bytes, path: Path, expected: Expected, line: int = 1) -> None:
    """Raise `InputError` where a block is UTF-16 at the start of a file, or holds what only a binary file does."""
    if block.startswith(UTF16_MARKS) and line == 1:
        raise InputError(f"{path} is UTF-16 text: save it as UTF-8.")
    if b"\0" in block:
        raise InputError(f"{path} is not {expected.kind}: expected {expected.form}.")


def read_text(path: Path, expected: Expected = TEXT) -> str:
    """The content of a whole file of UTF-8. Raises `InputError` when it cannot be read or is something else."""
    with open_bytes(path, expected) as stream:
        start = read_bytes(stream, path, 1 << 16)
        content = start if b"\0" in start else start + read_bytes(stream, path)
    return decode(content.removeprefix(UTF8_MARK), path, expected)


def whole_lines(
    stream: io.BufferedIOBase, path: Path, expected: Expected, block: int = BLOCK, longest: int = LONGEST
) -> Iterator[bytes]:
    """The bytes of a file in blocks of about so many that end with a line; the line ends of old spreadsheets are made
    new. Raises `InputError` for a line of more bytes than the longest.
    """
    rest, carriage_returns, line = b"", None, 1
    while data := read_bytes(stream, path, block):
        if carriage_returns is None:
            carriage_returns = b"\n" not in data and b"\r" in data
            data = data.removeprefix(UTF8_MARK)
        data = rest + (data.replace(b"\r", b"\n") if carriage_returns else data)
        end = data.rfind(b"\n") + 1
        if not end and len(data) > longest:
            raise InputError(f"{path}: line {line} is longer than {longest >> 20} MB: expected {expected.form}.")
        if end:
            yield data[:end]
            line += data.count(b"\n", 0, end)
        rest = data[end:]
    if rest:
        yield rest


def quoted_rows(
    lines: Iterable[str], separator: str, path: Path, most_lines: float = math.inf
) -> Iterator[tuple[int, list[str], str]]:
    """The first line of every row of a `.csv` that is not blank, its fields, and what is wrong with its quotes, if
    anything.

    Raises `InputError` where a quote was never closed: a row with broken quotes has `UNCLOSED` lines, or any has
    `most_lines`.
    """
    table = csv.reader(lines, delimiter=separator, skipinitialspace=True, strict=True)
    while True:
        line, fields, problem = table.line_num + 1, [], ""
        try:
            fields = next(table)
        except StopIteration:
            return
        except csv.Error as error:
            problem = str(error)
        if table.line_num - line >= (UNCLOSED if problem else most_lines):
            raise InputError(
                f'{path}: the quote that opens in line {line} is not closed: close it, or write "" for a quote.'
            )
        if problem or any(value.strip() for value in fields):
            yield line, fields, problem


@contextlib.contextmanager
def long_fields() -> Iterator[None]:
    """Fields as long as lines may be, where `csv` would stop at 128 KB; after it, as before."""
    before = csv.field_size_limit(LONGEST)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def shown(text: str) -> str:
    """Text from a file for a message: on one line, not long, and nothing in it that a terminal would act upon."""
    line = "".join(character if character.isprintable() else "?" for character in " ".join(text.split()))
    return line if len(line) <= SHOWN else line[: SHOWN - 3] + "..."
