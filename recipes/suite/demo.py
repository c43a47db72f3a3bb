"""`heedful demo`: what a shipped model can do, then a recipe on its sample from nothing to an answer by its own file.

A demo that was stopped in a training goes on there with the same command.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path

from heedful.apps.errors import InputError
from heedful.apps.locks import only_one
from heedful.apps.quiet import quiet
from heedful.apps.run import describe as describe_answer
from heedful.apps.run import run
from heedful.recipes.suite import cards, checkpoints
from heedful.recipes.suite.discovery import Recipe
from heedful.recipes.suite.evaluate import describe, evaluate
from heedful.recipes.suite.run_folder import STATE_FILE
from heedful.recipes.suite.saved import ROOT, TFLITE_FILE, newest_tflite
from heedful.recipes.suite.train import Request, train

NAME = "demo"


def demo(recipes: Sequence[Recipe], epochs: int | None = None) -> None:
    """Shows the newest model of every recipe, then trains each on its sample into `saved_models/RECIPE/demo`, for so
    many epochs instead of its preset's.

    These are made anew, but for what an interrupted demo has left: that goes on, and what was finished before it is not
    trained again.
    """
    for recipe in recipes:
        show_shipped(recipe)
    going_on = any(checkpoints.exists(folder_of(recipe) / STATE_FILE) for recipe in recipes)
    for recipe in recipes:
        folder = folder_of(recipe)
        print(f"\n== {recipe.name}: trained on its sample\n", flush=True)
        if going_on and (folder / cards.CARD).exists() and not checkpoints.exists(folder / STATE_FILE):
            print(f"{folder} was finished before the demo was stopped.")
        else:
            train_on_sample(recipe, folder, epochs)
        show_trained(recipe, folder)


def folder_of(recipe: Recipe) -> Path:
    return ROOT / recipe.name / NAME


def show_shipped(recipe: Recipe) -> None:
    """What the newest model that is there already answers to the inputs of the demo."""
    try:
        model = newest_tflite(recipe.name, without=NAME)
    except InputError:
        return
    print(f"== {recipe.name}: {recipe.summary}\n\n{model} at work\n", flush=True)
    answer(recipe, model, ROOT / recipe.name / "demo-shipped.png", "a model of the sample should say")


def train_on_sample(recipe: Recipe, folder: Path, epochs: int | None) -> None:
    """Anew, or on from where it was stopped."""
    resume = checkpoints.exists(folder / STATE_FILE)
    if not resume and folder.is_dir():
        with only_one(folder):
            shutil.rmtree(folder, ignore_errors=True)
    train(recipe, Request(out=folder, resume=resume, epochs=epochs))


def show_trained(recipe: Recipe, folder: Path) -> None:
    """What the exported file of the demo scores, answers, and weighs."""
    model = folder / TFLITE_FILE
    print(f"\n== {recipe.name}: the exported file on test data that it never saw\n")
    print(describe(recipe, evaluate(recipe, model, None, None, None, False)))
    print(f"\n== {recipe.name}: the exported file at work\n", flush=True)
    answer(recipe, model, folder / "attention.png", "expected")
    print(f"\n== {recipe.name}: what came out of it\n")
    print(cards.table([cards.read(folder)]), flush=True)


def answer(recipe: Recipe, model: Path, picture: Path, called: str) -> None:
    """Runs a file on the inputs of the demo, and prints what it says and what is expected, so `called`."""
    inputs, expected = recipe.demo.inputs()
    with quiet():
        results = run(recipe.app, inputs, model, picture)
    for result in results:
        print(describe_answer(recipe.app, result))
    print(f"{called}: {expected}", flush=True)
