"""The scores of a captioner beside what needs no model, as a picture."""

from collections.abc import Mapping
from os import PathLike

from heedful.recipes.shared.scoring.bars_picture import Bar, Panel, bars_picture

ROWS = {
    "model": "model",
    "nearest_image": "caption of the nearest image",
    "random": "a random caption",
    "most_frequent": "the most frequent caption",
}
PANELS = (Panel([f"BLEU-{order}" for order in range(1, 5)], "percent"), Panel(["CIDEr-D"], "", ".3f"))


def scores_picture(metrics: Mapping, path: str | PathLike[str]) -> None:
    """Draws `metrics` of `evaluate` to `path` (.png, .svg, .pdf): BLEU-1 to 4 in percent, and CIDEr-D.

    Raises `InputError` as `bars_picture` does.
    """
    found = {"model": metrics, **metrics["baselines"]}
    rows = [(name, _bars(found[key])) for key, name in ROWS.items() if found[key]]
    low, high = metrics["intervals"]["cider"]
    title = (
        f"{metrics['split']}: CIDEr-D {metrics['cider']:.3f} [{low:.3f} to {high:.3f}], BLEU-4 "
        f"{100 * metrics['bleu_4']:.1f} % of {metrics['images']:,} images, beam {metrics['decoding']['beam']}"
    )
    bars_picture(path, title, PANELS, rows)


def _bars(scores: Mapping) -> list[list[Bar]]:
    spans = scores["intervals"]
    bleu = [Bar(100 * scores[f"bleu_{order}"]) for order in range(1, 4)]
    fourth = Bar(100 * scores["bleu_4"], [100 * end for end in spans["bleu_4"]])
    return [[*bleu, fourth], [Bar(scores["cider"], spans["cider"])]]
