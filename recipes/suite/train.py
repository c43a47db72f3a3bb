"""`heedful train`: from data to a trained, evaluated, exported and verified model in one folder.

The folder of an unfinished run holds `run.json` (what was asked for) and `state.npz` (how far it came, see
`checkpoints.py`); that of a finished one holds `model.keras`, the `.tflite` files, `card.json` and the pictures.
"""

import contextlib
import hashlib
import json
import shlex
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras

from heedful.apps.errors import InputError
from heedful.apps.files import atomic_path
from heedful.export.errors import ExportError
from heedful.recipes.contract import check, check_attachments, check_data, knowledge_of
from heedful.recipes.suite import cards, checkpoints, examples_file, training_loop
from heedful.recipes.suite.configuration import configure
from heedful.recipes.suite.devices import ONE, Devices, alone, devices_of
from heedful.recipes.suite.discovery import Recipe
from heedful.recipes.suite.evaluate import measured
from heedful.recipes.suite.export import export
from heedful.recipes.suite.look import described
from heedful.recipes.suite.run_folder import RUN_FILE, STATE_FILE, check_folder, claim, state_digest, working_in
from heedful.recipes.suite.saved import KERAS_FILE, ROOT, Saved, date_now, open_saved
from heedful.recipes.suite.screen import escaped
from heedful.recipes.suite.sources import slug

PRECISIONS = ("float32", "mixed_float16", "mixed_bfloat16")


@dataclass(frozen=True)
class Request:
    """What `heedful train` was asked for."""

    source: str = "sample"
    columns: Mapping[str, str] | None = None
    preset: str = "tiny"
    out: Path | None = None
    seed: int = 0
    epochs: int | None = None
    assignments: tuple[str, ...] = ()
    data_dir: str | None = None
    download: bool = False
    resume: bool = False
    precision: str = "float32"
    distribute: str = "none"
    note: str = ""
    init: Path | None = None
    quantizations: tuple[str, ...] | None = None  # None: all that the recipe has


def train(recipe: Recipe, request: Request) -> Path | None:
    """Trains, evaluates and exports; returns the model folder, or None in a process that only helped to train it.

    Raises `InputError` for wrong input, `training_loop.Interrupted` after Ctrl-C, `ExportError`, and `ContractError`
    where the recipe is not whole.
    """
    check(recipe)
    config = configure(recipe.config.PRESETS, request.preset, request.assignments, request.epochs)
    if request.precision not in PRECISIONS:
        raise InputError(f"--precision {request.precision}: choose one of {', '.join(PRECISIONS)}.")
    folder = request.out or ROOT / recipe.name / f"{request.preset}-{slug(request.source)}"
    check_folder(folder, request.resume)
    devices = devices_of(request.distribute, config.batch_size, request.seed)
    check_clock()
    with working_in(folder, request.resume) if devices.first else contextlib.nullcontext():
        return train_in(folder, recipe, request, config, devices)


def train_in(folder: Path, recipe: Recipe, request: Request, config: Any, devices: Devices) -> Path | None:
    """What `train` does in the folder that it holds."""
    before = open_keras(recipe, request.init) if request.init else None
    data = recipe.data.load(
        request.source, config, data_dir=request.data_dir, download=request.download,
        continuing=before and before.knowledge, columns=request.columns,
    )  # fmt: skip
    check_data(recipe, data)
    settings = record(recipe, request, config, data)
    if devices.first:
        print(described(recipe, summary_of(request, data)), flush=True)
        claim(folder, settings)
        checkpoints.settle(folder / STATE_FILE)
    devices.agree(json.dumps(settings).encode(), "settings or data")
    devices.agree(state_digest(folder), "checkpoints")

    model, progress = fit(recipe, config, data, request, folder, before, devices)
    devices.leave()
    if not devices.first:
        return None
    attachments = attachments_of(recipe, data, model)
    keep(recipe, data, folder, model, attachments)
    point = recipe.metrics.operating_point(recipe.export.predictor(model), data)
    metrics = evaluated(recipe, data, model, point)
    recipe.metrics.pictures(list(metrics.values())[-1], folder)
    card = make_card(recipe, request, config, data, folder, model, progress, metrics, attachments, point)
    cards.write(folder, card)
    refused = export(recipe, folder, request.quantizations or tuple(recipe.export.QUANTIZATIONS), data)
    if "none" in refused:
        raise ExportError(refused["none"])
    for quantize, reason in refused.items():
        print(f"no {quantize} file: {escaped(reason)}", file=sys.stderr)
    checkpoints.remove(folder / STATE_FILE)
    (folder / RUN_FILE).unlink()
    return folder


def fit(
    recipe: Recipe, config: Any, data: Any, request: Request, folder: Path, before: Saved | None = None,
    devices: Devices = ONE,
) -> tuple[keras.Model, training_loop.Progress]:  # fmt: skip
    """The float32 inference model with the best averaged weights, trained on from `before` where there is one."""
    knowledge = knowledge_of(data)
    keras.utils.set_random_seed(request.seed)
    averaged = recipe.model.build(config, knowledge)
    with devices.scope():
        model, trainer = training_pair(recipe, config, data, request, before)
        epochs = f"{config.epochs} epoch{'' if config.epochs == 1 else 's'} of {data.steps_per_epoch:,} steps"
        if devices.first:
            print(f"{model.count_params():,} parameters, {epochs}", flush=True)

        def score(candidate: keras.Model) -> float:
            with alone():
                return recipe.metrics.selection(recipe.export.predictor(candidate), data)

        progress = training_loop.fit(
            trainer, model, averaged, lambda step: devices.batch(data, request.seed, step),
            seed=request.seed, steps_per_epoch=data.steps_per_epoch, epochs=config.epochs, score=score,
            state_file=folder / STATE_FILE, first=devices.first,
        )  # fmt: skip
    return recipe.model.complete(averaged, data), progress


def training_pair(
    recipe: Recipe, config: Any, data: Any, request: Request, before: Saved | None
) -> tuple[keras.Model, keras.Model]:
    """The model in the precision asked for, with its first weights, and its trainer."""
    knowledge = knowledge_of(data)
    keras.config.set_dtype_policy(request.precision)
    try:
        model = recipe.model.build(config, knowledge)
        if before is None:
            recipe.model.prepare(model, data)
        else:
            recipe.model.inherit(model, knowledge, before.model, before.knowledge)
        return model, recipe.trainer.build_trainer(model, config, knowledge, data.steps_per_epoch, request.seed)
    finally:
        keras.config.set_dtype_policy("float32")


def record(recipe: Recipe, request: Request, config: Any, data: Any) -> dict[str, Any]:
    """What a resumed run must have in common with the one that it continues."""
    settings = {
        "recipe": recipe.name,
        "source": request.source,
        "columns": request.columns,
        "seed": request.seed,
        "precision": request.precision,
        "distribute": request.distribute,
        "backend": keras.backend.backend(),
        **asdict(config),
        **{f"facts.{name}": value for name, value in data.facts.items()},
        "attachments": digests(knowledge_of(data).attachments),
        "steps_per_epoch": data.steps_per_epoch,
        "init": str(request.init) if request.init else None,
    }
    return json.loads(json.dumps(settings))


def digests(attachments: Mapping[str, bytes]) -> dict[str, str]:
    """The SHA-256 of each file."""
    return {name: hashlib.sha256(content).hexdigest() for name, content in attachments.items()}


def summary_of(request: Request, data: Any) -> dict[str, Any]:
    """What the data holds, as it stands on the card."""
    return {**data.summary, "source": request.source}


def open_keras(recipe: Recipe, path: Path) -> Saved:
    """The model to continue from. Raises `InputError`."""
    saved = open_saved(recipe, path)
    if path.suffix == ".tflite":
        raise InputError(f"--init {path} is exported and cannot be trained on: give its folder.")
    return saved


def check_clock() -> None:
    """Raises `InputError` where the clock is so wrong that no `.keras` can be written: it is a zip."""
    if (year := time.localtime().tm_year) < 1980:
        raise InputError(f"the clock of this machine says {year}, a date that no zip file can have: set the clock.")


def attachments_of(recipe: Recipe, data: Any, model: keras.Model) -> dict[str, bytes]:
    """The files that ride with a model: those of its data, and those that only the trained model gives."""
    late = recipe.export.attachments(model, data)
    check_attachments(recipe, late)
    return {**knowledge_of(data).attachments, **late}


def keep(recipe: Recipe, data: Any, folder: Path, model: keras.Model, attachments: Mapping[str, bytes]) -> None:
    """Writes what a model folder holds besides its card: the model, its attachments, and a few real inputs."""
    for name, content in attachments.items():
        with atomic_path(folder / name) as temporary:
            temporary.write_bytes(content)
    check_clock()
    with atomic_path(folder / KERAS_FILE) as temporary:
        model.save(temporary)
    examples_file.write(folder, recipe.export.inputs(data))


def evaluated(recipe: Recipe, data: Any, model: keras.Model, point: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The metrics of validation and test, as far as there are examples, at the operating point `point`."""
    predict = recipe.export.predictor(model)
    splits = [split for split in ("validation", "test") if len(data.splits[split])]
    return {split: measured(recipe, predict, data, split, point) for split in splits}


def make_card(
    recipe: Recipe, request: Request, config: Any, data: Any, folder: Path, model: keras.Model, progress: Any,
    metrics: dict[str, dict[str, Any]], attachments: Mapping[str, bytes], point: dict[str, Any] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """The card of the trained model, its `.tflite` files not yet on it; `point` is its operating point."""
    selection = recipe.metrics.SELECTION or recipe.metric(config).name
    best = max(progress.history, key=lambda entry: (entry["score"], entry["epoch"]))
    return {
        "recipe": recipe.name,
        "name": folder.name,
        "preset": request.preset,
        "created": date_now(recipe.name),
        "command": shlex.join(["heedful", *sys.argv[1:]]),
        "note": request.note,
        "intended_use": recipe.package.INTENDED_USE,
        "limits": recipe.package.LIMITS,
        "facts": data.facts,
        "attachments": digests(attachments),
        "config": asdict(config),
        "data": summary_of(request, data),
        "data_dir": request.data_dir,
        "columns": request.columns,
        "seed": request.seed,
        "precision": request.precision,
        "backend": keras.backend.backend(),
        "versions": cards.versions(),
        "machine": cards.machine(),
        "parameters": model.count_params(),
        "training": {
            "epochs": config.epochs,
            "steps": progress.step,
            "seconds": round(progress.seconds, 1),
            "selection": f"the epoch of the best validation {selection} of the averaged weights",
            "best_epoch": best["epoch"],
            "history": progress.history,
        },
        "metrics": metrics,
        **({"operating_point": point} if point else {}),
        "files": {KERAS_FILE: cards.file_facts(folder / KERAS_FILE)},
    }
