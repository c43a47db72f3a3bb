"""New words in an exported file, out of a handful of recordings and without training.

    print(enrol("model.tflite", "my_words/"))     # writes model.enrolled.tflite

Every folder in `my_words/` is a word. What is written is again one file that answers in one call of `classify`; its
probabilities have one more place for each word, and those of the labels that were there keep their proportions.
"""

import hashlib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from heedful.apps.errors import InputError, WorkFailed
from heedful.apps.files import atomic_path, check_writable
from heedful.apps.graph import borders, flatbuffer, rules
from heedful.apps.graph.agreement import disagreement
from heedful.apps.graph.carrying import carrying
from heedful.apps.graph.label_rows import Row, label_rows, put_rows
from heedful.apps.locks import only_one, tidied
from heedful.apps.model_file import ModelFile, split
from heedful.apps.speech_commands.app import SpeechModel
from heedful.apps.speech_commands.events import NEVER_EVENTS
from heedful.apps.speech_commands.foreign import foreign_of
from heedful.apps.speech_commands.word_folders import WordFolders, read_folders
from heedful.apps.speech_commands.word_row import STEEPNESS, Background
from heedful.apps.text_width import left, width_of

OUTPUT, LABELS = "probabilities", "labels.txt"
LEFT_OUT = 20  # parts at most: so often is a row made anew, to be asked for recordings that it had no part in
ODD = 0.5  # standard deviations above the foreign sounds; what lies below resembles the others no more than these do
ALIKE = 0.8  # cosine of two words, seen from the mean of the foreign sounds
COMPARED = 3  # recordings of each word by which both interfaces of LiteRT are compared
SCORES = ("score", "keras_score", "allowed_drop", "baseline")  # on the card, of the file as it was


@dataclass(frozen=True)
class EnrolledWord:
    """A word as it was learnt; `found` counts the recordings that it is heard in by a row they had no part in."""

    word: str
    recordings: int
    found: int
    threshold: float  # how far a sound must stand out of the foreign ones, in their standard deviations
    taken: int  # foreign sounds that are taken for it
    replaced: bool  # whether the model knew it
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class Enrolment:
    """What was written where; `str` makes a table of it."""

    path: Path
    words: tuple[EnrolledWord, ...]
    foreign: int  # sounds that are none of the words, to choose the thresholds by
    remarks: tuple[str, ...]

    def __str__(self) -> str:
        head = ("word", "recordings", "found, left out", "threshold", f"taken of {self.foreign} foreign sounds")
        rows = [
            (item.word, str(item.recordings), f"{item.found} of {item.recordings}", f"{item.threshold:.1f} sd",
             f"{item.taken}" + (", replaced" if item.replaced else ""))
            for item in self.words
        ]  # fmt: skip
        widths = [max(width_of(row[column]) for row in (head, *rows)) for column in range(len(head))]
        lines = ["  ".join(left(cell, width) for cell, width in zip(row, widths, strict=True)) for row in (head, *rows)]
        lines += [f"{item.word}: {remark}" for item in self.words for remark in item.remarks]
        return "\n".join([*(line.rstrip() for line in lines), *self.remarks, f"written: {self.path}"])


def enrol(model: str | PathLike[str], words: str | PathLike[str], out: str | PathLike[str] | None = None) -> Enrolment:
    """Writes a copy of an exported `model` that also knows the words whose recordings lie in the folders of `words`.

    A word needs three recordings, and better has ten, by all who will say it. One that the model knows is replaced.
    Folders `_unknown_`, `_false_alarm_` and `_background_noise_` hold what must not be taken for a word. `out` is by
    default `NAME.enrolled.tflite` beside the model; a file of that name is replaced.
    Raises `InputError` where the model cannot learn words, a folder or recording cannot be used, or another process
    writes the same file, and `WorkFailed` where the new file does not do what it should; then nothing is written.
    """
    path = Path(model)
    stem = path.name.removesuffix(".tflite").removesuffix(".enrolled")
    target = path.with_name(f"{stem}.enrolled.tflite") if out is None else Path(out)
    check_writable(target)
    with only_one(target), tidied(target):
        return _enrol(path, Path(words), target)


def _enrol(path: Path, words: Path, target: Path) -> Enrolment:
    """The same, by the process that holds the lock of `target`."""
    speech = SpeechModel(ModelFile(path))
    graph_bytes, files = split(path.read_bytes())
    graph = flatbuffer.read(graph_bytes)
    rows = rows_of(speech, graph)
    learning = Learning(speech, rows, read_folders(words, speech.front_end))
    put_rows(graph, OUTPUT, {learning.places[word]: item.row for word, item in learning.learnt.items()})
    files[LABELS] = "".join(f"{label}\n" for label in learning.labels).encode()
    card = learning.card(hashlib.sha256(files[LABELS]).hexdigest())
    with atomic_path(target) as temporary:
        temporary.write_bytes(carrying(graph, card, files, [LABELS]))
        heard = heard_by(temporary, learning)
    found = tuple(learning.enrolled(word, heard[word]) for word in learning.learnt)
    return Enrolment(target, found, len(learning.foreign.kinds), tuple(learning.folders.remarks))


def rows_of(speech: SpeechModel, graph: Any) -> list[Row]:
    """The rows of the labels. Raises `InputError` where none can be added."""
    path = speech.file.path
    if "embed" not in speech.file.signatures:
        raise InputError(f"{path} has no signature embed, by which words are learnt: train the model anew.")
    try:
        rows = label_rows(graph, OUTPUT)
    except ValueError as error:
        raise InputError(f"{path} cannot learn words ({error}): give the float32, float16 or dynamic file.") from None
    if len(rows) != len(speech.labels):
        raise InputError(f"{path} has {len(rows)} rows for {len(speech.labels)} labels: export the model again.")
    return rows


class Learning:
    """Words as they are learnt: `places` in the answer, all `labels` in its order, and what was `learnt`, by word."""

    def __init__(self, speech: SpeechModel, rows: Sequence[Row], folders: WordFolders) -> None:
        self.speech, self.rows, self.folders = speech, rows, folders
        self.foreign = foreign_of(speech.file, len(rows[0].weights))
        for kind, windows in folders.foreign.items():
            self.foreign = self.foreign.joined(embedded(speech, windows), kind)
        known = {unicodedata.normalize("NFC", label).casefold(): place for place, label in enumerate(speech.labels)}
        new = iter(range(len(speech.labels), len(speech.labels) + len(folders.words)))
        self.places = {word: known.get(word.casefold(), -1) for word in folders.words}
        self.places = {word: next(new) if place < 0 else place for word, place in self.places.items()}
        self.labels = list(speech.labels)
        self.labels += [word for word, place in self.places.items() if place >= len(speech.labels)]
        others = [row for place, row in enumerate(rows) if place not in self.places.values()]
        windows = {word: [take.window for take in takes] for word, takes in folders.words.items()}
        self.embeddings = {word: embedded(speech, each) for word, each in windows.items()}
        self.backgrounds = {word: Background(self.foreign.without(word), others) for word in windows}
        self.learnt = {word: self.backgrounds[word].learn(each) for word, each in self.embeddings.items()}

    def card(self, labels_digest: str) -> dict[str, Any]:
        """That of the model, with the words."""
        card = dict(self.speech.file.card)
        card["facts"] = {**card["facts"], "labels": self.labels}
        card["attachments"] = {**card.get("attachments", {}), LABELS: labels_digest}
        card["file"] = {name: value for name, value in card.get("file", {}).items() if name not in SCORES}
        counts = {self.labels[self.places[word]]: len(takes) for word, takes in self.folders.words.items()}
        card["enrolled"] = {**card.get("enrolled", {}), **counts}  # recordings by word
        return card

    def enrolled(self, word: str, heard: Sequence[str]) -> EnrolledWord:
        """What is said of a word; `heard` is what the new file heard in its recordings."""
        learnt, label = self.learnt[word], self.labels[self.places[word]]
        logits = self.backgrounds[word].left_out(self.embeddings[word], learnt.limit, LEFT_OUT)
        best = self.backgrounds[word].best_other(self.embeddings[word])
        for other, item in self.learnt.items():
            if other != word:
                best = np.maximum(best, self.embeddings[word] @ item.row.weights + item.row.bias)
        names = [take.name for take in self.folders.words[word]]
        odd = [name for name, logit in zip(names, logits, strict=True) if (logit + learnt.limit) / STEEPNESS < ODD]
        wrong = [f"{name} as {said}" for name, said in zip(names, heard, strict=True) if said != label]
        told = {
            "does not resemble the others, listen to it: ": odd,
            "is not heard even so: ": wrong,
            "sounds like ": self.alike(word),
        }
        remarks = tuple(text + several(of) for text, of in told.items() if of)
        replaced = self.places[word] < len(self.speech.labels)
        found, taken = int(np.sum(logits > best)), int(learnt.taken.sum())
        return EnrolledWord(label, len(names), found, learnt.threshold, taken, replaced, remarks)

    def alike(self, word: str) -> list[str]:
        """New words, and labels of the training, that lie in the direction of a word."""
        middle = self.foreign.embeddings.mean(axis=0)
        trained = {
            label: row.weights / np.linalg.norm(row.weights)
            for place, (label, row) in enumerate(zip(self.speech.labels, self.rows, strict=True))
            if label not in (*NEVER_EVENTS, *self.speech.file.card.get("enrolled", {}))
            and place not in self.places.values()
        }
        new = {other: embeddings.mean(axis=0) for other, embeddings in self.embeddings.items()}
        own = new.pop(word) - middle
        return [other for other, mean in {**trained, **new}.items() if cosine(own, mean - middle) >= ALIKE]


def embedded(speech: SpeechModel, windows: Sequence[np.ndarray]) -> np.ndarray:
    """The embeddings float64 `(windows, width)` of windows float32 `(samples,)`."""
    answers = [speech.file.run("embed", waveform=window[None])["embedding"][0] for window in windows]
    return np.array(answers, np.float64)


def heard_by(path: Path, learning: Learning) -> dict[str, list[str]]:
    """What the new file hears in the recordings of each word, once it is found to be whole. Raises `WorkFailed`."""
    windows = {word: [take.window for take in takes] for word, takes in learning.folders.words.items()}
    compared = [window for each in windows.values() for window in each[:COMPARED]]
    speech = SpeechModel(ModelFile(path))
    if why := flaw(path, speech, learning, compared):
        raise WorkFailed(f"{learning.speech.file.path} cannot be given these words: {why}.")
    return {word: [speech.labels[int(speech(window)[0].argmax())] for window in each] for word, each in windows.items()}


def flaw(path: Path, speech: SpeechModel, learning: Learning, windows: Sequence[np.ndarray]) -> str | None:
    """What is wrong with the new file, by all that an export is held to; None where nothing is."""
    graph = flatbuffer.read(path.read_bytes())
    if broken := rules.breaches(graph, "classify"):
        return broken[0]
    known = [place for place in range(len(learning.speech.labels)) if place not in learning.places.values()]
    for window in (np.zeros(speech.front_end.samples, np.float32), *windows):
        (new, attention), (old, attention_before) = speech(window), learning.speech(window)
        if not proportional(new[known], old[known]) or not np.array_equal(attention, attention_before):
            return "it would answer otherwise to what it knows"
    inputs = {
        entrance.key: [
            dict(zip((item.name for item in entrance.inputs), borders.made_up(entrance.inputs), strict=True))
        ]
        for entrance in borders.entrances(graph)
        if entrance.key is not None
    }
    return disagreement(path, {**inputs, "classify": [{"waveform": window[None]} for window in windows]})


def proportional(new: np.ndarray, old: np.ndarray) -> bool:
    """Whether shares are as they were, where they are large enough to be told."""
    if min(new.sum(), old.sum()) < 1e-3:
        return True
    return bool(np.allclose(new / new.sum(), old / old.sum(), atol=1e-3))


def cosine(one: np.ndarray, other: np.ndarray) -> float:
    return float(one @ other / max(np.linalg.norm(one) * np.linalg.norm(other), 1e-12))


def several(names: Sequence[str], shown: int = 3) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more
