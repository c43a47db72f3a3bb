"""Sound out of what phones, browsers and messengers write (M4A, WebM, AMR, 3GP, WMA, films), by PyAV.

PyAV brings FFmpeg's decoders with it. Formats are named one by one: FFmpeg also knows play lists, which open other
files, and takes text for pictures.
"""

from io import RawIOBase
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from heedful.apps.errors import InputError

FORMATS = "aac,ac3,aiff,amr,amrnb,amrwb,ape,asf,au,avi,caf,flac,flv,matroska,mov,mp3,nistsphere,ogg,tta,w64,wav,wv"
PROMISING = ("mov", "matroska", "asf", "caf", "avi", "flac")  # formats whose header counts what follows
CHANNELS = 8  # FFmpeg keeps those beyond at another place, where PyAV 18 does not look, and the process ends
MICROSECONDS = 1_000_000


class NoSound(Exception):
    """FFmpeg finds nothing in the file that it can decode; the message is its reason."""


def available() -> bool:
    """Whether PyAV is installed."""
    try:
        import av  # noqa: F401
    except ImportError:
        return False
    return True


def decode(stream: BinaryIO | RawIOBase, path: Path) -> tuple[np.ndarray, int, float]:
    """Mono float32 `(samples,)` at the file's own rate, that rate, and the seconds that the header promises (or 0).

    Raises `NoSound` where FFmpeg cannot decode all of it, `InputError` where the file has pictures only.
    """
    import av
    from av.error import FFmpegError

    stream.seek(0)
    try:
        with av.open(stream, mode="r", options={"format_whitelist": FORMATS}) as container:
            if not container.streams.audio:
                raise InputError(f"{path} has no sound in it: give a recording.")
            track = container.streams.audio[0]
            resampler = av.AudioResampler(format="fltp")  # each channel by itself, layout and rate as they are
            blocks = []
            for frame in container.decode(track):
                blocks += [_mono(part) for part in resampler.resample(frame)]
            if blocks:
                blocks += [_mono(part) for part in resampler.resample(None)]
            promised = _promised(container, track)
            rate = track.rate
    except (FFmpegError, ValueError, IndexError) as error:  # ValueError: channels or rate change on the way
        if isinstance(error, InputError):
            raise
        raise NoSound(getattr(error, "strerror", None) or str(error)) from None
    if not rate:
        raise NoSound("no sampling rate")
    return np.concatenate(blocks) if blocks else np.zeros(0, np.float32), rate, promised


def _mono(frame: Any) -> np.ndarray:
    if frame.layout.nb_channels > CHANNELS:
        raise ValueError(f"{frame.layout.nb_channels} channels")
    with np.errstate(all="ignore"):  # NaN and infinite samples are refused later, in words
        return frame.to_ndarray().mean(axis=0, dtype=np.float32)


def _promised(container: Any, track: Any) -> float:
    """Seconds of sound by the header; 0 where the format has no such promise."""
    if not set(container.format.name.split(",")) & set(PROMISING):
        return 0.0
    if track.duration is not None:
        return float(track.duration * track.time_base)
    if container.duration is None or len(container.streams) > 1:
        return 0.0
    return container.duration / MICROSECONDS
