"""The rows of the table of one recipe, clean and under every corruption, as markdown."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from caption_subject import CaptionSubject
from history_subject import HistorySubject
from paired_outcome import Difference, Outcome, Subject, difference
from speech_subject import SpeechSubject
from text_subjects import ClassifierSubject, RewriterSubject

from heedful.recipes.suite.discovery import Recipe
from heedful.recipes.suite.saved import TFLITE_FILE, Saved, open_saved

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


def about(found: Asked) -> str:
    """What was measured, in a line."""
    baseline = found.subject.baseline()
    told = "of no training data unknown" if baseline is None else found.written(baseline)
    metric = found.recipe.metric(found.saved.config)
    return (
        f"{found.recipe.name}: {metric.name}{' in percent' if metric.share else ''} of {found.saved.path}, "
        f"{found.source.splitlines()[0]}, split {found.split}, {len(found.clean.counts):,} examples, "
        f"seed {found.seed}; baseline {told}"
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
