"""Text files of the user, opened whatever they are packed by and in whatever encoding, so that what is wrong is one
sentence with its line.

`open_text` gives the content as UTF-8. Files packed by gzip, bzip2, xz or zip are read as if they were not, whatever
their names; a missing or damaged file and one that is no text are found here, for every recipe that reads rows.
"""

import bz2
import contextlib
import csv
import gzip
import lzma
import math
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from heedful.apps.errors import InputError
from heedful.recipes.shared.reading.encoding import Utf8Stream

BLOCK = 4 << 20  # bytes
LONGEST = 16 << 20  # bytes of one line
PACKED = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\0": lzma.open}
ZIP = b"PK\x03\x04"
# What damaged archives raise, and with NotImplementedError zips of a compression that Python does not know.
DAMAGED = (EOFError, zlib.error, gzip.BadGzipFile, lzma.LZMAError, zipfile.BadZipFile, NotImplementedError)
MUCH, TIMES = 1 << 28, 300  # bytes, and times its size: what unpacks to more than both is meant to fill the memory
UNCLOSED = 50  # lines of a row with broken quotes: so many mean that a quote was never closed
SHOWN = 100  # characters of what a file says that are repeated in a message


class LineTooLong(InputError):
    """A line that no table has."""


class Expected(NamedTuple):
    """What a file should have been, for messages."""

    kind: str  # "a text table"
    form: str  # ".csv or .tsv text"


TEXT = Expected("a text file", "text")


def open_unpacked(path: Path, expected: Expected = TEXT) -> BinaryIO:
    """The content of a file; what is in it where it is packed by gzip, bzip2 or xz, or is a zip of one file.

    Raises `InputError` where it is missing or not readable.
    """
    try:
        with open(path, "rb") as stream:
            start = stream.read(6)
        if start.startswith(ZIP) and (only := _only_member(path)):
            archive = zipfile.ZipFile(path)
            return archive.open(only)  # pyright: ignore[reportReturnType]
        opened = next((unpack for mark, unpack in PACKED.items() if start.startswith(mark)), open)
        return opened(path, "rb")  # pyright: ignore[reportReturnType]
    except FileNotFoundError:
        raise InputError(f"{path} does not exist: expected {expected.form}.") from None
    except DAMAGED:
        raise InputError(f"{path} is a damaged or unfinished archive: copy or pack it again.") from None
    except (OSError, RuntimeError) as error:  # RuntimeError: a password
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{path} cannot be read ({reason}): check the file and its permissions.") from None


def _only_member(path: Path) -> str | None:
    """The one file in a zip; None where there are several."""
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/") and not name.startswith("__MACOSX")]
    return names[0] if len(names) == 1 else None


def open_text(path: Path, expected: Expected = TEXT) -> Utf8Stream:
    """The content of a text file as UTF-8. Raises `InputError` where it is missing or not readable."""
    stream, unpacked = open_unpacked(path, expected), 0

    def read(size: int) -> bytes:
        nonlocal unpacked
        data = read_bytes(stream, path, size)
        unpacked += len(data)
        check_unpacked(path, unpacked)
        return data

    return Utf8Stream(read, stream.close, f"{path} is not {expected.kind}: expected {expected.form}")


def read_bytes(stream: BinaryIO, path: Path, size: int = -1) -> bytes:
    """The next bytes. Raises `InputError` where an archive is broken or the disk fails."""
    try:
        return stream.read(size)
    except DAMAGED:
        raise InputError(f"{path} is a damaged or unfinished archive: copy or pack it again.") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror or error}): check the file.") from None


def check_unpacked(path: Path, size: int) -> None:
    """Raises `InputError` where so many bytes come out of a file that no honest one holds them."""
    if size > MUCH and size > TIMES * path.stat().st_size:
        raise InputError(f"{path} unpacks to more than {TIMES} times its size: unpack it, and give the table itself.")


def read_text(path: Path, expected: Expected = TEXT) -> str:
    """The content of a whole file. Raises `InputError` when it cannot be read or is something else."""
    with open_text(path, expected) as stream:
        content = b"".join(iter(lambda: stream.read(BLOCK), b""))
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = 1 + content.count(b"\n", 0, error.start)
        raise InputError(f"{path}: line {line} is not {stream.note or 'UTF-8'} text: save it as UTF-8.") from None


def read_lines(path: Path, expected: Expected = TEXT) -> Iterator[tuple[int, bytes]]:
    """Every line with its number, as UTF-8 without its end."""
    with open_text(path, expected) as stream:
        yield from lines_of(stream, path, expected)


def lines_of(stream: Utf8Stream, path: Path, expected: Expected = TEXT) -> Iterator[tuple[int, bytes]]:
    """Every line of an open text with its number."""
    number = 0
    for block in whole_lines(stream, path, expected):
        for line in block.removesuffix(b"\n").split(b"\n"):
            number += 1
            yield number, line


def whole_lines(
    stream: Utf8Stream, path: Path, expected: Expected, block: int = BLOCK, longest: int = LONGEST
) -> Iterator[bytes]:
    """The bytes of a file in blocks of about so many that end with a line; the line ends of old spreadsheets are made
    new. Raises `InputError` for a line of more bytes than the longest.
    """
    rest, carriage_returns, line = b"", None, 1
    while data := stream.read(block):
        if carriage_returns is None:
            carriage_returns = b"\n" not in data and b"\r" in data
        data = rest + (data.replace(b"\r", b"\n") if carriage_returns else data)
        end = data.rfind(b"\n") + 1
        if not end and len(data) > longest:
            raise LineTooLong(f"{path}: line {line} is longer than {longest >> 20} MB: expected {expected.form}.")
        if end:
            yield data[:end]
            line += data.count(b"\n", 0, end)
        rest = data[end:]
    if rest:
        yield rest


def quoted_rows(
    lines: Iterable[str], separator: str, path: Path, most_lines: float = math.inf, escape: str | None = None
) -> Iterator[tuple[int, list[str], str]]:
    """The first line of every row of a `.csv` that is not blank, its fields, and what is wrong with its quotes, if
    anything.

    Raises `InputError` where a quote was never closed: a row with broken quotes has `UNCLOSED` lines, or any has
    `most_lines`.
    """
    table = csv.reader(lines, delimiter=separator, skipinitialspace=True, strict=True, escapechar=escape)
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
