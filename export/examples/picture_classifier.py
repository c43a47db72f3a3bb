"""A classifier of `keras.applications` with an attention head as one file, which says where in the picture it looked.

The picture goes in as it is, uint8, and every place of the network's grid gets a weight. Nothing is trained here: take
`weights="imagenet"`, and train the head on your own pictures. `python -m heedful.export.examples.picture_classifier`
"""

from pathlib import Path
from typing import Any

import keras
import numpy as np

from heedful.apps.model_file import ModelFile
from heedful.export import Picture, export_tflite
from heedful.layers import AttentionPooling

SIZE, LABELS = 96, ("cat", "dog", "neither")


def build(weights: str | None = None) -> keras.Model:
    """Pictures uint8 `(SIZE, SIZE, 3)` to probabilities, and to a weight for each place of the grid."""
    shape = (SIZE, SIZE, 3)
    network = keras.applications.MobileNetV3Small(shape, include_top=False, weights=weights)  # it scales the pixels
    picture = keras.Input(shape, dtype="uint8", name="picture")
    grid = network(keras.ops.cast(picture, "float32"))
    rows, columns, channels = grid.shape[1:]
    places = keras.layers.Reshape((rows * columns, channels))(grid)
    pooled, attention = AttentionPooling(num_queries=1)(places, return_attention_scores=True)
    probabilities = keras.layers.Dense(len(LABELS), activation="softmax")(keras.layers.Flatten()(pooled))
    attention = keras.layers.Reshape((rows, columns))(attention)
    return keras.Model(picture, {"probabilities": probabilities, "attention": attention})


def pictures(count: int, seed: int) -> np.ndarray:
    """Stand-ins for yours, uint8 `(count, SIZE, SIZE, 3)`."""
    return np.random.default_rng(seed).integers(0, 256, (count, SIZE, SIZE, 3), "uint8")


def run(path: str | Path, quantize: str = "none") -> tuple[keras.Model, dict[str, Any]]:
    """Writes the file; the model, and the facts of the file."""
    model, kinds = build(), {"picture": Picture()}
    card = {"name": "pets", "description": "Which animal is in a picture."}
    facts = export_tflite(path, model, pictures(8, 0), inputs=kinds, labels=LABELS, card=card, quantize=quantize)
    return model, facts


if __name__ == "__main__":
    print(run("pets.tflite", "dynamic")[1])
    answer = ModelFile("pets.tflite").run("predict", picture=pictures(1, seed=1))
    print(*zip(LABELS, answer["probabilities"][0].round(3), strict=True), answer["attention"][0].round(3), sep="\n")
