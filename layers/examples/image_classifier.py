"""An image classifier that says where it looked: convolutions make a grid of places, `AttentionPooling` reads it.

Each picture has one of five shapes somewhere in clutter. Labels say which shape, never where.

    python -m heedful.layers.examples.image_classifier
"""

import keras
import numpy as np

from heedful.layers import AttentionPooling, explain

SIZE, SHAPE, CELL = 32, 8, 4  # pixels along a side: of the picture, of its shape, of one place in the grid
GRID = SIZE // CELL

y, x = np.mgrid[:SHAPE, :SHAPE] - (SHAPE - 1) / 2
SHAPES = {
    "disc": np.hypot(x, y) < 3.4,
    "ring": abs(np.hypot(x, y) - 3) < 0.8,
    "frame": np.maximum(abs(x), abs(y)) > 3,
    "plus": np.minimum(abs(x), abs(y)) < 1,
    "cross": abs(abs(x) - abs(y)) < 1,
}


def pictures(count: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pictures `(count, 32, 32, 1)`, the index of the shape in each and its corner, `(left, top)`."""
    random = np.random.default_rng(seed)
    images = (random.random((count, SIZE, SIZE)) < 0.1) + random.normal(0, 0.2, (count, SIZE, SIZE))
    labels = random.integers(len(SHAPES), size=count)
    corners = random.integers(SIZE - SHAPE + 1, size=(count, 2))
    stamps = np.stack(list(SHAPES.values()))
    for image, label, (left, top) in zip(images, labels, corners, strict=True):
        image[top : top + SHAPE, left : left + SHAPE] += stamps[label]
    return images[..., None].astype("float32"), labels, corners


def build() -> tuple[keras.Model, keras.Model]:
    """The classifier, to be trained, and a model of the same layers that gives the map `(batch, 8, 8)`."""
    image = keras.Input((SIZE, SIZE, 1))
    # Even kernels with stride 2 keep each place in the middle of the pixels that it sees, so the map is not shifted.
    features = keras.layers.Conv2D(16, 6, strides=2, padding="same", activation="relu")(image)
    features = keras.layers.Conv2D(32, 4, strides=2, padding="same", activation="relu")(features)
    places = keras.layers.Reshape((GRID * GRID, 32))(features)
    pooled, weights = AttentionPooling()(places, return_attention_scores=True)
    classifier = keras.Model(image, keras.layers.Dense(len(SHAPES), activation="softmax")(pooled))
    classifier.compile(keras.optimizers.Adam(3e-3), "sparse_categorical_crossentropy")
    return classifier, keras.Model(image, keras.layers.Reshape((GRID, GRID))(weights))


def run(examples: int = 4000, epochs: int = 8, verbose: int = 0) -> dict[str, float]:
    """Train, and judge on pictures that were not trained on."""
    keras.utils.set_random_seed(0)
    images, labels, _ = pictures(examples, seed=1)
    classifier, where = build()
    classifier.fit(images, labels, batch_size=64, epochs=epochs, verbose=verbose)
    images, truth, corners = pictures(1000, seed=2)
    boxes = np.concatenate([corners, corners + SHAPE], axis=1) / SIZE
    pointing = explain.pointing_game(where.predict(images, verbose=0), explain.cells_in(boxes, (GRID, GRID)))
    return {
        "accuracy": float(np.mean(classifier.predict(images, verbose=0).argmax(-1) == truth)),
        "accuracy of the commonest label": float(np.mean(truth == np.bincount(labels).argmax())),
        "peak of the map on the shape": pointing.hit_rate,
        "peak on the shape by chance": pointing.chance,
    }


if __name__ == "__main__":
    for name, figure in run(verbose=2).items():
        print(f"{name}: {figure:.1%}")
