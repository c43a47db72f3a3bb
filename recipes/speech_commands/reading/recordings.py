"""Recordings of any length become rows of one int16 array: what training and evaluation index into.

Decoding is the slow part of loading, so it runs in threads (libsndfile works outside Python's lock), and every thread
writes into its own row: 105,829 one-second clips need 3.4 GB and no second copy. A file that cannot be read costs its
row, never the run.
"""

import hashlib
import math
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from tqdm import tqdm

from heedful.apps import audio
from heedful.apps.errors import InputError

FULL_SCALE = 32768.0
Span = tuple[float, float]  # seconds; the end may be infinite
WHOLE: Span = (0.0, math.inf)


@dataclass(frozen=True)
class Recording:
    """One file (or catalogue example): where it lies, what is said, who speaks, and for which split it is meant."""

    path: Path
    name: str  # relative to the data folder
    word: str
    split: str
    speaker: str
    span: Span = WHOLE  # the part of the file


ONE_AT_A_TIME = threading.Lock()  # long recordings are decoded once, and not by every thread
# Float samples `(length,)` of a recording at the rate of the data set; InputError where it cannot be read.
Reader = Callable[[Recording], np.ndarray]


@dataclass(frozen=True, eq=False)
class Decoded:
    """Readable recordings of one split, row by row."""

    rows: np.ndarray  # int16 (clips + spare, samples)
    recordings: list[Recording]
    seconds: np.ndarray  # float64 (clips,): length of the recording before it was padded or cut
    digests: list[bytes]  # sha1 of the row: equal audio has equal digests
    peaks: np.ndarray  # int32 (clips,): largest sample
    clipped: np.ndarray  # float64 (clips,): share of samples at full scale
    skipped: list[dict[str, str]]  # {"file", "word", "reason"}


def to_int16(waveform: np.ndarray) -> np.ndarray:
    """Float samples in [-1, 1] -> int16; exact for what came from a 16-bit file."""
    return np.clip(np.rint(waveform * FULL_SCALE), -FULL_SCALE, FULL_SCALE - 1).astype(np.int16)


def fit(waveform: np.ndarray, samples: int) -> np.ndarray:
    """Bring `(length,)` to `(samples,)`: a short clip is centred in zeros, of a long one the loudest window is kept."""
    missing = samples - len(waveform)
    if missing >= 0:
        return np.pad(waveform, (missing // 2, missing - missing // 2))
    energy = np.concatenate([[0.0], np.cumsum(np.square(waveform, dtype=np.float64))])
    start = int(np.argmax(energy[samples:] - energy[:-samples]))
    return waveform[start : start + samples]


def decode(
    recordings: Sequence[Recording], read: Reader, rate: int, samples: int, title: str, spare: int = 0
) -> Decoded:
    """Read every recording with `read` into one array, with `spare` rows more; what raises InputError is skipped."""
    rows = np.zeros((len(recordings) + spare, samples), np.int16)

    def fill(index: int) -> tuple[float, bytes, int, float, str]:
        try:
            waveform = read(recordings[index])
        except InputError as error:
            return 0.0, b"", 0, 0.0, str(error)
        row = rows[index] = to_int16(fit(waveform, samples))
        loud = np.abs(row.astype(np.int32))
        clipped = float(np.mean(loud >= FULL_SCALE - 1))
        return len(waveform) / rate, hashlib.sha1(row.tobytes()).digest(), int(loud.max()), clipped, ""

    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        outcomes = list(
            tqdm(pool.map(fill, range(len(recordings))), title, len(recordings), unit="clip", leave=False, disable=None)
        )
    kept = [index for index, (*_, reason) in enumerate(outcomes) if not reason]
    for target, index in enumerate(kept):  # close the gaps in place: a masked copy would need the memory twice
        if target != index:
            rows[target] = rows[index]
    return Decoded(
        rows=rows,
        recordings=[recordings[index] for index in kept],
        seconds=np.array([outcomes[index][0] for index in kept], np.float64),
        digests=[outcomes[index][1] for index in kept],
        peaks=np.array([outcomes[index][2] for index in kept], np.int32),
        clipped=np.array([outcomes[index][3] for index in kept], np.float64),
        skipped=[
            {"file": recording.name, "word": recording.word, "reason": reason}
            for recording, (*_, reason) in zip(recordings, outcomes, strict=True)
            if reason
        ],
    )


def read_file(recording: Recording, rate: int, remarks: dict[str, str]) -> np.ndarray:
    """Float samples `(length,)` of the recording's file at `rate`; InputError, naming the file as the summary does.

    What was wrong with it and did no harm goes into `remarks`, by its name.
    """
    told: list[str] = []
    try:
        if recording.span == WHOLE:
            waveform = audio.read(str(recording.path), rate, told)
        else:
            with ONE_AT_A_TIME:
                waveform = _long(str(recording.path), rate)
    except InputError as error:
        raise InputError(str(error).replace(str(recording.path), recording.name)) from error
    if told:
        remarks[recording.name] = told[0]
    if recording.span == WHOLE:
        return waveform
    start, end = (round(min(time, len(waveform) / rate) * rate) for time in recording.span)
    if end <= start:
        raise InputError(f"{recording.name} lies outside of the recording, which has {len(waveform) / rate:.2f} s.")
    return waveform[start:end]


@lru_cache(maxsize=1)
def _long(path: str, rate: int) -> np.ndarray:
    """A recording that many parts are cut out of, one after the other."""
    return audio.read(path, rate)
