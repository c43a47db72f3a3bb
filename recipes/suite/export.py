"""`heedful export`: writes a verified `.tflite` beside the model and puts its numbers on the card."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heedful.apps.errors import InputError
from heedful.apps.graph import flatbuffer
from heedful.apps.graph.entries import min_runtime
from heedful.apps.model_file import CARD, ModelFile, attach
from heedful.export.about import About
from heedful.export.errors import ExportError
from heedful.export.signature import Signature
from heedful.recipes.contract import check
from heedful.recipes.suite import cards, examples_file
from heedful.recipes.suite.discovery import Recipe
from heedful.recipes.suite.saved import TFLITE_FILE, Saved, open_saved
from heedful.recipes.suite.screen import escaped
from heedful.recipes.suite.sources import in_one_line

if TYPE_CHECKING:
    from heedful.export.exporter import Exporter

STAYS = ("files", "metrics", "training")  # the long parts of a card: beside the model, not inside every file


def file_name(quantize: str) -> str:
    """`model.tflite` for float32, `model.dynamic.tflite` and so on for the others."""
    return TFLITE_FILE if quantize == "none" else f"model.{quantize}.tflite"


def export(recipe: Recipe, folder: Path, quantizations: tuple[str, ...], data: Any = None) -> dict[str, str]:
    """Exports `model.keras` of a model folder in each of `quantizations`; the card learns of each file.

    Returns the reason by name for those that were refused because the file would break its promise; no file is written
    for them. `data` is where real inputs come from: to verify, to calibrate, and to measure what quantization costs;
    by default the data on the card. Where that is out of reach, the examples beside the model verify the file, and no
    score is written. Whatever backend is active, the conversion runs under TensorFlow, in a fresh process where
    needed. Raises `InputError`, and `ContractError` where the recipe is not whole.
    """
    check(recipe)
    possible = recipe.export.QUANTIZATIONS
    unknown = [name for name in quantizations if name not in possible]
    if unknown:
        raise InputError(f"--quantize {unknown[0]}: choose one of {', '.join(possible)} for {recipe.name}.")
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder: give the model folder that `heedful train` made.")
    import keras

    from heedful.export.exporter import Exporter

    if keras.backend.backend() != "tensorflow":
        return in_tensorflow(recipe, folder, quantizations)
    saved = open_saved(recipe, folder)
    data = data or data_of(recipe, saved)
    inputs = recipe.export.inputs(data) if data else examples_file.read(folder)
    refused = {}
    try:
        model = recipe.export.deployed(saved.model)
        signatures = main_first(recipe, recipe.export.signatures(model))
        exporter = Exporter(model, signatures, recipe.export.examples(model, inputs), recipe.export.FLOAT_LAYERS)
    except ExportError as error:
        return dict.fromkeys(quantizations, str(error))
    for quantize in quantizations:
        try:
            write_one(recipe, saved, folder, quantize, data, exporter)
        except ExportError as error:
            refused[quantize] = str(error)
    return refused


def main_first(recipe: Recipe, signatures: Mapping[str, Signature]) -> dict[str, Signature]:
    """The same signatures, that of the main answer in front."""
    main = recipe.export.SIGNATURE
    return {main: signatures[main], **signatures}


def write_one(recipe: Recipe, saved: Saved, folder: Path, quantize: str, data: Any, exporter: "Exporter") -> None:
    """Converts, verifies, scores where there is data, and writes one file; the card learns of it."""
    from heedful.export.latency import latency_ms
    from heedful.export.packing import packed, write_verified

    content = exporter.export(quantize)
    graph = flatbuffer.read(content)
    facts = {
        "quantization": quantize,
        **(scores(recipe, saved, content, quantize, data) if data else {}),
        "latency_ms": latency_ms(content, exporter.main, exporter.examples[exporter.main]),
        "machine": cards.machine(),
        "min_runtime": min_runtime(graph),
        "operators": flatbuffer.operators(graph),
    }
    travelling = {key: value for key, value in saved.card.items() if key not in STAYS} | {"file": facts}
    name, facts_of_data = f"{recipe.name}/{saved.card['name']}", saved.card["facts"]
    about = About(name, recipe.package.INTENDED_USE, recipe.export.kinds(facts_of_data), recipe.export.LABELS)
    path = folder / file_name(quantize)
    write_verified(path, packed(content, travelling, saved.attachments, about), exporter, quantize)
    saved.card["files"][path.name] = cards.file_facts(path) | facts
    cards.write(folder, saved.card)


def scores(recipe: Recipe, saved: Saved, content: bytes, quantize: str, data: Any) -> dict[str, Any]:
    """Score on validation data beside Keras' own and the baseline's. Raises `ExportError` when it drops too far."""
    whole = attach(content, {CARD: json.dumps(saved.card).encode(), **saved.attachments})
    model = ModelFile.from_bytes(whole, file_name(quantize))
    metric = recipe.metric(saved.config)
    keras_score, score = (
        recipe.metrics.score(recipe.export.predictor(item), data, "validation") for item in (saved.model, model)
    )
    examples_scored = recipe.metrics.scored(data)
    # Of the score where that is above 1, as CIDEr-D is; and two examples more or less are chance.
    allowed = recipe.export.QUANTIZATIONS[quantize] * max(1.0, keras_score) + 2 / examples_scored
    if keras_score - score > allowed:
        raise ExportError(
            f"{quantize}: {metric.name} falls from {keras_score:.4f} to {score:.4f} on {examples_scored} validation "
            f"examples, more than the {allowed:.4f} allowed"
        )
    return {
        "score": score,
        "keras_score": keras_score,
        "allowed_drop": allowed,
        "metric": metric.name,
        "share": metric.share,
        "split": "validation",
        "examples": examples_scored,
        "data": saved.card["data"]["source"],
        "baseline": recipe.metrics.baseline(data),
    }


def data_of(recipe: Recipe, saved: Saved) -> Any:
    """The data that the model was trained on; None where it is out of reach, which is said."""
    source = saved.card["data"]["source"]
    try:
        with in_one_line(source):
            return recipe.data.load(
                source, saved.config, data_dir=saved.card["data_dir"], evaluating=saved.knowledge, columns=saved.columns
            )
    except InputError as error:
        told = escaped(str(error))
        print(f"{told} The examples beside the model verify the file, and it gets no score.", file=sys.stderr)
        return None


def in_tensorflow(recipe: Recipe, folder: Path, quantizations: tuple[str, ...]) -> dict[str, str]:
    """The same export in a fresh process under the TensorFlow backend."""
    refused = {}
    for quantize in quantizations:
        options = ["export", recipe.name, "--model", str(folder), "--quantize", quantize]
        done = subprocess.run(
            [sys.executable, "-m", "heedful.recipes", *options],
            env={**os.environ, "KERAS_BACKEND": "tensorflow", "PYTHONIOENCODING": "utf-8"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="backslashreplace",
        )
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            refused[quantize] = f"under TensorFlow: {reason.removeprefix('heedful: ')}"
    return refused
