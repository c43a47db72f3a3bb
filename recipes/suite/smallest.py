"""`heedful export --quantize auto`: of all files that a recipe has, the smallest whose score does not drop too far."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from heedful.export.errors import ExportError
from heedful.recipes.contract import check
from heedful.recipes.suite import cards
from heedful.recipes.suite.discovery import Recipe
from heedful.recipes.suite.export import (
    AUTO,
    Made,
    check_folder,
    file_name,
    in_tensorflow,
    made,
    read_data,
    work_of,
    write,
)
from heedful.recipes.suite.saved import open_saved


def export_smallest(recipe: Recipe, folder: Path, tell: Callable[[str], None]) -> str:
    """Makes every file that the recipe has, tells a line of each, and writes the one of the fewest bytes.

    What was tried stands on the card, under `smallest`. Returns the name of the file. Without the data that the model
    was trained on nothing can be chosen. Raises `ExportError` where every file was refused, `InputError`, and
    `ContractError` where the recipe is not whole.
    """
    check(recipe)
    check_folder(folder)
    import keras

    if keras.backend.backend() != "tensorflow":
        for reason in in_tensorflow(recipe, folder, (AUTO,)).values():
            raise ExportError(reason)
        found = cards.read(folder)["smallest"]
        for quantize, facts in found["tried"].items():
            tell(line(quantize, facts))
        return found["file"]
    saved = open_saved(recipe, folder)
    work = work_of(recipe, saved, folder, read_data(recipe, saved))
    tried: dict[str, dict[str, Any]] = {}
    best: Made | None = None
    for quantize in recipe.export.QUANTIZATIONS:
        try:
            file = made(work, quantize)
        except ExportError as error:
            tried[quantize] = {"refused": str(error).removeprefix(f"{quantize}: ")}
        else:
            tried[quantize] = {key: file.facts[key] for key in ("score", "metric", "share")}
            tried[quantize]["bytes"] = len(file.content)
            if best is None or len(file.content) < len(best.content):
                best = file
        tell(line(quantize, tried[quantize]))
    if best is None:
        raise ExportError("none of these files does what the model does")
    saved.card["smallest"] = {"file": file_name(best.quantize), "tried": tried}
    return write(work, best).name


def line(quantize: str, facts: Mapping[str, Any]) -> str:
    """What became of one file."""
    if "refused" in facts:
        return f"{quantize:8} refused: {facts['refused']}"
    return f"{quantize:8} {facts['metric']} {cards.score_text(dict(facts), 'score')}, {facts['bytes'] / 1000:,.1f} kB"
