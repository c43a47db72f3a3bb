"""The scores of a captioner beside what needs no model, as a picture."""

from collections.abc import Mapping
from pathlib import Path

from heedful.recipes.shared.scoring.bars_picture import Panel, bars_picture
from heedful.recipes.shared.scoring.percent import percent

ROWS = {
    "model": "model",
    "nearest_image": "caption of the nearest image",
    "random": "a random caption",
    "most_frequent": "the most frequent caption",
}
PANELS = (
    Panel({f"bleu_{order}": f"BLEU-{order}" for order in range(1, 5)}, "percent", 100),
    Panel({"cider": "CIDEr-D"}, "", written=".3f"),
)


def scores_picture(metrics: Mapping, path: Path) -> Path:
    """Draws BLEU and CIDEr-D of `metrics` of `evaluate`, as `bars_picture` does."""
    found = {"model": metrics, **metrics["baselines"]}
    low, high = metrics["intervals"]["cider"]
    title = (
        f"{metrics['split']}: CIDEr-D {metrics['cider']:.3f} [{low:.3f} to {high:.3f}], BLEU-4 "
        f"{percent(metrics['bleu_4'])} % of {metrics['images']:,} images, beam {metrics['decoding']['beam']}"
    )
    return bars_picture(path, title, PANELS, {name: found[key] for key, name in ROWS.items() if found[key]})
