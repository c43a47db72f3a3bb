"""Recordings of any format, rate and channel count as the mono float waveform that a model takes.

Wrong answers on one's own recordings usually come from here (rate, stereo, integer scale, a file cut short), so
everything that cannot be made right silently is refused with one sentence that names the file and the fix.
"""

import re
from os import PathLike
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from heedful.apps import audio_containers
from heedful.apps.audio_headers import UNKNOWN, Overlaid, mp3_counted, other_kind, sound_kind, wav_sound
from heedful.apps.errors import InputError
from heedful.apps.files import reading

BLOCK = 1 << 18  # frames decoded at a time, so that a long many-channel file is never whole in memory
UNKNOWN_LENGTH = 0x7FFF0000  # sizes from here on are what recorders write into a stream whose end they cannot know
FULL_SCALE = 16.0  # float samples beyond +24 dB over full scale are integers in disguise, not loud speech
SLACK_SECONDS, SLACK_SHARE = 0.1, 0.05  # a header may promise so much more than there is: it has miscounted
STRETCH = 2000  # times its size: so long claims an MP3 to be, which is then read to its end
HEAD = 512  # bytes that tell what a file is

# libsndfile's log of the header: what a data chunk promises, and in brackets what the file really holds.
PROMISE = re.compile(r"^\s*(?:data|SSND|Data Size|riff|Riff size)\s*:\s*(\d+) \(should be (\d+)\)", re.MULTILINE)


def read(path: str | PathLike[str], rate: int, remarks: list[str] | None = None) -> np.ndarray:
    """Recording as mono float32 `(samples,)` in [-1, 1] at `rate` Hz.

    What libsndfile does not know, by content and not by name, PyAV decodes. Integer formats are scaled by their full
    scale, channels are averaged, and other rates are resampled by soxr. An Ogg stream cut between two pages is a
    shorter stream by its own rules, and is read as one; an MP3 is read until its decoder ends. What was wrong with a
    file that could be read all the same is added to `remarks`.
    Raises `InputError` when the file is missing, a folder, unreadable, not audio, truncated, without samples, with NaN
    or infinite samples, or on a float scale far beyond [-1, 1]; also when a library is not installed.
    """
    path = Path(path)
    waveform, recorded = _decode(path, rate, [] if remarks is None else remarks)
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


def _decode(path: Path, rate: int, remarks: list[str]) -> tuple[np.ndarray, int]:
    """Mono float32 `(samples,)` at the file's own rate, and that rate in Hz."""
    soundfile = _soundfile()
    with reading(path, "recording"):
        if path.is_file() and not path.stat().st_size:
            raise InputError(f"{path} is an empty file: copy or record it again.")
        with open(path, "rb") as stream:
            head = stream.read(HEAD)
            sound = wav_sound(stream)
            if sound and sound.patches:
                remarks.append("its header says that it holds no sound: read to its end")
            try:  # without a name: by `.raw` soundfile would ask for a rate
                recording = soundfile.SoundFile(Overlaid(stream, sound.patches if sound else {}))
            except soundfile.SoundFileError as error:
                return _decode_by_av(path, stream, head, _reason(error), rate)
            with recording:
                if "MPEG_LAYER" in recording.subtype:
                    return _decode_mp3(path, stream, recording, remarks)
                promised = recording.frames / recording.samplerate
                if sound and not sound.patches:
                    _check_promise(path, promised, sound.promised, sound.held, remarks)
                else:
                    for size, held in re.findall(PROMISE, recording.extra_info):
                        _check_promise(path, promised, int(size), int(held), remarks)
                try:
                    waveform = _samples(recording)
                except soundfile.SoundFileError as error:
                    raise _unreadable(path, _reason(error), head, rate) from None
            if len(waveform) < recording.frames < UNKNOWN_LENGTH:
                _check_length(path, promised, len(waveform) / recording.samplerate, remarks)
            return waveform, recording.samplerate


def _decode_mp3(path: Path, stream: BinaryIO, opened: Any, remarks: list[str]) -> tuple[np.ndarray, int]:
    """An MP3, or one in a WAV, until the decoder ends: the length that libsndfile gives is mostly an estimate."""
    soundfile = _soundfile()
    promised = opened.frames if opened.format == "MP3" and mp3_counted(stream) else 0
    opened.close()
    with soundfile.SoundFile(Overlaid(stream, {}, STRETCH)) as recording:
        rate = recording.samplerate
        try:
            waveform = _samples(recording)
        except soundfile.SoundFileError:
            raise InputError(f"{path} is truncated: it ends inside a frame; copy or record it again.") from None
    if len(waveform) < promised:
        _check_length(path, promised / rate, len(waveform) / rate, remarks)
    return waveform, rate


def _decode_by_av(path: Path, stream: BinaryIO, head: bytes, reason: str, rate: int) -> tuple[np.ndarray, int]:
    """What libsndfile does not know. Containers count the delay of their encoder as well, so a little less is whole."""
    if other_kind(head):
        raise _unreadable(path, reason, head, rate)
    if not audio_containers.available():
        if kind := sound_kind(head):
            raise InputError(f'{path} is {kind}: run `pip install "heedful[media]"`, or convert it to .wav or .flac.')
        raise _unreadable(path, reason, head, rate)
    try:
        waveform, recorded, promised = audio_containers.decode(Overlaid(stream, {}), path)
    except audio_containers.NoSound as error:
        raise _unreadable(path, str(error) if sound_kind(head) else reason, head, rate) from None
    if sound := wav_sound(stream):
        _check_promise(path, len(waveform) / recorded, sound.promised, sound.held, [])
    if len(waveform) / recorded < promised:
        _check_length(path, promised, len(waveform) / recorded, [])
    return waveform, recorded


def _samples(recording: Any) -> np.ndarray:
    """Mono, block by block, until there is no more."""
    blocks = []
    with np.errstate(all="ignore"):  # NaN and infinite samples are refused later, in words
        while len(block := recording.read(BLOCK, dtype="float32", always_2d=True)):
            blocks.append(block.mean(axis=1))
    return np.concatenate(blocks) if blocks else np.zeros(0, np.float32)


def _check_promise(path: Path, seconds: float, promised: int, held: int, remarks: list[str]) -> None:
    """libsndfile reads what there is of a cut WAV, AIFF, AU or W64 and only logs it; half a word is no word.

    `seconds` are those of the bytes that are there, the others are bytes.
    """
    if held < promised and not UNKNOWN_LENGTH <= promised <= UNKNOWN:
        _check_length(path, seconds * promised / max(1, held), seconds, remarks)


def _check_length(path: Path, promised: float, held: float, remarks: list[str]) -> None:
    """Raises `InputError` where a file holds less than its header promises, in seconds; a little less is a remark."""
    if promised - held > max(SLACK_SECONDS, SLACK_SHARE * promised) + 1e-6:
        raise InputError(
            f"{path} is truncated: its header promises {promised:.3f} s and the file holds {held:.3f} s; "
            "copy or record it again."
        )
    remarks.append("its header promises a little more sound than there is: read to its end")


def _unreadable(path: Path, reason: str, head: bytes, rate: int) -> InputError:
    """Why, what it really is where that can be told, and how to convert it to a file of another name."""
    if kind := other_kind(head):
        return InputError(f"{path} is not readable audio but {kind}: give a recording.")
    target = f"{path.stem}.wav" if path.suffix.lower() != ".wav" else f"{path.stem}_converted.wav"
    if kind := sound_kind(head):
        return InputError(
            f"{path} is {kind}, but damaged or cut short ({reason}): "
            f"copy it again or convert it, for example with `ffmpeg -i INPUT -ac 1 {target}`."
        )
    return InputError(
        f"{path} is not readable audio or is damaged ({reason}): copy it again or, where it holds samples without a "
        f"header, convert it, for example with `ffmpeg -f s16le -ar {rate} -ac 1 -i INPUT {target}`."
    )


def _reason(error: Exception) -> str:
    """The last part of a library's message, without its own quoting of the file."""
    return str(getattr(error, "error_string", error)).removeprefix("Error : ").rstrip(". ")


def _resample(path: Path, waveform: np.ndarray, recorded: int, rate: int) -> np.ndarray:
    try:
        import soxr
    except ImportError:
        raise InputError(
            f'{path} has {recorded} Hz and the model {rate} Hz, which needs soxr: run `pip install "heedful[run]"`.'
        ) from None
    resampled = soxr.resample(waveform, recorded, rate).astype(np.float32, copy=False)
    if not len(resampled):
        raise InputError(f"{path} holds less than one sample at {rate} Hz: record it again.")
    return resampled


def _soundfile() -> Any:
    try:
        import soundfile
    except (ImportError, OSError):  # OSError: the package is there, the C library is not
        raise InputError('reading recordings needs soundfile: run `pip install "heedful[run]"`.') from None
    return soundfile
