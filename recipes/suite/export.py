"""`heedful export`: writes a verified `.tflite` beside the model and puts its numbers on the card."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heedful.apps.errors import InputError
from heedful.apps.files import remove_left_in
from heedful.apps.graph import flatbuffer
from heedful.apps.graph.entries import min_runtime
from heedful.apps.locks import HELD, only_one
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

AUTO = "auto"  # the smallest file whose score does not drop too far, see `smallest.py`
# What does not ride in every file: the long parts of a card, and what is true of the trained model only.
STAYS = ("files", "metrics", "operating_point", "smallest", "training")


def file_name(quantize: str) -> str:
    """`model.tflite` for float32, `model.dynamic.tflite` and so on for the others."""
    return TFLITE_FILE if quantize == "none" else f"model.{quantize}.tflite"


@dataclass(frozen=True)
class Work:
    """What every file of one model is made from; `data` is None where it is out of reach."""

    recipe: Recipe
    saved: Saved
    folder: Path
    data: Any
    exporter: "Exporter"

    def score(self, model: Any) -> float:
        """Of either kind of model, on validation."""
        return self.recipe.metrics.score(self.recipe.export.predictor(model), self.data, "validation")

    @cached_property
    def keras_score(self) -> float:
        """Of the model as it was trained."""
        return self.score(self.saved.model)

    @cached_property
    def baseline(self) -> float:
        """Of what has learnt nothing."""
        return self.recipe.metrics.baseline(self.data)


@dataclass(frozen=True)
class Made:
    """A verified file that is not written yet, and its part of the card."""

    quantize: str
    content: bytes
    facts: dict[str, Any]


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
        raise InputError(f"--quantize {unknown[0]}: choose one of {', '.join(possible)} for {recipe.name}, or {AUTO}.")
    check_folder(folder)
    import keras

    if keras.backend.backend() != "tensorflow":
        return in_tensorflow(recipe, folder, quantizations)
    saved = open_saved(recipe, folder)
    refused = {}
    try:
        work = work_of(recipe, saved, folder, data or data_of(recipe, saved))
    except ExportError as error:
        return dict.fromkeys(quantizations, str(error))
    for quantize in quantizations:
        try:
            write(work, made(work, quantize))
        except ExportError as error:
            refused[quantize] = str(error)
    return refused


def check_folder(folder: Path) -> None:
    """Raises `InputError` where it is none."""
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder: give the model folder that `heedful train` made.")


@contextlib.contextmanager
def working_in(folder: Path) -> Iterator[None]:
    """Holds the model folder for one process. Raises `InputError` where it is none, or another process works in it."""
    check_folder(folder)
    with only_one(folder):
        remove_left_in(folder)
        yield


def work_of(recipe: Recipe, saved: Saved, folder: Path, data: Any) -> Work:
    """The model traced, to be exported. Raises `ExportError`, and `InputError` where there is nothing to run it on."""
    from heedful.export.exporter import Exporter

    inputs = recipe.export.inputs(data) if data else examples_file.read(folder)
    model = recipe.export.deployed(saved.model)
    signatures = main_first(recipe, recipe.export.signatures(model))
    exporter = Exporter(model, signatures, recipe.export.examples(model, inputs), recipe.export.FLOAT_LAYERS)
    return Work(recipe, saved, folder, data, exporter)


def main_first(recipe: Recipe, signatures: Mapping[str, Signature]) -> dict[str, Signature]:
    """The same signatures, that of the main answer in front."""
    main = recipe.export.SIGNATURE
    return {main: signatures[main], **signatures}


def made(work: Work, quantize: str) -> Made:
    """Converts, verifies, and scores where there is data. Raises `ExportError`, also when the score drops too far."""
    from heedful.export.latency import latency_ms

    exporter = work.exporter
    content = exporter.export(quantize)
    measured = scores(work, content, quantize) if work.data else {}
    check_drop(measured, quantize)
    graph = flatbuffer.read(content)
    facts = {
        "quantization": quantize,
        **measured,
        **operating_point(work, content, quantize),
        "latency_ms": latency_ms(content, exporter.main, exporter.examples[exporter.main]),
        "machine": cards.machine(),
        "min_runtime": min_runtime(graph),
        "operators": flatbuffer.operators(graph),
    }
    return Made(quantize, whole(work, content, facts), facts)


def whole(work: Work, content: bytes, facts: Mapping[str, Any]) -> bytes:
    """The file of a graph, with all that rides in it."""
    from heedful.export.packing import packed

    recipe, saved = work.recipe, work.saved
    travelling = {key: value for key, value in saved.card.items() if key not in STAYS} | {"file": facts}
    name, facts_of_data = f"{recipe.name}/{saved.card['name']}", saved.card["facts"]
    about = About(name, recipe.package.INTENDED_USE, recipe.export.kinds(facts_of_data), recipe.export.LABELS)
    return packed(content, travelling, saved.attachments, about)


def write(work: Work, file: Made) -> Path:
    """Writes what was made; the card learns of it. Raises `ExportError` where it does not run as it is."""
    from heedful.export.packing import write_verified

    path = work.folder / file_name(file.quantize)
    write_verified(path, file.content, work.exporter, file.quantize)
    work.saved.card["files"][path.name] = cards.file_facts(path) | file.facts
    cards.write(work.folder, work.saved.card)
    return path


def scores(work: Work, content: bytes, quantize: str) -> dict[str, Any]:
    """Score on validation data beside Keras' own and the baseline's, and by how much it may drop."""
    recipe, saved = work.recipe, work.saved
    metric, examples = recipe.metric(saved.config), recipe.metrics.scored(work.data)
    return {
        "score": work.score(running(work, content, quantize)),
        "keras_score": work.keras_score,
        # Of the score where that is above 1, as CIDEr-D is; and two examples more or less are chance.
        "allowed_drop": recipe.export.QUANTIZATIONS[quantize] * max(1.0, work.keras_score) + 2 / examples,
        "metric": metric.name,
        "share": metric.share,
        "split": "validation",
        "examples": examples,
        "data": saved.card["data"]["source"],
        "baseline": work.baseline,
    }


def running(work: Work, content: bytes, quantize: str) -> ModelFile:
    """A graph that is not written yet, ready to be asked."""
    carrying = attach(content, {CARD: json.dumps(work.saved.card).encode(), **work.saved.attachments})
    return ModelFile.from_bytes(carrying, file_name(quantize))


def operating_point(work: Work, content: bytes, quantize: str) -> dict[str, Any]:
    """That of the file, where the recipe knows one: chosen anew, or without data what the card has for the file, else
    for the trained model.
    """
    card = work.saved.card
    if work.data:
        predict = work.recipe.export.predictor(running(work, content, quantize))
        found = work.recipe.metrics.operating_point(predict, work.data)
    else:
        before = card["files"].get(file_name(quantize), {})
        found = before.get("operating_point") or card.get("operating_point")
    return {"operating_point": found} if found else {}


def check_drop(measured: Mapping[str, Any], quantize: str) -> None:
    """Raises `ExportError` where a file scores less than quantization may cost."""
    if measured and measured["keras_score"] - measured["score"] > measured["allowed_drop"]:
        raise ExportError(
            f"{quantize}: {measured['metric']} falls from {measured['keras_score']:.4f} to {measured['score']:.4f} on "
            f"{measured['examples']} validation examples, more than the {measured['allowed_drop']:.4f} allowed"
        )


def data_of(recipe: Recipe, saved: Saved) -> Any:
    """The data that the model was trained on; None where it is out of reach, which is said."""
    try:
        return read_data(recipe, saved)
    except InputError as error:
        told = escaped(str(error))
        print(f"{told} The examples beside the model verify the file, and it gets no score.", file=sys.stderr)
        return None


def read_data(recipe: Recipe, saved: Saved) -> Any:
    """The data that the model was trained on. Raises `InputError` where it is out of reach."""
    source = saved.card["data"]["source"]
    with in_one_line(source):
        return recipe.data.load(
            source, saved.config, data_dir=saved.card["data_dir"], evaluating=saved.knowledge, columns=saved.columns
        )


def in_tensorflow(recipe: Recipe, folder: Path, quantizations: tuple[str, ...]) -> dict[str, str]:
    """The same export in a fresh process under the TensorFlow backend."""
    refused = {}
    for quantize in quantizations:
        options = ["export", recipe.name, "--model", str(folder), "--quantize", quantize]
        done = subprocess.run(
            [sys.executable, "-m", "heedful.recipes", *options],
            env={
                **os.environ,
                "KERAS_BACKEND": "tensorflow",
                "PYTHONIOENCODING": "utf-8",
                HELD: os.path.realpath(folder),
            },
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="backslashreplace",
        )
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            refused[quantize] = f"under TensorFlow: {reason.removeprefix('heedful: ')}"
    return refused
