"""The scores of a summarizer beside what needs no model, as a picture."""

from collections.abc import Mapping
from os import PathLike

from heedful.recipes.shared.scoring.bars_picture import Bar, Panel, bars_picture

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


def scores_picture(metrics: Mapping, path: str | PathLike[str]) -> None:
    """Draws `metrics` of `evaluate` to `path` (.png, .svg, .pdf): ROUGE, and what arrived of names and numbers.

    Raises `InputError` as `bars_picture` does.
    """
    found = {"model": metrics, **metrics["baselines"]}
    facts = [key for key in FACTS if metrics[key] is not None]
    panels = (Panel(list(ROUGE.values()), "F1, percent"), Panel([FACTS[key] for key in facts], "percent"))
    rows = [(name, [_bars(found[key], ROUGE), _bars(found[key], facts)]) for key, name in ROWS.items() if key in found]
    low, high = (100 * end for end in metrics["intervals"]["rouge_l"])
    title = (
        f"{metrics['split']}: ROUGE-L {100 * metrics['rouge_l']:.1f} % [{low:.1f} to {high:.1f}] of "
        f"{metrics['pairs']:,} pairs, beam {metrics['decoding']['beam']}"
    )
    bars_picture(path, title, panels, rows)


def _bars(scores: Mapping, keys: Mapping | list[str]) -> list[Bar]:
    return [Bar(100 * scores[key], [100 * end for end in scores["intervals"][key]]) for key in keys]
