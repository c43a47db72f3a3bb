"""Recordings of any format, rate and channel count as the mono float waveform that a model takes.

Wrong answers on one's own recordings usually come from here (rate, stereo, integer scale, a file cut short), so
everything that cannot be made right silently is refused with one sentence that names the file and the fix.
"""

import re
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from heedful.apps.errors import InputError
from heedful.apps.files import reading

BLOCK = 1 << 18  # frames decoded at a time, so that a long many-channel file is never whole in memory
UNKNOWN_LENGTH = 0x7FFF0000  # sizes from here on are what recorders write into a stream whose end they cannot know
FULL_SCALE = 16.0  # float samples beyond +24 dB over full scale are integers in disguise, not loud speech

# libsndfile's log of the header: what a data chunk promises, and in brackets what the file really holds.
PROMISE = re.compile(r"^\s*(?:data|SSND|Data Size|riff|Riff size)\s*:\s*(\d+) \(should be (\d+)\)", re.MULTILINE)
PROMISE_64 = re.compile(r"Calculated frame count (\d+) does not match value from 'ds64' chunk of (\d+)")  # RF64


def read(path: str | PathLike[str], rate: int) -> np.ndarray:
    """Recording as mono float32 `(samples,)` in [-1, 1] at `rate` Hz.

    Integer formats are scaled by their full scale, channels are averaged, and other rates are resampled by soxr.
    An Ogg stream cut between two pages is a shorter stream by its own rules, and is read as one.
    Raises `InputError` when the file is missing, a folder, unreadable, not audio, truncated, without samples, with NaN
    or infinite samples, or on a float scale far beyond [-1, 1]; also when soundfile or soxr is not installed.
    """
    path = Path(path)
    waveform, recorded = _decode(path)
    if not len(waveform):
        raise InputError(f"{path} holds no samples: record it again.")
    bad = np.flatnonzero(~np.isfinite(waveform))
    if len(bad):
        raise InputError(
            f"{path} has {len(bad)} samples that are NaN or infinite, the first at {bad[0] / recorded:.3f} s: "
            "repair the program that wrote it, or save it again as 16-bit PCM."
        )
    peak = float(np.abs(waveform).max())
    if peak > FULL_SCALE:
        raise InputError(
            f"{path} has float samples up to {peak:.6g} where audio lies between -1 and 1: "
            "divide them by the full scale (32768 for 16 bits) or save it as 16-bit PCM."
        )
    return waveform if recorded == rate else _resample(path, waveform, recorded, rate)


def _decode(path: Path) -> tuple[np.ndarray, int]:
    """Mono float32 `(samples,)` at the file's own rate, and that rate in Hz."""
    soundfile = _soundfile()
    try:
        with reading(path, "recording"):
            if path.is_file() and not path.stat().st_size:
                raise InputError(f"{path} is an empty file: copy or record it again.")
            with open(path, "rb") as stream, soundfile.SoundFile(stream) as recording:
                _refuse_broken_promise(path, recording)
                blocks = []
                while len(block := recording.read(BLOCK, dtype="float32", always_2d=True)):
                    blocks.append(block.mean(axis=1))
                promised, recorded = recording.frames, recording.samplerate
    except (soundfile.SoundFileError, TypeError) as error:  # TypeError: headerless .raw files
        raise InputError(
            f"{path} is not readable audio or is damaged ({_reason(error)}): "
            f"convert it, for example with `ffmpeg -i INPUT -ac 1 {path.stem}.wav`."
        ) from None
    waveform = np.concatenate(blocks) if blocks else np.zeros(0, np.float32)
    if len(waveform) < promised < UNKNOWN_LENGTH:
        raise _truncated(path, promised / recorded, len(waveform) / recorded)
    return waveform, recorded


def _refuse_broken_promise(path: Path, recording: Any) -> None:
    """libsndfile reads what there is of a cut WAV, AIFF, AU or W64 and only logs it; half a word is no word."""
    for promised, held in re.findall(PROMISE, recording.extra_info):
        if int(held) < int(promised) < UNKNOWN_LENGTH:
            seconds = recording.frames / recording.samplerate
            raise _truncated(path, seconds * int(promised) / max(1, int(held)), seconds)
    for held, promised in re.findall(PROMISE_64, recording.extra_info):
        if int(held) < int(promised):
            raise _truncated(path, int(promised) / recording.samplerate, int(held) / recording.samplerate)


def _truncated(path: Path, promised: float, held: float) -> InputError:
    return InputError(
        f"{path} is truncated: its header promises {promised:.3f} s and the file holds {held:.3f} s; "
        "copy or record it again."
    )


def _reason(error: Exception) -> str:
    """The last part of a library's message, without its own quoting of the file."""
    return str(getattr(error, "error_string", error)).removeprefix("Error : ").rstrip(". ")


def _resample(path: Path, waveform: np.ndarray, recorded: int, rate: int) -> np.ndarray:
    try:
        import soxr
    except ImportError:
        raise InputError(f"{path} has {recorded} Hz and the model {rate} Hz: run `pip install soxr`.") from None
    resampled = soxr.resample(waveform, recorded, rate).astype(np.float32, copy=False)
    if not len(resampled):
        raise InputError(f"{path} holds less than one sample at {rate} Hz: record it again.")
    return resampled


def _soundfile() -> Any:
    try:
        import soundfile
    except (ImportError, OSError):  # OSError: the package is there, the C library is not
        raise InputError("reading recordings needs soundfile: run `pip install soundfile soxr`.") from None
    return soundfile
