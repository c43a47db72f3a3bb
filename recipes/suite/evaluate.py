"""`heedful evaluate`: the same metrics for a `.keras` and a `.tflite`, with size, parameters and latency."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from heedful.apps.model_file import ModelFile
from heedful.recipes.contract import check
from heedful.recipes.shared.reading.summary import source_name
from heedful.recipes.suite import cards
from heedful.recipes.suite.discovery import Recipe
from heedful.recipes.suite.look import described
from heedful.recipes.suite.saved import Saved, open_saved
from heedful.recipes.suite.screen import escaped, escaped_all
from heedful.recipes.suite.sources import in_one_line


def evaluate(
    recipe: Recipe, path: Path, source: str | None, split: str | None, data_dir: str | None, download: bool,
    columns: Mapping[str, str] | None = None, own: Mapping[str, Any] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Metrics of a model on a split of `source` (by default the data it was trained on), and the facts of its file.

    Without `split` it is the first that has examples of test, validation and train. The data of the training is read
    as it was then, unless `columns` say otherwise. `own` are options of the recipe; with these alone, without `source`
    and `split`, no data is read. Raises `InputError`, and `ContractError` where the recipe is not whole.
    """
    check(recipe)
    saved = open_saved(recipe, path)
    predict, point = recipe.export.predictor(saved.model), saved.operating_point
    given = recipe.metrics.evaluate_given(predict, saved.card["facts"], point, **own) if own else {}
    if own and not source and not split:
        return {**facts_of(recipe, saved), "metrics": given}
    trained: str = saved.card["data"]["source"]
    source = source or trained
    with in_one_line(source):
        data = recipe.data.load(
            source, saved.config, data_dir=data_dir or saved.card["data_dir"], download=download,
            evaluating=saved.knowledge, columns=columns or (saved.columns if source == trained else None),
        )  # fmt: skip
        if source != trained:  # the card says what is in the data of the training
            print(described(recipe, {**data.summary, "source": source}), flush=True)
        split = split or next((name for name in ("test", "validation", "train") if len(data.splits[name])), "test")
        metrics = measured(recipe, predict, data, split, point)
    return {
        **facts_of(recipe, saved),
        "data": source,
        "split": split,
        "latency_ms": latency_ms(recipe, saved, data),
        "machine": cards.machine(),
        "metrics": {**metrics, **given},
    }


def facts_of(recipe: Recipe, saved: Saved) -> dict[str, Any]:
    """What is measured, and how large it is."""
    return {
        "recipe": recipe.name,
        "model": str(saved.path),
        "parameters": saved.card["parameters"],
        "bytes": saved.path.stat().st_size,
    }


def measured(recipe: Recipe, predict: Any, data: Any, split: str, point: Mapping[str, Any]) -> dict[str, Any]:
    """All metrics of a split, at the operating point where there is one."""
    return recipe.metrics.evaluate(predict, data, split, **({"operating_point": point} if point else {}))


def latency_ms(recipe: Recipe, saved: Saved, data: Any, runs: int = 30) -> float:
    """Median milliseconds of one example: LiteRT on one thread, Keras as it comes (compiled, all cores)."""
    model, signature = saved.model, recipe.export.SIGNATURE
    given = recipe.export.inputs(data)[0]
    if isinstance(model, ModelFile):
        row = {name: given[name] for name in model.signatures[signature]["inputs"]}

        def call():
            model.run(signature, **row)
    else:
        row = {name: given[name] for name in recipe.export.signatures(model)[signature].inputs}
        batch = row if len(row) > 1 else next(iter(row.values()))  # Keras warns of a dict where it takes one tensor

        def call():
            model.predict_on_batch(batch)

    times = []
    for _ in range(runs + 3):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return float(np.median(times[3:]) * 1000)


def describe(recipe: Recipe, result: dict[str, Any]) -> str:
    """The result as text for people."""
    on = f" on {escaped(source_name(result['data']))}, {result['split']}" if "data" in result else ""
    result = escaped_all(result)
    head = f"{result['model']}{on}: {result['parameters']:,} parameters, {result['bytes'] / 1000:,.0f} kB"
    if "latency_ms" in result:
        head += f", {result['latency_ms']:.2f} ms each"
    return f"{head}\n{recipe.metrics.describe(result['metrics'])}"
