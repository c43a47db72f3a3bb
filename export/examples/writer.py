"""A GRU with attention that writes digits in reverse, loop included: `python -m heedful.export.examples.writer`"""

import keras
import numpy as np
from keras import ops

from heedful.apps.model_file import ModelFile
from heedful.export import Signature, export_tflite, likeliest_tokens
from heedful.layers import Attention

START, END, FIRST, WORDS, DIGITS, UNITS = 1, 2, 3, 13, 5, 48  # the digit d is the token FIRST + d


class Writer(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.embed, self.reader = keras.layers.Embedding(WORDS, UNITS), keras.layers.GRU(UNITS, return_sequences=True)
        self.cell, self.read_out = keras.layers.GRUCell(UNITS), keras.layers.Dense(WORDS)
        self.writer, self.attention = keras.layers.RNN(self.cell, return_sequences=True), Attention("general")
        self.attention.build((None, None, UNITS), (None, None, UNITS))  # by hand, as it is used in parts, never called

    def read(self, source):
        return self.attention.memory(self.reader(self.embed(source)))

    def scores(self, hidden, memory):
        seen, weights, _ = self.attention.attend(hidden, memory)
        return self.read_out(ops.concatenate([hidden, seen], axis=-1)), weights

    def call(self, inputs):  # all tokens at once, to train
        source, before = inputs
        return self.scores(self.writer(self.embed(before)), self.read(source))[0]

    def generate(self, source):  # one by one, in the file
        memory = self.read(source)

        def step(token, index, tokens, state):
            hidden, _ = self.cell(self.embed(token), [state["hidden"]])
            scores, weights = self.scores(ops.expand_dims(hidden, 1), memory)
            return scores[:, 0], {"attention": weights[:, 0, 0]}, {"hidden": hidden}

        state, told = {"hidden": ops.zeros((1, UNITS))}, {"attention": (DIGITS,)}
        return likeliest_tokens(step, state, length=DIGITS + 1, start=START, end=END, told=told)


def run(path) -> Writer:
    digits = np.random.default_rng(0).integers(FIRST, WORDS, (4096, DIGITS)).astype("int32")
    target = np.pad(digits[:, ::-1], [(0, 0), (0, 1)], constant_values=END)
    model, loss = Writer(), keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(5e-3), loss)
    model.fit((digits, np.insert(target[:, :-1], 0, START, axis=1)), target, batch_size=128, epochs=12, verbose=0)
    signatures = {"generate": Signature(model.generate, {"source": ((1, DIGITS), "int32")})}
    export_tflite(path, model, {"generate": [{"source": row[None]} for row in digits[:8]]}, signatures=signatures)
    return model


if __name__ == "__main__":
    run("reverse.tflite")
    answer = ModelFile("reverse.tflite").run("generate", source=np.array([[3, 1, 4, 1, 5]], "int32") + FIRST)
    print(answer["tokens"][0, : answer["length"][0]] - FIRST, answer["attention"][0].round(2), sep="\n")
