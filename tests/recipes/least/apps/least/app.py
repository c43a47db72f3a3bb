"""What `heedful run least "0.1 3.2 -0.4 ..."` does: no Keras, nothing of the recipe, only the file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from heedful.apps import pictures
from heedful.apps.errors import InputError
from heedful.apps.model_file import ModelFile

RECIPE = "least"
INPUT = "row of numbers"


def run_one(model: ModelFile, given: str, picture: Path | None) -> dict[str, Any]:
    try:
        numbers = np.array([given.split()], np.float32)
        answer = model.run("predict", numbers=numbers)
    except ValueError:
        raise InputError(f"{given!r} is no row of numbers: give as many as the model takes, between spaces.") from None
    place = int(answer["attention"][0, 0].argmax())
    if picture is not None:
        figure = pictures.figure(picture, 4, 2)
        figure.subplots().bar(range(numbers.shape[1]), answer["attention"][0, 0], color=pictures.ACCENT)
        pictures.save(figure, picture)
    label = model.facts["labels"][int(answer["probabilities"][0].argmax())]
    return {"label": label, "probability": round(float(answer["probabilities"].max()), 4), "place": place}


def describe(result: Mapping[str, Any]) -> str:
    return f"{result['label']} ({result['probability']:.0%}), by number {result['place'] + 1}"
