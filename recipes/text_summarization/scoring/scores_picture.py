"""The scores of a summarizer beside what needs no model, as a picture."""

from collections.abc import Mapping
from pathlib import Path

from heedful.recipes.shared.scoring.bars_picture import Panel, bars_picture
from heedful.recipes.shared.scoring.percent import between, percent

ROWS = {
    "model": "model",
    "lead_1": "first sentence",
    "lead_3": "first three",
    "lead_8_words": "first eight words",
    "nearest": "that of the nearest text",
    "best_sentences": "the best sentences, known from the reference",
}
ROUGE = {"rouge_1": "ROUGE-1", "rouge_2": "ROUGE-2", "rouge_l": "ROUGE-L"}
FACTS = {"entity_copy": "names and numbers", "exact_match": "exact"}


def scores_picture(metrics: Mapping, path: Path) -> Path:
    """Draws ROUGE of `metrics` of `evaluate`, and what arrived of names and numbers, as `bars_picture` does."""
    found = {"model": metrics, **metrics["baselines"]}
    facts = {key: name for key, name in FACTS.items() if metrics[key] is not None}
    title = (
        f"{metrics['split']}: ROUGE-L {percent(metrics['rouge_l'])} % [{between(metrics['intervals']['rouge_l'])}] of "
        f"{metrics['pairs']:,} pairs, beam {metrics['decoding']['beam']}"
    )
    panels = (Panel(ROUGE, "F1, percent", 100), Panel(facts, "percent", 100))
    return bars_picture(path, title, panels, {name: found[key] for key, name in ROWS.items() if key in found})
