"""When words are said in a long recording: a table of `time,label`, or a label track of Audacity."""

import math
from dataclasses import dataclass
from pathlib import Path

from heedful.apps.errors import InputError
from heedful.recipes.shared.reading.text_file import Expected, read_text
from heedful.recipes.shared.reading.written_paths import composed
from heedful.recipes.speech_commands.reading.spans import seconds

SUFFIXES = (".csv", ".tsv", ".txt")
FORM = "lines of time,label, as 1.5,up, or of start, end and label"
EXPECTED = Expected("a table of words and their times", FORM)


@dataclass(frozen=True)
class Said:
    """A word and its time in seconds: the middle, or the start where no end was told."""

    time: float
    label: str


def read_words(path: Path) -> tuple[Said, ...]:
    """The words of a table, in order of time.

    A line holds the time in seconds of the middle or the start of a word, and the word; or its start, its end and the
    word, as Audacity exports a label track. Cells are divided by tabs, semicolons or commas; a first line without a
    number is a header. Raises `InputError` that names the line.
    """
    words = []
    lines = [line.strip() for line in read_text(path, EXPECTED).splitlines()]
    for number, line in enumerate(lines, 1):
        if not line or line.startswith("\\"):  # Audacity writes the range of frequencies of a label so
            continue
        *times, label = cells(line)
        values = [seconds(time) for time in times]
        if number == 1 and all(map(math.isnan, values)):
            continue
        if not 1 <= len(values) <= 2 or not all(0 <= value < math.inf for value in values) or not label:
            raise InputError(f"{path}, line {number}: {line[:60]!r} is no time and word; expected {FORM}.")
        words.append(Said(sum(values) / len(values), composed(label)))
    if not words:
        raise InputError(f"{path} names no words: expected {FORM}, or no such file where no command is said.")
    return tuple(sorted(words, key=lambda word: word.time))


def cells(line: str) -> list[str]:
    """The cells of a line, by the first of tab, semicolon and comma that is in it."""
    mark = next((mark for mark in ("\t", ";") if mark in line), ",")
    return [cell.strip().strip('"').strip() for cell in line.split(mark)]


def with_tables(given: list[str]) -> list[tuple[Path, Path | None]]:
    """Recordings, each with the table of its words: one of the same name that was given too, or the `.csv` beside it.

    Raises `InputError` for a table without a recording, and where no recording was given.
    """
    paths = [Path(name) for name in given]
    tables = {path.stem: path for path in paths if path.suffix.lower() in SUFFIXES}
    sounds = [path for path in paths if path.suffix.lower() not in SUFFIXES]
    for stem in tables.keys() - {path.stem for path in sounds}:
        raise InputError(f"{tables[stem]} names the words of no recording: give its recording too, {stem}.wav say.")
    beside = {path: path.with_suffix(".csv") for path in sounds}
    return [(path, tables.get(path.stem) or (beside[path] if beside[path].is_file() else None)) for path in sounds]
