"""Recordings in, batches out: three sources behind one function, and a batch that is a pure function of (seed, step).

    data = load("my_words/", config)        # any layout; also "sample" and "tfds:speech_commands"
    inputs, targets = data.batch(seed=0, step=1234)

Everything is decoded once and kept as int16 (3,759 clips: 120 MB, seconds to load); a batch is NumPy indexing. What was
found, left out or looks wrong is in `data.summary`; `describe` prints it.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np

from heedful.apps.errors import InputError
from heedful.apps.quiet import quiet_libraries
from heedful.recipes.contract import Knowledge, Look
from heedful.recipes.shared.reading.sources import paths_of
from heedful.recipes.shared.reading.splits import SPLITS, joined, pick
from heedful.recipes.shared.reading.summary import source_name
from heedful.recipes.shared.reading.tfds_builder import PREFIX
from heedful.recipes.speech_commands.config import Config
from heedful.recipes.speech_commands.reading import background, folder, summary, tfds_catalogue, word_labels
from heedful.recipes.speech_commands.reading.listing import Listing
from heedful.recipes.speech_commands.reading.recordings import FULL_SCALE, Decoded, decode, read_file
from heedful.recipes.speech_commands.reading.summary import describe as describe
from heedful.recipes.speech_commands.reading.tables import EXPECTED
from heedful.recipes.speech_commands.reading.word_labels import FALSE_ALARM, SILENCE, SPECIAL, UNKNOWN, Vocabulary
from heedful.recipes.speech_commands.training.batches import Batches
from heedful.recipes.speech_commands.training.epoch import EpochPlan, plan_epoch

SAMPLE = Path(__file__).parent / "sample"
MADE = f"{SILENCE}/made-"  # names of silence clips that were cut from noise
EXAMPLES = 3  # recordings that `look` shows
EVALUATED_SILENCE = 0.1  # clips of `_silence_` for each command clip of a split, made of noise; training cuts its own
FEWEST_SILENCE = 4  # clips of `_silence_` in a split that has clips


@dataclass(frozen=True, eq=False)
class Clips:
    """Clips of one split, in a fixed order."""

    waveforms: np.ndarray  # int16 (clips, samples)
    targets: np.ndarray  # int32 (clips,)
    speakers: list[str]
    names: list[str]  # relative to the data folder
    words: list[str] = field(default_factory=list)  # what is said, where the label may be `_unknown_`; "" for made ones
    seconds: list[float] = field(default_factory=list)  # of the recordings, before they were padded or cut

    def __len__(self) -> int:
        return len(self.targets)


@dataclass(frozen=True, eq=False)
class SpeechData:
    """Clips by split, noise by split, and the training batches made of them."""

    labels: tuple[str, ...]
    config: Config
    splits: dict[str, Clips]  # train, validation, test; each may be empty
    noise: dict[str, tuple[np.ndarray, ...]]  # int16 (length,) recordings, at least one of at least `samples` per split
    summary: dict

    @property
    def facts(self) -> dict[str, Any]:
        """What a model trained on this must remember, and what runs it must know: JSON-able."""
        return {"labels": list(self.labels), "front_end": asdict(self.config.front_end)}

    @property
    def attachments(self) -> dict[str, bytes]:
        """Files that ride in the `.tflite` besides the card."""
        return {"labels.txt": "\n".join(self.labels).encode() + b"\n"}

    @property
    def rate(self) -> int:
        """Samples per second."""
        return self.config.sample_rate

    @property
    def samples(self) -> int:
        """Samples of a clip."""
        return self.config.front_end.samples

    def split(self, name: str) -> Clips:
        """Clips of `train`, `validation`, `test` or `all` of them; InputError when there are none."""
        return joined(pick(self.splits, name, "clips", self.summary["source"]))

    @cached_property
    def plan(self) -> EpochPlan:
        """What one epoch is made of."""
        clips = self.split("train")
        rows: dict[str, list[int]] = {}
        for row, (name, target) in enumerate(zip(clips.names, clips.targets, strict=True)):
            if not name.startswith(MADE):
                label = self.labels[target]
                rows.setdefault(label if label in (UNKNOWN, SILENCE) else "", []).append(row)
        by_word: dict[str, list[int]] = {}
        for row in rows.get(UNKNOWN, []):
            by_word.setdefault(clips.words[row], []).append(row)
        alarms = np.array(by_word.pop(FALSE_ALARM, []), int)
        plan = plan_epoch(
            np.array(rows.get("", []), int),
            [np.array(group) for group in by_word.values()],
            np.array(rows.get(SILENCE, []), int),
            words=sum(label not in SPECIAL for label in self.labels),
            unknown_share=self.config.unknown_share,
            silence_share=self.config.silence_share if SILENCE in self.labels else 0.0,
            parts_share=self.config.parts_share if UNKNOWN in self.labels else 0.0,
            spoken_share=self.config.spoken_share if UNKNOWN in self.labels and self.config.language else 0.0,
        )
        return replace(plan, commands=np.concatenate([plan.commands, alarms]))

    @cached_property
    def passes(self) -> int:
        """How often an epoch goes through the data: more than once where there is little of it."""
        return max(1, round(self.config.epoch_clips / len(self.plan)))

    @cached_property
    def batches(self) -> Batches:
        """What batches are drawn from."""
        clips = self.splits["train"]
        return Batches(clips.waveforms, clips.targets, self.labels, self.noise["train"], self.plan, self.config)

    @property
    def steps_per_epoch(self) -> int:
        """Batches in an epoch; the last, incomplete one is dropped: the order is always new, so nothing is lost."""
        return max(1, self.passes * len(self.plan) // self.config.batch_size)

    def batch(self, seed: int, step: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """Training batch number `step`, the same for the same `(seed, step)` whenever and wherever it is asked for.

        Returns `({"waveform": float32 (batch, samples), "noise": float32 (batch, samples)}, targets int32 (batch,))`,
        samples in [-1, 1]; `noise` is a random crop of training noise at full volume, for the augmentation to mix in.
        """
        epoch, position = divmod(step, self.steps_per_epoch)
        order = np.concatenate([self.plan.order(seed, epoch * self.passes + i) for i in range(self.passes)])
        rows = np.take(order, np.arange(self.config.batch_size) + position * self.config.batch_size, mode="wrap")
        return self.batches.batch(rows, np.random.default_rng([seed, step, 2]))


@quiet_libraries()  # libmpg123 tells of every odd frame
def load(
    source: str, config: Config, *, data_dir: str | None = None, download: bool = False,
    evaluating: Knowledge | None = None, continuing: Knowledge | None = None,
    columns: Mapping[str, str] | None = None,
) -> SpeechData:  # fmt: skip
    """Load `source`: "sample", "tfds:speech_commands[:VERSION]", or recordings in folders or named in a table.

    `evaluating` is of an existing model: the data may then lack splits, words and noise. One to continue from,
    `continuing`, must hear the same samples a clip; its words may be others. `columns` are those of tables.
    Raises InputError, one sentence, when the source is missing, empty, of one class, mostly unreadable, not downloaded.
    """
    rate, samples = config.sample_rate, config.front_end.samples
    remarks: dict[str, str] = {}
    if source.startswith(PREFIX):
        listing, read = tfds_catalogue.open_catalogue(source, rate, data_dir, download)
    else:
        paths = [SAMPLE] if source == "sample" else paths_of(source, EXPECTED.form)
        known = evaluating.facts["labels"] if evaluating else config.words
        listing = folder.list_recordings(paths, source_name(source), known, evaluating is None, columns)
        read = partial(read_file, rate=rate, remarks=remarks)
    labels = evaluating.facts["labels"] if evaluating else None
    words = (
        word_labels.to_train(listing.counts, config.words, config.silence_share > 0, source)
        if labels is None
        else word_labels.to_evaluate(listing.counts, labels, source)
    )
    decoded = {}
    for split in SPLITS:
        wanted = [item for item in listing.recordings if item.split == split and item.word in words.targets]
        spare = FEWEST_SILENCE + math.ceil(EVALUATED_SILENCE * len(wanted))
        decoded[split] = decode(wanted, read, rate, samples, title=split, spare=spare)
    _check_readable(source, words, decoded)
    noise, noise_rule, skipped_noise = background.gather(listing, decoded, read, rate, samples)
    splits = {split: _clips(decoded[split], words, noise[split], config.silence_share, rate) for split in SPLITS}
    if labels is None:
        _check_trainable(source, words, splits, listing)
    targets = {split: clips.targets for split, clips in splits.items()}
    found = summary.build(
        source, listing, words, decoded, targets, samples / rate, noise_rule, skipped_noise, remarks,
        training=labels is None,
    )  # fmt: skip
    return SpeechData(words.labels, config, splits, noise, found)


def look(
    source: str, config: Config, *, data_dir: str | None = None, download: bool = False,
    columns: Mapping[str, str] | None = None,
) -> Look:  # fmt: skip
    """What `source` holds, as `load` reads it for training, and three of its recordings in a line each."""
    data = load(source, config, data_dir=data_dir, download=download, columns=columns)
    clips = [(split, part, row) for split, part in data.splits.items() for row in range(len(part)) if part.words[row]]
    chosen = [clips[index] for index in np.linspace(0, len(clips) - 1, min(EXAMPLES, len(clips))).astype(int)]
    return Look(data.summary, [_line(data, split, part, row) for split, part, row in chosen])


def _line(data: SpeechData, split: str, clips: Clips, row: int) -> str:
    """One recording: what it is called, its label and split, how long and how loud the clip is."""
    label, word = data.labels[clips.targets[row]], clips.words[row]
    heard = f"{label} ({word})" if word != label else label
    by = f" by {clips.speakers[row]}" if clips.speakers[row] else ""
    peak = np.abs(clips.waveforms[row].astype(np.int32)).max() / FULL_SCALE
    return f"{clips.names[row]}: {heard}{by}, {split}, {clips.seconds[row]:.2f} s, peak {100 * peak:.0f} %"


def _clips(decoded: Decoded, words: Vocabulary, noise: Sequence[np.ndarray], silence_share: float, rate: int) -> Clips:
    """Recorded clips, and silence cut from noise until `silence_share` is reached."""
    targets = np.array([words.targets[item.word] for item in decoded.recordings], np.int32)
    made = 0
    if SILENCE in words.labels and silence_share > 0 and len(targets):
        silence = words.labels.index(SILENCE)
        commands = sum(words.labels[target] not in SPECIAL for target in targets)
        made = max(
            0,
            max(FEWEST_SILENCE, math.ceil(min(silence_share, EVALUATED_SILENCE) * commands))
            - int(np.sum(targets == silence)),
        )
        # Into the spare rows: appending would hold every clip of a large data set twice.
        decoded.rows[len(targets) : len(targets) + made] = background.fixed_silence(noise, made, decoded.rows.shape[1])
        targets = np.concatenate([targets, np.full(made, silence, np.int32)])
    return Clips(
        decoded.rows[: len(targets)],
        targets,
        [item.speaker for item in decoded.recordings] + [""] * made,
        [item.name for item in decoded.recordings] + [f"{MADE}{number:05d}" for number in range(made)],
        [item.word for item in decoded.recordings] + [""] * made,
        [*decoded.seconds.tolist(), *[decoded.rows.shape[1] / rate] * made],
    )


def _check_readable(source: str, words: Vocabulary, decoded: dict[str, Decoded]) -> None:
    """InputError when most recordings, or all of one label, could not be read."""
    skipped = [item for part in decoded.values() for item in part.skipped]
    read = [item.word for part in decoded.values() for item in part.recordings]
    lost = {words.targets[item["word"]] for item in skipped} - {words.targets[word] for word in read}
    if not lost and len(skipped) <= len(read):
        return
    what = f"only {len(read)} of {len(read) + len(skipped)} recordings"
    if lost:
        what = f"no recording of {', '.join(words.labels[target] for target in sorted(lost))}"
    raise InputError(f"{source}: {what} could be read; the first reason is: {skipped[0]['reason']}")


def _check_trainable(source: str, words: Vocabulary, splits: dict[str, Clips], listing: Listing) -> None:
    """InputError when a command has nothing to learn from, or nothing is left to choose the best model by."""
    taught = {words.labels[target] for target in np.unique(splits["train"].targets)}
    untaught = [label for label in words.labels if label not in taught and label != SILENCE]
    rule = f"the split is by {listing.rule}"
    if untaught:
        raise InputError(f"{source} has no training clips of {', '.join(untaught)} ({rule}): add recordings of them.")
    if not len(splits["validation"]):
        raise InputError(f"{source} has no validation clips ({rule}): add recordings, or a validation folder.")
