"""The readers that the commands use, each of the path of one file."""

import json
import os
import shutil
from pathlib import Path

import hostile_seeds as seeds
import numpy as np

from heedful.apps import audio, images, load, run, tokenizer_file
from heedful.apps.errors import InputError
from heedful.apps.graph.container import open_container
from heedful.apps.graph.inspection import as_json, inspect
from heedful.apps.graph.report import report
from heedful.apps.quiet import quiet, quiet_libraries
from heedful.apps.text_file import given_text
from heedful.recipes.suite.discovery import recipe

SIZE = 64  # of a picture
ROWS, SUFFIX = 24, {"image_captioning": ".jpg", "speech_commands": ".flac"}
ASKED = {
    "speech_commands": np.zeros(16000, np.float32), "recommender": ["two-person-tent"],
    "image_captioning": np.zeros((224, 224, 3), np.uint8), "text_summarization": "The bridge was opened in May.",
    "text_classification": "why was my card declined", "translation": "lumo",
}  # fmt: skip


def heard(path: Path) -> None:
    """As `run`, `train`, `evaluate` and `enrol` read a recording."""
    with quiet_libraries():
        audio.read(path, 16000, [])


def seen(path: Path) -> None:
    """As `data` and `train` look at a picture, and `run` draws it."""
    from heedful.recipes.image_captioning.reading.picture_check import readable, recognised

    recognised([str(path)], SIZE)
    _, refused = readable([str(path)], SIZE)
    with quiet():
        images.view(path, SIZE)
    assert not refused, "one reads what the other refuses"


def rows(path: Path) -> None:
    """As every recipe reads a table."""
    from heedful.recipes.shared.reading.columns import SPLIT, Column
    from heedful.recipes.shared.reading.rows import read_rows

    columns = (Column("document", ("text", "dialogue")), Column("summary", ("title",), several=True), SPLIT)
    if not read_rows(path, columns).rows:
        raise AssertionError("neither rows nor a sentence")


def looked_at(name: str, path: Path) -> None:
    """As `heedful data` looks at a source, and `train` reads it."""
    from heedful.recipes.suite.look import look, shown

    chosen = recipe(name)
    found = look(chosen, str(path), chosen.config.PRESETS["tiny"])
    json.dumps({"summary": found.summary, "examples": found.examples})
    shown(chosen, found, "")


def beside(name: str, path: Path) -> None:
    """The same of a folder with sound files, in which this one is a table or a list."""
    folder = path.parent / "folder"
    if not folder.is_dir():
        folder.mkdir()
        fill = {"image_captioning": seeds.pictures("JPEG"), "speech_commands": seeds.recordings("FLAC")}[name]
        for number in range(ROWS):
            (folder / f"{number}{SUFFIX[name]}").write_bytes(next(iter(fill.values())))
    target = folder / path.name
    path.rename(target)
    try:
        looked_at(name, target)
    finally:
        target.unlink()


def opened(path: Path) -> None:
    """As `run`, `evaluate` and `enrol` open a `.tflite`, and `inspect` does before it asks LiteRT."""
    with quiet():
        load(path)
    open_container(path)


def asked(path: Path) -> None:
    """As `run` opens a `.tflite` and asks it, in lines for people and for programs."""
    with quiet():
        model = load(path)
        given = ASKED[model.recipe]
        if model.recipe == "image_captioning":
            given = np.zeros((model.model.size, model.model.size, 3), np.uint8)
        model(given)
        if isinstance(given, str):
            text = path.with_suffix(".txt")
            text.write_text(given)
            run.describe(model.app, model.app.run_one(model.model, text))


def inspected(path: Path) -> None:
    """As `inspect` does."""
    found = inspect(path, longest=20)
    json.dumps(as_json(found))
    report(found)


def tokenized(path: Path) -> None:
    """As every app opens a tokenizer; a `ValueError` is what becomes the sentence there."""
    try:
        found = tokenizer_file.opened(path.read_bytes().decode())
        found.pieces("Why was my card declined, 東京?", 9)
    except (ValueError, KeyError):
        raise InputError(f"{path} is refused.") from None


def given(path: Path) -> None:
    """As `run` reads a text."""
    given_text(path, "save it as UTF-8")


def history(path: Path) -> None:
    """As `run recommender` reads a history and its times."""
    from heedful.apps.recommender.history import read_ids
    from heedful.apps.recommender.moments import moments_of

    read_ids(path)
    moments_of(path)


def saved_model(path: Path) -> None:
    """As `evaluate` and `export` open a `.keras`."""
    from heedful.recipes.suite.saved import load_keras

    load_keras(recipe(path.name.split(".")[0]), path)


def card(path: Path) -> None:
    """As `evaluate` and `export` read the card beside a model, and the settings on it."""
    from heedful.recipes.suite import cards
    from heedful.recipes.suite.saved import Saved, of_recipe, read_attachments

    chosen, folder = recipe(path.name.split(".")[0]), path.with_suffix("")
    if not folder.is_dir():
        shutil.copytree(next((seeds.MODELS / chosen.name).iterdir()), folder)
    path.rename(folder / "card.json")
    found = of_recipe(chosen, cards.read(folder), folder / "card.json")
    saved = Saved(path, found, {}, None)  # pyright: ignore[reportArgumentType]
    _ = saved.config, saved.operating_point, saved.knowledge
    read_attachments(folder, found)


def examples(path: Path) -> None:
    """As `export` reads the inputs that were kept beside a model."""
    from heedful.recipes.suite import examples_file

    path.rename(path.parent / examples_file.FILE)
    examples_file.read(path.parent)


def in_archive(path: Path) -> None:
    """As `data` and `train` unpack an archive, into a cache that a test may fill."""
    from heedful.recipes.shared.reading.archives import unpacked

    os.environ["XDG_CACHE_HOME"] = str(path.parent / "cache")
    unpacked(path)
