"""What looks wrong in sound that could be read: silence, clipping, one recording twice, clips of the wrong length."""

from collections import Counter, defaultdict
from collections.abc import Mapping

import numpy as np

from heedful.recipes.shared.reading.first_names import first_names
from heedful.recipes.speech_commands.reading.recordings import Decoded
from heedful.recipes.speech_commands.reading.word_labels import SILENCE

SILENT = 33  # of 32768: -60 dB
CLIPPED_SAMPLES = 0.01  # of a clip at full scale
CLIPPED_CLIPS = 0.05  # of the recordings; in fewer it is a shout
SHORT, LONG = 0.25, 3.0  # of the length of a clip, for half of the recordings


def warnings_of_sound(decoded: Mapping[str, Decoded], clip_seconds: float) -> list[str]:
    """A sentence for each thing that looks wrong."""
    return [
        warning
        for warning in (
            _silent(decoded), _clipped(decoded), *_twice(decoded), _length(decoded, clip_seconds),
        )
        if warning
    ]  # fmt: skip


def _silent(decoded: Mapping[str, Decoded]) -> str:
    names = [
        item.name
        for part in decoded.values()
        for item, peak in zip(part.recordings, part.peaks, strict=True)
        if peak < SILENT and item.word != SILENCE
    ]
    return f"{len(names):,} recordings of words are silent: {first_names(names)}" if names else ""


def _clipped(decoded: Mapping[str, Decoded]) -> str:
    names = [
        item.name
        for part in decoded.values()
        for item, share in zip(part.recordings, part.clipped, strict=True)
        if share > CLIPPED_SAMPLES
    ]
    if len(names) <= CLIPPED_CLIPS * sum(len(part.recordings) for part in decoded.values()):
        return ""
    return f"{len(names):,} recordings are clipped, record with less gain: {first_names(names)}"


def _twice(decoded: Mapping[str, Decoded]) -> list[str]:
    """Equal sound within a split: under two words, or under one."""
    torn: list[str] = []
    twins: Counter[str] = Counter()
    for part in decoded.values():
        by_sound: defaultdict[bytes, list[int]] = defaultdict(list)
        for row, digest in enumerate(part.digests):
            if part.peaks[row] >= SILENT:
                by_sound[digest].append(row)
        for rows in by_sound.values():
            items = [part.recordings[row] for row in rows]
            if len({item.word for item in items}) > 1:
                torn.append(" = ".join(item.name for item in items[:2]))
            elif len(items) > 1:
                twins[items[0].name] += len(items) - 1
    found = []
    if torn:
        found.append(f"{len(torn):,} recordings stand under two words, sample for sample: {first_names(torn)}")
    if twins:
        found.append(
            f"{twins.total():,} recordings repeat others of their word, sample for sample: {first_names(list(twins))}"
        )
    return found


def _length(decoded: Mapping[str, Decoded], clip_seconds: float) -> str:
    seconds = np.concatenate([part.seconds for part in decoded.values()])
    if not len(seconds):
        return ""
    median = float(np.median(seconds))
    if SHORT * clip_seconds <= median <= LONG * clip_seconds:
        return ""
    kind = "shorter" if median < clip_seconds else "longer"
    fit = "cut to the loudest part" if kind == "longer" else "mostly padding"
    return (
        f"most recordings are much {kind} ({median:.2f} s) than the clip of {clip_seconds:g} s and are {fit}: "
        f"--set clip_seconds={max(0.1, round(median, 1)):g} may fit better"
    )
