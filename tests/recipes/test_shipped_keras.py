"""The shipped `.keras` files answer what the shipped `.tflite` files answer, which older versions have exported."""

from pathlib import Path

import keras
import numpy as np
import pytest

from heedful.apps.model_file import ModelFile
from heedful.recipes.suite.discovery import Recipe
from heedful.recipes.suite.saved import KERAS_FILE, load_keras

SHIPPED = Path(__file__).parents[2] / "saved_models"
# The two whose parts are one network of layers; the others are held by the tests of their recipes.
NETWORKS = ("speech_commands/five-words", "text_classification/intents")


@pytest.mark.parametrize("folder", NETWORKS)
def test_numbers_and_shapes(folder: str) -> None:
    recipe = Recipe(folder.split("/", 1)[0])
    model = load_keras(recipe, SHIPPED / folder / KERAS_FILE)
    given, random = model.inputs[0], np.random.default_rng(0)
    example = random.normal(0, 0.1, (1, *given.shape[1:])).astype("float32")
    if "int" in given.dtype:
        example = random.integers(1, 200, (1, *given.shape[1:])).astype(given.dtype)
    found = ModelFile(SHIPPED / folder / "model.tflite").run("classify", **{given.name: example})
    wanted = recipe.export.deployed(model)(example) if hasattr(recipe.export, "deployed") else model(example)
    for name, numbers in found.items():
        np.testing.assert_allclose(numbers, keras.ops.convert_to_numpy(wanted[name]), atol=2e-4, err_msg=name)
