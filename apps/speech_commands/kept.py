"""What was heard as recordings of their own, in a folder for each label, to be sorted and learnt from.

    kept/up/kitchen-0012.34-0.91.flac    of kitchen.wav, 12.34 s after its start, with the score 0.91

What was no word is moved into a folder `_false_alarm_`, of all words or inside that of one, and what was another word
into that of the other; then `heedful train --data my_words/ kept/ --init MODEL` learns from both.
"""

import re
from collections.abc import Sequence
from os import PathLike
from pathlib import Path

import numpy as np

from heedful.apps import audio
from heedful.apps.errors import InputError
from heedful.apps.files import atomic_path, make_folder
from heedful.apps.speech_commands.events import NEVER_EVENTS, Event
from heedful.apps.speech_commands.heard import Heard
from heedful.apps.speech_commands.log_mel import FrontEnd

UNSAFE = re.compile(r'[\\/:*?"<>|\x00-\x1f]|^\.+')  # in the name of a folder, on some system


def keep(
    folder: Path, given: str | PathLike[str], recording: np.ndarray, heard: Heard, front_end: FrontEnd
) -> list[Path]:
    """Writes the window around each event of a recording `(samples,)`, or the window of a clip that has a word, as FLAC
    of 16 bits; says where. One that is there already stays, and nothing is overwritten.

    Raises `InputError` where the folder cannot be written to.
    """
    return [
        written(folder, given, window_at(recording, item.time, front_end), item, front_end)
        for item in said(heard, front_end)
    ]


def said(heard: Heard, front_end: FrontEnd) -> Sequence[Event]:
    """The events, or the word of a clip as one, in the middle of its window."""
    if heard.events is not None:
        return heard.events
    (answer,) = heard.answers
    ((label, score),) = answer.top(heard.labels, 1)
    middle = answer.start + front_end.samples / front_end.rate / 2
    return [] if label in NEVER_EVENTS else [Event(middle, label, score)]


def window_at(recording: np.ndarray, time: float, front_end: FrontEnd) -> np.ndarray:
    """The window float32 `(samples,)` around a time in seconds, zeros where there is no recording."""
    start = round(time * front_end.rate) - front_end.samples // 2
    window = np.zeros(front_end.samples, np.float32)
    part = recording[max(0, start) : max(0, start + front_end.samples)]
    begin = max(0, -start)
    window[begin : begin + len(part)] = part
    return window


def written(folder: Path, given: str | PathLike[str], window: np.ndarray, event: Event, front_end: FrontEnd) -> Path:
    import soundfile

    place = folder / UNSAFE.sub("_", event.label)
    make_folder(place)
    name = f"{Path(given).stem}-{max(event.time, 0.0):07.2f}-{event.score:.2f}"
    number = 1
    while (path := place / (f"{name}.flac" if number == 1 else f"{name}-{number}.flac")).exists():
        if same(path, window, front_end.rate):
            return path
        number += 1
    with atomic_path(path) as temporary:
        soundfile.write(temporary, window, front_end.rate, subtype="PCM_16")
    return path


def same(path: Path, window: np.ndarray, rate: int) -> bool:
    """Whether a file holds this window already, as far as 16 bits tell."""
    try:
        there = audio.read(path, rate)
    except InputError:
        return False
    return len(there) == len(window) and bool(np.abs(there - np.clip(window, -1, 1)).max() < 1e-4)
