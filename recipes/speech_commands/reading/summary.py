"""What a data set turned out to hold: as JSON for the card, and as a table for the person who waits in front of it."""

from collections import Counter
from collections.abc import Mapping

import numpy as np

from heedful.recipes.shared.reading.first_names import first_names
from heedful.recipes.shared.reading.splits import SPLITS
from heedful.recipes.shared.reading.summary import counted, heading, remarks, table
from heedful.recipes.speech_commands.reading.listing import Listing
from heedful.recipes.speech_commands.reading.recordings import Decoded
from heedful.recipes.speech_commands.reading.sound_checks import warnings_of_sound
from heedful.recipes.speech_commands.reading.word_labels import SILENCE, SPECIAL, UNKNOWN, Vocabulary

MOMENTS = {"min": np.min, "median": np.median, "max": np.max}
HALF_SAMPLE = 1e-5  # seconds
FEW, ENOUGH = 10, 50  # recordings of a word


def build(
    source: str, listing: Listing, words: Vocabulary, decoded: Mapping[str, Decoded],
    targets: Mapping[str, np.ndarray], clip_seconds: float, noise_rule: str, skipped_noise: list[dict[str, str]],
    remarks: Mapping[str, str], training: bool,
) -> dict:  # fmt: skip
    """The JSON-able summary: counts of `targets` `(clips,)` by split, lengths, what was skipped or is suspicious.

    `remarks` are about files that could be read all the same, by name.
    """
    counts = {
        split: dict(zip(words.labels, np.bincount(part, minlength=len(words.labels)).tolist(), strict=True))
        for split, part in targets.items()
    }
    seconds = np.concatenate([part.seconds for part in decoded.values()])
    return {
        "source": source,
        "labels": list(words.labels),
        "counts": counts,
        "clips": sum(len(part) for part in targets.values()),
        "speakers": {split: len({item.speaker for item in decoded[split].recordings} - {""}) for split in SPLITS},
        "unknown_words": sorted(
            word for word, target in words.targets.items() if words.labels[target] == UNKNOWN and word != UNKNOWN
        ),
        "split_rule": listing.rule,
        "clip_seconds": clip_seconds,
        "seconds": {name: round(float(of(seconds)), 3) for name, of in MOMENTS.items()},
        "padded": int(np.sum(seconds < clip_seconds - HALF_SAMPLE)),
        "cut": int(np.sum(seconds > clip_seconds + HALF_SAMPLE)),
        "noise": noise_rule,
        "skipped": [item for part in decoded.values() for item in part.skipped] + skipped_noise,
        "left_out": words.left_out,
        "unused": counted(listing.unused),
        "read": list(listing.read),
        "notes": [*listing.notes, *_told(remarks)],
        "warnings": [
            *words.warnings,
            *listing.warnings,
            *_warnings(listing, decoded, counts, training),
            *(_few(words, decoded) if training and not words.warnings else ()),
            *warnings_of_sound(decoded, clip_seconds),
        ],
    }


def describe(summary: Mapping) -> str:
    """The summary as text: a table of counts per label and split, and a line for everything worth knowing."""
    counts = {label: [summary["counts"][split][label] for split in SPLITS] for label in summary["labels"]}
    counts["total"] = [sum(summary["counts"][split].values()) for split in SPLITS]
    rows = [(label, *(f"{count:,}" if count else "-" for count in row)) for label, row in counts.items()]
    lines = [heading(summary, f"{summary['clips']:,} clips"), *table(("label", *SPLITS), rows)]
    seconds = summary["seconds"]
    lines.append(
        f"lengths {seconds['min']:.2f} / {seconds['median']:.2f} / {seconds['max']:.2f} s (min / median / max); "
        f"{summary['padded']} padded to and {summary['cut']} cut to the loudest {summary['clip_seconds']:g} s"
    )
    if summary["unknown_words"]:
        lines.append(f"{UNKNOWN}: {', '.join(summary['unknown_words'])}")
    lines.append(f"noise: {summary['noise']}")
    if summary["left_out"]:
        lines.append("left out: " + ", ".join(f"{word} ({count})" for word, count in summary["left_out"].items()))
    skipped = {"recording that cannot be read": [f"{item['file']}: {item['reason']}" for item in summary["skipped"]]}
    skipped = {**counted(skipped), **summary.get("unused", {})}
    return "\n".join([*lines, *remarks({**summary, "skipped": skipped})])


def _warnings(
    listing: Listing, decoded: Mapping[str, Decoded], counts: Mapping[str, Mapping[str, int]], training: bool
) -> list[str]:
    warnings = []
    if training and not listing.speakers_known:
        warnings.append(
            "neither folders nor file names carry the speaker (SPEAKER_nohash_0.wav), so clips of one person may lie "
            "in training and in evaluation, and the scores may flatter; folders train, validation, test say it better"
        )
    heard = set(decoded["train"].digests)
    for split in SPLITS[1:]:
        part = decoded[split]
        leaks = sum(
            digest in heard and item.word != SILENCE for digest, item in zip(part.digests, part.recordings, strict=True)
        )
        if leaks:
            warnings.append(
                f"{leaks} {split} clips are also in training, sample for sample: the {split} score flatters"
            )
    empty = [label for label, count in counts["validation"].items() if not count and label not in SPECIAL]
    if training and empty:
        warnings.append(f"no validation clips of {', '.join(empty)}")
    return warnings


def _told(remarks: Mapping[str, str]) -> list[str]:
    """A line for each remark, with the number of files and the first."""
    files: dict[str, list[str]] = {}
    for name, remark in sorted(remarks.items()):
        files.setdefault(remark, []).append(name)
    return [
        f"{len(names):,} {'recordings' if len(names) > 1 else 'recording'} ({names[0]}{', ...' * (len(names) > 1)}): "
        f"{remark}"
        for remark, names in files.items()
    ]


def _few(words: Vocabulary, decoded: Mapping[str, Decoded]) -> list[str]:
    """What to expect of words with few recordings, and what to do."""
    said = Counter(item.word for part in decoded.values() for item in part.recordings)
    counts = {label: said[label] for label in words.labels if label not in SPECIAL}
    few = [f"{label} ({count})" for label, count in counts.items() if count < FEW]
    if not few:
        return []
    least = min(counts.values())
    return [
        f"fewer than {FEW} recordings of {first_names(few)}: expect a model that knows these takes and hardly others, "
        f"and a score that says little; record about {ENOUGH - least} more of each, best by several people"
    ]
