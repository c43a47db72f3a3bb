"""Recordings of new words as people keep them: a folder for each word, and folders of what is none."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from heedful.apps import audio
from heedful.apps.audio_names import is_sound
from heedful.apps.errors import InputError
from heedful.apps.speech_commands.app import fit
from heedful.apps.speech_commands.events import UNKNOWN
from heedful.apps.speech_commands.log_mel import FrontEnd
from heedful.apps.visible_files import visible_files

FEWEST = 3  # different recordings of a word
NOISE, FALSE_ALARM = "_background_noise_", "_false_alarm_"
FOREIGN = (UNKNOWN, FALSE_ALARM, NOISE)  # folders of what is no new word
MOST_WINDOWS = 200  # of a folder of noise
SILENT = 1e-4  # the loudest sample of a recording in which there is nothing


@dataclass(frozen=True, eq=False)
class Take:
    """A recording of a word, as the model hears it."""

    name: str  # relative to the folder of all words
    window: np.ndarray  # float32 (samples,)


@dataclass(frozen=True)
class WordFolders:
    """What was found: recordings by word, windows `(samples,)` of other sounds by folder, and what was passed over."""

    words: dict[str, list[Take]]
    foreign: dict[str, list[np.ndarray]]
    remarks: list[str] = field(default_factory=list)


def read_folders(top: Path, front_end: FrontEnd) -> WordFolders:
    """Raises `InputError` where a folder or a recording cannot be used."""
    if not top.is_dir():
        raise InputError(f"{top} is no folder: make one, and in it a folder of recordings for each new word.")
    folders = sorted(path for path in top.iterdir() if path.is_dir() and not path.name.startswith("."))
    found = WordFolders({}, {})
    for folder in folders:
        paths = [path for path in map(Path, visible_files(folder)) if is_sound(path)]
        word = unicodedata.normalize("NFC", folder.name)
        if not paths:
            raise InputError(f"{folder} holds no recordings: record {word} at least {FEWEST} times, or remove it.")
        if word in FOREIGN:
            found.foreign[word] = foreign_windows(paths, word, front_end)
        else:
            check_word(folder, word, found.words)
            found.words[word] = takes_of(top, folder, word, paths, front_end, found.remarks)
    if not found.words:
        raise InputError(f"{top} holds no folders of words: put the recordings of each new word into one of its name.")
    if loose := [path for path in top.iterdir() if path.is_file() and is_sound(path)]:
        found.remarks.append(f"{len(loose)} recordings lie outside of the folders of words: {loose[0].name}")
    return found


def check_word(folder: Path, word: str, others: Sequence[str] | dict[str, list[Take]]) -> None:
    """Raises `InputError` for a name that is none of a word, or that another folder has in other letters."""
    if word.startswith("_"):
        names = f"of noise {NOISE}, of other words {UNKNOWN}"
        raise InputError(f"{folder}: {word} is no word that can be learnt: name the folder {names}, or remove it.")
    if not word.isprintable():
        raise InputError(f"{folder.parent} holds a folder whose name cannot be printed, {word!r}: rename it.")
    if same := [other for other in others if other.casefold() == word.casefold()]:
        raise InputError(f"{folder} and {same[0]} are one word: put their recordings into one folder.")


def takes_of(
    top: Path, folder: Path, word: str, paths: Sequence[Path], front_end: FrontEnd, remarks: list[str]
) -> list[Take]:
    """The different recordings of a word, each as the window that is heard of it."""
    takes: dict[bytes, Take] = {}
    for path in paths:
        recording = audio.read(path, front_end.rate)
        window, _ = fit(recording, front_end.samples)
        if float(np.abs(window).max()) < SILENT:
            raise InputError(f"{path} is silent: record it again, or remove it.")
        takes.setdefault(window.tobytes(), Take(path.relative_to(top).as_posix(), window))
    if len(takes) < len(paths):
        remarks.append(f"{word}: {len(paths) - len(takes)} recordings repeat others and count once")
    if len(takes) < FEWEST:
        raise InputError(
            f"{folder} holds {len(takes)} recording{'s' * (len(takes) > 1)} of {word}: record it at least {FEWEST} "
            "times, better 10, by all who will say it."
        )
    return list(takes.values())


def foreign_windows(paths: Sequence[Path], kind: str, front_end: FrontEnd) -> list[np.ndarray]:
    """The word in each recording, or all of one of noise, window by window."""
    recordings = [audio.read(path, front_end.rate) for path in paths]
    if kind != NOISE:
        return [fit(recording, front_end.samples)[0] for recording in recordings]
    samples = front_end.samples
    windows = [
        fit(recording[start : start + samples], samples)[0]
        for recording in recordings
        for start in range(0, max(1, len(recording) - samples + 1), samples)
    ]
    chosen = np.linspace(0, len(windows) - 1, min(len(windows), MOST_WINDOWS)).astype(int)
    return [windows[index] for index in chosen]
