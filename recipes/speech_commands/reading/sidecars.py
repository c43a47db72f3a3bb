"""What is said, in small texts beside the recordings.

3.wav, 3.txt                        the word; also .lab, .cls, and .json with a label (shards of WebDataset)
wav/p1/3.wav, txt/p1/3.txt          the same in folders of their own, whose rest is the same (VCTK, TORGO)
84-1.flac, ..., 84.trans.txt        a line for each recording: its name, then the word (LibriSpeech);
                                    the split where the text is called by one: train.txt
session.wav, session.txt            a label track of Audacity: start, end and word in each line; .TextGrid of Praat
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from heedful.apps.errors import InputError
from heedful.recipes.shared.reading.columns import plain_name
from heedful.recipes.shared.reading.splits import split_in_name
from heedful.recipes.shared.reading.text_file import read_text
from heedful.recipes.shared.reading.written_paths import composed
from heedful.recipes.speech_commands.reading.layout import CLEAR, Place
from heedful.recipes.speech_commands.reading.likeness import like_person, wordiness
from heedful.recipes.speech_commands.reading.sound_files import SoundFile, bare
from heedful.recipes.speech_commands.reading.spans import span_of
from heedful.recipes.speech_commands.reading.split_lists import Tails
from heedful.recipes.speech_commands.reading.tables import LABEL, MARKS, Labelled, Table

SUFFIXES = (".textgrid", ".txt", ".lab", ".cls", ".label", ".trn", ".trans", ".json")
LARGEST = 1 << 20  # bytes
LONGEST = 100  # characters of a word
OF_THE_SOUNDS = 0.5  # must have a text
TRACK = re.compile(r"(\d+[.,]\d+)\t(\d+[.,]\d+)\t(.*)")
INTERVAL = re.compile(r'xmin = (\S+)\s+xmax = (\S+)\s+text = "([^"\n]*)"')
ID_AND_WORD = re.compile(r"(\S+?)(?:\t|\s*[,|]\s*|\s+)(.+)")


def texts_beside(
    files: Sequence[SoundFile], places: Sequence[Place], others: Sequence[Path], root: Path
) -> tuple[Table, set[Path]] | None:
    """The words of recordings and the texts that hold them; None where they do not, or folders say the same."""
    texts = [path for path in others if path.suffix.lower() in SUFFIXES or not path.suffix]
    rows, used = _one_each(files, texts)
    if len({file.path for file, _ in rows}) < OF_THE_SOUNDS * len(files):
        rows, used = _lines(files, texts)
    place_of = {file.path: place for file, place in zip(files, places, strict=True)}
    words = {row.word.casefold() for _, row in rows}
    if len(words) < 2 or 2 * len(words) > len(rows):
        return None
    if len({file.path for file, _ in rows}) < OF_THE_SOUNDS * len(files):
        return None
    folders = {place_of[file.path].word for file, _ in rows} - {""}
    better = wordiness(words) - wordiness(folders)
    if folders and (better <= -CLEAR or (better < CLEAR and len(words) < len(folders))):  # a remark on each recording
        return None
    if sum(place_of[file.path].word.casefold() == row.word.casefold() for file, row in rows) > len(rows) / 2:
        return None
    table = Table(root, read=f"{len(used):,} texts beside the recordings say the words, as {min(used).name}")
    for file, row in rows:
        place = place_of[file.path]
        speaker = place.speaker or (place.word if like_person(place.word) else "")
        table.rows.append(replace(row, speaker=speaker, split=row.split or place.split))
    return table, used


def _one_each(files: Sequence[SoundFile], texts: Sequence[Path]) -> tuple[list[tuple[SoundFile, Labelled]], set[Path]]:
    """Recordings with a text of their own name."""
    by_stem: defaultdict[str, list[Path]] = defaultdict(list)
    for path in texts:
        by_stem[path.stem].append(path)
    rows, used = [], set()
    for file in files:
        stem = Path(bare(file.name)).name
        found = by_stem.get(stem) or by_stem.get(stem.rpartition("_")[0], ())
        for path in sorted(found, key=lambda path: -_in_common(file.path, path)):
            if labels := list(_said(path, file)):
                rows += [(file, label) for label in labels]
                used.add(path)
                break
    return rows, used


def _in_common(one: Path, other: Path) -> int:
    """How many folders two files share, from the outside and from the inside."""
    mine, theirs = one.parts[:-1], other.parts[:-1]
    outer = next((n for n, (a, b) in enumerate(zip(mine, theirs, strict=False)) if a != b), min(len(mine), len(theirs)))
    pairs = zip(reversed(mine[outer:]), reversed(theirs[outer:]), strict=False)
    return outer + next((n for n, (a, b) in enumerate(pairs) if a != b), 0)


def _said(path: Path, file: SoundFile) -> Iterator[Labelled]:
    """What a text says of its recording: a word, or a track of them."""
    lines = _content(path)
    if path.suffix.lower() == ".textgrid":
        for start, end, text in INTERVAL.findall(_tier("\n".join(lines))):
            if (span := span_of(start, end)) and (word := _word(text)):
                yield Labelled(file, word, span=span)
        return
    tracks = [TRACK.fullmatch(line) for line in lines]
    if tracks and all(tracks):
        for track in tracks:
            if track and (span := span_of(track[1], track[2])) and (word := _word(track[3])):
                yield Labelled(file, word, span=span)
    elif path.suffix.lower() == ".json":
        try:
            content = json.loads("\n".join(lines))
        except (ValueError, RecursionError):
            return
        name = LABEL.find([str(key) for key in content]) if isinstance(content, dict) else None
        if name and isinstance(content[name], str | int) and (word := _word(str(content[name]))):
            yield Labelled(file, word)
    elif len(lines) == 1 and (word := _word(lines[0])):
        yield Labelled(file, word)


def _tier(text: str) -> str:
    """Of a TextGrid of Praat the tier of words, or the first."""
    tiers = re.split(r"item \[\d+\]:", text)[1:] or [text]
    return next((tier for tier in tiers if re.search(r'name = "words?"', tier, re.IGNORECASE)), tiers[0])


def words_in_lines(path: Path, files: Sequence[SoundFile]) -> Table | None:
    """A text by itself that has a line for each recording; None where it has not."""
    rows, _ = _lines(files, [path])
    table = Table(path, [row for _, row in rows], f"{path.name}: a recording and its word in each line")
    return table if rows else None


def _lines(files: Sequence[SoundFile], texts: Sequence[Path]) -> tuple[list[tuple[SoundFile, Labelled]], set[Path]]:
    """Recordings that have a line each in a text: their name, then the word."""
    tails = Tails(files)
    rows, used = [], set()
    for path in texts:
        lines = [match for line in _content(path) if (match := ID_AND_WORD.fullmatch(line))]
        found = [(tails.find(line[1], only_name=True), _word(line[2])) for line in lines]
        named = [(files[indices[0]], word) for indices, word in found if len(indices) == 1 and word]
        if named and len(named) >= OF_THE_SOUNDS * len(found):
            split = split_in_name(path.stem)[1] or ""
            rows += [(file, Labelled(file, word, split=split)) for file, word in named]
            used.add(path)
    return rows, used


def _content(path: Path) -> list[str]:
    """The lines of a small text that hold anything."""
    try:
        if path.stat().st_size > LARGEST:
            return []
        return [line.strip() for line in read_text(path).splitlines() if line.strip()]
    except (InputError, OSError):
        return []


def _word(text: str) -> str:
    """A word as a text says it; "" for what is too long to be one."""
    word = composed(text).strip(MARKS)
    return word if len(word) <= LONGEST and plain_name(word) else ""
