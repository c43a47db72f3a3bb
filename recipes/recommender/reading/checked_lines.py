"""Text tables, checked line by line before anything is parsed, so that what is wrong is named with its line.

pandas is fast because it forgives: a row that is too short becomes missing values, one that is too long loses its end,
and neither says so. So the text goes through here first, in blocks of a few megabytes, at the cost of counting the
separators: besides what `text_file.py` finds, a line with another number of fields is one sentence. Only
where a quoted field holds a line break can lines no longer be told from rows, and the count of fields stops there.
"""

import contextlib
import csv
import io
from pathlib import Path

from heedful.apps.errors import InputError
from heedful.recipes.recommender.reading.columns import SEPARATED_BY as NAMES
from heedful.recipes.shared.reading.text_file import (
    BLOCK,
    LONGEST,
    Expected,
    long_fields,
    open_text,
    read_lines,
    whole_lines,
)

TABLE = Expected("a text table", ".csv or .tsv text, packed by gzip or not, with one row on each line")


class Lines(io.TextIOBase):
    """The text of a table after its header, as a stream for pandas. `InputError` from `read` names file and line."""

    def __init__(self, path: Path):
        super().__init__()
        self.path = path
        self._stream = open_text(path, TABLE)
        self._separator, self._fields = "", 0
        self._line = 1  # of the next block
        self._rows = 0  # lines since `expect` that are not blank
        self._rows_are_lines = True  # until a quoted field breaks a line
        self._text, self._at = "", 0
        self._blocks = whole_lines(self._stream, path, TABLE, BLOCK, LONGEST)
        try:
            self._text = self._next()
            if not self._text.strip():
                raise InputError(f"{path} is empty: expected a table with one row on each line.")
        except InputError:
            self._stream.close()
            raise

    def first(self) -> str:
        """The first line that is not blank, left where it is."""
        self._at = len(self._text) - len(self._text.lstrip("\r\n"))
        self._line = 1 + self._text.count("\n", 0, self._at)
        return self._text[self._at :].split("\n", 1)[0].rstrip("\r")

    def expect(self, separator: str, fields: int, headed: bool) -> None:
        """Every line from here on, but for a header, must have `fields` fields."""
        self._separator, self._fields = separator, fields
        self._text, self._at = self._text[self._at :], 0
        if headed:
            self._text = self._text.partition("\n")[2]
            self._line += 1
        self._check(self._text)

    @property
    def rows(self) -> int | None:
        """Lines read since `expect` that are not blank; None where a row may have several lines."""
        return self._rows if self._rows_are_lines else None

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> str:
        """The next characters, at most `size` where it is given."""
        if size is None or size < 0:
            return "".join(iter(lambda: self.read(BLOCK), ""))
        while self._at >= len(self._text):
            self._text, self._at = self._next(), 0
            if not self._text:
                return ""
            self._check(self._text)
        self._at += size
        return self._text[self._at - size : self._at]

    def close(self) -> None:
        self._stream.close()
        super().close()

    def _next(self) -> str:
        return next(self._blocks, b"").decode(errors="replace")

    def _check(self, text: str) -> None:
        """Count the lines. Raise at the first one whose number of fields is not the expected one."""
        lines = text.removesuffix("\n").split("\n") if text else []
        separator, separators = self._separator, self._fields - 1
        for place in [place for place, line in enumerate(lines) if line.count(separator) != separators]:
            if not lines[place].strip():
                self._rows -= 1
            elif self._rows_are_lines:  # there may still be as many fields: separators in quotes are none
                self._check_fields(self._line + place, lines[place].rstrip("\r"))
        self._line += len(lines)
        self._rows += len(lines)

    def _check_fields(self, number: int, line: str) -> None:
        """Raise where a line with another number of separators has another number of fields."""
        separator, expected = self._separator, self._fields
        found = line.count(separator) + 1
        if '"' in line and len(separator) == 1:
            if line.count('"') % 2:  # a quoted field goes on in the next line
                self._rows_are_lines = False
                return
            found = len(next(csv.reader([line], delimiter=separator, skipinitialspace=True)))
        if found == expected:
            return
        for other in NAMES:
            if other != separator and line.count(other) == expected - 1 and found == 1:
                raise InputError(
                    f"{self.path}: line {number} is separated by {NAMES[other]} where the lines before have "
                    f"{NAMES[separator]}: use one separator in the whole file."
                )
        raise InputError(
            f"{self.path}: line {number} has {found} field{'s' * (found != 1)} where {expected} separated by "
            f"{NAMES[separator]} are expected: correct it, or put quotes around a field that holds the separator."
        )


def line_of_record(path: Path, record: int, separator: str, headed: bool) -> int:
    """The line where row `record` (from 0) ends. It reads the file again, so only an error may ask for it."""
    left = record + headed
    with long_fields(), contextlib.nullcontext():
        rows = csv.reader(
            (line.decode("utf-8", "replace") + "\n" for _, line in read_lines(path, TABLE)), delimiter=separator[0], skipinitialspace=True
        )
        with contextlib.suppress(csv.Error):
            for row in rows:
                if len(row) > 1 or any(field.strip() for field in row):
                    if not left:
                        return rows.line_num
                    left -= 1
    return record + headed + 1
