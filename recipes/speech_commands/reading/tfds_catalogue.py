"""Speech data of the TensorFlow Datasets catalogue: `tfds:speech_commands[:VERSION]`.

A catalogue name needs one `Adapter`: its feature keys and its splits. The test of `speech_commands` is the official
archive with real noise as `_silence_`; train and validation hold far more `_unknown_` than anything else, which
`training/epoch.py` evens out for training.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from heedful.apps.errors import InputError
from heedful.recipes.shared.reading.splits import SPLITS
from heedful.recipes.shared.reading.tfds_builder import PREFIX, prepared, split_source
from heedful.recipes.speech_commands.reading.folder import Listing
from heedful.recipes.speech_commands.reading.recordings import FULL_SCALE, Reader, Recording


@dataclass(frozen=True)
class Adapter:
    """How a catalogue entry maps to recordings."""

    audio: str  # feature key of the samples, integer or float (length,)
    label: str  # feature key of the word, a ClassLabel
    rate: int  # Hz
    splits: dict[str, str]  # ours -> theirs


ADAPTERS = {
    "speech_commands": Adapter("audio", "label", 16000, {split: split for split in SPLITS}),
}


def open_catalogue(source: str, rate: int, data_dir: str | None, download: bool) -> tuple[Listing, Reader]:
    """Recordings of `tfds:NAME[:VERSION]` and their reader at `rate`; InputError when unknown or not prepared yet."""
    name, _ = split_source(source)
    if name not in ADAPTERS:
        raise InputError(f"{source} is not a speech catalogue known here: use {PREFIX}{', '.join(ADAPTERS)}.")
    adapter = ADAPTERS[name]
    builder = prepared(source, data_dir, download, needs="pydub")
    words = builder.info.features[adapter.label].names
    waveforms: dict[str, np.ndarray] = {}
    recordings = []
    for split, theirs in adapter.splits.items():
        if theirs not in builder.info.splits:
            continue
        for number, example in enumerate(_examples(builder, theirs)):
            word = words[int(example[adapter.label])]
            recording = Recording(Path(), f"{split}/{word}/{number:06d}", word, split, "")
            waveforms[recording.name] = np.asarray(example[adapter.audio])
            recordings.append(recording)

    def read(recording: Recording) -> np.ndarray:
        waveform = waveforms[recording.name]
        if not len(waveform):
            raise InputError(f"{recording.name} holds no samples.")
        if np.issubdtype(waveform.dtype, np.integer):
            waveform = waveform / np.float32(FULL_SCALE)
        return waveform if rate == adapter.rate else _resample(waveform, adapter.rate, rate)

    return Listing(tuple(recordings), (), "the catalogue's own splits", speakers_known=True), read


def _examples(builder: Any, split: str) -> Iterable[dict[str, Any]]:
    """Examples as NumPy in a fixed order: by random access where the file format has it, else through tf.data."""
    import tensorflow_datasets as tfds

    if str(builder.info.file_format.value) == "array_record":
        return builder.as_data_source(split=split)
    return tfds.as_numpy(builder.as_dataset(split=split, shuffle_files=False))


def _resample(waveform: np.ndarray, recorded: int, rate: int) -> np.ndarray:
    import soxr

    return soxr.resample(waveform, recorded, rate)
