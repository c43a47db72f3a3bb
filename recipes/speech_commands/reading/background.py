"""Background noise: kept apart per split, mixed into words, and the stuff that `_silence_` is made of.

Whole recordings of noise belong to one split, all of a kind (`rain1`, `rain2`) to the same, so that evaluation hears
noise that training never did. With fewer than three recordings each is cut in time instead (70 % train, 15 %
validation, 15 % test), which flatters, and is said; where there are none, textbook noises stand in. `_silence_` is
noise at a volume between nothing and full, digital zero included: trained on zeros alone, a model takes a running tap
for a word.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import PurePath

import numpy as np

from heedful.apps.errors import InputError
from heedful.recipes.shared.reading.first_names import first_names
from heedful.recipes.speech_commands.reading.listing import Listing
from heedful.recipes.speech_commands.reading.recordings import Decoded, Reader, to_int16
from heedful.recipes.speech_commands.reading.word_labels import SILENCE

FEWEST_KINDS = 3  # of which one is for evaluation
CUTS = {"train": (0.0, 0.7), "validation": (0.7, 0.85), "test": (0.85, 1.0)}
ZERO_SHARE = 0.1  # of the silence clips: exact digital zero
SYNTHETIC_SECONDS = 20
SYNTHETIC_LEVEL = 0.1  # root mean square, full scale 1


def gather(
    listing: Listing, decoded: Mapping[str, Decoded], read: Reader, rate: int, samples: int
) -> tuple[dict[str, tuple[np.ndarray, ...]], str, list[dict[str, str]]]:
    """Noise of each split (int16 recordings of `samples` or more), how it came about, and the files skipped."""
    noise: dict[str, list[np.ndarray]] = {split: [] for split in CUTS}
    rules, skipped = [], []
    free = [item.name for item in listing.noise if not item.split]
    parts = [split for split in ("validation", "test") if decoded[split].recordings] or ["validation", "test"]
    whole = divided(free, parts)
    for item in listing.noise:
        try:
            recording = to_int16(read(item))
        except InputError as error:
            skipped.append({"file": item.name, "word": item.word, "reason": str(error)})
            continue
        if item.split:
            noise[item.split].append(at_least(recording, samples))
        elif whole:
            for split in whole[item.name]:
                noise[split].append(at_least(recording, samples))
        else:
            for split in CUTS:
                noise[split].append(cut_in_time(recording, split, samples))
    if len(free) < len(listing.noise):
        rules.append("the noise folder of each split")
    if whole:
        heard = [name for name in free if "train" not in whole[name]]
        rules.append(f"whole recordings: {len(free) - len(heard)} train, {first_names(heard)} for evaluation")
    elif free:
        rules.append(
            f"recordings cut in time: 70 % train, 15 % validation, 15 % test; with {FEWEST_KINDS} or more, evaluation "
            f"would hear noise that training never did"
        )
    for split, part in decoded.items():
        for row, item in enumerate(part.recordings):
            if item.word == SILENCE and part.rows[row].any():  # digital zero is silence, but no noise
                # Of a long recording the clip is only the loudest window, the noise is all of it.
                long = part.seconds[row] * rate > samples
                noise[split].append(to_int16(read(item)) if long else part.rows[row])
                rules.append("the recordings of _silence_")
    bare = [split for split in CUTS if not noise[split]]
    for split in bare:
        noise[split] += synthetic(split, rate)
    if concerned := [split for split in bare if decoded[split].recordings]:
        rules.append(f"synthetic (white, pink, brown, hum) for {', '.join(concerned)}")
    return {split: tuple(parts) for split, parts in noise.items()}, "; ".join(dict.fromkeys(rules)), skipped


def divided(names: Sequence[str], parts: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The splits of each noise recording by its name: two thirds of the kinds are for training, the others for `parts`
    in turn, and for all of them where there is but one. Empty with fewer than `FEWEST_KINDS` recordings.
    """
    kinds = {name: re.sub(r"[\W\d_]+", "", PurePath(name).stem.casefold()) for name in names}
    if len(set(kinds.values())) < FEWEST_KINDS:
        kinds = {name: name for name in names}
    ordered = sorted(set(kinds.values()), key=lambda kind: hashlib.sha1(kind.encode()).digest())
    if len(ordered) < FEWEST_KINDS:
        return {}
    evaluated = ordered[: len(ordered) // FEWEST_KINDS]
    few = len(evaluated) < len(parts)
    split_of = {kind: tuple(parts) if few else (parts[at % len(parts)],) for at, kind in enumerate(evaluated)}
    return {name: split_of.get(kind, ("train",)) for name, kind in kinds.items()}


def cut_in_time(recording: np.ndarray, split: str, samples: int) -> np.ndarray:
    """The part of a noise recording `(length,)` that belongs to `split`, repeated where it is shorter than one clip."""
    low, high = CUTS[split]
    return at_least(recording[int(low * len(recording)) : int(high * len(recording))], samples)


def at_least(recording: np.ndarray, samples: int) -> np.ndarray:
    """The recording, repeated until it fills one clip; an empty one becomes zeros."""
    if not len(recording):
        return np.zeros(samples, np.int16)
    return recording if len(recording) >= samples else np.resize(recording, samples)


def synthetic(split: str, rate: int) -> tuple[np.ndarray, ...]:
    """White, pink, brown noise and two hums as int16 recordings of 20 s; every split has its own, always the same."""
    rng = np.random.default_rng([tuple(CUTS).index(split), 20180409])
    length = SYNTHETIC_SECONDS * rate
    frequency = np.fft.rfftfreq(length, 1 / rate)
    colours = []
    for slope in (0.0, 0.5, 1.0):  # amplitude falls as 1 / frequency ** slope: white, pink, brown
        spectrum = np.fft.rfft(rng.standard_normal(length))
        colours.append(np.fft.irfft(spectrum / np.maximum(frequency, 20.0) ** slope, length))
    time = np.arange(length) / rate
    for low, high in ((48.0, 62.0), (90.0, 300.0)):  # mains and machines
        fundamental = rng.uniform(low, high)
        partials = np.arange(1, 13)
        waves = np.sin(2 * np.pi * fundamental * partials[:, None] * time + rng.uniform(0, 2 * np.pi, (12, 1)))
        hum = (rng.uniform(0.2, 1.0, 12) / partials) @ waves
        colours.append(hum / hum.std() + 0.1 * rng.standard_normal(length))
    return tuple(to_int16(SYNTHETIC_LEVEL * wave / wave.std()) for wave in colours)


def crops(recordings: Sequence[np.ndarray], count: int, samples: int, rng: np.random.Generator) -> np.ndarray:
    """Random windows int16 `(count, samples)`; a recording is chosen in proportion to its length."""
    lengths = np.array([len(recording) for recording in recordings])
    chosen = rng.choice(len(recordings), count, p=lengths / lengths.sum())
    starts = rng.integers(0, lengths[chosen] - samples + 1)
    out = np.empty((count, samples), np.int16)
    for row, (index, start) in enumerate(zip(chosen, starts, strict=True)):
        out[row] = recordings[index][start : start + samples]
    return out


def volumes(count: int, rng: np.random.Generator) -> np.ndarray:
    """Volumes float32 `(count,)` in [0, 1]: squared, because loudness is heard in ratios, and a tenth exactly zero."""
    return (np.square(rng.random(count)) * (rng.random(count) >= ZERO_SHARE)).astype(np.float32)


def fixed_silence(recordings: Sequence[np.ndarray], count: int, samples: int) -> np.ndarray:
    """Silence clips int16 `(count, samples)` to evaluate on: spread over the noise, volumes from zero to full."""
    spread = (np.arange(count) + 0.5) / max(count, 1)
    ends = np.cumsum([0] + [len(recording) for recording in recordings])
    positions = (spread * ends[-1]).astype(int)
    out = np.zeros((count, samples), np.int16)
    volume = np.random.default_rng(count).permutation(np.linspace(0.0, 1.0, count))
    volume[volume < ZERO_SHARE] = 0.0
    for row, position in enumerate(positions):
        for recording, (begin, end) in zip(recordings, pairwise(ends), strict=True):
            if begin <= position < end:
                start = min(position - begin, len(recording) - samples)
                out[row] = np.rint(volume[row] * recording[start : start + samples].astype(np.float32))
    return out
