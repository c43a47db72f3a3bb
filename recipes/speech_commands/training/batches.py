"""Training batches: clips as they are recorded, clips as a stream shows them, and sounds that are no command."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from heedful.recipes.speech_commands.config import Config
from heedful.recipes.speech_commands.reading import background
from heedful.recipes.speech_commands.reading.recordings import FULL_SCALE
from heedful.recipes.speech_commands.reading.word_labels import SILENCE, SPECIAL, UNKNOWN
from heedful.recipes.speech_commands.training import windows
from heedful.recipes.speech_commands.training.epoch import CROP, PARTS, SPOKEN, EpochPlan
from heedful.recipes.speech_commands.training.noises import made_noises
from heedful.recipes.speech_commands.training.rooms import reverberated
from heedful.recipes.speech_commands.training.spoken import Spoken, spoken

SHARES = {"between": 0.5, "spliced": 0.3, "backwards": 0.2}  # of the `_unknown_` clips made of parts of words
COMMANDS = 0.3  # share of commands among the words of espeak-ng


@dataclass(frozen=True, eq=False)
class Batches:
    """What `SpeechData.batch` draws from; every batch is a pure function of the seed and its numbers."""

    waveforms: np.ndarray  # int16 (clips, samples)
    targets: np.ndarray  # int32 (clips,)
    labels: Sequence[str]
    noise: Sequence[np.ndarray]  # int16 recordings of training
    plan: EpochPlan
    config: Config

    @cached_property
    def made(self) -> tuple[np.ndarray, ...]:
        """Noises by formulas, and babble of the voices: always the same for the same data."""
        return made_noises(self.config.sample_rate, self.waveforms[self.words], np.random.default_rng(20261129))

    @cached_property
    def spoken(self) -> Spoken:
        """Words of espeak-ng."""
        commands = [label for label in self.labels if label not in SPECIAL]
        config = self.config
        return spoken(commands, config.language, config.made_up, config.sample_rate, self.waveforms.shape[1])

    @cached_property
    def words(self) -> np.ndarray:
        """Rows of clips in which something is said."""
        return np.sort(np.concatenate([self.plan.commands, *self.plan.unknown]).astype(int))

    @cached_property
    def foreign(self) -> np.ndarray:
        """Rows of words that are no commands."""
        return np.sort(np.concatenate([np.empty(0, int), *self.plan.unknown]).astype(int))

    def batch(self, rows: np.ndarray, rng: np.random.Generator) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """`({"waveform", "noise"}: float32 (batch, samples) in [-1, 1], targets int32 (batch,))` for the rows of a
        plan's order, `CROP`, `PARTS` and `SPOKEN` among them.
        """
        targets = self.targets[rows]
        targets[rows == CROP] = self.labels.index(SILENCE) if SILENCE in self.labels else 0
        targets[rows == PARTS] = self.labels.index(UNKNOWN) if UNKNOWN in self.labels else 0
        waveform = np.stack([self._clip(int(row), rng) for row in rows])
        for row in np.flatnonzero(rows == SPOKEN):
            waveform[row], targets[row] = self._spoken(rng)
        crops = rows == CROP
        if crops.any():
            volume = background.volumes(int(crops.sum()), rng)
            waveform[crops] = volume[:, None] * self._noise(int(crops.sum()), rng)
        for row in np.flatnonzero(rng.random(len(rows)) < self.config.room_probability):
            waveform[row] = reverberated(waveform[row], self.config.sample_rate, rng)
        changed = rng.random(len(rows)) < self.config.gain_probability
        decibels = np.where(changed, rng.uniform(self.config.gain_low, self.config.gain_high, len(rows)), 0.0)
        waveform = np.clip(waveform * 10 ** (decibels[:, None] / 20), -1.0, 1.0).astype(np.float32)
        return {"waveform": waveform, "noise": self._noise(len(rows), rng)}, targets

    def _clip(self, row: int, rng: np.random.Generator) -> np.ndarray:
        """One waveform float32 `(samples,)`; zeros for `CROP` and `SPOKEN`."""
        if row in (CROP, SPOKEN):
            return np.zeros(self.waveforms.shape[1], np.float32)
        if row == PARTS:
            return self._parts(rng)
        if row not in self.said_rows or rng.random() >= self.config.stream_probability:
            return self._waveform(row)
        foreign = row in self.strange
        neighbours = self._said(rng, self.foreign if foreign else self.words, 2)
        if foreign:  # beside a word that is no command another one may be heard whole
            neighbours = [replace(word, part=word.end, rest=word.start) for word in neighbours]
        reach = round(self.config.reach_ms * self.config.sample_rate / 1000)
        word = windows.said(self._waveform(row))
        before, after = neighbours
        return windows.surrounded(word, before, after, reach, self.config.sample_rate, rng)

    def _spoken(self, rng: np.random.Generator) -> tuple[np.ndarray, int]:
        """A word of espeak-ng and its label, with parts of others beside it."""
        made, command = self.spoken, rng.random() < COMMANDS
        pool = made.commands if command else made.others
        at = int(rng.integers(len(pool)))
        word, before, after = (
            windows.said(clip.astype(np.float32) / np.float32(FULL_SCALE))
            for clip in (pool[at], *made.others[rng.integers(0, len(made.others), 2)])
        )
        reach = round(self.config.reach_ms * self.config.sample_rate / 1000)
        window = windows.surrounded(word, before, after, reach, self.config.sample_rate, rng)
        return window, int(made.targets[at]) if command else self.labels.index(UNKNOWN)

    def _parts(self, rng: np.random.Generator) -> np.ndarray:
        """A clip in which no word is said, made of words."""
        kind, rate = rng.choice(list(SHARES), p=list(SHARES.values())), self.config.sample_rate
        first, second = self._said(rng, self.words, 2)
        if kind == "spliced":
            return windows.spliced(first, second, rate, rng)
        if kind == "backwards":
            return windows.backwards(first, rng)
        return windows.between(first, second, rate, rng)

    def _said(self, rng: np.random.Generator, rows: np.ndarray, count: int) -> list[windows.Said]:
        return [windows.said(self._waveform(int(row))) for row in rng.choice(rows, count)]

    def _waveform(self, row: int) -> np.ndarray:
        return self.waveforms[row].astype(np.float32) / np.float32(FULL_SCALE)

    @cached_property
    def said_rows(self) -> frozenset[int]:
        return frozenset(self.words.tolist())

    @cached_property
    def strange(self) -> frozenset[int]:
        return frozenset(self.foreign.tolist())

    def _noise(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """Crops float32 `(count, samples)` at full volume, half of recordings and half of made noises."""
        samples = self.waveforms.shape[1]
        made = rng.random(count) < self.config.made_noise
        out = np.empty((count, samples), np.float32)
        for chosen, recordings in ((~made, self.noise), (made, self.made)):
            out[chosen] = background.crops(recordings, int(chosen.sum()), samples, rng)
        return out / np.float32(FULL_SCALE)
