"""Speech data of the TensorFlow Datasets catalogue: `tfds:speech_commands[:VERSION]`.

A catalogue name needs one `Adapter`: its feature keys and its splits. The test of `speech_commands` is the official
archive with real noise as `_silence_`; train and validation hold far more `_unknown_` than anything else, which
`training/epoch.py` evens out for training.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from heedful.apps.errors import InputError
from heedful.recipes.shared.reading.splits import SPLITS
from heedful.recipes.shared.reading.tfds_builder import adapter_of, columns, prepared
from heedful.recipes.speech_commands.reading.listing import Listing
from heedful.recipes.speech_commands.reading.recordings import FULL_SCALE, Reader, Recording


@dataclass(frozen=True)
class Adapter:
    """How a catalogue entry maps to recordings."""

    audio: str  # feature key of the samples, integer or float (length,)
    label: str  # feature key of the word, a ClassLabel
    rate: int  # Hz
    splits: dict[str, str]  # ours -> theirs


ADAPTERS = {"speech_commands": Adapter("audio", "label", 16000, {split: split for split in SPLITS})}
BATCH = 64  # examples that are read at once


def open_catalogue(source: str, rate: int, data_dir: str | None, download: bool) -> tuple[Listing, Reader]:
    """Recordings of `tfds:NAME[:VERSION]` and their reader at `rate`; InputError when unknown or not prepared yet."""
    adapter = adapter_of(source, ADAPTERS, "speech catalogue")
    builder = prepared(source, data_dir, download, needs="pydub")
    words = builder.info.features[adapter.label].names
    waveforms: dict[str, np.ndarray] = {}
    recordings = []
    for split, theirs in adapter.splits.items():
        if theirs not in builder.info.splits:
            continue
        batches = columns(builder, theirs, (adapter.audio, adapter.label), BATCH)
        examples = (example for batch in batches for example in zip(*batch.values(), strict=True))
        for number, (audio, label) in enumerate(examples):
            word = words[int(label)]
            recording = Recording(Path(), f"{split}/{word}/{number:06d}", word, split, "")
            waveforms[recording.name] = np.asarray(audio)
            recordings.append(recording)

    def read(recording: Recording) -> np.ndarray:
        waveform = waveforms[recording.name]
        if not len(waveform):
            raise InputError(f"{recording.name} holds no samples.")
        if np.issubdtype(waveform.dtype, np.integer):
            waveform = waveform / np.float32(FULL_SCALE)
        if rate == adapter.rate:
            return waveform
        import soxr

        return soxr.resample(waveform, adapter.rate, rate)

    return Listing(tuple(recordings), (), "the catalogue's own splits", speakers_known=True), read
