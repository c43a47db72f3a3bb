"""How good summaries are."""

from dataclasses import replace
from typing import Any

import numpy as np

from heedful.recipes.text_summarization import baselines
from heedful.recipes.text_summarization.rouge import rouge

SHARE = True  # ROUGE is between 0 and 1
SCORED_PAIRS = 500  # of validation, after every epoch


def selection(config: Any) -> str:
    """What `score` is."""
    return "ROUGE-L"


def score(predict: Any, data: Any) -> float:
    """ROUGE-L of greedy summaries of the `scored` validation pairs, a share of 1: what selects the best epoch."""
    part = _selected(data)
    written = [summary.text for summary in predict.write(part, "validation", 1)]
    return float(rouge(written, part.split("validation").summaries, ("rouge_l",)).mean())


def scored(data: Any) -> int:
    """How many pairs `score` describes."""
    return min(len(data.split("validation")), SCORED_PAIRS)


def trivial_score(data: Any) -> float:
    """ROUGE-L of giving the first eight words of each document that `score` looks at."""
    pairs = _selected(data).split("validation")
    lead = [baselines.lead_words(document) for document in pairs.documents]
    return float(rouge(lead, pairs.summaries, ("rouge_l",)).mean())


def _selected(data: Any) -> Any:
    """The same data with no more than `SCORED_PAIRS` validation pairs, evenly spread over all and always the same."""
    pairs, count = data.split("validation"), scored(data)
    if count == len(pairs):
        return data
    rows = np.arange(count) * len(pairs) // count
    part = replace(
        pairs, documents=[pairs.documents[row] for row in rows], summaries=[pairs.summaries[row] for row in rows]
    )
    return replace(data, splits={**data.splits, "validation": part})
