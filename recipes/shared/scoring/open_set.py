"""Answers that may be "none of these": how many texts with a label get it, and how many without one are refused."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from heedful.recipes.shared.scoring.interval import bootstrap_means
from heedful.recipes.shared.scoring.percent import between, percent

NONE = -1  # no label, in targets and in answers
NAMES = {"in_scope": ("in scope", "right"), "out_of_scope": ("out of scope", "refused")}


def threshold_of(right: np.ndarray, refused: float) -> float:
    """What at most the share `refused` of the right answers lie below, each given by how sure it is; 0 without any."""
    return float(np.sort(right)[int(refused * len(right))]) if len(right) else 0.0


def measure(targets: np.ndarray, answers: np.ndarray, seed: int) -> dict[str, Any]:
    """For targets and answers int `(n,)`, either of which may be `NONE`:

    in_scope, out_of_scope     share of right answers where there is a label, and where there is none; null without such
    in_scope_interval, ...     [low, high] of the 95 % bootstrap interval
    """
    right, labelled = answers == targets, targets != NONE
    found = {}
    for name, part in zip(NAMES, (right[labelled], right[~labelled]), strict=True):
        found[name] = float(part.mean()) if len(part) else None
        found[f"{name}_interval"] = bootstrap_means(part[:, None], seed)[0].tolist() if len(part) else None
    return found


def line(found: Mapping[str, Any]) -> str:
    """What `measure` found, in percent."""
    told = [(NAMES[name], found[name], found[f"{name}_interval"]) for name in NAMES if found[name] is not None]
    return ", ".join(f"{name} {percent(share)} % {done} [{between(ends)}]" for (name, done), share, ends in told)
