"""The rows of the table of one recipe, clean and under every corruption, as markdown."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attacks import attacked
from caption_subject import CaptionSubject
from history_subject import HistorySubject
from paired_outcome import Difference, Outcome, Subject, difference
from speech_subject import SpeechSubject
from text_subjects import ClassifierSubject, RewriterSubject

from heedful.recipes.suite.discovery import Recipe
from heedful.recipes.suite.saved import KERAS_FILE, TFLITE_FILE, Saved, open_saved

ATTACKED = 64  # examples, of which each is answered dozens of times
HEAD = (
    "| recipe | corruption | examples | score, clean | corrupted | drop [95 %] | answers changed "
    "| attention moved: stayed / changed |\n" + "|---" * 8 + "|"
)


@dataclass(frozen=True, eq=False)
class Asked:
    """A recipe's model beside the examples that it is asked about, and what came of the clean ones."""

    recipe: Recipe
    saved: Saved
    source: str
    split: str
    seed: int
    subject: Subject
    clean: Outcome

    def written(self, score: float) -> str:
        """A score; a share in percent."""
        return f"{100 * score:.1f}" if self.recipe.metric(self.saved.config).share else f"{score:.3f}"


def asked(recipe: Recipe, path: Path, source: str, split: str, examples: int, seed: int) -> Asked:
    """The `.tflite` of a folder is faster than its Keras model. Raises `InputError`."""
    file = path / TFLITE_FILE if (path / TFLITE_FILE).is_file() else path
    saved = open_saved(recipe, file)
    data = recipe.data.load(source, saved.config, evaluating=saved.knowledge)
    subject = subject_of(recipe.name, saved.model, data, split, examples)
    return Asked(recipe, saved, source, split, seed, subject, subject.outcome(None, seed))


def subject_of(name: str, model: Any, data: Any, split: str, examples: int) -> Subject:
    kinds = {
        "speech_commands": SpeechSubject, "image_captioning": CaptionSubject, "text_classification": ClassifierSubject,
        "recommender": HistorySubject,
    }  # fmt: skip
    if name in kinds:
        return kinds[name](model, data, split, examples)
    return RewriterSubject(name, model, data, split, examples)


def differences(found: Asked) -> Iterator[tuple[str, Difference]]:
    for name in found.subject.corruptions:
        corrupted = found.subject.outcome(name, found.seed)
        comparable = found.subject.comparable(name)
        yield name, difference(found.clean, corrupted, found.subject.share, comparable, found.seed)


def attack_rows(found: Asked, path: Path) -> Iterator[str]:
    """What attacks do to the Keras model of a folder, where there is one; `attacks.py` says what their scores are."""
    if not (path / KERAS_FILE).is_file():
        return
    count = min(ATTACKED, len(found.clean.counts))
    saved, data = open_saved(found.recipe, path), found.subject.given(None, found.seed)
    clean, *rows = attacked(found.recipe.name, saved, data, count, found.seed)
    for row in rows:
        name = f"attack: {row['attack']} {row['size']:g}"
        drop = 100 * (clean["score"] - row["score"])
        yield (
            f"| {found.recipe.name} | {name} | {count} | {100 * clean['score']:.1f} | {100 * row['score']:.1f} "
            f"| {drop:.1f} | {100 * row['changed']:.1f} % "
            f"| {distance(row['moved_same'])} / {distance(row['moved_changed'])} |"
        )


def about(found: Asked) -> str:
    """What was measured, in a line."""
    baseline = found.subject.baseline()
    told = "unknown without training data" if baseline is None else found.written(baseline)
    metric, names = found.recipe.metric(found.saved.config), [Path(part).name for part in found.source.splitlines()]
    return (
        f"{found.recipe.name}: {metric.name}{' in percent' if metric.share else ''} of "
        f"{'/'.join(found.saved.path.parts[-2:])}, {', '.join(names)}, split {found.split}, "
        f"{len(found.clean.counts):,} examples, seed {found.seed}; baseline {told}"
    )


def row(found: Asked, name: str, each: Difference) -> str:
    low, high = map(found.written, each.drop)
    return (
        f"| {found.recipe.name} | {name} | {len(found.clean.counts):,} | {found.written(each.clean)} "
        f"| {found.written(each.corrupted)} | {found.written(each.clean - each.corrupted)} [{low} to {high}] "
        f"| {100 * each.changed:.1f} % | {distance(each.stayed_moved)} / {distance(each.changed_moved)} |"
    )


def distance(moved: float) -> str:
    return "-" if math.isnan(moved) else f"{moved:.3f}"
