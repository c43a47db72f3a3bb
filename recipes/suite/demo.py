"""`heedful demo`: a recipe on its sample, from nothing to an answer by the exported file."""

import shutil

from heedful.recipes.suite import cards
from heedful.recipes.suite.discovery import Recipe
from heedful.recipes.suite.evaluate import describe, evaluate
from heedful.recipes.suite.saved import ROOT, TFLITE_FILE
from heedful.recipes.suite.train import Request, train

NAME = "demo"


def demo(recipe: Recipe) -> None:
    """Trains `tiny` on the sample into `saved_models/RECIPE/demo` (made anew), evaluates and runs its `.tflite`."""
    folder = ROOT / recipe.name / NAME
    shutil.rmtree(folder, ignore_errors=True)
    print(f"== {recipe.name}: {recipe.summary}\n", flush=True)
    train(recipe, Request(out=folder))
    model = folder / TFLITE_FILE

    print(f"\n== {recipe.name}: the exported file on test data that it never saw\n")
    print(describe(recipe, evaluate(recipe, model, None, None, None, False)))

    print(f"\n== {recipe.name}: the exported file at work\n")
    inputs, expected = recipe.demo.inputs()
    results = recipe.app.run(inputs, model, folder / "attention.png")
    for result in results:
        print(recipe.app.describe(result))
    print(f"expected: {expected}")

    print(f"\n== {recipe.name}: what came out of it\n")
    print(cards.table([cards.read(folder)]))
    print("\npictures:", *(result["picture"] for result in results))
