"""What colour is the square? A classifier of picture and question, whose answer neither of them holds alone.

Each picture has a square, a disc, a cross and a triangle in four of six colours: who sees the picture alone is right
once in four, who reads the question alone once in six. `python -m heedful.layers.examples.image_text_classifier`
"""

import keras
import numpy as np

from heedful.layers import AttentionPooling, CoAttention, GatedFusion

COLOURS = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [0, 1, 1], [1, 0, 1]])
SIDE, CELL, LENGTH = 3, 8, 6  # SIDE x SIDE cells of CELL x CELL pixels, each with a shape or none; words of a question
Y, X = np.mgrid[:CELL, :CELL] - (CELL - 1) / 2
SHAPES = {
    "square": np.maximum(abs(X), abs(Y)) < 3,
    "disc": X**2 + Y**2 < 10,
    "cross": np.minimum(abs(X), abs(Y)) < 1,
    "triangle": abs(X) < (Y + 4) / 2,
}
QUESTIONS = ("what colour is the {}", "colour of the {}", "the {} is of which colour", "{}")
WORDS = ["", *SHAPES, *sorted(set(" ".join(QUESTIONS).replace("{}", "").split()))]  # number 0 is padding


def examples(count: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Pictures `(count, 24, 24, 3)`, questions `(count, LENGTH)` of word numbers, answers and the cells they are in."""
    random = np.random.default_rng(seed)
    pictures = random.normal(0, 0.1, (count, SIDE, CELL, SIDE, CELL, 3)).astype("float32")
    questions, answers, places = np.zeros((count, LENGTH), "int32"), np.zeros(count, "int32"), np.zeros(count, "int32")
    for i in range(count):
        colours, cells, asked = random.permutation(6)[:4], random.permutation(SIDE**2)[:4], random.integers(4)
        for pixels, colour, cell in zip(SHAPES.values(), colours, cells, strict=True):
            pictures[i, cell // SIDE, :, cell % SIDE] += pixels[..., None] * COLOURS[colour]
        words = QUESTIONS[random.integers(len(QUESTIONS))].format(list(SHAPES)[asked]).split()
        questions[i, : len(words)] = [WORDS.index(word) for word in words]
        answers[i], places[i] = colours[asked], cells[asked]
    return pictures.reshape(count, SIDE * CELL, SIDE * CELL, 3), questions, answers, places


def classifier() -> keras.Model:
    """Picture and question -> probabilities of the colours, weights of the cells for each word, gate of the fusion."""
    picture, question = keras.Input((SIDE * CELL, SIDE * CELL, 3)), keras.Input((LENGTH,), dtype="int32")
    cells = keras.layers.Conv2D(48, CELL, strides=CELL, activation="relu")(picture)
    cells = keras.layers.Dense(32, activation="relu")(keras.layers.Reshape((SIDE**2, 48))(cells))
    words = keras.layers.Embedding(len(WORDS), 32, "normal", mask_zero=True)(question)
    read_by_words, read_by_cells, weights, _ = CoAttention()([words, cells], return_attention_scores=True)
    pooled = [AttentionPooling()(read_by_words), AttentionPooling()(read_by_cells)]
    fused, gate = GatedFusion(32)(pooled, return_gate=True)
    model = keras.Model([picture, question], [keras.layers.Dense(len(COLOURS), "softmax")(fused), weights[:, 0], gate])
    model.compile(keras.optimizers.Adam(0.005), ["sparse_categorical_crossentropy", None, None])
    model.optimizer.build(model.trainable_variables)
    return model


def main(count: int = 4000, epochs: int = 5) -> dict[str, float]:
    """Train on questions alone, on pictures alone and on both; print and return figures of held-out examples."""
    (pictures, questions, answers, _), (*asked, truth, places) = examples(count, seed=1), examples(1000, seed=2)
    keras.utils.set_random_seed(0)
    model, figures = classifier(), {"most frequent answer": float(np.mean(truth == np.bincount(answers).argmax()))}
    start = [(v, keras.ops.convert_to_numpy(v)) for v in (*model.variables, *model.optimizer.variables)]
    for name, missing in (("question alone", [0]), ("picture alone", [1]), ("both", [])):
        train, test = [pictures, questions], list(asked)
        for i in missing:  # the same in every example: a white picture, or a question of one and the same word
            train[i], test[i] = np.ones_like(train[i]), np.ones_like(test[i])
        for variable, value in start:  # one compiled model, thrice from the same start
            variable.assign(value)
        model.fit(train, answers, batch_size=100, epochs=epochs, verbose=0)
        colours, weights, gate = model.predict_on_batch(test)
        figures[name] = float(np.mean(colours.argmax(-1) == truth))
    of_shape = weights[np.isin(asked[1], [WORDS.index(shape) for shape in SHAPES])]
    figures["shape word looks at its shape"] = float(np.mean(of_shape.argmax(-1) == places))
    figures["gate for what words read"] = float(gate[..., 0].mean())
    looks = [f"{WORDS[w]} -> {a.argmax()} ({a.max():.0%})" for w, a in zip(asked[1][0], weights[0], strict=True) if w]
    print(*(f"{n}: {v:.1%}" for n, v in figures.items()), f"{', '.join(looks)}; answer in cell {places[0]}", sep="\n")
    return figures


if __name__ == "__main__":
    main()
