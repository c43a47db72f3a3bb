"""Robustness in short: of each recipe the clean score and the worst corruption.

It passes where nothing crashes, every answer is finite, the clean score is above that of what has learnt nothing, and
no corruption is answered better than the clean examples beyond noise: that would be a leak.
"""

from collections.abc import Sequence

from robustness_table import asked, differences
from shipped import RECIPES, shipped

from heedful.recipes.suite.discovery import recipe

EXAMPLES, SEED, SPLIT = 100, 0, "test"


def in_short(names: Sequence[str] = RECIPES, examples: int = EXAMPLES) -> list[tuple[str, str, bool]]:
    """What was measured, the figures, and whether it passed."""
    return [measured(name, examples) for name in names]


def measured(name: str, examples: int) -> tuple[str, str, bool]:
    what = f"robustness of {name}, sample, split {SPLIT}, seed {SEED}"
    try:
        found = asked(recipe(name), shipped(name), "sample", SPLIT, examples, SEED)
        apart = dict(differences(found))
        baseline = found.subject.baseline()
    except Exception as error:  # whatever it is, it goes into the table
        return what, f"{type(error).__name__}: {error}", False
    worst = min(apart, key=lambda corruption: apart[corruption].corrupted)
    better = [corruption for corruption, each in apart.items() if each.better]
    metric = found.recipe.metric(found.saved.config)
    text = (
        f"{len(found.clean.counts)} examples, {metric.name}{' in percent' if metric.share else ''} "
        f"{found.written(found.clean.score)} (baseline {'-' if baseline is None else found.written(baseline)}); "
        f"worst of {len(apart)} corruptions: {worst} {found.written(apart[worst].corrupted)}"
    )
    text += f"; better than clean: {', '.join(better)}" if better else ""
    return what, text, not better and (baseline is None or bool(found.clean.score > baseline))
