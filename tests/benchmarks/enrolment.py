"""Words from few recordings: how many are found at 1 % false alarms, by enrolment, by training on, and without either.

    python tests/benchmarks/enrolment.py MODEL_FOLDER DATA_FOLDER [--words zero one five eight happy] [--ways enrol ...]

DATA_FOLDER is in the layout of Speech Commands: a folder for each word, names `SPEAKER_nohash_N`. The model must not
have been trained on the words that are measured; it is `MODEL_FOLDER/model.tflite`, and `model.keras` for the training.

One word at a time is learnt from 3, 10 and 50 recordings of as many speakers, drawn five times. Found is what of the
word's recordings by all other speakers is taken for it. False alarms are counted, never over a speaker who was drawn,
over two kinds of foreign clips: words never heard, which are those of the other words here, neither in the training nor
enrolled; and words of the training, by the speakers that it held out. `at 1 %` is with the threshold at which 1 % of
the clips of a kind are taken, as in publications; `as written` is with the threshold that the file has.

- `enrol`: the file that `heedful enrol` writes, of the recordings alone
- `train`: `heedful train --init` for the word against all training clips as `_unknown_`, some steps, no stream scored
- `prototype`: cosine with the mean embedding of the recordings
- `log-mel`: distance of the clip's mean log-mel from that of the recordings
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import soundfile

from heedful.apps.graph import flatbuffer
from heedful.apps.graph.label_rows import label_rows
from heedful.apps.model_file import ModelFile, split
from heedful.apps.quiet import quiet
from heedful.apps.speech_commands import enrol
from heedful.apps.speech_commands.log_mel import FrontEnd, log_mel
from heedful.recipes.speech_commands.data import Clips, SpeechData, load
from heedful.recipes.speech_commands.reading.recordings import FULL_SCALE
from heedful.recipes.speech_commands.reading.word_labels import SILENCE, UNKNOWN
from heedful.recipes.suite.discovery import Recipe
from heedful.recipes.suite.saved import open_saved

RECIPE = Recipe("speech_commands")
WORDS = ("zero", "one", "five", "eight", "happy")
SHOTS, DRAWS = (3, 10, 50), 5
TRAINED_ON = {"epochs": 2, "epoch_clips": 1500, "learning_rate": 1e-3, "warmup_epochs": 0.2, "ema": 0.9}
COLUMNS = (
    "found at 1 % of words never heard", "found at 1 % of words of the training", "found as written",
    "false alarms: never heard", "of the training",
)  # fmt: skip
Scores = Callable[[np.ndarray], np.ndarray]  # of clips by their numbers: above 0 is taken for the word


@dataclass(frozen=True)
class Task:
    """A word, and numbers of clips: the drawn ones, and those to be asked."""

    word: str
    drawn: np.ndarray
    positive: np.ndarray
    unheard: np.ndarray
    trained: np.ndarray


class Bench:
    """All clips of the data once, with what the model says of them."""

    def __init__(self, folder: Path, data: str, words: Sequence[str]) -> None:
        self.folder, self.path, self.words = folder, folder / "model.tflite", words
        self.file = ModelFile(self.path)
        self.config = open_saved(RECIPE, self.path).config
        self.front_end = FrontEnd(**self.file.facts["front_end"])
        if known := set(words) & set(self.file.facts["labels"]):
            raise SystemExit(f"the model was trained on {', '.join(sorted(known))}")
        self.data: SpeechData = load(data, replace(self.config, words=tuple(words)))
        self.clips: Clips = self.data.split("all")
        self.said = np.array(self.clips.words)
        self.speakers = np.array(self.clips.speakers)
        splits = [name for name, clips in self.data.splits.items() for _ in range(len(clips))]
        self.split = np.array(splits)
        with quiet():
            rows = [self.file.run("embed", waveform=self.waveform(row)[None]) for row in range(len(self.clips))]
        self.embeddings = np.concatenate([row["embedding"] for row in rows])
        self.means = np.stack([log_mel(self.waveform(row), self.front_end).mean(0) for row in range(len(self.clips))])

    def waveform(self, row: int) -> np.ndarray:
        return self.clips.waveforms[row].astype(np.float32) / np.float32(FULL_SCALE)

    def task(self, word: str, shots: int, draw: int) -> Task:
        """One recording each of `shots` speakers."""
        rng = np.random.default_rng([self.words.index(word), shots, draw])
        rows = np.flatnonzero(self.said == word)
        drawn = rng.permutation(np.unique(self.speakers[rows]))[:shots]
        taken = np.array([rng.choice(rows[self.speakers[rows] == speaker]) for speaker in drawn])
        free = ~np.isin(self.speakers, drawn)
        new, spoken = np.isin(self.said, self.words), self.said != ""
        return Task(
            word, taken, np.flatnonzero(free & (self.said == word)), np.flatnonzero(free & new & (self.said != word)),
            np.flatnonzero(free & ~new & spoken & (self.split == "validation")),
        )  # fmt: skip

    def enrol(self, task: Task) -> Scores:
        """By how much the word's logit is above the best other one of the file that is written."""
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder) / "words" / task.word
            place.mkdir(parents=True)
            for row in task.drawn:
                soundfile.write(place / f"{row}.flac", self.clips.waveforms[row], self.front_end.rate)
            with quiet():
                found = enrol(self.path, place.parent, Path(folder) / "enrolled.tflite")
            rows = label_rows(flatbuffer.read(split(found.path.read_bytes())[0]), "probabilities")
        weights, biases = np.stack([row.weights for row in rows]), np.array([row.bias for row in rows])

        def scores(clips: np.ndarray) -> np.ndarray:
            logits = self.embeddings[clips] @ weights.T + biases
            return logits[:, -1] - logits[:, :-1].max(axis=1)

        return scores

    def train(self, task: Task) -> Scores:
        """By how much the word is likelier than the likeliest other label of a model that was trained on."""
        from heedful.recipes.suite import train  # TensorFlow, which the other ways do without

        labels = (task.word, UNKNOWN, SILENCE)
        config = replace(self.config, words=(task.word,), **TRAINED_ON)
        others = ~np.isin(self.said, self.words)
        rows = np.concatenate([task.drawn, np.flatnonzero(others & (self.split == "train"))])
        targets = np.where(self.said == "", labels.index(SILENCE), labels.index(UNKNOWN))
        targets[task.drawn] = 0
        held = np.concatenate([task.drawn, np.flatnonzero(others & (self.split == "validation"))])
        parts = {name: self.part(chosen, targets) for name, chosen in (("train", rows), ("validation", held))}
        data = replace(self.data, labels=labels, config=config, splits={**parts, "test": self.part(held[:0], targets)})
        # The suite's own training, without choosing an epoch by streams.
        recipe: Any = SimpleNamespace(
            model=RECIPE.model, trainer=RECIPE.trainer, export=RECIPE.export,
            metrics=SimpleNamespace(selection=lambda predict, data: 0.0),
        )  # fmt: skip
        with tempfile.TemporaryDirectory() as folder:
            before = open_saved(RECIPE, self.folder)
            model, _ = train.fit(recipe, config, data, train.Request(), Path(folder), before)
        predict = RECIPE.export.predictor(model)

        def scores(clips: np.ndarray) -> np.ndarray:
            shares = np.log(predict(np.stack([self.waveform(row) for row in clips])) + 1e-12)
            return shares[:, 0] - shares[:, 1:].max(axis=1)

        return scores

    def part(self, rows: np.ndarray, targets: np.ndarray) -> Clips:
        clips = self.clips
        speakers, names, words = ([each[row] for row in rows] for each in (clips.speakers, clips.names, clips.words))
        seconds = [clips.seconds[row] for row in rows]
        return Clips(clips.waveforms[rows], targets[rows].astype(np.int32), speakers, names, words, seconds)

    def prototype(self, task: Task) -> Scores:
        mean = self.embeddings[task.drawn].mean(axis=0)
        return lambda clips: self.embeddings[clips] @ mean

    def log_mel(self, task: Task) -> Scores:
        mean = self.means[task.drawn].mean(axis=0)
        return lambda clips: -np.linalg.norm(self.means[clips] - mean, axis=1)


WAYS = {"enrol": Bench.enrol, "train": Bench.train, "prototype": Bench.prototype, "log-mel": Bench.log_mel}
WRITTEN = ("enrol", "train")  # ways that set a threshold themselves


def measured(task: Task, scores: Scores) -> np.ndarray:
    """The figures of `COLUMNS`."""
    positive, unheard, trained = (scores(rows) for rows in (task.positive, task.unheard, task.trained))
    at = [np.mean(positive > np.quantile(foreign, 0.99)) for foreign in (unheard, trained)]
    return np.array([*at, *(np.mean(each > 0) for each in (positive, unheard, trained))])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, metavar="MODEL_FOLDER")
    parser.add_argument("data", metavar="DATA_FOLDER")
    parser.add_argument("--words", nargs="+", default=WORDS)
    parser.add_argument("--ways", nargs="+", default=tuple(WAYS), choices=tuple(WAYS))
    parser.add_argument("--shots", nargs="+", type=int, default=SHOTS)
    parser.add_argument("--draws", type=int, default=DRAWS)
    options = parser.parse_args()
    bench = Bench(options.model, options.data, options.words)
    print(f"\n{options.model}, {len(bench.file.facts['labels'])} labels; {', '.join(options.words)}")
    print(f"mean and standard deviation of {options.draws} draws\n")
    print("| recordings | way | " + " | ".join(COLUMNS) + " | seconds a word |")
    print("|---" * (len(COLUMNS) + 3) + "|")
    for shots in options.shots:
        for way in options.ways:
            start, figures = time.perf_counter(), []
            for draw in range(options.draws):
                tasks = [bench.task(word, shots, draw) for word in options.words]
                figures.append(np.mean([measured(task, WAYS[way](bench, task)) for task in tasks], axis=0))
            seconds = (time.perf_counter() - start) / options.draws / len(options.words)
            mean, deviation = np.mean(figures, axis=0), np.std(figures, axis=0, ddof=options.draws > 1)
            cells = [f"{100 * m:.1f} ± {100 * d:.1f} %" for m, d in zip(mean, deviation, strict=True)]
            cells[2:] = cells[2:] if way in WRITTEN else ["-"] * 3
            print(f"| {shots} | {way} | " + " | ".join(cells) + f" | {seconds:.1f} |", flush=True)


if __name__ == "__main__":
    main()
