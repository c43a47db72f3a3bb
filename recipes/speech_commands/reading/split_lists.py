"""Lists of files for a split: `validation_list.txt`, `testing_list.txt` and whatever else is called so.

A line is matched by the longest common tail of its path, whoever wrote it wherever: `.\\up\\a.wav`, `data/up/a.wav`.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from heedful.apps.audio_names import SUFFIXES
from heedful.apps.errors import InputError
from heedful.recipes.shared.reading.splits import split_in_words
from heedful.recipes.shared.reading.text_file import read_text
from heedful.recipes.shared.reading.written_paths import composed, longest_tails
from heedful.recipes.speech_commands.reading.sound_files import SoundFile, bare

LARGEST = 64 << 20  # bytes
RECORDING = re.compile(
    rf"(.*?(?:{'|'.join(map(re.escape, sorted(SUFFIXES, key=len, reverse=True)))}))(?:[\s,;|\"'].*)?$", re.IGNORECASE
)
RANK = {"": 0, "train": 1, "validation": 2, "test": 3}  # of two splits for one file the one that is less to be heard


def parts_of(text: str) -> tuple[str, ...]:
    """The parts of a written path, without its audio suffix, as they are compared."""
    if "://" in text:
        text = unquote(urlsplit(text).path)
    parts = [part for part in composed(text).replace("\\", "/").split("/") if part not in ("", ".", "..")]
    return (*parts[:-1], bare(parts[-1])) if parts else ()


class Tails:
    """Finds recordings by paths that somebody wrote."""

    def __init__(self, files: Sequence[SoundFile]) -> None:
        self._parts = [parts_of(file.path.as_posix()) for file in files]
        self._by_name: defaultdict[str, list[int]] = defaultdict(list)
        self._by_folded: defaultdict[str, list[int]] = defaultdict(list)
        for index, parts in enumerate(self._parts):
            self._by_name[parts[-1]].append(index)
            self._by_folded[parts[-1].casefold()].append(index)

    def find(self, text: str, only_name: bool = False) -> list[int]:
        """The recordings that have most of a path's end in common.

        None where only the name is common and the folder another, but for `only_name` where no other has that name.
        """
        wanted = parts_of(text)
        if not wanted:
            return []
        candidates = self._by_name.get(wanted[-1]) or self._by_folded.get(wanted[-1].casefold(), [])
        longest, places = longest_tails(wanted, [self._parts[index] for index in candidates])
        if longest < min(2, len(wanted)) and not (only_name and len(candidates) == 1):
            return []
        return [candidates[place] for place in places]


def listed_in(path: Path) -> tuple[str, list[str]] | None:
    """The split and the paths of a list; None where the file is none."""
    split = split_in_words(path.stem)
    if split is None or path.suffix.lower() not in ("", ".txt", ".lst", ".list", ".scp") or not path.is_file():
        return None
    if path.stat().st_size > LARGEST:
        return None
    try:
        lines = [line.strip() for line in read_text(path).splitlines()]
    except InputError:
        return None
    lines = [line for line in lines if line and not line.startswith("#")]
    paths = [match[1].strip("\"'") for line in lines if (match := RECORDING.match(line))]
    if lines and 2 * len(paths) < len(lines):
        exact = path.stem.casefold().endswith("_list")
        return (split, lines) if exact else None
    return split, [match[1].strip("\"'") if (match := RECORDING.match(line)) else line for line in lines]


def later(one: str, other: str) -> str:
    """Of two splits the one that a training hears less of."""
    return max(one, other, key=RANK.__getitem__)


def lists_among(paths: Iterable[Path], labels: bool) -> dict[Path, tuple[str, list[str]]]:
    """Split and lines of every list; without those that say the `labels` as well, where these are wanted."""
    lists = {path: found for path in paths if (found := listed_in(path))}
    return {path: found for path, found in lists.items() if not (labels and _with_labels(path))}


def _with_labels(path: Path) -> bool:
    """Whether most lines say something behind the path."""
    lines = [line.strip() for line in read_text(path).splitlines() if line.strip()]
    behind = [match.end(1) < len(line.rstrip("\"'")) for line in lines if (match := RECORDING.match(line))]
    return 2 * sum(behind) > len(lines)
